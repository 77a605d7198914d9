"""Calls and deliveries that were not permitted: kept in order, logged, and listed by the control API."""

from __future__ import annotations

import logging
import threading
from collections import deque

KEPT_REFUSALS = 10_000
log = logging.getLogger(__name__)

_refusals: deque[dict] = deque(maxlen=KEPT_REFUSALS)
_lock = threading.Lock()
_total = 0


def add(code: str, who: str, message: str) -> None:
    """Keeps one refusal: AWS's error code, the ARN of the principal or rule that was refused, and what happened."""
    global _total
    log.warning("%s: %s: %s", code, who, message)
    with _lock:
        _total += 1
        _refusals.append({"number": _total, "code": code, "who": who, "message": message})


def refusals() -> list[dict]:
    """The refusals so far, oldest first, numbered from 1."""
    with _lock:
        return list(_refusals)
