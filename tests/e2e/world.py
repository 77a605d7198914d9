"""What the tests do to the local AWS, and how they look at it: from outside, as its users."""

import itertools
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path

import botocore.exceptions
import yaml
from boto3.dynamodb.types import TypeSerializer
from denials import Denials
from listener import Listener
from peerwright_local import stacks
from peerwright_local.demo import verify
from peerwright_local.demo.aws import Aws, Place, eventually
from peerwright_local.demo.hub import ALLOWLIST, CONNECTIONS, MEMBER_ROLE, Hub, writes
from peerwright_local.demo.verify import Route, Rule
from peerwright_local.demo.world import Vpc, ask, make_vpc

ALL_TABLES = {"requester": {"tables": "all"}, "accepter": {"tables": "all"}}
DEAD_LETTERS = "-dead-letter"
FUNCTIONS = ("accept", "cleanup", "configure", "request", "sweep")
ASK, MESH, STATUS, RULE = (f"peerwright:{key}" for key in ("peer-with", "mesh", "status", "rule"))
CREATED_FOR = "peerwright:created-for"
ENDED = ("deleted", "deleting", "rejected", "expired", "failed")
MEMBER_TEMPLATE = Path(__file__).resolve().parents[2] / "infra" / "member.yaml"


class World:
    def __init__(self, directory: Path, artifacts: Path):
        self.directory = directory
        self.aws = Aws(directory)
        self.hub = Hub(self.aws)
        self.denials = Denials(self.aws)
        self._program = artifacts / "peerwright"
        self._blocks = itertools.count(1)
        west, central = self.aws.regions
        accounts = self.aws.accounts
        self.a, self.b = Place(accounts["member_a"], west), Place(accounts["member_b"], west)
        self.a_central, self.b_central = Place(accounts["member_a"], central), Place(accounts["member_b"], central)
        self.stranger = Place(accounts["stranger"], west)

    def begin(self, test: str, scratch: Path) -> None:
        self._test, self._scratch = re.sub(r"[^a-z0-9]+", "-", test.removeprefix("test_"))[:100], scratch
        self._rules = itertools.count(1)
        self._asked_from: set[Place] = set()
        self._tagged: dict[str, Vpc] = {}
        self._started = self.aws.calls_so_far()
        self.denials.begin()

    def end(self) -> None:
        """Leaves no request pending for another test's functions to look at, no VPC that asks, and no message."""
        for vpc in self._tagged.values():
            with suppress(botocore.exceptions.ClientError):
                self.untag(vpc, ASK, MESH)
        for place in self._asked_from:
            self.withdraw_pending(place)
        assert self.hub.wait_until_idle(), "messages are left in the queues"
        for name in FUNCTIONS:
            assert self.dead_letters(name) == [], "a message ended in a dead-letter queue"
        self.denials.check()

    def withdraw_pending(self, place: Place) -> None:
        """Takes back what was asked for in a place and not answered."""
        ec2 = self.aws.ec2(place)
        pending = [
            {"Name": "status-code", "Values": ["pending-acceptance"]},
            {"Name": "requester-vpc-info.owner-id", "Values": [place.account]},
        ]
        for found in ec2.describe_vpc_peering_connections(Filters=pending)["VpcPeeringConnections"]:
            ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=found["VpcPeeringConnectionId"])

    # ---- what people do ----

    def vpc(self, place: Place, name: str = "vpc", blocks: int | list[str] = 1, **more) -> Vpc:
        """A VPC with so many blocks that no other has, or with these."""
        if isinstance(blocks, int):
            blocks = [_block(next(self._blocks)) for _ in range(blocks)]
        return make_vpc(self.aws, place, name, blocks, **more)

    def ask(self, requester: Vpc, accepter: Vpc) -> str:
        self._asked_from.add(requester.place)
        return ask(self.aws, requester, accepter)

    def ask_unheard(self, requester: Vpc, accepter: Vpc) -> str:
        """Asks where nobody hears of it, and waits until the accepter can see the request. Calls are counted from here on."""
        # The sweep that a rule of the test woke would find it, and may still be at work on what other tests left.
        self.quiet()
        self._started = self.aws.calls_so_far()
        connection = self.ask(requester, accepter)
        self.until(lambda: self.state(requester, connection) == "pending-acceptance")
        return connection

    def tag(self, vpc: Vpc, tags: dict[str, str]) -> None:
        """Sets tags of a VPC. Those that ask for something are taken away when the test is over."""
        self._tagged[vpc.id] = vpc
        self._asked_from.add(vpc.place)
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.aws.ec2(vpc.place).create_tags(Resources=[vpc.id], Tags=pairs)

    def untag(self, vpc: Vpc, *keys: str) -> None:
        self.aws.ec2(vpc.place).delete_tags(Resources=[vpc.id], Tags=[{"Key": key} for key in keys])

    def ask_by_tag(self, vpc: Vpc, *targets: Vpc | str) -> None:
        """Lets a VPC ask for others, which are written out unless they are text."""
        self.tag(vpc, {ASK: " ".join(one if isinstance(one, str) else written(one) for one in targets)})

    def sweep(self) -> None:
        """Lets every place be looked at now."""
        self.send("sweep", json.dumps({"sweep": "all"}))

    def sweep_and_wait(self) -> None:
        """Lets every place be looked at, and all be done that follows: for tests that nothing follows."""
        before = self.quiet()["peerwright-sweep"]
        self.sweep()
        assert self.quiet()["peerwright-sweep"] > before, "no sweep was started"

    def join(self, place: Place) -> Place:
        """Makes a Region of an account a member: the same template, as a user deploys it."""
        parameters = {
            "ExternalId": "peerwright-local",
            "HubAccount": self.aws.hub.account,
            "HubRegion": self.aws.hub.region,
            "RoleRegion": self.aws.hub.region,
        }
        cloudformation = self.aws.client("cloudformation", place)
        stacks.put(cloudformation, "peerwright-member", MEMBER_TEMPLATE.read_text(), parameters)
        return place

    def accept_by_hand(self, accepter: Vpc, connection: str) -> None:
        self.aws.ec2(accepter.place).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)

    def use_up_tokens(self, place: Place, vpc: Vpc) -> None:
        """Leaves none of an account's tokens for CreateRoute in a Region; they come back at five a second."""
        ec2 = self.aws.ec2(place)
        throttled = False
        while not throttled:
            try:
                ec2.create_route(RouteTableId=vpc.main_table, DestinationCidrBlock="192.0.2.0/24", DryRun=True)
            except botocore.exceptions.ClientError as error:
                throttled = error.response["Error"]["Code"] == "RequestLimitExceeded"

    def route_to_gateway(self, vpc: Vpc, block: str) -> str:
        """Sends a block of the main table to an internet gateway; returns the gateway's id."""
        ec2 = self.aws.ec2(vpc.place)
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
        ec2.create_route(RouteTableId=vpc.main_table, DestinationCidrBlock=block, GatewayId=gateway)
        return gateway

    def let_in(self, vpc: Vpc, group: str, port: int, *blocks: str) -> None:
        """Adds rules to a group as somebody else would."""
        permission = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": block} for block in blocks],
        }
        self.aws.ec2(vpc.place).authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    def group(self, vpc: Vpc, name: str) -> str:
        made = self.aws.ec2(vpc.place).create_security_group(GroupName=name, Description=name, VpcId=vpc.id)
        return made["GroupId"]

    def add_block(self, vpc: Vpc, block: str) -> str:
        """Associates one more CIDR block; returns the association."""
        made = self.aws.ec2(vpc.place).associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock=block)
        return made["CidrBlockAssociation"]["AssociationId"]

    def remove_block(self, vpc: Vpc, association: str) -> None:
        self.aws.ec2(vpc.place).disassociate_vpc_cidr_block(AssociationId=association)

    def look(self, function: str, connection: str, vpc: Vpc) -> None:
        """Lets a function look at a connection, as a person does."""
        self.send(function, json.dumps({"connection": connection, **vpc.place._asdict()}))

    def rule(self, requester: Vpc | dict, accepter: Vpc | dict, effect: str = "allow", **wishes) -> dict:
        """A rule with an id of its own; a VPC stands for exactly that VPC."""
        ends = [_selector(one) if isinstance(one, Vpc) else one for one in (requester, accepter)]
        name = f"{self._test}-{next(self._rules)}"
        return {"id": name, "effect": effect, "requester": ends[0], "accepter": ends[1], **wishes}

    def allow(self, requester: Vpc | dict, accepter: Vpc | dict, **wishes) -> str:
        """Applies one rule that allows; returns its id."""
        rule = self.rule(requester, accepter, **wishes)
        self.apply(rule)
        return rule["id"]

    def deny(self, requester: Vpc | dict, accepter: Vpc | dict) -> str:
        rule = self.rule(requester, accepter, effect="deny")
        self.apply(rule)
        return rule["id"]

    def apply(self, *rules: dict, **more) -> None:
        finished = self.peerwright("allowlist", "apply", "-f", self.file({"rules": list(rules), **more}))
        assert finished.returncode == 0, finished.stderr

    @contextmanager
    def item(self, rule: dict) -> Iterator[None]:
        """For a while, a rule for accepters in member B that some other client wrote into the table."""
        dynamodb = self.aws.client("dynamodb", self.aws.hub)
        item = {"accepter": f"account#{self.b.account}", "id": rule["id"], "rule": rule}
        item = {key: TypeSerializer().serialize(value) for key, value in item.items()}
        dynamodb.put_item(TableName=ALLOWLIST, Item=item)
        try:
            yield
        finally:
            dynamodb.delete_item(TableName=ALLOWLIST, Key={key: item[key] for key in ("accepter", "id")})

    def file(self, content: dict | str, name: str = "allowlist.yaml") -> Path:
        path = self._scratch / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    def peerwright(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess:
        """Runs the operator's tool in the hub account."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            [self._program, *map(str, arguments)],
            env={**own, **self.aws.environment(self.aws.hub), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def invoke(self, function: str, payload: object) -> tuple[object, str | None]:
        """Invokes a function as a person does; its answer, and the kind of error if it failed."""
        answer = self.aws.client("lambda", self.aws.hub).invoke(
            FunctionName=f"peerwright-{function}", Payload=json.dumps(payload).encode()
        )
        return json.load(answer["Payload"]), answer.get("FunctionError")

    # ---- what AWS and the ledger say ----

    def becomes(self, status: str, connection: str, seconds: float = 20.0) -> dict:
        """The ledger's entry of a connection once it has this status."""
        eventually(lambda: self.hub.entry(connection).get("status") == status, seconds)
        entry = self.hub.entry(connection)
        assert entry.get("status") == status, entry or f"the ledger has no {connection}"
        return entry

    def until(self, look: Callable[[], object], seconds: float = 20.0) -> None:
        assert eventually(look, seconds), f"not within {seconds} s"

    def state(self, vpc: Vpc, connection: str) -> str:
        """Between Regions a connection is being deleted for a moment, which is waited for."""
        eventually(lambda: verify.state(self.aws, vpc.place, connection) != "deleting", 5)
        return verify.state(self.aws, vpc.place, connection)

    def tags(self, vpc: Vpc) -> dict[str, str]:
        """The tags of a VPC, as its own account sees them."""
        return _tags(self.aws.ec2(vpc.place).describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0])

    def connection_tags(self, vpc: Vpc, connection: str) -> dict[str, str]:
        """The tags of a connection: each account, in each Region, has its own."""
        return _tags(verify.connection_seen_by(self.aws, vpc.place, connection))

    def says(self, vpc: Vpc, *words: str, seconds: float = 20.0) -> str:
        """What a VPC is answered on its tags, once it has all of these words."""
        eventually(lambda: all(word in self.tags(vpc).get(STATUS, "") for word in words), seconds)
        status = self.tags(vpc).get(STATUS, "")
        missing = [word for word in words if word not in status]
        assert missing == [], f"{vpc.id} is answered {status!r}, without {missing}"
        return status

    def between(self, one: Vpc, other: Vpc, *, ended: bool = False) -> list[str]:
        """The connections of two VPCs in either direction, as the first one's account sees them."""
        found = []
        for own, peer in (("requester", "accepter"), ("accepter", "requester")):
            filters = [
                {"Name": f"{own}-vpc-info.vpc-id", "Values": [one.id]},
                {"Name": f"{peer}-vpc-info.vpc-id", "Values": [other.id]},
            ]
            found += self.aws.ec2(one.place).describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"]
        return [
            peering["VpcPeeringConnectionId"] for peering in found if ended or peering["Status"]["Code"] not in ENDED
        ]

    def joined(self, one: Vpc, other: Vpc, status: str = "converged", seconds: float = 20.0) -> str:
        """The one connection of two VPCs, once there is one and the ledger gives it this status."""
        self.until(lambda: self.between(one, other), seconds)
        [connection] = self.between(one, other)
        self.becomes(status, connection, seconds)
        assert self.between(one, other) == [connection]
        return connection

    def routes(self, vpc: Vpc, connection: str) -> set[Route]:
        return verify.routes_over(self.aws, vpc, connection)

    def rules(self, vpc: Vpc, connection: str | None = None) -> set[Rule]:
        return verify.rules_in(self.aws, vpc, connection)

    def blocks(self, vpc: Vpc) -> list[str]:
        return verify.cidrs(self.aws, vpc)

    def every_route(self, vpc: Vpc, peer: Vpc) -> set[Route]:
        """An active route from each table of a VPC to each block of its peer."""
        return {Route(table, block, "active") for table in vpc.all_tables for block in self.blocks(peer)}

    def routed(self, requester: Vpc, accepter: Vpc, connection: str) -> None:
        """Both sides have every route, and no other over this connection."""
        for vpc, peer in ((requester, accepter), (accepter, requester)):
            assert self.routes(vpc, connection) == self.every_route(vpc, peer)

    def target(self, vpc: Vpc, table: str, block: str) -> str | None:
        """The gateway or connection that a table sends a block to."""
        [found] = self.aws.ec2(vpc.place).describe_route_tables(RouteTableIds=[table])["RouteTables"]
        [route] = [one for one in found["Routes"] if verify.destination(one) == block]
        return route.get("GatewayId") or route.get("VpcPeeringConnectionId")

    def resolves(self, vpc: Vpc, connection: str) -> bool:
        return verify.resolves(self.aws, vpc, connection)

    def role_calls(self) -> list[dict]:
        """EC2 calls of this test's time that the functions made as the member role."""
        return [call for call in self.aws.calls(self._started) if call["role"] == MEMBER_ROLE]

    def refusals(self, code: str) -> list[dict]:
        """Such calls that EC2 refused with this code."""
        return [call for call in self.role_calls() if call["error"] == code]

    def times(self, function: str, action: str, place: Place) -> list[datetime]:
        """When a function made a call in a place."""
        wanted = {"session": f"peerwright-{function}", "action": action, **place._asdict()}
        return [datetime.fromisoformat(call["time"]) for call in self.role_calls() if wanted.items() <= call.items()]

    def role_writes(self) -> list[str]:
        return [call["action"] for call in writes(self.role_calls())]

    # ---- what is told to the outside ----

    @cached_property
    def listener(self) -> Listener:
        return Listener(self.aws)

    def told(self, connection: str) -> list[tuple[str, dict]]:
        """The outcome events about a connection so far: kind and detail, oldest first."""
        events = [(event["detail-type"], event["detail"]) for event in self.listener.told()]
        return [(kind, detail) for kind, detail in events if detail.get("connection") == connection]

    def tells(self, kind: str, connection: str, seconds: float = 20.0) -> dict:
        """The detail of the newest event of this kind about a connection, once there is one."""
        eventually(lambda: kind in dict(self.told(connection)), seconds)
        told = dict(self.told(connection))
        assert kind in told, f"of {connection} was told {list(told)}"
        return told[kind]

    def mailed(self, connection: str) -> list[str]:
        """What the topic's subscribers got about a connection so far."""
        return [mail for mail in self.listener.mailed() if connection in mail]

    def mails(self, connection: str, *words: str, seconds: float = 20.0) -> str:
        """The newest mail about a connection with all of these words, once there is one."""

        def fitting():
            return [mail for mail in self.mailed(connection) if all(word in mail for word in words)]

        found = eventually(fitting, seconds)
        assert found, f"the topic was told {self.mailed(connection)}"
        return found[-1]

    # ---- queues, functions and their logs ----

    def quiet(self, still: float = 0.3, seconds: float = 60.0) -> Counter[str]:
        """Waits until no function was started for so long, and nothing is on its way; how often each was started."""
        assert self.hub.wait_until_idle(seconds, still), f"not quiet within {seconds} s: {self.aws.invocations()}"
        return self.aws.invocations()

    def send(self, function: str, *bodies: str) -> None:
        """Puts messages on a function's queue, all at once."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        sent = self._sqs.send_message_batch(QueueUrl=self._url(f"peerwright-{function}"), Entries=entries)
        assert not sent.get("Failed")

    def dead_letters(self, function: str) -> list[dict]:
        """Takes what is in a function's dead-letter queue."""
        url = self._url(f"peerwright-{function}{DEAD_LETTERS}")
        taken = []
        wanted = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while batch := self._sqs.receive_message(**wanted).get("Messages"):
            taken += batch
            for message in batch:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def buried(self, function: str, seconds: float = 20.0) -> list[dict]:
        """What ends in a function's dead-letter queue, once something does."""
        return eventually(lambda: self.dead_letters(function), seconds)

    def reason(self, letter: dict, attribute: str) -> str:
        return letter["MessageAttributes"][attribute]["StringValue"]

    def waiting(self, function: str) -> int:
        return self.hub.waiting(f"peerwright-{function}")

    def log(self, function: str) -> list[str]:
        """What a function wrote, without Lambda's own lines."""
        pages = self.aws.client("logs", self.aws.hub).get_paginator("filter_log_events")
        events = [
            event
            for page in pages.paginate(logGroupName=f"/aws/lambda/peerwright-{function}")
            for event in page["events"]
        ]
        lines = [line for event in events for line in event["message"].splitlines()]
        return [line for line in lines if not line.startswith(("START ", "END ", "REPORT "))]

    def failures(self, function: str, connection: str) -> list[float]:
        """When a function failed about a connection, in seconds."""
        pages = self.aws.client("logs", self.aws.hub).get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=f"/aws/lambda/peerwright-{function}")
        events = [event for page in found for event in page["events"]]
        lines = [(event["timestamp"] / 1000, line) for event in events for line in event["message"].splitlines()]
        return sorted(time for time, line in lines if '"level":"ERROR"' in line and connection in line)

    def outcomes(self, function: str, connection: str) -> list[str]:
        """What a function said came of a connection, each time it looked."""
        fields = [json.loads(line).get("fields", {}) for line in self.log(function) if connection in line]
        return [one["outcome"] for one in fields if one.get("connection") == connection and "outcome" in one]

    def counted(self, function: str, metric: str) -> int:
        """The sum of a metric over all that a function wrote."""
        lines = [json.loads(line) for line in self.log(function) if '"_aws"' in line]
        return sum(line.get(metric, 0) for line in lines)

    @contextmanager
    def configured(self, function: str, **variables: str) -> Iterator[None]:
        """For a while, a function with other variables.

        One that is changed while it works leaves its messages alone for as long as the queue hides them.
        """
        client, name = self.aws.client("lambda", self.aws.hub), f"peerwright-{function}"
        before = client.get_function_configuration(FunctionName=name)["Environment"]
        changed = {"Variables": {**before["Variables"], **variables}}
        self.hub.wait_until_idle(10)
        client.update_function_configuration(FunctionName=name, Environment=changed)
        try:
            yield
            self.hub.wait_until_idle(10)
        finally:
            client.update_function_configuration(FunctionName=name, Environment=before)

    @contextmanager
    def tries(self, function: str, count: int) -> Iterator[None]:
        """For a while, a function that gives a message up after so many tries."""
        url = self._url(f"peerwright-{function}")
        names = ["RedrivePolicy"]
        before = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        policy = {**json.loads(before["RedrivePolicy"]), "maxReceiveCount": count}
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
        try:
            with self.configured(function, PEERWRIGHT_MAX_RECEIVES=str(count)):
                yield
        finally:
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes=before)

    @contextmanager
    def without_permission(self, function: str, action: str) -> Iterator[None]:
        """For a while, a function whose role lacks the statement that is about this action alone."""
        iam, role = self.aws.client("iam", self.aws.hub), f"peerwright-{function}"
        name = iam.list_role_policies(RoleName=role)["PolicyNames"][0]
        before = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        statements = [one for one in before["Statement"] if _actions(one) != [action]]
        assert len(statements) < len(before["Statement"]), f"{role} has no statement about {action} alone"
        less = {**before, "Statement": statements}
        self.denials.expect(f"assumed-role/{role}/", action)
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
        try:
            yield
        finally:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(before))

    @contextmanager
    def unreadable_entry(self, connection: str) -> Iterator[None]:
        """For a while, a connection of which the ledger says something that no function wrote."""
        dynamodb = self.aws.client("dynamodb", self.aws.hub)
        key = {"connection": {"S": connection}, "entry": {"S": "current"}}
        dynamodb.put_item(TableName=CONNECTIONS, Item=key)
        try:
            yield
        finally:
            dynamodb.delete_item(TableName=CONNECTIONS, Key=key)

    @property
    def _sqs(self):
        return self.aws.client("sqs", self.aws.hub)

    def _url(self, queue: str) -> str:
        return self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]


def _block(number: int) -> str:
    """One of 3,840 blocks; from 10.240.0.0 on is left to the tests."""
    return f"10.{number // 16}.{number % 16 * 16}.0/20"


def part_of(block: str) -> str:
    """A part of a block, as large as a subnet is."""
    return str(next(ip_network(block).subnets(new_prefix=24)))


def written(vpc: Vpc) -> str:
    """A VPC as a tag names it."""
    return f"{vpc.id}/{vpc.place.account}/{vpc.place.region}"


def _tags(found: dict) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def _selector(vpc: Vpc) -> dict:
    return {"accounts": [vpc.place.account], "vpcs": [vpc.id]}


def _actions(statement: dict) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions
