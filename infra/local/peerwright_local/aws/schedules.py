"""The clock of schedules, and how often each schedule has sent."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace

from ministack.services import scheduler

# MiniStack checks every ten seconds, which is too late when the clock has been moved.
TICK_SECONDS = 0.2
_clock = SimpleNamespace(now=time.time)
_sent: Counter[str] = Counter()
_lock = threading.Lock()


def install() -> None:
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS
    scheduler.time = SimpleNamespace(time=lambda: _clock.now(), sleep=time.sleep)


def set_clock(now: Callable[[], float]) -> None:
    """Lets schedules follow the clock of the local AWS."""
    _clock.now = now


def group(schedule_arn: str) -> str:
    """The ARN of a schedule's group, which a role's trust policy can require as aws:SourceArn."""
    before, _, path = schedule_arn.partition(":schedule/")
    return f"{before}:schedule-group/{path.partition('/')[0]}"


def count(schedule_arn: str) -> None:
    with _lock:
        _sent[schedule_arn] += 1


def sent() -> list[dict]:
    """How often each schedule has reached its target."""
    with _lock:
        return [{"schedule": arn, "sent": count} for arn, count in sorted(_sent.items())]
