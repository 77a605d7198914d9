"""CloudTrail: a record of every EC2 write call, and its delivery to EventBridge."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .settings import Settings
from .sts import STATIC_USER, Identity

KEPT_EVENTS = 5000
READING = ("Describe", "Get", "List", "Search", "Export")
log = logging.getLogger(__name__)


def is_write(action: str) -> bool:
    return not action.startswith(READING)


@dataclass(frozen=True)
class ApiCall:
    """A finished call, with its parameters and its answer as CloudTrail spells them."""

    action: str
    region: str
    identity: Identity
    source_ip: str
    user_agent: str
    request_id: str
    request_parameters: dict | None
    response_elements: dict | None
    error_code: str | None = None
    error_message: str | None = None
    server_fault: bool = False


@dataclass
class Event:
    envelope: dict
    wanted: bool
    delivered: int = 0

    def public(self) -> dict:
        detail = self.envelope["detail"]
        return {
            "id": self.envelope["id"],
            "account": self.envelope["account"],
            "region": self.envelope["region"],
            "name": detail["eventName"],
            "time": self.envelope["time"],
            "error": detail.get("errorCode"),
            "delivered": self.delivered,
            "envelope": self.envelope,
        }


class UnknownEvents(LookupError):
    """Some of the ids are of no event that is still kept."""


class Trail:
    """Keeps the events and delivers them, in order of their due times, from one thread."""

    def __init__(self, settings: Settings, deliver: Callable[[dict], None]):
        self._settings = settings
        self._deliver = deliver
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._closed = False
        self.recorded = self.delivered = self.undelivered = self.waiting = 0
        self._thread = threading.Thread(target=self._run, name="cloudtrail", daemon=True)
        self._thread.start()

    def record(self, call: ApiCall) -> Event:
        event = Event(envelope(call, self._settings.now()), wanted=self._settings.delivery)
        with self._wake:
            self._events.append(event)
            self.recorded += 1
            self.waiting += event.wanted
        return event

    def schedule(self, event: Event) -> None:
        """To be called once the caller has its answer."""
        if not event.wanted:
            return
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + self._settings.lag_seconds, next(self._order), event))
            self._wake.notify()

    def redeliver(self, ids: Iterable[str]) -> int:
        """Again, in this order, without lag; done when it returns."""
        known = {event.envelope["id"]: event for event in list(self._events)}
        wanted = list(ids)
        unknown = [one for one in wanted if one not in known]
        if unknown:
            raise UnknownEvents(f"no such events: {', '.join(unknown)}")
        for one in wanted:
            self._hand_over(known[one])
        return len(wanted)

    def events(self) -> list[dict]:
        return [event.public() for event in list(self._events)]

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


def envelope(call: ApiCall, now: float) -> dict:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "account": call.identity.account,
        "time": _time(now),
        "region": call.region,
        "resources": [],
        "detail": record(call, now),
    }


def record(call: ApiCall, now: float) -> dict:
    return {
        "eventVersion": "1.10",
        "userIdentity": user_identity(call.identity, now),
        "eventTime": _time(now),
        "eventSource": "ec2.amazonaws.com",
        "eventName": call.action,
        "awsRegion": call.region,
        "sourceIPAddress": call.source_ip,
        "userAgent": call.user_agent,
        **_failure(call),
        "requestParameters": call.request_parameters,
        "responseElements": None if call.error_code else call.response_elements,
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.identity.account,
        "eventCategory": "Management",
    }


def user_identity(identity: Identity, now: float) -> dict:
    common = {
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key,
    }
    if not identity.role_arn:
        # A user in a session without a role: CloudTrail writes the empty structures out.
        context = {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": _attributes(now)}
        return {"type": "IAMUser", **common, "userName": STATIC_USER, "sessionContext": context}
    issuer = {
        "type": "Role",
        "principalId": identity.role_id,
        "arn": identity.role_arn,
        "accountId": identity.account,
        "userName": identity.role_name,
    }
    context = {"sessionIssuer": issuer, "attributes": _attributes(identity.created)}
    return {"type": "AssumedRole", **common, "sessionContext": context}


def _attributes(created: float) -> Mapping:
    return {"creationDate": _time(created), "mfaAuthenticated": "false"}


def _failure(call: ApiCall) -> Mapping:
    if not call.error_code:
        return {}
    fault = "Server" if call.server_fault else "Client"
    return {"errorCode": f"{fault}.{call.error_code}", "errorMessage": call.error_message}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
