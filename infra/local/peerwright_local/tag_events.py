"""`Tag Change on Resource`: the event when the tags of a resource change. It needs no trail."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterable

from moto.utilities.utils import get_partition

from .cloudtrail import timestamp
from .ec2.tag_changes import TagChange

# The kinds that are known to have such events. AWS does not document whether peering connections have.
REPORTED = ("vpc", "subnet")
SEED = 20


class TagEvents:
    """Details that AWS writes in several ways are chosen at random, but equally in every run."""

    def __init__(self):
        self._versions: Counter[tuple[str, str, str]] = Counter()
        self._random = random.Random(SEED)

    def envelopes(self, changes: Iterable[TagChange], now: float) -> list[dict]:
        return [self._envelope(change, now) for change in changes if _kind(change) in REPORTED]

    def _envelope(self, change: TagChange, now: float) -> dict:
        resource = f"{_kind(change)}/{change.resource}"
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Tag Change on Resource",
            "source": "aws.tag",
            "account": change.account,
            "time": timestamp(now),
            "region": change.region,
            "resources": [f"arn:{get_partition(change.region)}:ec2:{change.region}:{change.account}:{resource}"],
            "detail": {
                "changed-tag-keys": change.keys,
                "tags": change.tags,
                "service": "ec2",
                "resource-type": _kind(change),
                "version": self._version(change),
                **self._newer_fields(now),
            },
        }

    def _version(self, change: TagChange) -> float:
        """A number that grows with every change, not always by one, and is written as 3 or 3.0."""
        place = (change.account, change.region, change.resource)
        self._versions[place] += self._random.choice((1, 1, 2))
        version = self._versions[place]
        return self._random.choice((version, float(version)))

    def _newer_fields(self, now: float) -> dict[str, str]:
        fields = {}
        if self._random.random() < 0.5:
            fields["tag-policy-compliant"] = self._random.choice(("true", "false"))
        if self._random.random() < 0.5:
            fields["version-timestamp"] = str(int(now * 1000))
        return fields


def _kind(change: TagChange) -> str:
    return change.resource.rpartition("-")[0]
