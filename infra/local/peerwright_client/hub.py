"""The hub from outside: its tables, its queues, and the calls of its functions."""

import json
import time
from collections.abc import Callable
from datetime import datetime

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from peerwright_client.aws import Aws, eventually
from peerwright_local.cloudtrail import is_write

ALLOWLIST = "peerwright-allowlist"
CONNECTIONS = "peerwright-connections"
# The partition of the allowlist's table that names places for sweeps.
MEMBER = "member"
QUEUES, DEAD_LETTERS = "peerwright-", "-dead-letter"
# The ends of the names of queues that no function works on.
UNSERVED = (DEAD_LETTERS, "-undelivered", "-missed-changes", "-unforwarded")
# What the names of the roles in member accounts begin with, and the path of all roles.
MEMBER_ROLES, ROLE_PATH = "peerwright-member-", "/peerwright/"
# The ledger's statuses of a connection that Peerwright does nothing more about by itself.
SETTLED = ("converged", "blocked", "one-sided", "held", "denied", "awaiting-approval", "rejected", "ended")
# In the keys of the items that have all details of a long change, beside its line in the history.
DETAILS = "#details#"
# The functions whose calls the ledger counts for a connection.
COUNTED = ("peerwright-accept", "peerwright-configure")
# The calls that write status tags, which are made after the ledger is written.
TAGGING = ("CreateTags", "DeleteTags")

_COUNTS = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
_plain, _stored = TypeDeserializer().deserialize, TypeSerializer().serialize


class Hub:
    def __init__(self, aws: Aws):
        self._aws = aws
        self._dynamodb = aws.client("dynamodb", aws.hub)
        self._sqs = aws.client("sqs", aws.hub)
        self._urls: dict[str, str] = {}

    def entry(self, connection: str) -> dict:
        """The ledger's current entry of a connection; empty if there is none."""
        key = {"connection": {"S": connection}, "entry": {"S": "current"}}
        found = self._dynamodb.get_item(TableName=CONNECTIONS, Key=key, ConsistentRead=True)
        return _item(found.get("Item", {}))

    def history(self, connection: str) -> list[dict]:
        """The ledger's history of a connection, oldest first."""
        found = self._dynamodb.query(
            TableName=CONNECTIONS,
            KeyConditionExpression="#c = :c",
            ExpressionAttributeNames={"#c": "connection"},
            ExpressionAttributeValues={":c": {"S": f"history#{connection}"}},
            ConsistentRead=True,
        )
        return [item for item in map(_item, found["Items"]) if DETAILS not in item["entry"]]

    def forge(self, connection: str, **fields: object) -> None:
        """Writes fields of the ledger's current entry, as whoever has a function's credentials could."""
        item = {name: _stored(value) for name, value in {**self.entry(connection), **fields}.items()}
        self._dynamodb.put_item(TableName=CONNECTIONS, Item=item)

    def settled(self, connection: str, seconds: float = 30.0) -> dict:
        """The ledger's entry once its status is one of SETTLED, or as it is when the time is over."""
        return self.becomes(connection, *SETTLED, seconds=seconds)

    def becomes(self, connection: str, *statuses: str, seconds: float = 30.0) -> dict:
        """The ledger's entry once it has one of these statuses, or as it is when the time is over."""
        eventually(lambda: self.entry(connection).get("status") in statuses, seconds)
        return self.entry(connection)

    def allowlist(self, chosen: Callable[[dict], bool] | None = None) -> list[tuple[str, str]]:
        """The keys of the allowlist's rules and aliases; given a choice, only of those that it takes."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=ALLOWLIST, ConsistentRead=True)
        items = [_item(item) for page in pages for item in page["Items"]]
        rules = [item for item in items if item["accepter"] != MEMBER]
        wanted = [item for item in rules if chosen is None or ("rule" in item and chosen(item["rule"]))]
        return sorted((item["accepter"], item["id"]) for item in wanted)

    def idle(self) -> bool:
        """Whether no event, no change of a table and no message is on its way, and no function is running that could send one."""
        return (
            self._aws.status()["counters"]["waiting"] == 0
            and self._aws.unread() == 0
            and not any(map(self.waiting, self.queues()))
            and self._aws.running() == 0
        )

    def queues(self) -> list[str]:
        """The names of the functions' queues."""
        urls = self._sqs.list_queues(QueueNamePrefix=QUEUES).get("QueueUrls", [])
        return [url.rpartition("/")[2] for url in urls if not url.endswith(UNSERVED)]

    def waiting(self, queue: str) -> int:
        """How many messages a queue has, whether visible, in flight or delayed."""
        url = self._url(queue)
        counts = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
        return sum(int(counts[name]) for name in _COUNTS)

    def send(self, function: str, body: dict) -> None:
        """Puts a message on a function's queue, as a schedule or a person does."""
        self._sqs.send_message(QueueUrl=self._url(f"{QUEUES}{function}"), MessageBody=json.dumps(body))

    def _url(self, queue: str) -> str:
        """The URL of a queue, which is read once because waiting for empty queues needs it many times a second."""
        if queue not in self._urls:
            self._urls[queue] = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]

    def sweep(self) -> None:
        """Starts a sweep of every account and Region, as the schedule does every few minutes."""
        self.send("sweep", {"sweep": "all"})

    def wait_until_idle(self, seconds: float = 30.0, still: float = 0.1) -> bool:
        """Waits until it has been idle, and no function was started, for `still` seconds: one moment is not enough, because a
        message that a function takes may be counted neither as waiting nor as running.
        """
        counts, since = self._aws.invocations(), time.monotonic()

        def quiet() -> bool:
            nonlocal counts, since
            now = self._aws.invocations()
            if now != counts or not self.idle():
                counts, since = now, time.monotonic()
            return time.monotonic() - since >= still

        return bool(eventually(quiet, seconds))

    def calls_since(self, moment: str) -> list[dict]:
        """The EC2 calls that the functions have made as member roles since a moment."""
        return [call for call in self._aws.calls() if call["time"] >= moment and is_of_member_role(call)]


def is_of_member_role(call: dict) -> bool:
    return (call["role"] or "").startswith(MEMBER_ROLES)


def writes(calls: list[dict]) -> list[dict]:
    """Those of these calls that changed something."""
    return [call for call in calls if is_write(call["action"]) and call["error"] is None]


def counted(calls: list[dict]) -> list[dict]:
    """Those of these calls that the ledger counts for a connection."""
    return [call for call in calls if call["session"] in COUNTED and call["action"] not in TAGGING]


def seconds_between(earlier: str, later: str) -> float:
    """The time between two moments as the call log writes them."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _item(attributes: dict) -> dict:
    return {name: _plain(value) for name, value in attributes.items()}
