"""What people do in their accounts, with the allowlist and with the operator's tool."""

import itertools
import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import botocore.exceptions
import yaml
from boto3.dynamodb.types import TypeSerializer
from functions import FUNCTIONS
from observer import Observer
from session import Session, assume

from peerwright_client.aws import Place
from peerwright_client.describe import ASK_TAG
from peerwright_client.hub import ALLOWLIST, MEMBER_ROLES, ROLE_PATH
from peerwright_client.vpcs import Vpc, make_vpc, request_peering
from peerwright_local import packages
from peerwright_local.deploy import MEMBER_STACK, deploy_member

ALL_TABLES = {"requester": {"tables": "all"}, "accepter": {"tables": "all"}}
ENDS = ("requester", "accepter")
# The role of people for a command of `peerwright`, where it is not `operate`.
ROLE_OF = {
    "adopt": "explain",
    "allowlist": "allowlist",
    "approve": "approve",
    "doctor": "doctor",
    "explain": "explain",
    "graph": "explain",
    "history": "explain",
    "list": "explain",
    "members": "allowlist",
    "members list": "explain",
    "plan": "explain",
    "reject": "approve",
    "remove": "explain",
    "request": "explain",
    "show": "explain",
    "status": "explain",
}


def role_of(*arguments: str) -> str:
    """The role of people for a command, by its first two words or else by its first."""
    return next((ROLE_OF[name] for name in (" ".join(arguments[:2]), *arguments[:1]) if name in ROLE_OF), "operate")



