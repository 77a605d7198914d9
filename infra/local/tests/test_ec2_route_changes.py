"""Changes of a route table that overlap in time, and a route that is made twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from ec2_world import A, B, code_of


@pytest.fixture
def table(world):
    connection, requester, _ = world.active()
    return {"RouteTableId": world.main_table(requester)["RouteTableId"], "VpcPeeringConnectionId": connection}


def outcomes(world, *routes: dict) -> list[str]:
    """What comes of CreateRoute calls at the same time."""

    def create(route: dict) -> str:
        try:
            world.ec2(A).create_route(**route)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "made"

    with ThreadPoolExecutor(len(routes)) as pool:
        return sorted(pool.map(create, routes))


def test_a_table_takes_one_change_at_a_time(world, table):
    world.settings.change({"latency_seconds": 0.3})
    routes = [{**table, "DestinationCidrBlock": f"192.{number}.0.0/16"} for number in (168, 169)]
    assert outcomes(world, *routes) == ["InvalidParameterException", "made"]
    conflicts = [one for one in world.events("CreateRoute") if one["detail"].get("errorCode")]
    assert [one["detail"]["errorCode"] for one in conflicts] == ["Client.InvalidParameterException"]
    world.settings.change({"route_changes_conflict": False})
    other = [{**table, "DestinationCidrBlock": f"192.{number}.0.0/16"} for number in (170, 171)]
    assert outcomes(world, *other) == ["made", "made"]


def test_changes_of_two_tables_do_not_meet(world, table):
    connection, requester, _ = world.active()
    other = {"RouteTableId": world.main_table(requester)["RouteTableId"], "VpcPeeringConnectionId": connection}
    world.settings.change({"latency_seconds": 0.3})
    routes = [{**one, "DestinationCidrBlock": "192.168.0.0/16"} for one in (table, other)]
    assert outcomes(world, *routes) == ["made", "made"]


def test_changes_one_after_the_other_do_not_meet(world, table):
    world.settings.change({"latency_seconds": 0.05})
    table_id = table["RouteTableId"]
    for _ in range(3):
        world.ec2(A).create_route(**table, DestinationCidrBlock="192.168.0.0/16")
        world.ec2(A).delete_route(RouteTableId=table_id, DestinationCidrBlock="192.168.0.0/16")


def test_a_route_that_is_there_already_may_be_taken_for_made(world, table):
    route = {**table, "DestinationCidrBlock": "192.168.0.0/16"}
    world.ec2(A).create_route(**route)
    world.settings.change({"identical_route": "success"})
    assert world.ec2(A).create_route(**route)["Return"] is True
    connection, requester, _ = world.active()
    own = {"RouteTableId": world.main_table(requester)["RouteTableId"], "DestinationCidrBlock": "192.168.0.0/16"}
    world.ec2(A).create_route(**own, VpcPeeringConnectionId=world.request(requester, world.vpc(B)))
    assert code_of(world.ec2(A).create_route, **own, VpcPeeringConnectionId=connection) == "RouteAlreadyExists"
