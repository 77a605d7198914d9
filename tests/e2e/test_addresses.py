"""Addresses that lead elsewhere are taken by no peer, before acceptance and for life."""

import pytest
from actor import ALL_TABLES

SHARED = "10.77.0.0/16"


@pytest.fixture
def spokes(world):
    """A VPC with two tables, and three others that have the same block."""
    hub = world.vpc(world.b, tables={"zone-a": {}, "zone-b": {}}, groups={"db": {}})
    return hub, [world.vpc(world.a, blocks=[SHARED]) for _ in range(3)]


def test_a_block_that_comes_later_gets_no_route_where_its_addresses_lead_elsewhere(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b, tables={"zone-a": {}})
    gateway = world.route_to_gateway(accepter, "10.201.0.0/16")
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    before = world.routes(accepter, connection)
    world.add_block(requester, "10.201.7.0/24")
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert "10.201.7.0/24" in reason and gateway in reason and accepter.main_table in reason, reason
    # The other table has no such summary: nothing is taken from anybody there.
    added = world.routes(accepter, connection) - before
    assert {(route.table, route.destination) for route in added} == {(accepter.tables["zone-a"], "10.201.7.0/24")}


def test_public_addresses_that_a_peer_associates_later_are_routed_only_where_a_rule_names_them(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    rule = world.rule(requester, accepter, routes=ALL_TABLES)
    world.apply(rule)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    before = world.routes(accepter, connection)
    world.add_block(requester, "8.8.8.0/24")
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert "8.8.8.0/24" in reason and "public" in reason, reason
    assert world.routes(accepter, connection) == before
    named = [*world.blocks(requester), "8.8.8.0/24"]
    world.apply({**rule, "routes": {**ALL_TABLES, "accepter": {"tables": "all", "destinations": named}}})
    world.becomes("converged", connection)
    assert world.routes(accepter, connection) == world.every_route(accepter, requester)


def test_peers_with_the_same_block_are_accepted_in_tables_of_their_own_and_held_in_the_same(world, spokes):
    hub, (one, two, three) = spokes
    for spoke, zone in ((one, "zone-a"), (two, "zone-b"), (three, "zone-b")):
        world.allow(spoke, hub, routes={"accepter": {"tables": [hub.tables[zone]]}})
    for spoke, zone in ((one, "zone-a"), (two, "zone-b")):
        connection = world.ask(spoke, hub)
        world.becomes("converged", connection)
        assert {route.table for route in world.routes(hub, connection)} == {hub.tables[zone]}
    late = world.ask(three, hub)
    reasons = world.becomes("held", late)["reasons"]
    assert any(SHARED in reason and hub.tables["zone-b"] in reason for reason in reasons), reasons


def test_of_two_requests_at_once_for_the_same_addresses_exactly_one_wins(world, spokes):
    hub, (one, two, _) = spokes
    for spoke in (one, two):
        world.allow(spoke, hub, routes={"accepter": {"tables": "all"}})
    connections = [world.ask(spoke, hub) for spoke in (one, two)]
    statuses = lambda: sorted(world.hub.entry(connection).get("status", "") for connection in connections)  # noqa: E731
    world.until(lambda: statuses() == ["converged", "held"])
    world.quiet()
    assert statuses() == ["converged", "held"]
