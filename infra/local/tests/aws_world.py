"""A local AWS in a process of its own, its clients, and functions to run on it."""

import io
import itertools
import json
import os
import subprocess
import sys
import textwrap
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse

from peerwright_client import aws
from peerwright_local.clients import Clients
from peerwright_local.state import ACCOUNTS, REGIONS

HUB, A, B, STRANGER = ACCOUNTS.values()
WEST, CENTRAL = REGIONS

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent
INFRA = PACKAGE.parent



def hub() -> dict:
    """The hub's template."""
    return yaml_parse((INFRA / "hub.yaml").read_text())


# The names of the hub's functions, which are those of their binaries.
FUNCTIONS = [
    resource["Metadata"]["BuildProperties"]["Binary"]
    for resource in hub()["Resources"].values()
    if resource["Type"] == "AWS::Serverless::Function"
]

_BOOTSTRAP = """\
#!{python}
import json, os, sys, urllib.request

api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"

def handle(event):
{handler}

while True:
    with urllib.request.urlopen(api + "next") as answer:
        event, request = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        outcome, result = "response", handle(event)
    except Exception as error:
        outcome, result = "error", {{"errorType": type(error).__name__, "errorMessage": str(error)}}
    sys.stdout.flush()
    urllib.request.urlopen(urllib.request.Request(api + request + "/" + outcome, json.dumps(result).encode())).close()
"""


def bootstrap(handler: str) -> bytes:
    """An executable that uses the Runtime API and runs the lines of `handler` for each event."""
    lines = textwrap.indent(textwrap.dedent(handler), "    ")
    return _BOOTSTRAP.format(python=sys.executable, handler=lines).encode()


# The handler of a function that accepts a batch and does nothing.
IDLE = 'print("event", json.dumps(event))\nreturn {"batchItemFailures": []}'


class World:
    def __init__(self, directory: Path):
        self.directory = directory
        self.state = json.loads((directory / "state.json").read_text())
        self._clients = Clients(self.state["aws_endpoint"])
        self._numbers = itertools.count(1)

    def client(self, service: str, account: str = HUB, region: str = WEST):
        return self._clients.client(service, account, region)

    def unique(self, name: str) -> str:
        return f"{name}-{next(self._numbers)}"

    def ask_ec2(self, path: str, *arguments):
        body = json.dumps(arguments).encode()
        with urllib.request.urlopen(self.state["ec2_endpoint"] + path, body) as answer:
            return json.load(answer)

    def deliver(self, **envelope) -> dict:
        """Delivers an event as AWS does; returns the whole event."""
        event = {
            "version": "0",
            "id": self.unique("event"),
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.ec2",
            "account": A,
            "time": "2026-03-01T10:00:00Z",
            "region": WEST,
            "resources": [],
            "detail": {"eventSource": "ec2.amazonaws.com", "eventName": "CreateVpcPeeringConnection"},
            **envelope,
        }
        self.ask_ec2("/deliver", event)
        return event

    def queue(self, account: str = HUB, region: str = WEST, *, policy: dict | None = None, **attributes) -> "Queue":
        sqs = self.client("sqs", account, region)
        url = sqs.create_queue(QueueName=self.unique("queue"), Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        queue = Queue(sqs, url, arn)
        if policy is not None:
            queue.allow(policy)
        return queue

    def function(
        self, handler: str, *, environment: dict | None = None, allowed: list[dict] | None = None, **configuration
    ) -> str:
        """Creates a function whose code is the lines of `handler`; returns its name."""
        name = self.unique("function")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=self.role(HUB, self.unique("role"), "lambda.amazonaws.com", allowed or []),
            Code={"ZipFile": archive(bootstrap(handler))},
            Timeout=20,
            Environment={"Variables": environment or {}},
            **configuration,
        )
        return name

    def role(self, account: str, name: str, service: str, allowed: list[dict], condition: dict | None = None) -> str:
        """Creates a role that a service may assume, under a condition if there is one; returns its ARN."""
        iam = self.client("iam", account)
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        if condition:
            trust["Condition"] = condition
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
        if allowed:
            iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=document(*allowed))
        return role["Arn"]

    def as_role(self, service: str, role_arn: str):
        """A client of the hub's with a session of a role."""
        given = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            region_name=WEST,
            endpoint_url=self.state["aws_endpoint"],
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def logged(self, function: str) -> list[str]:
        """What a function printed, without Lambda's own lines."""
        logs = self.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [
            line
            for event in events
            for line in event["message"].splitlines()
            if not line.startswith(("START ", "END ", "REPORT "))
        ]


class Queue:
    def __init__(self, sqs, url: str, arn: str):
        self._sqs = sqs
        self.url = url
        self.arn = arn

    def allow(self, statement: dict) -> None:
        """Sets the queue's policy to one statement about this queue."""
        policy = document({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": self.arn, **statement})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def send(self, body: str, **parameters) -> None:
        self._sqs.send_message(QueueUrl=self.url, MessageBody=body, **parameters)

    def messages(self) -> list[dict]:
        """Takes all messages that are visible."""
        taken = []
        while batch := self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages"):
            taken += batch
            for message in batch:
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return taken


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def archive(executable: bytes) -> bytes:
    """A deployment package of one executable."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o100755 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        file.writestr(entry, executable)
    return package.getvalue()


def eventually(look: Callable, seconds: float = 20.0):
    """What `look` returns, as soon as it is true."""
    found = aws.eventually(look, seconds)
    assert found, f"not within {seconds} s"
    return found


def command(*arguments: object, script: tuple = ("-m", "peerwright_local"), **options) -> subprocess.Popen:
    """Starts a command of the package without this process's AWS settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, *map(str, script), *map(str, arguments)],
        env={**environment, "PYTHONPATH": str(PACKAGE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def ended(process: subprocess.Popen, seconds: float = 30.0) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command that ends by itself."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def ready(process: subprocess.Popen, directory: Path) -> None:
    """Waits until `serve` is ready."""
    line = process.stdout.readline()
    assert line.startswith("The local AWS answers"), line + process.stderr.read()
    assert (directory / "state.json").exists()


@contextmanager
def served(directory: Path):
    process = command("serve", "--state", directory, script=(TESTS / "ec2_double.py",))
    try:
        ready(process, directory)
        yield World(directory)
    finally:
        process.terminate()
        process.communicate(timeout=10)

