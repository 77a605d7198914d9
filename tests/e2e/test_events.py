"""Events are hints: late, twice, in the wrong order, about failed calls, or lost."""

import json

import pytest
from actor import ALL_TABLES
from botocore.exceptions import ClientError

from peerwright_client import describe


@pytest.fixture
def ends(world):
    requester, accepter = world.vpc(world.a, ipv6=True), world.vpc(world.b, ipv6=True)
    world.allow(requester, accepter, routes=ALL_TABLES, dns_resolution={"requester": True, "accepter": True})
    return requester, accepter


def test_duplicates_and_reordered_events_change_nothing(world, ends):
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    asked, accepted = (world.aws.event(action, connection)["id"] for action in ("Create", "Accept"))
    assert world.hub.wait_until_idle()
    before, entry, history = describe.everything(world.aws), world.hub.entry(connection), world.hub.history(connection)
    written, read = len(world.role_writes()), len(world.role_calls())
    world.aws.redeliver([accepted, asked, accepted, asked, asked, accepted])
    assert world.hub.wait_until_idle()
    assert len(world.role_calls()) > read and len(world.role_writes()) == written
    assert describe.differences(before, describe.everything(world.aws)) == []
    assert (world.hub.entry(connection), world.hub.history(connection)) == (entry, history)


def test_what_a_person_accepted_is_configured_even_if_its_events_come_in_the_wrong_order(world, ends):
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    world.aws.redeliver([world.aws.event(action, connection)["id"] for action in ("Accept", "Create")])
    world.becomes("converged", connection)
    world.routed(*ends, connection)
    assert "AcceptVpcPeeringConnection" not in world.role_writes()


def test_a_request_whose_event_was_lost_is_found_when_the_allowlist_changes(world, ends):
    world.aws.change(delivery=False)
    lost = world.ask_unheard(*ends)
    world.aws.change(delivery=True)
    other = world.vpc(world.a)
    world.allow(other, ends[1])
    world.becomes("converged", world.ask(other, ends[1]))
    world.becomes("converged", lost)
    world.routed(*ends, lost)


def test_a_dry_run_causes_nothing(world, ends):
    requester, accepter = ends
    world.quiet()
    calls = world.role_calls()
    with pytest.raises(ClientError, match="DryRunOperation"):
        world.aws.ec2(requester.place).create_vpc_peering_connection(
            VpcId=requester.id, PeerVpcId=accepter.id, PeerOwnerId=accepter.place.account, DryRun=True
        )
    assert_recorded_and_ignored(world, requester, "Client.DryRunOperation", calls)


def test_a_call_that_failed_causes_nothing(world, ends):
    requester, accepter = ends
    world.quiet()
    calls = world.role_calls()
    with pytest.raises(ClientError, match="InvalidVpcID.NotFound"):
        world.aws.ec2(requester.place).create_vpc_peering_connection(
            VpcId="vpc-00000000000000000", PeerVpcId=accepter.id, PeerOwnerId=accepter.place.account
        )
    assert_recorded_and_ignored(world, requester, "Client.InvalidVpcID.NotFound", calls)


def assert_recorded_and_ignored(world, requester, error, calls):
    """Asserts that the event of the failed call was delivered, and that no function made a call because of it."""
    assert world.hub.wait_until_idle()
    event = world.aws.events()[-1]
    assert (event["name"], event["account"]) == ("CreateVpcPeeringConnection", requester.place.account)
    assert (event["error"], event["delivered"]) == (error, 1)
    assert world.role_calls() == calls


def test_a_late_event_still_converges(world, ends):
    world.aws.change(lag_seconds=2)
    connection = world.ask(*ends)
    assert world.hub.entry(connection) == {}
    world.becomes("converged", connection)
    world.routed(*ends, connection)


def test_a_connection_that_is_not_visible_yet_is_read_again_later(world, ends):
    world.aws.change(describe_lag_seconds=0.8)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.aws.change(describe_lag_seconds=0)
    world.routed(*ends, connection)


def test_a_connection_that_takes_long_to_become_active_is_waited_for_outside_the_function(world, ends):
    world.aws.change(provisioning_seconds=6)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.routed(*ends, connection)


def test_ten_requests_at_once_converge_though_ec2_throttles(world):
    accepter = world.vpc(world.b)
    requesters = [world.vpc(world.a, tables={"zone-a": {}, "zone-b": {}}) for _ in range(10)]
    world.allow({"accounts": [world.a.account], "vpcs": [vpc.id for vpc in requesters]}, accepter, routes=ALL_TABLES)
    world.use_up_tokens(world.a, requesters[0])
    connections = [world.ask(requester, accepter) for requester in requesters]
    # Five tokens come back each second: they are spent again until EC2 has refused a call of the functions.
    world.until(lambda: world.use_up_tokens(world.a, requesters[0]) or world.refusals("RequestLimitExceeded"))
    for connection in connections:
        world.becomes("converged", connection, seconds=60)
    for requester, connection in zip(requesters, connections, strict=True):
        world.routed(requester, accepter, connection)


def test_a_message_that_is_no_event_is_acknowledged_and_does_not_come_back(world):
    counted = world.metric("accept", "malformed")
    world.send("accept", "not JSON", "{}", json.dumps(_call("CreateVpcPeeringConnection")))
    assert world.hub.wait_until_idle()
    assert world.metric("accept", "malformed") == counted + 3
    assert world.dead_letters("accept") == [] and world.role_calls() == []


def test_an_event_of_another_kind_is_acknowledged_and_counted_as_ignored(world):
    counted = world.metric("configure", "ignored")
    of_another_service = {"source": "aws.health", "detail-type": "AWS Health Event", "detail": {}}
    world.send("configure", json.dumps(of_another_service), json.dumps(_call("CreateVpc")))
    assert world.hub.wait_until_idle()
    assert world.metric("configure", "ignored") == counted + 2
    assert world.dead_letters("configure") == [] and world.role_calls() == []


def test_a_bad_message_does_not_affect_the_good_ones(world, ends):
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.send("accept", "not JSON", json.dumps(world.aws.event("Create", connection)["envelope"]), "not JSON either")
    world.becomes("accepted", connection)


def test_events_of_a_connection_that_has_ended_cause_nothing(world, ends):
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    world.aws.ec2(ends[0].place).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    read = len(world.role_calls())
    world.aws.redeliver([world.aws.event(action, connection)["id"] for action in ("Create", "Accept")])
    assert world.hub.wait_until_idle()
    assert len(world.role_calls()) > read and world.role_writes() == []
    assert world.state(ends[0], connection) == "deleted" and world.hub.entry(connection) == {}


def _call(name: str) -> dict:
    """The event of a call without parameters."""
    return {"source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "detail": {"eventName": name}}
