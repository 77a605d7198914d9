"""Connections of which only one side is ours."""

import pytest
from actor import ALL_TABLES

from peerwright_client.describe import Rule


@pytest.fixture
def ends(world):
    """A VPC of an account without the member role, and one of ours."""
    return world.vpc(world.stranger, blocks=2, ipv6=True), world.vpc(world.b, ipv6=True, groups={"api": {}})


def test_the_accepters_side_is_done_and_the_requesters_is_waited_for(world, ends):
    vendor, ours = ends
    api = ours.groups["api"]
    permission = {"groups": [api], "ingress": [{"protocol": "tcp", "ports": "443", "from": "peer-vpc"}]}
    rule = world.allow(
        vendor,
        ours,
        # Its blocks are not shown while its request is pending.
        routes={**ALL_TABLES, "accepter": {"tables": "all", "destinations": world.blocks(vendor)}},
        security_groups={"accepter": [permission]},
        dns_resolution={"requester": True, "accepter": True},
    )
    connection = world.ask_unheard(vendor, ours)
    world.invoke("accept", world.b._asdict())
    entry = world.becomes("one-sided", connection)
    assert entry["rules"] == [rule]
    [reason] = entry["reasons"]
    assert "requester" in reason and world.stranger.account in reason
    assert world.routes(ours, connection) == world.every_route(ours, vendor)
    assert world.rules(ours, connection) == {
        Rule(api, "ingress", "tcp", 443, 443, block) for block in world.blocks(vendor)
    }
    assert world.resolves(ours, connection)
    assert world.routes(vendor, connection) == set() and not world.resolves(vendor, connection)


def test_nothing_is_waited_for_where_the_rule_wants_nothing_of_the_other_side(world, ends):
    vendor, ours = ends
    world.allow(vendor, ours, routes={"accepter": {"tables": "all", "destinations": world.blocks(vendor)}})
    connection = world.ask_unheard(vendor, ours)
    world.invoke("accept", world.b._asdict())
    world.becomes("converged", connection)
    assert world.routes(ours, connection) == world.every_route(ours, vendor)


def test_a_request_to_an_account_without_the_role_is_left_to_its_owner(world):
    ours, vendor = world.vpc(world.a), world.vpc(world.stranger)
    world.allow(ours, vendor, routes=ALL_TABLES)
    connection = world.ask(ours, vendor)
    assert world.hub.wait_until_idle()
    assert world.state(vendor, connection) == "pending-acceptance"
    assert world.role_writes() == []


def test_our_side_of_a_connection_that_the_vendor_accepted_is_done(world):
    ours, vendor = world.vpc(world.a), world.vpc(world.stranger)
    world.allow(ours, vendor, routes=ALL_TABLES)
    connection = world.ask_unheard(ours, vendor)
    world.accept_by_hand(vendor, connection)
    outcomes, error = world.invoke("configure", {"connection": connection, **world.a._asdict()})
    assert error is None and outcomes[0]["outcome"] == "one-sided"
    assert world.routes(ours, connection) == world.every_route(ours, vendor)
