"""What Peerwright publishes: its events on the hub's bus, and the mails of its topic."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from peerwright_client.aws import Aws

BUS = "peerwright"
TOPIC = "peerwright-attention"
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "events.schema.json"
EVENTS = Draft202012Validator(json.loads(SCHEMA.read_text()))


class Listener:
    """Subscribes to both, and keeps everything since."""

    def __init__(self, aws: Aws):
        self._sqs = aws.client("sqs", aws.hub)
        self._events, self._mails = self._queue("e2e-outcomes"), self._queue("e2e-attention")
        self._told: list[dict] = []
        self._mailed: list[str] = []
        events, sns = aws.client("events", aws.hub), aws.client("sns", aws.hub)
        pattern = json.dumps({"source": [BUS]})
        events.put_rule(Name="e2e-outcomes", EventBusName=BUS, EventPattern=pattern)
        target = {"Id": "queue", "Arn": self._arn(self._events)}
        events.put_targets(Rule="e2e-outcomes", EventBusName=BUS, Targets=[target])
        [topic] = [one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(f":{TOPIC}")]
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self._arn(self._mails), Attributes=raw)

    def told(self) -> list[dict]:
        """The events so far, oldest first. Each is one that the reference describes."""
        new = [json.loads(body) for body in self._taken(self._events)]
        for event in new:
            EVENTS.validate(event)
        self._told += new
        return self._told

    def mailed(self) -> list[str]:
        """The mails so far, oldest first."""
        self._mailed += self._taken(self._mails)
        return self._mailed

    def _queue(self, name: str) -> str:
        """Creates a queue whose policy permits rules and topics to send to it, which those of its own account need, too."""
        url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        senders = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
        statement = {"Effect": "Allow", "Principal": senders, "Action": "sqs:SendMessage", "Resource": self._arn(url)}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url

    def _arn(self, url: str) -> str:
        return self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def _taken(self, url: str) -> list[str]:
        bodies = []
        while batch := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in batch]
            for message in batch:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies
