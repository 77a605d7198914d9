"""The settings of the local AWS, which change while it runs, and its clock.

The EC2 and STS side offers one function to the rest of the package:

    from peerwright_local.ec2.server import make_server
    from peerwright_local.settings import Settings

    server = make_server(host, port, settings, deliver, iam, principal, announce, records)  # port 0 = a free one; OSError when taken
    server.port             # the port it listens on, from the moment make_server returns
    server.serve_forever()  # blocks: run it in a thread
    server.shutdown()       # ends serve_forever and the delivery thread, closes the socket

`deliver(envelope: dict) -> None` puts an EventBridge envelope on the default bus of envelope["account"] and
envelope["region"]. It is called from one thread, in order. If it raises, the event counts as undelivered.

`iam(account_id: str, role_name: str) -> dict | None` returns {"arn": str, "trust_policy": dict, "policies": documents,
"boundary": document or None} of a role, or None if there is no such role. A document is JSON text. It is called on every
AssumeRole, and for every permission that a call of a role's session needs.

`principal(access_key_id: str) -> dict | None` returns {"account": str, "role": role ARN, "arn": session ARN} of a
key that a function was given, or None. It is called for every key that did not come from AssumeRole here.

`announce(session: dict) -> None` is told of every session that AssumeRole gives: its credentials as STS names them, `account`, `arn`,
`policy` (JSON text or None) and `caller` (ARN).

`records` has further lists that the control API serves, by name: `GET /_local/<name>`.

`settings` may be read and changed from any thread.
"""

from __future__ import annotations

import threading
import time
from dataclasses import Field, dataclass, field, fields


class SettingsError(ValueError):
    """A requested change is wrong; the message has all problems."""


@dataclass
class Settings:
    lag_seconds: float = 0.0  # between an API call and its CloudTrail event
    tag_lag_seconds: float = 0.0  # between a change of tags and the event about it
    initiating_seconds: float = 0.1  # initiating-request → pending-acceptance or failed
    provisioning_seconds: float = 0.2  # provisioning → active, and deleting → deleted
    throttling: bool = True  # EC2's token buckets, which no account is without (EC2 API guide, "Request throttling")
    latency_seconds: float = 0.0  # how long each call of EC2 and STS takes
    # What a service control policy denies: account/Action, or account/* for everything, separated by spaces.
    denied: str = ""
    # Which Regions an account has switched off: account/region, separated by spaces. EC2 refuses with OptInRequired, or with what
    # is written after one more slash: account/region/AuthFailure (EC2 API guide, "Error codes").
    regions_off: str = ""
    # Whose next call of a kind takes effect while its answer is lost on the way: account/Action, separated by spaces. A word is
    # used up by one call.
    lose_answers: str = ""
    delivery: bool = True  # put events on the buses
    describe_lag_seconds: float = 0.0  # how long Describe calls do not show a new resource
    # How long the other side of a connection, a Region or an account, does not know of a change of its state: EC2 is eventually
    # consistent, and each Region has its own record of a connection (EC2 API guide, "Eventual consistency").
    side_lag_seconds: float = 0.3
    # How long a group of the peer can't be named yet in a place to which the connection is active: InvalidGroup.NotFound also means
    # "not usable yet".
    reference_lag_seconds: float = 0.3
    references_never_resolve: bool = False  # as in a peering over which EC2 never lets groups be named
    # What CreateRoute answers to a route that is there with the same target: sources disagree.
    identical_route: str = field(default="error", metadata={"choices": ("error", "success")})
    # Whether a change of a route table is refused while another one is under way (terraform-provider-aws tries it again).
    route_changes_conflict: bool = True
    # What a role is told whose policies do not allow a call on something that does not exist, because a condition of theirs finds no
    # tags or VPCs of it: AWS does not document whether EC2 looks first or asks IAM first.
    missing_resource: str = field(default="forbidden", metadata={"choices": ("forbidden", "not-found")})
    tag_policy: str = ""  # the key of a tag none of whose values the organization's tag policy permits
    routes_per_table: int = 500
    rules_per_group: int = 60
    outstanding_requests_per_vpc: int = 25
    connections_per_vpc: int = 50
    _advanced_seconds: float = field(default=0.0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def change(self, wanted: dict) -> None:
        """Applies all changes or none."""
        known = {setting.name: setting for setting in _public_fields()}
        problems = [problem for name, value in wanted.items() if (problem := _problem(name, value, known))]
        if problems:
            raise SettingsError("; ".join(problems))
        with self._lock:
            for name, value in wanted.items():
                setattr(self, name, type(known[name].default)(value))

    def use_up(self, name: str, word: str) -> bool:
        """Takes a word out of a setting that has words; tells whether it was there."""
        with self._lock:
            words = getattr(self, name).split()
            if word not in words:
                return False
            words.remove(word)
            setattr(self, name, " ".join(words))
            return True

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


def _problem(name: str, value: object, known: dict[str, Field]) -> str | None:
    if name not in known:
        return f"unknown setting {name!r} (known: {', '.join(known)})"
    kind, choices = type(known[name].default), known[name].metadata.get("choices")
    if choices and value not in choices:
        return f"{name} must be {' or '.join(choices)}, got {value!r}"
    if kind is bool:
        return None if isinstance(value, bool) else f"{name} must be true or false, got {value!r}"
    if kind is str:
        return None if isinstance(value, str) else f"{name} must be text, got {value!r}"
    accepted = (int,) if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, accepted) or not 0 <= value < float("inf"):
        what = "a whole number" if kind is int else "a number"
        return f"{name} must be {what} from 0 up, got {value!r}"
    return None
