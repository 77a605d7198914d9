"""How often each function was started, and how many are at work."""

import threading
from collections import Counter

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from peerwright_local.aws.replace import replace

_started: Counter[tuple[str, str, str]] = Counter()
_ended: Counter[tuple[str, str, str]] = Counter()
_lock = threading.Lock()


def install() -> None:
    replace(lambda_svc, "_execute_function_dispatch", _counting)


def invocations() -> list[dict]:
    """Retries are invocations too."""
    with _lock:
        return [
            {"account": key[0], "region": key[1], "function": key[2], "started": count, "running": count - _ended[key]}
            for key, count in sorted(_started.items())
        ]


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
