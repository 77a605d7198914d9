"""Invocations of functions: started as soon as a message is visible, and counted."""

import threading
import time
from collections import Counter

from ministack.core.concurrency import esm_wake
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from peerwright_local.patch import wrap

POLL_SECONDS = 0.05
_started: Counter[tuple[str, str, str]] = Counter()
_ended: Counter[tuple[str, str, str]] = Counter()
_lock = threading.Lock()


def install_polling() -> None:
    threading.Thread(target=_poll_forever, daemon=True, name="poller-wake").start()


def install_counts() -> None:
    wrap(lambda_svc, _execute_function_dispatch=_counting)


def invocations() -> list[dict]:
    """How often each function was started, retries included, and how many invocations are running."""
    with _lock:
        return [
            {"account": key[0], "region": key[1], "function": key[2], "started": count, "running": count - _ended[key]}
            for key, count in sorted(_started.items())
        ]


def _poll_forever() -> None:
    while True:
        time.sleep(POLL_SECONDS)
        esm_wake.set()


def _counting(execute):
    def counted(function, configuration, *arguments):
        key = (get_account_id(), get_region(), configuration["FunctionName"])
        _count(_started, key)
        try:
            return execute(function, configuration, *arguments)
        finally:
            _count(_ended, key)

    return counted


def _count(counter: Counter, key: tuple[str, str, str]) -> None:
    with _lock:
        counter[key] += 1
