"""What is ours and no longer wanted is removed, and what is newly wanted is added."""

import pytest
from actor import ALL_TABLES

from peerwright_client.describe import Route, Rule


@pytest.fixture
def ends(world):
    return world.vpc(world.a, tables={"zone-a": {}}), world.vpc(world.b, groups={"db": {}})


def test_a_block_that_is_added_later_is_routed_and_one_that_is_given_up_is_not(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    first = world.routes(requester, connection)
    association = world.add_block(accepter, "10.240.0.0/16")
    world.look("configure", connection, accepter)
    world.until(lambda: {"10.240.0.0/16"} < {route.destination for route in world.routes(requester, connection)})
    assert world.routes(requester, connection) == world.every_route(requester, accepter)
    world.remove_block(accepter, association)
    world.look("configure", connection, accepter)
    world.until(lambda: world.routes(requester, connection) == first)
    world.becomes("converged", connection)


def test_a_table_and_a_group_that_are_no_longer_selected_lose_what_is_ours_and_nothing_else(world, ends):
    requester, accepter = ends
    db, [block] = accepter.groups["db"], world.blocks(requester)
    rule = world.rule(
        requester,
        accepter,
        routes={"requester": {"tables": "all"}},
        security_groups={"accepter": [_ingress(db, "443"), _ingress(db, "5432")]},
    )
    world.apply(rule)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.let_in(accepter, db, 22, "192.0.2.0/24")
    foreign = world.rules(accepter) - world.rules(accepter, connection)
    world.apply(
        {
            **rule,
            "routes": {"requester": {"tables": "main"}},
            "security_groups": {"accepter": [_ingress(db, "443")]},
        }
    )
    world.look("configure", connection, accepter)
    world.until(lambda: world.rules(accepter, connection) == {Rule(db, "ingress", "tcp", 443, 443, block)})
    [destination] = world.blocks(accepter)
    world.until(lambda: world.routes(requester, connection) == {Route(requester.main_table, destination, "active")})
    assert world.rules(accepter) - world.rules(accepter, connection) == foreign
    world.becomes("converged", connection)


def test_a_reference_that_becomes_blocks_stands_until_the_blocks_do(world, ends):
    requester, accepter = ends
    web = world.group(requester, "web")
    db, [block] = accepter.groups["db"], world.blocks(requester)
    rule = world.rule(requester, accepter, security_groups={"accepter": [_ingress(db, "443", {"groups": [web]})]})
    world.apply(rule)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.apply({**rule, "security_groups": {"accepter": [_ingress(db, "443")]}})
    before = len(world.aws.calls())
    world.look("configure", connection, accepter)
    world.until(lambda: world.rules(accepter, connection) == {Rule(db, "ingress", "tcp", 443, 443, block)})
    changes = [call["action"] for call in world.aws.calls()[before:] if "SecurityGroupIngress" in call["action"]]
    assert changes == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
    world.becomes("converged", connection)


def test_a_frozen_connection_is_planned_and_left_alone_until_it_is_thawed(world, ends):
    requester, accepter = ends
    rule = world.rule(requester, accepter, routes={"requester": {"tables": "main"}})
    world.apply(rule)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    before = world.routes(requester, connection)
    assert world.peerwright("freeze", connection, "--reason", "a test").returncode == 0
    world.apply({**rule, "routes": {"requester": {"tables": "all"}}})
    world.look("configure", connection, accepter)
    world.becomes("frozen", connection)
    # The freeze itself is told first, and what is left undone once somebody looks.
    world.until(lambda: len(world.hub.entry(connection)["reasons"]) == 2)
    by, undone = world.hub.entry(connection)["reasons"]
    assert by.startswith("by arn:aws:") and by.endswith(": a test") and undone.startswith("it would add ")
    assert world.routes(requester, connection) == before
    assert world.peerwright("thaw", connection, "--reason", "a test").returncode == 0
    world.becomes("converged", connection)
    assert world.routes(requester, connection) == world.every_route(requester, accepter)


def test_a_connection_that_nobody_knows_can_not_be_frozen(world):
    finished = world.peerwright("freeze", "pcx-0123456789abcdef0", "--reason", "a test")
    assert finished.returncode == 1 and "the ledger does not know pcx-" in finished.stderr


def _ingress(group, ports, source="peer-vpc"):
    return {"groups": [group], "ingress": [{"protocol": "tcp", "ports": ports, "from": source}]}
