"""The settings of the local AWS, which change while it runs, and its clock.

The EC2 and STS side offers one function to the rest of the package:

    from peerwright_local.ec2.server import make_server
    from peerwright_local.settings import Settings

    server = make_server(host, port, settings, deliver, iam, principal, may_assume, records)  # port 0 = a free one; OSError when taken
    server.port             # the port it listens on, from the moment make_server returns
    server.serve_forever()  # blocks: run it in a thread
    server.shutdown()       # ends serve_forever and the delivery thread, closes the socket

`deliver(envelope: dict) -> None` puts an EventBridge envelope on the default bus of envelope["account"] and
envelope["region"]. It is called from one thread, in order. If it raises, the event counts as undelivered.

`iam(account_id: str, role_name: str) -> dict | None` returns {"arn": str, "trust_policy": dict} of a role, or
None if there is no such role. It is called on every AssumeRole.

`principal(access_key_id: str) -> dict | None` returns {"account": str, "role": role ARN, "arn": session ARN} of a
key that a function was given, or None. It is called for every key that did not come from AssumeRole here.

`may_assume(caller: str, role_arn: str) -> bool` tells whether the policies of a role let it assume another one. It is
called on every AssumeRole by a role.

`records` has further lists that the control API serves, by name: `GET /_local/<name>`.

`settings` may be read and changed from any thread.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, fields


class SettingsError(ValueError):
    """A requested change is wrong; the message has all problems."""


@dataclass
class Settings:
    lag_seconds: float = 0.0  # between an API call and its CloudTrail event
    tag_lag_seconds: float = 0.0  # between a change of tags and the event about it
    initiating_seconds: float = 0.1  # initiating-request → pending-acceptance or failed
    provisioning_seconds: float = 0.2  # provisioning → active, and deleting → deleted
    throttling: bool = False  # EC2's token buckets
    latency_seconds: float = 0.0  # how long each call of EC2 and STS takes
    denied: str = ""  # what a service control policy denies: account/Action, separated by spaces
    delivery: bool = True  # put events on the buses
    describe_lag_seconds: float = 0.0  # how long Describe calls do not show a new resource
    routes_per_table: int = 500
    rules_per_group: int = 60
    outstanding_requests_per_vpc: int = 25
    connections_per_vpc: int = 50
    _advanced_seconds: float = field(default=0.0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def change(self, wanted: dict) -> None:
        """Applies all changes or none."""
        kinds = {setting.name: type(setting.default) for setting in _public_fields()}
        problems = [problem for name, value in wanted.items() if (problem := _problem(name, value, kinds))]
        if problems:
            raise SettingsError("; ".join(problems))
        with self._lock:
            for name, value in wanted.items():
                setattr(self, name, kinds[name](value))

    def reset(self) -> None:
        with self._lock:
            for setting in _public_fields():
                setattr(self, setting.name, setting.default)

    def public(self) -> dict:
        with self._lock:
            return {setting.name: getattr(self, setting.name) for setting in _public_fields()}

    def now(self) -> float:
        """The time of the local AWS's clock, in seconds since the epoch."""
        return time.time() + self._advanced_seconds

    def advance(self, seconds: float) -> None:
        """Moves the clock forward. It never goes back, because states that have ended would begin again."""
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
            raise SettingsError(f"advance_seconds must be a number of seconds from 0 up, got {seconds!r}")
        with self._lock:
            self._advanced_seconds += seconds

    @property
    def advanced_seconds(self) -> float:
        return self._advanced_seconds


def _public_fields():
    return [setting for setting in fields(Settings) if not setting.name.startswith("_")]


def _problem(name: str, value: object, kinds: dict[str, type]) -> str | None:
    if name not in kinds:
        return f"unknown setting {name!r} (known: {', '.join(kinds)})"
    if kinds[name] is bool:
        return None if isinstance(value, bool) else f"{name} must be true or false, got {value!r}"
    if kinds[name] is str:
        return None if isinstance(value, str) else f"{name} must be text, got {value!r}"
    accepted = (int,) if kinds[name] is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, accepted) or not 0 <= value < float("inf"):
        what = "a whole number" if kinds[name] is int else "a number"
        return f"{name} must be {what} from 0 up, got {value!r}"
    return None
