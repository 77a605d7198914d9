"""Connections that end, for any reason and on either side: what is ours is removed, and nothing else."""

import pytest
import schedule
from actor import written
from botocore.exceptions import ClientError
from faults import without_role
from ownership import add_others, clean, complete, of_others, two_vpcs, wishes

from peerwright_client.describe import ASK_TAG, CREATED_TAG, STATUS_TAG

DAY = 24 * 60 * 60


@pytest.fixture
def ends(world):
    return two_vpcs(world)


@pytest.fixture
def connection(world, ends):
    """A connection that was requested by hand, with everything in place."""
    world.allow(*ends, **wishes(*ends))
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    complete(world, ends, connection)
    # Otherwise functions might handle its last events after the test has ended it.
    assert world.hub.wait_until_idle()
    return connection


def delete(world, vpc, connection):
    world.aws.ec2(vpc.place).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)


def reject(world, vpc, connection):
    world.aws.ec2(vpc.place).reject_vpc_peering_connection(VpcPeeringConnectionId=connection)


@pytest.mark.parametrize("side", [0, 1], ids=["requester", "accepter"])
def test_either_side_deletes_and_what_is_ours_goes_on_both_and_nothing_else(world, ends, connection, side):
    add_others(world, ends, connection)
    others = of_others(world, ends, connection)
    delete(world, ends[side], connection)
    entry = world.becomes("ended", connection)
    assert clean(world, ends, connection) and of_others(world, ends, connection) == others
    assert entry["owned"] == {"routes": [], "groups": []}
    assert ends[side].place.account in entry["reasons"][0]
    assert world.tells("Peering Removed", connection)["status"] == "ended"


def test_a_rejected_request_has_ended_and_is_not_made_again(world, ends):
    world.allow(*ends, approval="manual", **wishes(*ends))
    requester, accepter = ends
    world.ask_by_tag(requester, accepter)
    connection = world.joined(*ends, "awaiting-approval")
    reject(world, accepter, connection)
    world.becomes("ended", connection)
    world.says(requester, f"{connection} is rejected", "remove it from the tag and add it anew")
    world.quiet()
    assert world.between(*ends) == [] and world.between(*ends, ended=True) == [connection]


def test_a_request_that_nobody_answers_expires_and_the_scheduled_sweep_finds_out(world, ends):
    world.allow(*ends, approval="manual", **wishes(*ends))
    requester, accepter = ends
    world.ask_by_tag(requester, accepter)
    connection = world.joined(*ends, "awaiting-approval")
    world.quiet()
    world.aws.advance(7 * DAY)
    world.quiet()
    # Only a scheduled sweep can find that.
    assert world.hub.entry(connection)["status"] == "awaiting-approval"
    before = schedule.sent(world)
    with schedule.on(world):
        world.becomes("ended", connection)
    assert schedule.sent(world) > before
    assert world.state(requester, connection) == "expired"
    world.says(requester, f"{connection} is expired")
    world.quiet()
    assert world.between(*ends) == []


def test_a_request_that_fails_is_reported_on_the_tag_and_is_not_made_again(world, ends):
    requester, _ = ends
    missing = f"vpc-00000000000000000/{world.stranger.account}/{world.stranger.region}"
    world.allow(requester, {"accounts": [world.stranger.account]}, approval="manual")
    world.ask_by_tag(requester, missing)
    world.says(requester, "requested")
    # A request fails without a call, and so without an event: `request` reads it again by itself.
    world.says(requester, "is failed")
    world.quiet()
    made = world.aws.ec2(requester.place).describe_vpc_peering_connections(
        Filters=[{"Name": "requester-vpc-info.vpc-id", "Values": [requester.id]}]
    )["VpcPeeringConnections"]
    assert [one["Status"]["Code"] for one in made] == ["failed"]
    assert world.hub.entry(made[0]["VpcPeeringConnectionId"])["status"] == "ended"


@pytest.mark.long
def test_what_vanishes_without_an_event_has_ended_after_half_a_minute_and_what_is_late_to_be_shown_has_not(
    world, ends, connection
):
    others_ends = two_vpcs(world)
    world.allow(*others_ends, **wishes(*others_ends))
    late = world.ask(*others_ends)
    world.becomes("converged", late)
    add_others(world, ends, connection)
    others = of_others(world, ends, connection)
    assert world.hub.wait_until_idle()
    world.aws.change(describe_lag_seconds=3600)
    world.look("cleanup", late, others_ends[0])
    world.until(lambda: world.hub.entry(late).get("missing_since"))
    world.aws.change(describe_lag_seconds=0, delivery=False)
    world.look("cleanup", late, others_ends[0])
    world.until(lambda: not world.hub.entry(late).get("missing_since"))
    delete(world, ends[1], connection)
    world.aws.advance(3 * DAY)
    for vpc in ends:
        with pytest.raises(ClientError, match="InvalidVpcPeeringConnectionID.NotFound"):
            world.state(vpc, connection)
    world.sweep()
    world.until(lambda: world.hub.entry(connection).get("missing_since"))
    assert not clean(world, ends[:1], connection) and not clean(world, ends[1:], connection)
    world.becomes("ended", connection, seconds=60)
    assert clean(world, ends, connection) and of_others(world, ends, connection) == others
    assert world.hub.wait_until_idle()
    complete(world, others_ends, late)


