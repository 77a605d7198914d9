"""A running local AWS: clients in any account and Region, and its control API."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from peerwright_local import Failure, state
from peerwright_local.clients import Clients

# Shorter pauses would slow down the local AWS, and so what is waited for.
POLL_SECONDS = 0.1
PATIENT = 12


class Place(NamedTuple):
    """An account and a Region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} {self.region}"


class Aws:
    def __init__(self, directory: Path):
        running = state.require(directory)
        self.endpoints = {"ec2": running["ec2_endpoint"], "sts": running["ec2_endpoint"]}
        self.endpoint = running["aws_endpoint"]
        self.accounts: dict[str, str] = running["accounts"]
        self.regions: list[str] = running["regions"]
        self.hub = Place(self.accounts["hub"], running["hub_region"])
        self._clients = Clients(self.endpoint, self.endpoints)

    def client(self, service: str, place: Place):
        return self._clients.client(service, *place)

    def ec2(self, place: Place):
        """A client that waits for EC2's tokens, of which its users spend more at once than a person would."""
        return self._clients.client("ec2", *place, attempts=PATIENT)

    def places(self) -> list[Place]:
        """Every account in every Region."""
        return [Place(account, region) for account in self.accounts.values() for region in self.regions]

    def environment(self, place: Place) -> dict[str, str]:
        """The environment variables of a program that uses this AWS as an account, in a Region."""
        return {
            "AWS_ACCESS_KEY_ID": place.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": place.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_EC2": self.endpoints["ec2"],
            "AWS_ENDPOINT_URL_SERVICE_QUOTAS": self.endpoints["ec2"],
            "AWS_ENDPOINT_URL_STS": self.endpoints["sts"],
        }

    def events(self, after: int = 0) -> list[dict]:
        """CloudTrail's events and those about tags, from the one after this number."""
        return self._control(f"events?after={after}")

    def event(self, verb: str, connection: str) -> dict:
        """CloudTrail's event of the call that did this to a connection: Create, Accept, Reject or Delete."""
        for event in self.events():
            name, detail = f"{verb}VpcPeeringConnection", json.dumps(event["envelope"]["detail"])
            if event["name"] == name and event["error"] is None and connection in detail:
                return event
        raise Failure(f"CloudTrail has no event {verb}VpcPeeringConnection of {connection}")

    def tag_event(self, resource: str, key: str) -> dict:
        """The newest event about a change of this tag of a resource."""
        for event in reversed(self.events()):
            envelope = event["envelope"]
            about = any(resource in one for one in envelope["resources"])
            if about and key in envelope["detail"].get("changed-tag-keys", []):
                return event
        raise Failure(f"there is no event about the tag {key} of {resource}")

    def calls(self, after: int = 0) -> list[dict]:
        """The EC2 and STS calls, from the one after this number."""
        return self._control(f"calls?after={after}")

    def calls_so_far(self) -> int:
        """How many such calls there were, which is the number of the latest."""
        return self.status()["counters"]["calls"]

    def last_call(self, action: str) -> str:
        """When such a call was last made by anybody but a function."""
        return [call["time"] for call in self.calls() if call["action"] == action and call["role"] is None][-1]

    def invocations(self) -> Counter[str]:
        """How often each function was started so far."""
        counts = Counter()
        for one in self._control("invocations"):
            counts[one["function"]] += one["started"]
        return counts

    def refusals(self) -> list[dict]:
        """The refusals so far: the code, who was refused, and the message."""
        return self._control("refusals")

    def schedule_sent(self, name: str) -> int:
        """How often a schedule has reached its target so far."""
        return sum(one["sent"] for one in self._control("schedules") if one["schedule"].endswith(f"/{name}"))

    def running(self) -> int:
        """How many function invocations are running."""
        return sum(one["running"] for one in self._control("invocations"))

    def unread(self) -> int:
        """How many records of tables' streams have not been handled."""
        return sum(one["records"] for one in self._control("streams"))

    def advance(self, seconds: float) -> None:
        """Moves the clock of EC2 and of schedules forward; functions keep the clock of the computer."""
        self._control("clock", {"advance_seconds": seconds})

    def status(self) -> dict:
        return self._control("status")

    def redeliver(self, ids: list[str]) -> None:
        """Delivers events once more, in this order."""
        self._control("redeliver", {"ids": ids})

    def change(self, **settings: object) -> None:
        """Changes settings of the local AWS, such as lag_seconds."""
        self._control("settings", settings)

    def share(self, place: Place, vpc: str, participant: str) -> None:
        """The owner of a VPC shares it with another account."""
        self._control("share", {"vpc": vpc, "region": place.region, "participant": participant})

    def _control(self, name: str, body: dict | None = None):
        request = urllib.request.Request(
            f"{self.endpoints['ec2']}/_local/{name}", data=None if body is None else json.dumps(body).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failure(f"the local AWS refuses {name}: {json.load(error)['error']}") from None


def eventually(look: Callable[[], object], seconds: float, poll_seconds: float = POLL_SECONDS):
    """Calls `look` until it returns something true, or until the time is over; returns what it returned last."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(poll_seconds)
    return found
