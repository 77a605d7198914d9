"""The clock that schedules go by."""

import time
from collections.abc import Callable
from types import SimpleNamespace

from ministack.services import scheduler

# MiniStack looks every ten seconds, which is too late for whoever has moved the clock.
TICK_SECONDS = 0.2
_clock = SimpleNamespace(now=time.time)


def install() -> None:
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS
    scheduler.time = SimpleNamespace(time=lambda: _clock.now(), sleep=time.sleep)


def set_clock(now: Callable[[], float]) -> None:
    """Lets schedules go by the clock of the local AWS."""
    _clock.now = now