class Actor(Observer):
    """Acts, and waits for what comes of it where the next act needs that."""

    def __init__(self, directory: Path, artifacts: Path):
        super().__init__(directory)
        self.artifacts = artifacts
        self.program = artifacts / "peerwright"
        self._blocks = itertools.count(1)

    def begin_acting(self, name: str, scratch: Path) -> None:
        """From now on, rules are named after this test and files are written to this directory."""
        self._name, self._scratch = name, scratch
        self._rules = itertools.count(1)
        self.asked_from: set[Place] = set()
        self.tagged: dict[str, Vpc] = {}

    # ---- VPCs ----

    def vpc(self, place: Place, name: str = "vpc", blocks: int | list[str] = 1, **more) -> Vpc:
        """Creates a VPC with these CIDR blocks, or with as many that no other VPC has."""
        if isinstance(blocks, int):
            blocks = [_block(next(self._blocks)) for _ in range(blocks)]
        return make_vpc(self.aws, place, name, blocks, **more)

    def add_block(self, vpc: Vpc, block: str) -> str:
        """Associates one more CIDR block; returns the association."""
        made = self.aws.ec2(vpc.place).associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock=block)
        return made["CidrBlockAssociation"]["AssociationId"]

    def remove_block(self, vpc: Vpc, association: str) -> None:
        self.aws.ec2(vpc.place).disassociate_vpc_cidr_block(AssociationId=association)

    def group(self, vpc: Vpc, name: str) -> str:
        made = self.aws.ec2(vpc.place).create_security_group(GroupName=name, Description=name, VpcId=vpc.id)
        return made["GroupId"]

    def let_in(self, vpc: Vpc, group: str, port: int, *blocks: str) -> None:
        """Adds rules to a security group, as somebody else would."""
        permission = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": block} for block in blocks],
        }
        self.aws.ec2(vpc.place).authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    def route_to_gateway(self, vpc: Vpc, block: str) -> str:
        """Routes a block of the main table to a new internet gateway; returns the gateway's id."""
        ec2 = self.aws.ec2(vpc.place)
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
        ec2.create_route(RouteTableId=vpc.main_table, DestinationCidrBlock=block, GatewayId=gateway)
        return gateway

    def gateway_table(self, vpc: Vpc) -> str:
        """Creates an internet gateway with a route table of its own; returns the table."""
        ec2 = self.aws.ec2(vpc.place)
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
        table = ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, GatewayId=gateway)
        return table

    # ---- connections ----

    def ask(self, requester: Vpc, accepter: Vpc) -> str:
        """Requests a connection by hand; returns its id."""
        self.asked_from.add(requester.place)
        return request_peering(self.aws, requester, accepter)

    def ask_unheard(self, requester: Vpc, accepter: Vpc) -> str:
        """Requests a connection whose event reaches nobody, and waits until the accepter can see it. Calls are counted from here on."""
        # A sweep that a rule of the test started would find it, and may still be at work on what other tests left.
        self.quiet()
        self.count_calls_from_here()
        connection = self.ask(requester, accepter)
        # It is shown to the requester first.
        self.until(lambda: connection in self.between(accepter, requester))
        return connection

    def accept_by_hand(self, accepter: Vpc, connection: str) -> None:
        self.aws.ec2(accepter.place).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)

    def withdraw_pending(self, place: Place) -> None:
        """Deletes the requests of a place that are still pending."""
        ec2 = self.aws.ec2(place)
        pending = [
            {"Name": "status-code", "Values": ["pending-acceptance"]},
            {"Name": "requester-vpc-info.owner-id", "Values": [place.account]},
        ]
        for found in ec2.describe_vpc_peering_connections(Filters=pending)["VpcPeeringConnections"]:
            try:
                ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=found["VpcPeeringConnectionId"])
            except botocore.exceptions.ClientError as error:
                # One that was just rejected is still shown as pending here.
                if error.response["Error"]["Code"] != "InvalidStateTransition":
                    raise

    def tag(self, vpc: Vpc, tags: dict[str, str]) -> None:
        """Sets tags of a VPC. Those that request connections are removed at the end of the test."""
        self.tagged[vpc.id] = vpc
        self.asked_from.add(vpc.place)
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.aws.ec2(vpc.place).create_tags(Resources=[vpc.id], Tags=pairs)

    def untag(self, vpc: Vpc, *keys: str) -> None:
        self.aws.ec2(vpc.place).delete_tags(Resources=[vpc.id], Tags=[{"Key": key} for key in keys])

    def ask_by_tag(self, vpc: Vpc, *targets: Vpc | str) -> None:
        """Requests connections by a VPC's tag; targets given as VPCs are written in full."""
        self.tag(vpc, {ASK_TAG: " ".join(one if isinstance(one, str) else written(one) for one in targets)})

    # ---- accounts ----

    def join(self, place: Place) -> Place:
        """Makes an account's Region a member, by the template that a user deploys."""
        template = packages.template_without_functions("member.yaml", self.artifacts)
        deploy_member(self.aws.client("cloudformation", place), template, *self.aws.hub)
        return place

    @contextmanager
    def joined_for_a_while(self, place: Place) -> Iterator[None]:
        """While it lasts, an account's Region has what a member has, whether or not the hub takes it for one."""
        self.join(place)
        try:
            yield
        finally:
            self.aws.client("cloudformation", place).delete_stack(StackName=MEMBER_STACK)

    @contextmanager
    def entering(self, *accounts: str) -> Iterator[None]:
        """While it lasts, the hub's functions may enter more accounts, as if its stack listed them."""
        iam, name = self.aws.client("iam", self.aws.hub), "more-accounts"
        for function in FUNCTIONS:
            role = f"{ROLE_PATH}{MEMBER_ROLES}{'read' if function == 'sweep' else function}"
            arns = [f"arn:aws:iam::{account}:role{role}" for account in accounts]
            statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arns}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_role_policy(RoleName=f"peerwright-{function}", PolicyName=name, PolicyDocument=policy)
        try:
            yield
        finally:
            for function in FUNCTIONS:
                iam.delete_role_policy(RoleName=f"peerwright-{function}", PolicyName=name)

    def use_up_tokens(self, place: Place, vpc: Vpc) -> None:
        """Spends an account's tokens for CreateRoute in a Region; five come back each second."""
        ec2 = self.aws.client("ec2", place)
        throttled = False
        while not throttled:
            try:
                ec2.create_route(RouteTableId=vpc.main_table, DestinationCidrBlock="192.0.2.0/24", DryRun=True)
            except botocore.exceptions.ClientError as error:
                throttled = error.response["Error"]["Code"] == "RequestLimitExceeded"

    # ---- the allowlist ----

    def rule(self, requester: Vpc | dict, accepter: Vpc | dict, effect: str = "allow", **more) -> dict:
        """A rule with an id of its own. A VPC stands for a selector of exactly that VPC."""
        ends = [_selector(one) if isinstance(one, Vpc) else one for one in (requester, accepter)]
        name = f"{self._name}-{next(self._rules)}"
        return {"id": name, "effect": effect, "requester": ends[0], "accepter": ends[1], **more}

    def allow(self, requester: Vpc | dict, accepter: Vpc | dict, **more) -> str:
        """Applies a rule that allows; returns its id."""
        rule = self.rule(requester, accepter, **more)
        self.apply(rule)
        return rule["id"]

    def deny(self, requester: Vpc | dict, accepter: Vpc | dict) -> str:
        """Applies a rule that denies; returns its id."""
        rule = self.rule(requester, accepter, effect="deny")
        self.apply(rule)
        return rule["id"]

    def apply(self, *rules: dict, **more) -> None:
        finished = self.write_rules(self.file({"rules": list(rules), **more}))
        assert finished.returncode == 0, finished.stderr

    def write_rules(self, file: Path, *more: str) -> subprocess.CompletedProcess:
        """Applies a file without looking at what exists: what a test is about follows."""
        return self.peerwright("allowlist", "apply", "--yes", "--rules-only", "-f", file, *more)

    def withdraw_wide_rules(self) -> None:
        """Deletes the rules that name no VPC: they would allow or deny what other tests ask for, or leave it in doubt."""
        self.withdraw_rules(lambda rule: not any("vpcs" in rule.get(end, ()) for end in ENDS))

    def withdraw_rules(self, chosen: Callable[[dict], bool] = lambda rule: True) -> None:
        """Deletes rules, whoever wrote them."""
        for accepter, id in self.hub.allowlist(chosen):
            key = {"accepter": {"S": accepter}, "id": {"S": id}}
            self.aws.client("dynamodb", self.aws.hub).delete_item(TableName=ALLOWLIST, Key=key)

    @contextmanager
    def item(self, rule: dict) -> Iterator[None]:
        """While it lasts, the table has a rule for accepters in member B that another client wrote."""
        dynamodb = self.aws.client("dynamodb", self.aws.hub)
        item = {"accepter": f"account#{self.aws.accounts['member_b']}", "id": rule["id"], "rule": rule}
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

    # ---- the places that are swept ----

    @contextmanager
    def sweeping(self, *places: Place) -> Iterator[None]:
        """While it lasts, sweeps look at these places and at no others."""
        before = self.peerwright("members", "export").stdout
        self.apply_members("".join(f"{place.account}/{place.region}\n" for place in places))
        self.quiet()
        try:
            yield
        finally:
            self.apply_members(before)
            self.quiet()

    def apply_members(self, text: str) -> str:
        """Makes a file the whole truth about the places that are swept; returns what the tool told."""
        finished = self.peerwright("members", "apply", "--allow-empty", "-f", self.file(text, "members.txt"))
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    # ---- the operator ----

    def peerwright(
        self, *arguments: object, stdin: str = "", without: Iterable[str] = (), **environment: str
    ) -> subprocess.CompletedProcess:
        """Runs the operator's tool in the hub account, as the role of people who may do that; without some variables of the environment."""
        command, given = self.command(*arguments, **environment)
        given = {name: value for name, value in given.items() if name not in without}
        return subprocess.run(command, env=given, input=stdin, capture_output=True, text=True, timeout=100, check=False)

    def command(self, *arguments: object, **environment: str) -> tuple[list[str], dict[str, str]]:
        """The command line of the operator's tool, and its environment."""
        # Whoever runs the tests may have a terminal of any width.
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "COLUMNS"}
        role = self.session(self.aws.hub, f"peerwright-{role_of(*map(str, arguments))}").environment
        return [str(self.program), *map(str, arguments)], {**own, **self.aws.environment(self.aws.hub), **role, **environment}

    @contextmanager
    def peerwright_running(self, *arguments: object) -> Iterator[subprocess.Popen]:
        """While it lasts, the operator's tool runs; its standard output is a pipe."""
        command, env = self.command(*arguments)
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as running:
            try:
                yield running
            finally:
                running.kill()

    def session(self, place: Place, role: str, *, by: Place | None = None, **more: object) -> Session:
        """A session of a role of an account, taken by the account itself or by another one."""
        arn = f"arn:aws:iam::{place.account}:role{ROLE_PATH}{role}"
        return Session(self.aws, assume(self.aws.client("sts", by or place), arn, **more))

    def invoke(self, function: str, payload: object) -> tuple[object, str | None]:
        """Invokes a function directly; returns its answer, and the kind of error if it failed."""
        answer = self.aws.client("lambda", self.aws.hub).invoke(
            FunctionName=f"peerwright-{function}", Payload=json.dumps(payload).encode()
        )
        return json.load(answer["Payload"]), answer.get("FunctionError")

    def look(self, function: str, connection: str, vpc: Vpc) -> None:
        """Sends a function a hint about a connection."""
        self.send(function, json.dumps({"connection": connection, **vpc.place._asdict()}))

    def sweep(self) -> None:
        """Starts a sweep of every place."""
        self.hub.sweep()

    def sweep_and_wait(self) -> None:
        """Sweeps every place and waits for everything that follows, for tests in which nothing is to follow."""
        before = self.quiet()["peerwright-sweep"]
        self.sweep()
        assert self.quiet()["peerwright-sweep"] > before, "no sweep was started"


def ingress(group: str, ports: str, source: str | dict = "peer-vpc") -> dict:
    """A wish for a group to let in TCP traffic."""
    return {"groups": [group], "ingress": [{"protocol": "tcp", "ports": ports, "from": source}]}


def part_of(block: str) -> str:
    """The first /24 of a block."""
    return str(next(ip_network(block).subnets(new_prefix=24)))


def written(vpc: Vpc) -> str:
    """A VPC as a tag names it in full."""
    return f"{vpc.id}/{vpc.place.account}/{vpc.place.region}"


def _block(number: int) -> str:
    """One of 3,840 blocks. Those from 10.240.0.0 on are for tests that choose their own."""
    return f"10.{number // 16}.{number % 16 * 16}.0/20"


def _selector(vpc: Vpc) -> dict:
    return {"accounts": [vpc.place.account], "vpcs": [vpc.id]}
