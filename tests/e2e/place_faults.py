"""What somebody breaks in a member account, for a while."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from trust_faults import for_anybody, policy_of, trusting, wider
from world import World

from peerwright_local.deploy import TRAIL


def without_external_id(policy: dict) -> dict:
    for statement in policy["Statement"]:
        del statement["Condition"]["StringEquals"]["sts:ExternalId"]
        if not statement["Condition"]["StringEquals"]:
            del statement["Condition"]["StringEquals"]
    return policy


def for_sweep_alone(policy: dict) -> dict:
    for statement in policy["Statement"]:
        names = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
        statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] = [name for name in names if name.endswith("-sweep")]
    return policy


def open_member_role(world: World):
    return trusting(world, world.b, "peerwright-member-cleanup", for_anybody)


def no_external_id(world: World):
    return trusting(world, world.b, "peerwright-member-read", without_external_id)


def no_way_in(world: World):
    return trusting(world, world.b, "peerwright-member-read", for_sweep_alone)


@contextmanager
def more_power(world: World) -> Iterator[None]:
    iam, role = world.aws.client("iam", world.b), {"RoleName": "peerwright-member-read", "PolicyName": "more"}
    statement = {"Effect": "Allow", "Action": "ec2:DeleteVpcPeeringConnection", "Resource": "*"}
    iam.put_role_policy(**role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    try:
        yield
    finally:
        iam.delete_role_policy(**role)


@contextmanager
def less_power(world: World) -> Iterator[None]:
    iam, role = world.aws.client("iam", world.b), "peerwright-member-read"
    [attached] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    world.denials.expect(f"assumed-role/{role}/", "DescribeVpcs")
    try:
        yield
    finally:
        iam.attach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])


@contextmanager
def region_off(world: World) -> Iterator[None]:
    world.aws.change(regions_off=f"{world.b.account}/{world.b.region}")
    try:
        yield
    finally:
        world.aws.change(regions_off="")


@contextmanager
def disabled_forwarding(world: World) -> Iterator[None]:
    events = world.aws.client("events", world.b)
    events.disable_rule(Name="peerwright-forward")
    try:
        yield
    finally:
        events.enable_rule(Name="peerwright-forward")


@contextmanager
def forwarding_elsewhere(world: World) -> Iterator[None]:
    events = world.aws.client("events", world.b)
    [target] = events.list_targets_by_rule(Rule="peerwright-forward")["Targets"]
    elsewhere = target["Arn"].replace(world.aws.hub.account, world.stranger.account)
    events.put_targets(Rule="peerwright-forward", Targets=[{**target, "Arn": elsewhere}])
    try:
        yield
    finally:
        events.put_targets(Rule="peerwright-forward", Targets=[target])


@contextmanager
def silent_trail(world: World) -> Iterator[None]:
    cloudtrail = world.aws.client("cloudtrail", world.b)
    cloudtrail.stop_logging(Name=TRAIL)
    try:
        yield
    finally:
        cloudtrail.start_logging(Name=TRAIL)


@contextmanager
def trail_of_another_region(world: World) -> Iterator[None]:
    there, here = world.aws.client("cloudtrail", world.b_central), world.aws.client("cloudtrail", world.b)
    [trail] = here.describe_trails()["trailList"]
    here.delete_trail(Name=TRAIL)
    there.create_trail(Name=TRAIL, S3BucketName=trail["S3BucketName"], IsMultiRegionTrail=False)
    there.start_logging(Name=TRAIL)
    try:
        yield
    finally:
        there.delete_trail(Name=TRAIL)
        here.create_trail(Name=TRAIL, S3BucketName=trail["S3BucketName"], IsMultiRegionTrail=True)
        here.start_logging(Name=TRAIL)


def wider_member_policy(world: World):
    return policy_of(world, world.b, "peerwright-member-cleanup", wider)


@contextmanager
def an_unforwarded_event(world: World) -> Iterator[None]:
    sqs = world.aws.client("sqs", world.b)
    url = sqs.get_queue_url(QueueName="peerwright-unforwarded")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    try:
        yield
    finally:
        sqs.purge_queue(QueueUrl=url)


@contextmanager
def trail_of_what_is_read(world: World) -> Iterator[None]:
    cloudtrail = world.aws.client("cloudtrail", world.b)

    def recording(what: str) -> None:
        selectors = [{"ReadWriteType": what, "IncludeManagementEvents": True}]
        cloudtrail.put_event_selectors(TrailName=TRAIL, EventSelectors=selectors)

    recording("ReadOnly")
    try:
        yield
    finally:
        recording("All")
