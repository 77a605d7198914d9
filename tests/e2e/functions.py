"""The functions from outside: their queues, their logs, and when they are at rest."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from peerwright_client.aws import Aws, eventually
from peerwright_client.hub import Hub

DEAD_LETTERS = "-dead-letter"
FUNCTIONS = ("accept", "cleanup", "configure", "request", "sweep")


class Functions:
    # When the test began.
    log_from: float = 0.0

    def __init__(self, directory: Path):
        self.directory = directory
        self.aws = Aws(directory)
        self.hub = Hub(self.aws)

    def quiet(self, still: float = 0.3, seconds: float = 240.0) -> Counter[str]:
        """Waits until nothing is on its way and no function was started for a while; how often each was started."""
        assert self.hub.wait_until_idle(seconds, still), f"not quiet within {seconds} s: {self.aws.invocations()}"
        return self.aws.invocations()

    def send(self, function: str, *bodies: str) -> None:
        """Puts messages on a function's queue, all at once."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        sent = self.sqs.send_message_batch(QueueUrl=self.queue_url(f"peerwright-{function}"), Entries=entries)
        assert not sent.get("Failed")

    def waiting(self, function: str) -> int:
        """How many messages a function's queue has."""
        return self.hub.waiting(f"peerwright-{function}")

    def dead_letters(self, function: str) -> list[dict]:
        """Takes the messages of a function's dead-letter queue."""
        return self.taken(f"peerwright-{function}{DEAD_LETTERS}")

    def taken(self, queue: str) -> list[dict]:
        """Takes the messages of a queue."""
        url = self.queue_url(queue)
        taken = []
        wanted = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while batch := self.sqs.receive_message(**wanted).get("Messages"):
            taken += batch
            for message in batch:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def dead_lettered(self, function: str, seconds: float = 60.0) -> list[dict]:
        """Takes the messages of a function's dead-letter queue, once it has any."""
        return eventually(lambda: self.dead_letters(function), seconds)

    def log(self, function: str) -> list[str]:
        """The lines that a function wrote, without Lambda's own."""
        return [line for _, line in self._logged(function) if not line.startswith(("START ", "END ", "REPORT "))]

    def failures(self, function: str, connection: str) -> list[float]:
        """The times, in seconds, at which a function failed on a connection: those of the metrics behind each error, since Lambda's log may be late."""
        times, failed = [], False
        for line in self.log(function):
            failed |= '"level":"ERROR"' in line and connection in line
            if failed and '"_aws"' in line:
                times.append(json.loads(line)["_aws"]["Timestamp"] / 1000)
                failed = False
        return sorted(times)

    def outcomes(self, function: str, connection: str) -> list[str]:
        """The outcomes that a function logged for a connection, one for each message or invocation."""
        fields = [json.loads(line).get("fields", {}) for line in self.log(function) if connection in line]
        return [one["outcome"] for one in fields if one.get("connection") == connection and "outcome" in one]

    def metric(self, function: str, name: str) -> int:
        """The sum of a metric over everything that a function wrote."""
        lines = [json.loads(line) for line in self.log(function) if '"_aws"' in line]
        return sum(line.get(name, 0) for line in lines)

    @property
    def sqs(self):
        return self.aws.client("sqs", self.aws.hub)

    def queue_url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def _logged(self, function: str) -> Iterator[tuple[float, str]]:
        """The time of each line of a function's log, in seconds, and the line."""
        pages = self.aws.client("logs", self.aws.hub).get_paginator("filter_log_events")
        # The emulator gives 10,000 events and no page behind them.
        since = int(self.log_from * 1000)
        for page in pages.paginate(logGroupName=f"/aws/lambda/peerwright-{function}", startTime=since):
            for event in page["events"]:
                for line in event["message"].splitlines():
                    yield event["timestamp"] / 1000, line


def letter_attribute(letter: dict, name: str) -> str:
    """A message attribute of a dead letter."""
    return letter["MessageAttributes"][name]["StringValue"]
