"""Changes of route tables that overlap in time: EC2 refuses the second one, which is to be tried again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .errors import ApiError

CHANGES = ("CreateRoute", "ReplaceRoute", "DeleteRoute")


class RouteChanges:
    def __init__(self):
        self._changing: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def under_way(self, query: Mapping[str, str]) -> Iterator[bool]:
        """While it lasts, a call holds the table that it changes. Tells whether no other call holds it."""
        table = query.get("RouteTableId") if query.get("Action") in CHANGES else None
        if table is None or query.get("DryRun") == "true":
            yield True
            return
        with self._lock:
            is_alone = table not in self._changing
            self._changing.add(table)
        try:
            yield is_alone
        finally:
            if is_alone:
                with self._lock:
                    self._changing.discard(table)


def conflict(table: str) -> ApiError:
    """The code is AWS's; the words are not, which are not known."""
    return ApiError("InvalidParameterException", f"The route table {table} is being changed by another request. Try again.")
