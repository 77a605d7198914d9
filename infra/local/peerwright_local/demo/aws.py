"""A running local AWS from outside: clients in any account and Region, and its control API."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import botocore.session
from botocore.config import Config

from peerwright_local import state
from peerwright_local.failure import Failure

# Each look costs the local AWS's CPU, which whatever is waited for needs as well.
POLL_SECONDS = 0.1


class Place(NamedTuple):
    """An account and a Region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} {self.region}"


class Aws:
    def __init__(self, directory: Path):
        running = state.read(directory)
        if running is None:
            raise Failure(f"no local AWS runs from {directory}: start one with `serve --state {directory}`")
        self.endpoints = {"ec2": running["ec2_endpoint"], "sts": running["ec2_endpoint"]}
        self.endpoint = running["aws_endpoint"]
        self.accounts: dict[str, str] = running["accounts"]
        self.regions: list[str] = running["regions"]
        self.hub = Place(self.accounts["hub"], running["hub_region"])
        self._session = botocore.session.Session()
        self._clients: dict[tuple[str, Place], object] = {}

    def client(self, service: str, place: Place):
        """A client in an account, whose number is its access key id."""
        key = (service, place)
        if key not in self._clients:
            self._clients[key] = self._session.create_client(
                service,
                region_name=place.region,
                endpoint_url=self.endpoints.get(service, self.endpoint),
                aws_access_key_id=place.account,
                aws_secret_access_key="local",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[key]

    def ec2(self, place: Place):
        return self.client("ec2", place)

    def places(self) -> list[Place]:
        """Every account in every Region."""
        return [Place(account, region) for account in self.accounts.values() for region in self.regions]

    def environment(self, place: Place) -> dict[str, str]:
        """What an AWS program needs to know to work here."""
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
        """The events so far whose number is greater: CloudTrail's and those about tags."""
        return self._control(f"events?after={after}")

    def event(self, verb: str, connection: str) -> dict:
        """The event of the call that did this to a connection: Create, Accept, Reject, Delete."""
        for event in self.events():
            name, detail = f"{verb}VpcPeeringConnection", json.dumps(event["envelope"]["detail"])
            if event["name"] == name and event["error"] is None and connection in detail:
                return event
        raise Failure(f"CloudTrail has no {verb}VpcPeeringConnection of {connection}")

    def tag_event(self, resource: str, key: str) -> dict:
        """The newest event about a change of this tag of a resource."""
        for event in reversed(self.events()):
            envelope = event["envelope"]
            about = any(resource in one for one in envelope["resources"])
            if about and key in envelope["detail"].get("changed-tag-keys", []):
                return event
        raise Failure(f"no event tells of the tag {key} of {resource}")

    def calls(self, after: int = 0) -> list[dict]:
        """The EC2 and STS calls so far whose number is greater."""
        return self._control(f"calls?after={after}")

    def calls_so_far(self) -> int:
        """How many such calls there were: the number of the latest."""
        return self.status()["counters"]["calls"]

    def last_call(self, action: str) -> str:
        """When somebody who is no function made such a call last."""
        return [call["time"] for call in self.calls() if call["action"] == action and call["role"] is None][-1]

    def invocations(self) -> Counter[str]:
        """How often each function was started so far."""
        counts = Counter()
        for one in self._control("invocations"):
            counts[one["function"]] += one["started"]
        return counts

    def refusals(self) -> list[dict]:
        """What was not allowed so far: the code, who was refused, and the message."""
        return self._control("refusals")

    def schedule_sent(self, name: str) -> int:
        """How often a schedule has reached its target so far."""
        return sum(one["sent"] for one in self._control("schedules") if one["schedule"].endswith(f"/{name}"))

    def running(self) -> int:
        """How many functions run just now."""
        return sum(one["running"] for one in self._control("invocations"))

    def unread(self) -> int:
        """How many records of tables' streams no function has done with."""
        return sum(one["records"] for one in self._control("streams"))

    def advance(self, seconds: float) -> None:
        """Moves the clock of EC2 and of schedules forward; functions keep the computer's."""
        self._control("clock", {"advance_seconds": seconds})

    def status(self) -> dict:
        return self._control("status")

    def redeliver(self, ids: list[str]) -> None:
        """Delivers events once more, in this order."""
        self._control("redeliver", {"ids": ids})

    def change(self, **settings: object) -> None:
        """Changes settings of the local AWS, such as lag_seconds."""
        self._control("settings", settings)

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
    """What `look` finds as soon as it finds anything, or else what it found last."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(poll_seconds)
    return found
