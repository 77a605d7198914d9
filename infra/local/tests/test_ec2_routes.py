import ipaddress

import pytest
from ec2_world import CENTRAL, WEST, A, B, code_of, error_of


def test_a_route_is_a_blackhole_until_the_connection_is_active_and_after_it_has_ended(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    connection = world.request(requester, accepter)
    table = world.main_table(requester)["RouteTableId"]
    world.ec2(A).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection
    )
    assert world.route(requester, "192.168.0.0/16")["State"] == "blackhole"
    world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.route(requester, "192.168.0.0/16")["State"] == "active"
    assert world.route(requester, "192.168.0.0/16")["Origin"] == "CreateRoute"
    world.ec2(B).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.route(requester, "192.168.0.0/16")["State"] == "blackhole"
    world.advance(3 * 24 * 3600)
    assert world.route(requester, "192.168.0.0/16")["VpcPeeringConnectionId"] == connection


@pytest.mark.parametrize("state", ["active", "blackhole"])
def test_the_filter_on_route_state_works(world, state):
    connection, requester, _ = world.active()
    table = world.main_table(requester)["RouteTableId"]
    world.ec2(A).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection
    )
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    filters = [{"Name": "route.state", "Values": [state]}, {"Name": "route-table-id", "Values": [table]}]
    assert len(world.ec2(A).describe_route_tables(Filters=filters)["RouteTables"]) == 1
    by_connection = [{"Name": "route.vpc-peering-connection-id", "Values": [connection]}]
    assert world.ec2(A).describe_route_tables(Filters=by_connection)["RouteTables"][0]["RouteTableId"] == table


def test_an_unknown_filter_on_route_tables_is_refused(world):
    describe = world.ec2(A).describe_route_tables
    assert code_of(describe, Filters=[{"Name": "route.color", "Values": ["red"]}]) == "InvalidParameterValue"


def test_a_destination_is_stored_canonical_and_deleted_by_either_spelling(world):
    connection, requester, _ = world.active()
    table = world.main_table(requester)["RouteTableId"]
    create = world.ec2(A).create_route
    create(RouteTableId=table, DestinationCidrBlock="100.68.0.18/18", VpcPeeringConnectionId=connection)
    create(RouteTableId=table, DestinationIpv6CidrBlock="FD00:0::1/64", VpcPeeringConnectionId=connection)
    assert world.route(requester, "100.68.0.0/18")
    assert world.route(requester, "fd00::/64")
    world.ec2(A).delete_route(RouteTableId=table, DestinationCidrBlock="100.68.0.99/18")
    world.ec2(A).delete_route(RouteTableId=table, DestinationIpv6CidrBlock="fd00:0:0::/64")
    assert world.route(requester, "100.68.0.0/18") is None
    assert world.route(requester, "fd00::/64") is None
    delete = world.ec2(A).delete_route
    assert code_of(delete, RouteTableId=table, DestinationCidrBlock="100.68.0.0/18") == "InvalidRoute.NotFound"
    assert code_of(create, RouteTableId=table, DestinationCidrBlock="10.0.0", VpcPeeringConnectionId=connection) == (
        "InvalidParameterValue"
    )


@pytest.mark.parametrize("family", ["DestinationCidrBlock", "DestinationIpv6CidrBlock"])
def test_a_second_route_for_a_destination_is_refused_even_to_the_same_target(world, family):
    connection, requester, _ = world.active()
    destination = "192.168.0.0/16" if family == "DestinationCidrBlock" else "fd00::/64"
    table = world.main_table(requester)["RouteTableId"]
    route = {"RouteTableId": table, family: destination, "VpcPeeringConnectionId": connection}
    world.ec2(A).create_route(**route)
    assert code_of(world.ec2(A).create_route, **route) == "RouteAlreadyExists"
    third = world.vpc(B)
    other = world.request(requester, third)
    assert code_of(world.ec2(A).create_route, **{**route, "VpcPeeringConnectionId": other}) == "RouteAlreadyExists"


def test_a_route_inside_the_vpc_is_refused_and_the_local_route_stays(world):
    connection, requester, _ = world.active()
    table = world.main_table(requester)
    local = table["Routes"][0]["DestinationCidrBlock"]
    refused = [(local, "RouteAlreadyExists"), (local.replace("/16", "/24"), "InvalidParameterValue")]
    for destination, code in refused:
        assert code_of(
            world.ec2(A).create_route,
            RouteTableId=table["RouteTableId"],
            DestinationCidrBlock=destination,
            VpcPeeringConnectionId=connection,
        ) == code
    delete = world.ec2(A).delete_route
    code, message, _ = error_of(delete, RouteTableId=table["RouteTableId"], DestinationCidrBlock=local)
    assert code == "InvalidParameterValue"
    assert "cannot remove local route" in message
    assert world.route(requester, local)["GatewayId"] == "local"


def test_a_connection_of_another_vpc_or_one_that_has_ended_is_a_different_network(world):
    connection, requester, _ = world.active()
    elsewhere = world.main_table(world.vpc(A))["RouteTableId"]
    create = world.ec2(A).create_route
    route = {"DestinationCidrBlock": "192.168.0.0/16", "VpcPeeringConnectionId": connection}
    code, message, _ = error_of(create, RouteTableId=elsewhere, **route)
    assert code == "InvalidParameterValue"
    assert message == f"route table {elsewhere} and network gateway {connection} belong to different networks"
    own = world.main_table(requester)["RouteTableId"]
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert code_of(create, RouteTableId=own, **route) == "InvalidParameterValue"
    unknown = {**route, "VpcPeeringConnectionId": "pcx-0123456789abcdef0"}
    assert code_of(create, RouteTableId=own, **unknown) == "InvalidVpcPeeringConnectionID.NotFound"


