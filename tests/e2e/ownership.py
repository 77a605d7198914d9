"""What is ours at the two ends of a connection, and what other people have there."""

from actor import ALL_TABLES
from world import World

from peerwright_client import describe
from peerwright_client.describe import Rule
from peerwright_client.vpcs import Vpc

# Destinations of routes made by hand: no VPC of the tests has these addresses.
BY_HAND, NOWHERE = "198.51.100.0/24", "203.0.113.0/24"


def two_vpcs(world: World, **more) -> tuple[Vpc, Vpc]:
    """Creates a requester in account A and an accepter in B, each with two tables and a group."""
    return (
        world.vpc(world.a, blocks=2, tables={"zone-a": {}}, groups={"web": {}}, **more),
        world.vpc(world.b, tables={"zone-b": {}}, groups={"db": {}}, **more),
    )


def wishes(requester: Vpc, accepter: Vpc) -> dict:
    """The part of an allowlist rule that asks for routes and security group rules at both ends."""
    way = {"protocol": "tcp", "ports": "5432"}
    out = {"groups": [requester.groups["web"]], "egress": [{**way, "to": "peer-vpc"}]}
    into = {"groups": [accepter.groups["db"]], "ingress": [{**way, "from": "peer-vpc"}]}
    return {"routes": ALL_TABLES, "security_groups": {"requester": [out], "accepter": [into]}}


def complete(world: World, ends: tuple[Vpc, Vpc], connection: str) -> None:
    """Asserts that everything that `wishes` asks for is there, and no more."""
    requester, accepter = ends
    for vpc, peer, direction in ((requester, accepter, "egress"), (accepter, requester, "ingress")):
        assert world.routes(vpc, connection) == world.every_route(vpc, peer)
        [group] = vpc.groups.values()
        wanted = {Rule(group, direction, "tcp", 5432, 5432, block) for block in world.blocks(peer)}
        assert world.rules(vpc, connection) == wanted


def clean(world: World, ends: tuple[Vpc, Vpc], connection: str) -> bool:
    """Whether nothing of ours is left at either end."""
    return all(_routes_of_ours(world, vpc, connection) == world.rules(vpc, connection) == set() for vpc in ends)


def add_others(world: World, ends: tuple[Vpc, Vpc], connection: str) -> None:
    """Makes, at each end, a route over the connection, a rule without our tag, and a blackhole of a deleted connection."""
    for vpc, peer in (ends, ends[::-1]):
        dead_connection(world, vpc)
        world.aws.ec2(vpc.place).create_route(
            RouteTableId=vpc.main_table, DestinationCidrBlock=BY_HAND, VpcPeeringConnectionId=connection
        )
        [group] = vpc.groups.values()
        world.let_in(vpc, group, 22, world.blocks(peer)[0])


def dead_connection(world: World, vpc: Vpc) -> None:
    """Makes a blackhole: a route over a connection that is then deleted."""
    other = world.vpc(vpc.place)
    ec2 = world.aws.ec2(vpc.place)
    connection = world.ask(vpc, other)
    world.until(lambda: world.state(vpc, connection) == "pending-acceptance")
    world.accept_by_hand(other, connection)
    ec2.create_route(RouteTableId=vpc.main_table, DestinationCidrBlock=NOWHERE, VpcPeeringConnectionId=connection)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)


def of_others(world: World, ends: tuple[Vpc, Vpc], connection: str) -> list:
    """The routes and rules that are not ours at either end. The state of a route is left out: EC2 changes it."""
    return [_not_ours(world, vpc, connection) for vpc in ends]


def _not_ours(world: World, vpc: Vpc, connection: str) -> tuple:
    tables = world.aws.ec2(vpc.place).describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])["RouteTables"]
    routes = {
        (table["RouteTableId"], describe.destination(route), route.get("GatewayId") or route.get("VpcPeeringConnectionId"))
        for table in tables
        for route in table["Routes"]
        if route.get("VpcPeeringConnectionId") != connection or describe.destination(route) == BY_HAND
    }
    return routes, world.rules(vpc) - world.rules(vpc, connection)


def _routes_of_ours(world: World, vpc: Vpc, connection: str) -> set:
    return {route for route in world.routes(vpc, connection) if route.destination != BY_HAND}
