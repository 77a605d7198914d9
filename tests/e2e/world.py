"""The world of a test: a local AWS with Peerwright deployed, with which it starts and which it leaves tidy."""

import re
import time
from contextlib import suppress
from pathlib import Path

from actor import Actor
from botocore.exceptions import ClientError
from denials import Denials

from functions import FUNCTIONS
from peerwright_client.aws import Place
from peerwright_client.describe import ASK_TAG, MESH_TAG


class World(Actor):
    def __init__(self, directory: Path, artifacts: Path):
        super().__init__(directory, artifacts)
        self.denials = Denials(self.aws)
        west, central = self.aws.regions
        accounts = self.aws.accounts
        self.a, self.b = Place(accounts["member_a"], west), Place(accounts["member_b"], west)
        self.a_central, self.b_central = Place(accounts["member_a"], central), Place(accounts["member_b"], central)
        self.stranger = Place(accounts["stranger"], west)

    def begin_test(self, name: str, scratch: Path) -> None:
        self.begin_acting(re.sub(r"[^a-z0-9]+", "-", name.removeprefix("test_"))[:100], scratch)
        self.begin_observation()
        self.denials.begin()
        self.log_from = time.time()

    def end_test(self) -> None:
        """Leaves nothing that the functions would handle in another test: no request, no VPC that asks, no message."""
        for vpc in self.tagged.values():
            with suppress(ClientError):
                self.untag(vpc, ASK_TAG, MESH_TAG)
        for place in self.asked_from:
            self.withdraw_pending(place)
        self.withdraw_wide_rules()
        assert self.hub.wait_until_idle(seconds=240), "messages are left in the queues"
        for name in FUNCTIONS:
            assert self.dead_letters(name) == [], f"the dead-letter queue of {name} has a message"
        for name in ("undelivered", "missed-changes"):
            assert self.taken(f"peerwright-{name}") == [], f"the queue {name} has a message"
        self.listener.told()
        self.denials.check()
