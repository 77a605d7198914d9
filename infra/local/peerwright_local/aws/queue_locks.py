"""One lock around everything that changes the list of a queue's messages.

HTTP requests, EventBridge's deliveries and the event source mappings run in different threads, and several of them
replace the list: without the lock, a message appended between the reading and the replacing is lost.
"""

import asyncio
import functools
import threading
from collections.abc import Callable

from ministack.services import eventbridge, sqs

from peerwright_local.aws.replace import replace

# They call one another.
_LOCK = threading.RLock()


def install() -> None:
    sqs._queues_lock = _LOCK
    for name in ("_expire_retained", "_dlq_sweep", "_collect_msgs", "_refresh_counts"):
        replace(sqs, name, _locked)
    for action, handler in sqs._HANDLERS.items():
        # ReceiveMessage waits for messages; what it does to the list is in the functions above.
        if not asyncio.iscoroutinefunction(handler):
            sqs._HANDLERS[action] = _locked(handler)
    replace(eventbridge, "_dispatch_to_sqs", _locked)


def _locked(function: Callable) -> Callable:
    @functools.wraps(function)
    def locked(*arguments, **keywords):
        with _LOCK:
            return function(*arguments, **keywords)

    return locked
