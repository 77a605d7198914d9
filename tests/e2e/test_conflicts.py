"""What somebody else made is left as it is."""

import pytest
from actor import ALL_TABLES, ingress

from peerwright_client.describe import Rule


@pytest.fixture
def ends(world):
    tables = {"zone-a": {}}
    return world.vpc(world.a, tables=tables), world.vpc(world.b, tables=tables, groups={"db": {}})


def test_a_route_to_another_target_is_reported_as_blocked_and_stays(world, ends):
    requester, accepter = ends
    [block] = world.blocks(accepter)
    gateway = world.route_to_gateway(requester, block)
    connection = _accepted_by_hand(world, requester, accepter, routes=ALL_TABLES)
    entry = world.becomes("blocked", connection)
    [reason] = entry["reasons"]
    assert requester.main_table in reason and block in reason and gateway in reason
    assert world.target(requester, requester.main_table, block) == gateway
    others = {route for route in world.every_route(requester, accepter) if route.table != requester.main_table}
    assert world.routes(requester, connection) == others
    assert world.routes(accepter, connection) == world.every_route(accepter, requester)


def test_a_foreign_rule_that_already_lets_the_peer_in_is_taken_as_it_is(world, ends):
    requester, accepter = ends
    db, [block] = accepter.groups["db"], world.blocks(requester)
    world.let_in(accepter, db, 5432, block, "192.0.2.0/24")
    before = world.rules(accepter)
    world.allow(requester, accepter, security_groups={"accepter": [ingress(db, "5432")]})
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    assert world.rules(accepter) == before and world.rules(accepter, connection) == set()


def test_foreign_rules_beside_ours_stay(world, ends):
    requester, accepter = ends
    db, [block] = accepter.groups["db"], world.blocks(requester)
    world.let_in(accepter, db, 5432, "192.0.2.0/24")
    before = world.rules(accepter)
    world.allow(requester, accepter, security_groups={"accepter": [ingress(db, "5432")]})
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    ours = {Rule(db, "ingress", "tcp", 5432, 5432, block)}
    assert world.rules(accepter, connection) == ours
    assert world.rules(accepter) == before | ours


def test_a_rule_that_selects_no_table_or_group_is_reported_as_blocked(world, ends):
    requester, accepter = ends
    nowhere = {"tag": {"role": "nobody"}}
    connection = _accepted_by_hand(
        world,
        requester,
        accepter,
        routes={"requester": {"tables": nowhere}},
        security_groups={"accepter": [{**ingress("", "443"), "groups": nowhere}]},
    )
    reasons = world.becomes("blocked", connection)["reasons"]
    assert len(reasons) == 2 and all("nobody" in reason for reason in reasons), reasons


def test_a_full_route_table_is_reported_as_blocked_and_everything_else_is_done(world, ends):
    requester, accepter = ends
    world.allow(
        requester, accepter, routes=ALL_TABLES, security_groups={"accepter": [ingress(accepter.groups["db"], "443")]}
    )
    world.route_to_gateway(requester, "192.0.2.0/24")
    # The local route does not count, but the one above does: this table is full, and the others are not.
    world.aws.change(routes_per_table=1)
    connection = world.ask(requester, accepter)
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert "RouteLimitExceeded" in reason and requester.main_table in reason and "quota" in reason, reason
    others = {route for route in world.every_route(requester, accepter) if route.table != requester.main_table}
    assert world.routes(requester, connection) == others
    assert world.routes(accepter, connection) == world.every_route(accepter, requester)
    assert len(world.rules(accepter, connection)) == 1


def test_a_connection_that_works_but_for_dns_resolution_is_partial_and_says_so(world, ends):
    requester, accepter = ends
    world.aws.ec2(requester.place).modify_vpc_attribute(VpcId=requester.id, EnableDnsHostnames={"Value": False})
    world.allow(requester, accepter, routes=ALL_TABLES, dns_resolution={"requester": True})
    connection = world.ask(requester, accepter)
    [reason] = world.becomes("partial", connection)["reasons"]
    assert "DNS" in reason
    world.routed(requester, accepter, connection)


def _accepted_by_hand(world, requester, accepter, **wishes) -> str:
    """Makes a connection that a person accepted, so without the checks before acceptance."""
    connection = world.ask(requester, accepter)
    world.becomes("held", connection)
    world.allow(requester, accepter, **wishes)
    world.accept_by_hand(accepter, connection)
    return connection