@pytest.fixture
def edge(world):
    """A connection, and a route table of its requester that serves an internet gateway."""
    connection, requester, _ = world.active()
    ec2 = world.ec2(A)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=requester)
    table = ec2.create_route_table(VpcId=requester)["RouteTable"]["RouteTableId"]
    return connection, gateway, table


def test_the_route_table_of_a_gateway_takes_no_route_over_a_connection(world, edge):
    connection, gateway, table = edge
    ec2 = world.ec2(A)
    association = ec2.associate_route_table(RouteTableId=table, GatewayId=gateway)["AssociationId"]
    [found] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert [one.get("GatewayId") for one in found["Associations"]] == [gateway]
    route = {"RouteTableId": table, "DestinationCidrBlock": "192.168.0.0/16", "VpcPeeringConnectionId": connection}
    assert code_of(ec2.create_route, **route) == "InvalidParameterValue"
    ec2.disassociate_route_table(AssociationId=association)
    ec2.create_route(**route)


def test_a_route_table_with_a_route_over_a_connection_serves_no_gateway(world, edge):
    connection, gateway, table = edge
    ec2 = world.ec2(A)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection)
    assert code_of(ec2.associate_route_table, RouteTableId=table, GatewayId=gateway) == "InvalidParameterValue"


def test_replace_route_moves_a_route_to_the_connection(world):
    connection, requester, _ = world.active()
    other = world.request(requester, world.vpc(B))
    table = world.main_table(requester)["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "192.168.0.0/16"}
    world.ec2(A).create_route(**route, VpcPeeringConnectionId=connection)
    world.ec2(A).replace_route(**route, VpcPeeringConnectionId=other)
    assert world.route(requester, "192.168.0.0/16")["VpcPeeringConnectionId"] == other


def test_the_route_quota_counts_each_family_by_itself(world):
    world.settings.change({"routes_per_table": 1})
    connection, requester, _ = world.active()
    table = world.main_table(requester)["RouteTableId"]
    to = {"RouteTableId": table, "VpcPeeringConnectionId": connection}
    world.ec2(A).create_route(**to, DestinationCidrBlock="192.168.0.0/16")
    assert code_of(world.ec2(A).create_route, **to, DestinationCidrBlock="192.167.0.0/16") == "RouteLimitExceeded"
    world.ec2(A).create_route(**to, DestinationIpv6CidrBlock="fd00::/64")


def test_the_ipv6_block_of_a_vpc_is_written_as_the_routes_that_lead_to_it(world):
    blocks = []
    for _ in range(40):
        vpc = world.ec2(A).create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        blocks += [block["Ipv6CidrBlock"] for block in vpc["Ipv6CidrBlockAssociationSet"]]
    assert blocks == [str(ipaddress.IPv6Network(block)) for block in blocks]


def test_a_secondary_block_has_a_local_route_of_its_own(world):
    vpc = world.vpc(A)
    world.ec2(A).associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.252.0.0/16")
    assert world.route(vpc, "10.252.0.0/16")["GatewayId"] == "local"


def test_describe_route_tables_gives_pages_of_five_to_a_hundred(world):
    vpc = world.vpc(A)
    for _ in range(6):
        world.ec2(A).create_route_table(VpcId=vpc)
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    pages = world.ec2(A).get_paginator("describe_route_tables").paginate(
        Filters=filters, PaginationConfig={"PageSize": 5}
    )
    assert [len(page["RouteTables"]) for page in pages] == [5, 2]
    assert code_of(world.ec2(A).describe_route_tables, MaxResults=101) == "InvalidParameterValue"


def test_a_new_route_may_not_be_readable_for_a_while(world):
    connection, requester, _ = world.active()
    table = world.main_table(requester)["RouteTableId"]
    world.settings.change({"describe_lag_seconds": 60})
    world.settings.advance(61)
    world.ec2(A).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection
    )
    assert world.route(requester, "192.168.0.0/16") is None
    world.settings.advance(61)
    assert world.route(requester, "192.168.0.0/16")


def test_routes_on_both_sides_across_regions(world):
    connection, _, accepter = world.active((A, WEST), (B, CENTRAL))
    table = world.main_table(accepter, B, CENTRAL)["RouteTableId"]
    world.ec2(B, CENTRAL).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection
    )
    assert world.route(accepter, "192.168.0.0/16", B, CENTRAL)["State"] == "active"


@pytest.mark.parametrize("account", [A, B])
def test_a_route_stays_as_a_blackhole_when_nobody_sees_its_connection_any_more(world, account):
    connection, requester, accepter = world.active()
    vpc = requester if account == A else accepter
    table = world.main_table(vpc, account)["RouteTableId"]
    world.ec2(account).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection
    )
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.advance(3 * 24 * 3600)
    route = world.route(vpc, "192.168.0.0/16", account)
    assert (route["State"], route["VpcPeeringConnectionId"]) == ("blackhole", connection)
    filters = [{"Name": "route.vpc-peering-connection-id", "Values": [connection]}]
    found = world.ec2(account).describe_route_tables(Filters=filters)["RouteTables"]
    assert [one["RouteTableId"] for one in found] == [table]
    world.ec2(account).delete_route(RouteTableId=table, DestinationCidrBlock="192.168.0.0/16")
    assert world.ec2(account).describe_route_tables(Filters=filters)["RouteTables"] == []


def test_a_route_to_a_vpc_that_is_gone_is_a_blackhole(world):
    connection, requester, accepter = world.active()
    table = world.main_table(requester)["RouteTableId"]
    world.ec2(A).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", VpcPeeringConnectionId=connection
    )
    world.ec2(B).delete_vpc(VpcId=accepter)
    assert world.route(requester, "192.168.0.0/16")["State"] == "blackhole"