def test_a_table_that_is_gone_does_not_keep_the_rest_from_being_cleaned_up(world, ends, connection):
    requester, accepter = ends
    world.aws.ec2(requester.place).delete_route_table(RouteTableId=requester.tables["zone-a"])
    delete(world, accepter, connection)
    world.becomes("ended", connection)
    assert clean(world, ends, connection)


def test_a_vpc_that_is_gone_does_not_keep_the_other_side_from_being_cleaned_up(world, ends, connection):
    requester, accepter = ends
    world.aws.change(delivery=False)
    delete(world, accepter, connection)
    remove(world, accepter)
    world.sweep()
    world.becomes("ended", connection)
    assert clean(world, [requester], connection)


def remove(world, vpc):
    """Deletes a VPC with everything in it."""
    ec2 = world.aws.ec2(vpc.place)
    for table in vpc.tables.values():
        ec2.delete_route_table(RouteTableId=table)
    for group in vpc.groups.values():
        ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc.id)


def test_a_side_whose_role_was_taken_away_is_cleaned_up_when_it_is_given_back(world, ends, connection):
    requester, accepter = ends
    with without_role(world, accepter.place):
        delete(world, requester, connection)
        entry = world.becomes("one-sided", connection)
        assert "accepter" in entry["reasons"][0] and accepter.place.account in entry["reasons"][0]
        assert clean(world, [requester], connection) and not clean(world, [accepter], connection)
    world.sweep()
    world.becomes("ended", connection)
    assert clean(world, ends, connection)


def test_what_is_frozen_stays_when_the_connection_is_deleted_and_is_removed_after_the_thaw(world, ends, connection):
    assert world.peerwright("freeze", connection, "--reason", "a test").returncode == 0
    delete(world, ends[0], connection)
    world.becomes("frozen", connection)
    world.quiet()
    assert not clean(world, ends[:1], connection) and not clean(world, ends[1:], connection)
    assert world.peerwright("thaw", connection, "--reason", "a test").returncode == 0
    world.sweep()
    world.becomes("ended", connection)
    assert clean(world, ends, connection)


def test_the_tag_is_removed_and_the_connection_with_all_of_ours_is_taken_away(world, ends):
    requester, accepter = ends
    world.allow(*ends, **wishes(*ends))
    world.ask_by_tag(requester, accepter)
    connection = world.joined(*ends)
    add_others(world, ends, connection)
    others = of_others(world, ends, connection)
    world.untag(requester, ASK_TAG)
    world.becomes("ended", connection)
    assert world.state(requester, connection) == "deleted"
    assert clean(world, ends, connection) and of_others(world, ends, connection) == others
    world.until(lambda: STATUS_TAG not in world.tags(requester))


def test_the_tag_is_removed_while_the_request_is_pending_and_it_is_taken_back(world, ends):
    requester, accepter = ends
    world.allow(*ends, approval="manual", **wishes(*ends))
    world.ask_by_tag(requester, accepter)
    connection = world.joined(*ends, "awaiting-approval")
    world.untag(requester, ASK_TAG)
    world.becomes("ended", connection)
    assert world.state(requester, connection) == "deleted"


def test_a_connection_stays_as_long_as_the_other_vpc_asks_for_it(world, ends):
    requester, accepter = ends
    world.allow(*ends, **wishes(*ends))
    world.ask_by_tag(requester, accepter)
    connection = world.joined(*ends)
    world.ask_by_tag(accepter, requester)
    world.says(accepter, connection, "converged")
    world.untag(requester, ASK_TAG)
    world.until(lambda: STATUS_TAG not in world.tags(requester))
    world.quiet()
    complete(world, ends, connection)
    world.untag(accepter, ASK_TAG)
    world.becomes("ended", connection)
    assert clean(world, ends, connection) and world.state(requester, connection) == "deleted"


def test_a_connection_made_by_hand_outlives_the_tag_that_names_it(world, ends, connection):
    requester, accepter = ends
    world.ask_by_tag(requester, accepter)
    world.says(requester, connection, "converged")
    # The tag alone does not make it ours.
    mark = [{"Key": CREATED_TAG, "Value": requester.id}]
    world.aws.ec2(requester.place).create_tags(Resources=[connection], Tags=mark)
    world.untag(requester, ASK_TAG)
    world.until(lambda: STATUS_TAG not in world.tags(requester))
    world.sweep_and_wait()
    assert world.state(requester, connection) == "active"
    complete(world, ends, connection)


def test_of_two_connections_only_the_one_that_the_tag_made_goes_with_it(world, ends, connection):
    requester, accepter = ends
    other = two_vpcs(world)[1]
    world.allow(requester, other, **wishes(requester, other))
    world.tag(requester, {ASK_TAG: f"{written(accepter)} {written(other)}"})
    made = world.joined(requester, other)
    world.untag(requester, ASK_TAG)
    world.becomes("ended", made)
    world.quiet()
    assert world.state(requester, connection) == "active"
    assert world.routes(requester, connection) == world.every_route(requester, accepter)
