"""What a rule says of security groups is made as far as it can be, and told by name where it can't."""

import pytest
from actor import ingress

from peerwright_client.describe import Rule

# EC2's own number, less those that the tests make.
ALMOST_FULL = 58


@pytest.fixture
def ends(world):
    return world.vpc(world.a, groups={"web": {}}), world.vpc(world.b, groups={"db": {}})


def test_a_group_of_a_third_vpc_is_told_by_name_and_the_peers_own_is_referred_to(world, ends):
    requester, accepter = ends
    third = world.vpc(world.a, groups={"other": {}})
    groups = [requester.groups["web"], third.groups["other"]]
    wish = ingress(accepter.groups["db"], "5432", {"groups": groups})
    world.allow(requester, accepter, security_groups={"accepter": [wish]})
    connection = world.ask(requester, accepter)
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert third.groups["other"] in reason and requester.groups["web"] not in reason
    peer = f"{requester.place.account}/{requester.groups['web']}"
    assert world.rules(accepter, connection) == {Rule(accepter.groups["db"], "ingress", "tcp", 5432, 5432, peer)}


def test_a_group_that_is_not_there_is_told_by_name_and_the_others_are_opened(world, ends):
    requester, accepter = ends
    db, gone = accepter.groups["db"], world.group(accepter, "gone")
    world.aws.ec2(accepter.place).delete_security_group(GroupId=gone)
    wish = {**ingress(db, "5432"), "groups": [db, gone]}
    world.allow(requester, accepter, security_groups={"accepter": [wish]})
    connection = world.ask(requester, accepter)
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert gone in reason and db not in reason
    [block] = world.blocks(requester)
    assert world.rules(accepter, connection) == {Rule(db, "ingress", "tcp", 5432, 5432, block)}


def test_across_regions_a_reference_to_a_group_is_blocked_unless_the_rule_says_what_it_means(world):
    requester, accepter = world.vpc(world.a_central, groups={"web": {}}), world.vpc(world.b, groups={"db": {}})
    wish = ingress(accepter.groups["db"], "5432", {"groups": [requester.groups["web"]]})
    rule = world.rule(requester, accepter, security_groups={"accepter": [wish]})
    world.apply(rule)
    connection = world.ask(requester, accepter)
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert "across_regions" in reason and world.rules(accepter, connection) == set()
    wish["ingress"][0]["across_regions"] = "peer-vpc"
    world.apply(rule)
    world.becomes("converged", connection)
    [block] = world.blocks(requester)
    assert world.rules(accepter, connection) == {Rule(accepter.groups["db"], "ingress", "tcp", 5432, 5432, block)}


def test_in_a_full_group_the_old_rule_stays_unless_the_rule_of_the_allowlist_says_that_it_goes_first(world):
    requester, accepter = world.vpc(world.a, blocks=2), world.vpc(world.b, groups={"db": {}})
    db = accepter.groups["db"]
    world.let_in(accepter, db, 22, *[f"192.0.2.{number}/32" for number in range(ALMOST_FULL)])
    rule = world.rule(requester, accepter, security_groups={"accepter": [ingress(db, "5432")]})
    world.apply(rule)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    rule["security_groups"]["accepter"][0]["ingress"][0]["ports"] = "5433"
    world.apply(rule)
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert f"60 IPv4 ingress rules of {db} are there, and 2 more do not fit" in reason, reason
    assert {found.from_port for found in world.rules(accepter, connection)} == {5432}
    world.apply({**rule, "replace": "in-place"})
    world.becomes("converged", connection)
    blocks = world.blocks(requester)
    assert world.rules(accepter, connection) == {Rule(db, "ingress", "tcp", 5433, 5433, block) for block in blocks}


def test_the_route_table_of_a_gateway_is_left_out_of_a_choice_and_refused_by_name(world, ends):
    requester, accepter = ends
    edge = world.gateway_table(accepter)
    rule = world.rule(requester, accepter, routes={"accepter": {"tables": [edge]}})
    world.apply(rule)
    connection = world.ask(requester, accepter)
    reasons = world.becomes("held", connection)["reasons"]
    assert any(edge in reason and "gateway" in reason for reason in reasons), reasons
    world.apply({**rule, "routes": {"accepter": {"tables": "all"}}})
    world.becomes("converged", connection)
    assert {route.table for route in world.routes(accepter, connection)} == {accepter.main_table}
