"""Keeps events and delivers them to EventBridge: on time, again, or not at all."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .settings import Settings

KEPT_EVENTS = 20_000
log = logging.getLogger(__name__)


@dataclass
class Event:
    number: int
    envelope: dict
    wanted: bool
    lag_setting: str
    delivered: int = 0

    def public(self) -> dict:
        detail = self.envelope["detail"]
        return {
            "number": self.number,
            "id": self.envelope["id"],
            "account": self.envelope["account"],
            "region": self.envelope["region"],
            "kind": self.envelope["detail-type"],
            "name": detail.get("eventName", self.envelope["detail-type"]),
            "time": self.envelope["time"],
            "error": detail.get("errorCode"),
            "delivered": self.delivered,
            "envelope": self.envelope,
        }


class UnknownEvents(LookupError):
    """Some ids belong to no event that is still kept."""


class Deliveries:
    """Delivers events from one thread, in the order of their due times."""

    def __init__(self, settings: Settings, deliver: Callable[[dict], None]):
        self._settings = settings
        self._deliver = deliver
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._closed = False
        self.recorded = self.delivered = self.undelivered = self.waiting = 0
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def add(self, envelope: dict, lag_setting: str) -> Event:
        """Keeps an event; `lag_setting` is the name of the setting for the lag of this kind."""
        with self._wake:
            self.recorded += 1
            event = Event(self.recorded, envelope, self._settings.delivery, lag_setting)
            self._events.append(event)
            self.waiting += event.wanted
        return event

    def schedule(self, event: Event) -> None:
        """Schedules the delivery; to be called when the caller has got its response."""
        if not event.wanted:
            return
        lag = getattr(self._settings, event.lag_setting)
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + lag, next(self._order), event))
            self._wake.notify()

    def redeliver(self, ids: Iterable[str]) -> int:
        """Delivers events again, in this order and at once; returns when that is done."""
        known = {event.envelope["id"]: event for event in list(self._events)}
        wanted = list(ids)
        unknown = [one for one in wanted if one not in known]
        if unknown:
            raise UnknownEvents(f"no such events: {', '.join(unknown)}")
        for one in wanted:
            self._hand_over(known[one])
        return len(wanted)

    def events(self, after: int = 0) -> list[dict]:
        """The events from the one after this number."""
        return [event.public() for event in list(self._events) if event.number > after]

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while event := self._next():
            self._hand_over(event)
            with self._wake:
                self.waiting -= 1

    def _next(self) -> Event | None:
        with self._wake:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)
        return None

    def _hand_over(self, event: Event) -> None:
        try:
            self._deliver(event.envelope)
        except Exception:
            log.exception("event %s was not delivered", event.envelope["id"])
            with self._wake:
                self.undelivered += 1
        else:
            with self._wake:
                event.delivered += 1
                self.delivered += 1
