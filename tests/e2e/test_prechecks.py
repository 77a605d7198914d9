"""Requests that a rule allows but that would fail: held with all reasons, and accepted once nothing is in the way."""

import pytest
from actor import ALL_TABLES, part_of


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def test_a_route_in_the_way_holds_the_request_until_it_is_gone(world, ends):
    requester, accepter = ends
    rule = world.allow(requester, accepter, routes=ALL_TABLES)
    [block] = world.blocks(accepter)
    gateway = world.route_to_gateway(requester, block)
    connection = world.ask(requester, accepter)
    entry = world.becomes("held", connection)
    assert entry["rules"] == [rule] and entry["reasons"][1] == f"rule {rule} allows it"
    # What is in the way stands first: a tag has room for no more.
    assert gateway in entry["reasons"][0] and block in entry["reasons"][0]
    assert set(world.role_writes()) <= {"CreateTags"} and world.state(accepter, connection) == "pending-acceptance"
    world.aws.ec2(requester.place).delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=block)
    world.invoke("accept", world.b._asdict())
    world.becomes("converged", connection)
    world.routed(requester, accepter, connection)


def test_all_reasons_are_given_at_once(world, ends):
    requester, accepter = ends
    nowhere = {"tag": {"role": "nobody"}}
    world.allow(requester, accepter, routes={"requester": {"tables": "all"}, "accepter": {"tables": nowhere}})
    [block] = world.blocks(accepter)
    part = part_of(block)
    gateway = world.route_to_gateway(requester, part)
    connection = world.ask(requester, accepter)
    reasons = world.becomes("held", connection)["reasons"]
    assert len(reasons) == 3, reasons
    assert any(gateway in reason and part in reason for reason in reasons)
    assert any("nobody" in reason for reason in reasons)


def test_a_second_peer_with_the_addresses_of_the_first_is_held(world, ends):
    requester, accepter = ends
    same = world.vpc(world.a, blocks=world.blocks(requester))
    world.apply(*(world.rule(vpc, accepter, routes=ALL_TABLES) for vpc in (requester, same)))
    first = world.ask(requester, accepter)
    world.becomes("converged", first)
    second = world.ask(same, accepter)
    reasons = world.becomes("held", second)["reasons"]
    assert any(first in reason and world.blocks(same)[0] in reason for reason in reasons), reasons
    world.routed(requester, accepter, first)


def test_addresses_that_the_rule_excludes_may_be_those_of_another_peer(world, ends):
    requester, accepter = ends
    shared = "100.64.0.0/16"
    world.aws.ec2(requester.place).associate_vpc_cidr_block(VpcId=requester.id, CidrBlock=shared)
    own = world.vpc(world.a)
    world.aws.ec2(own.place).associate_vpc_cidr_block(VpcId=own.id, CidrBlock=shared)
    routes = {"requester": {"tables": "all"}, "accepter": {"tables": "all", "exclude": ["100.64.0.0/10"]}}
    world.apply(*(world.rule(vpc, accepter, routes=routes) for vpc in (requester, own)))
    for vpc in (requester, own):
        connection = world.ask(vpc, accepter)
        world.becomes("converged", connection)
        assert {route.destination for route in world.routes(accepter, connection)} == set(world.blocks(vpc)) - {shared}


def test_a_summary_to_a_gateway_keeps_its_addresses_until_a_rule_names_them(world, ends):
    requester, accepter = ends
    rule = world.rule(requester, accepter, routes=ALL_TABLES)
    world.apply(rule)
    gateway = world.route_to_gateway(requester, "0.0.0.0/0")
    world.aws.ec2(requester.place).create_route(
        RouteTableId=requester.main_table, DestinationCidrBlock="10.0.0.0/8", GatewayId=gateway
    )
    connection = world.ask(requester, accepter)
    [reason, _] = world.becomes("held", connection)["reasons"]
    assert gateway in reason and "10.0.0.0/8" in reason and world.blocks(accepter)[0] in reason
    named = {"tables": "all", "destinations": world.blocks(accepter)}
    world.apply({**rule, "routes": {**ALL_TABLES, "requester": named}})
    world.invoke("accept", world.b._asdict())
    world.becomes("converged", connection)
    world.routed(requester, accepter, connection)


def test_a_rule_that_would_be_one_too_many_for_its_group_holds_the_request(world):
    requester, accepter = world.vpc(world.a, blocks=2), world.vpc(world.b, groups={"db": {}})
    group = accepter.groups["db"]
    world.let_in(accepter, group, 443, *(f"192.0.2.{last}/32" for last in range(59)))
    permission = {"groups": [group], "ingress": [{"protocol": "tcp", "ports": "5432", "from": "peer-vpc"}]}
    world.allow(requester, accepter, security_groups={"accepter": [permission]})
    connection = world.ask(requester, accepter)
    reasons = world.becomes("held", connection)["reasons"]
    assert any(group in reason and "59 IPv4 ingress rules" in reason and "above 60" in reason for reason in reasons), reasons


def test_a_strangers_side_is_not_checked(world):
    vendor, ours = world.vpc(world.stranger), world.vpc(world.b)
    world.allow(vendor, ours, routes=_named(world, vendor))
    connection = world.ask_unheard(vendor, ours)
    world.invoke("accept", world.b._asdict())
    world.becomes("one-sided", connection)


def test_a_stranger_whose_blocks_are_not_shown_is_held_until_the_rule_says_what_will_be_routed(world):
    vendor, ours = world.vpc(world.stranger), world.vpc(world.b)
    rule = world.rule(vendor, ours, routes=ALL_TABLES)
    world.apply(rule)
    connection = world.ask_unheard(vendor, ours)
    world.invoke("accept", world.b._asdict())
    assert any("name the destinations" in reason for reason in world.becomes("held", connection)["reasons"])
    world.apply({**rule, "routes": _named(world, vendor)})
    world.invoke("accept", world.b._asdict())
    world.becomes("one-sided", connection)


def test_the_route_table_of_a_gateway_is_left_out(world, ends):
    requester, accepter = ends
    ec2 = world.aws.ec2(requester.place)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=requester.id)
    table = ec2.create_route_table(VpcId=requester.id)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, GatewayId=gateway)
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.routed(requester, accepter, connection)


def _named(world, vendor) -> dict:
    """Routes of both ends, with the vendor's blocks written out on ours."""
    return {**ALL_TABLES, "accepter": {"tables": "all", "destinations": world.blocks(vendor)}}
