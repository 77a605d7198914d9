"""What watches Peerwright: queues for what was not delivered, and figures of sweeps."""

import json

import pytest
from actor import ALL_TABLES
from botocore.exceptions import ClientError

from functions import letter_attribute
from peerwright_client.aws import Place


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def figures(world, name: str) -> list[int]:
    """The values of a figure that the sweep wrote, oldest first."""
    lines = [json.loads(line) for line in world.log("sweep") if '"_aws"' in line]
    return [line[name] for line in lines if name in line and line["function"] == "peerwright-sweep"]


def test_an_event_that_a_queue_does_not_take_is_kept_with_the_reason(world, ends):
    url = world.queue_url("peerwright-accept")
    before = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    world.quiet()
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    world.denials.expect("rule/peerwright/peerwright-requested", "peerwright-accept")
    try:
        connection = world.ask(*ends)
        world.until(lambda: world.hub.waiting("peerwright-undelivered"))
    finally:
        world.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)
    [letter] = world.taken("peerwright-undelivered")
    assert letter_attribute(letter, "ERROR_CODE") == "NO_PERMISSIONS"
    assert letter_attribute(letter, "RULE_ARN").endswith(":rule/peerwright/peerwright-requested")
    assert connection in letter["Body"]
    # The event is not needed: the sweep finds the request, once its accepter can see it.
    world.until(lambda: connection in world.between(*reversed(ends)))
    world.sweep()
    world.becomes("held", connection)


def test_an_event_that_the_hub_does_not_take_is_kept_in_its_place(world, ends):
    events, bus = world.aws.client("events", world.aws.hub), "peerwright"
    world.quiet()
    policy = events.describe_event_bus(Name=bus)["Policy"]
    events.remove_permission(EventBusName=bus, StatementId="member-accounts-may-send-events")
    world.denials.expect("rule/peerwright-forward", "event-bus/peerwright")
    sqs = world.aws.client("sqs", world.a)
    url = sqs.get_queue_url(QueueName="peerwright-unforwarded")["QueueUrl"]
    wanted = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    letters: list[dict] = []
    try:
        connection = world.ask(*ends)
        world.until(lambda: letters.extend(sqs.receive_message(**wanted).get("Messages", [])) or letters)
    finally:
        events.put_permission(EventBusName=bus, Policy=policy)
        sqs.purge_queue(QueueUrl=url)
    assert {letter_attribute(one, "ERROR_CODE") for one in letters} == {"NO_PERMISSIONS"}
    assert any(connection in one["Body"] for one in letters)


def test_the_schedule_counts_a_sweep_as_finished_once_nothing_of_it_is_left(world):
    world.quiet()
    before = sum(figures(world, "sweepsFinished"))
    world.send("sweep", json.dumps({"sweep": "all", "scheduled": True}))
    world.quiet()
    assert sum(figures(world, "sweepsFinished")) == before + 1
    # A place is tried again later: the next message of the schedule finds it in the queue.
    place = json.dumps({"sweep": world.a._asdict()})
    world.sqs.send_message(QueueUrl=world.queue_url("peerwright-sweep"), MessageBody=place, DelaySeconds=5)
    world.send("sweep", json.dumps({"sweep": "all", "scheduled": True}))
    world.quiet()
    assert sum(figures(world, "sweepsFinished")) == before + 1


def test_a_sweep_tells_how_much_room_the_quotas_of_connected_vpcs_leave(world):
    # Where no other test's VPC uses up a quota.
    place = world.join(Place(world.b.account, "ap-south-1"))
    ends = world.vpc(world.join(Place(world.a.account, place.region))), world.vpc(place)
    world.allow(*ends, routes=ALL_TABLES)
    world.becomes("converged", world.ask(*ends))
    world.quiet()
    world.send("sweep", json.dumps({"sweep": place._asdict()}))
    world.quiet()
    # One of the 50 connections that a VPC may have, and one of the 500 routes of a table.
    assert figures(world, "quotaRoomPercent")[-1] == 98


def test_what_alarms_publish_is_not_what_others_may(world):
    sns = world.aws.client("sns", world.stranger)
    [topic] = [
        one["TopicArn"]
        for one in world.aws.client("sns", world.aws.hub).list_topics()["Topics"]
        if one["TopicArn"].endswith(":peerwright-attention")
    ]
    with pytest.raises(ClientError):
        sns.publish(TopicArn=topic, Message="not ours")
