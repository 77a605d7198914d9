"""A log of the latest calls, for counting them."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timezone

from ..sts import Identity

KEPT_CALLS = 20000


class CallLog:
    def __init__(self):
        self._calls: deque[dict] = deque(maxlen=KEPT_CALLS)
        self.total = self.failed = 0

    def add(self, now: float, region: str, action: str, identity: Identity | None, error: str | None) -> None:
        self.total += 1
        self.failed += error is not None
        self._calls.append(
            {
                "time": datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds"),
                "account": identity.account if identity else None,
                "region": region,
                "action": action,
                "error": error,
                "role": identity.role_name if identity else None,
                "session": identity.session_name if identity else None,
            }
        )

    def calls(self) -> list[dict]:
        return list(self._calls)
