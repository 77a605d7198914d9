"""A log of the latest calls."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timezone

from ..sts import Identity

KEPT_CALLS = 100_000


class CallLog:
    def __init__(self):
        self._calls: deque[dict] = deque(maxlen=KEPT_CALLS)
        self.total = self.failed = 0
        self._lock = threading.Lock()

    def add(self, now: float, region: str, action: str, identity: Identity | None, error: str | None) -> None:
        with self._lock:
            self._add(now, region, action, identity, error)

    def _add(self, now: float, region: str, action: str, identity: Identity | None, error: str | None) -> None:
        self.total += 1
        self.failed += error is not None
        self._calls.append(
            {
                "number": self.total,
                "time": datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds"),
                "account": identity.account if identity else None,
                "region": region,
                "action": action,
                "error": error,
                "role": identity.role_name if identity else None,
                "session": identity.session_name if identity else None,
            }
        )

    def calls(self, after: int = 0) -> list[dict]:
        """The calls from the one after this number."""
        return [call for call in list(self._calls) if call["number"] > after]
