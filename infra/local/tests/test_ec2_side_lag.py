"""What one side of a connection does is known on the other side later."""

import pytest
from ec2_world import CENTRAL, WEST, A, B, code_of

from peerwright_local.settings import Settings

LAG = 60
ROUTE = "192.168.0.0/16"


@pytest.fixture(params=[(B, WEST), (B, CENTRAL), (A, CENTRAL)], ids=["account", "both", "region"])
def far(request):
    """The accepter's place: another account, another Region, or both."""
    return request.param


@pytest.fixture
def pending(world, far):
    """A request that both sides know of, with its VPCs."""
    requester, accepter = world.vpc(A), world.vpc(*far)
    connection = world.request(requester, accepter, (A, WEST), *far)
    world.settings.change({"side_lag_seconds": LAG})
    world.advance(LAG)
    return connection, requester, accepter


def test_the_other_side_learns_of_everything_later():
    assert Settings().side_lag_seconds > 0


def test_a_request_is_shown_where_it_was_made_first(world, far):
    world.settings.change({"side_lag_seconds": LAG})
    requester, accepter = world.vpc(A), world.vpc(*far)
    connection = world.request(requester, accepter, (A, WEST), *far)
    accept = world.ec2(*far).accept_vpc_peering_connection
    assert world.state(connection) == "pending-acceptance"
    assert world.ec2(*far).describe_vpc_peering_connections(
        Filters=[{"Name": "requester-vpc-info.vpc-id", "Values": [requester]}]
    )["VpcPeeringConnections"] == []
    assert code_of(accept, VpcPeeringConnectionId=connection) == "InvalidVpcPeeringConnectionID.NotFound"
    world.advance(LAG)
    accept(VpcPeeringConnectionId=connection)


def test_the_accepter_sees_its_acceptance_at_once_and_the_requester_later(world, far, pending):
    connection, *_ = pending
    world.settings.change({"provisioning_seconds": 10})
    world.ec2(*far).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert (world.state(connection, *far), world.state(connection)) == ("provisioning", "pending-acceptance")
    assert "CidrBlockSet" not in world.seen(connection)["AccepterVpcInfo"]
    world.advance(10)
    assert (world.state(connection, *far), world.state(connection)) == ("active", "pending-acceptance")
    world.advance(LAG - 10)
    assert world.state(connection) == "provisioning"
    world.advance(10)
    assert world.state(connection) == "active"


def test_routes_and_options_go_by_what_their_side_knows(world, far, pending):
    connection, requester, accepter = pending
    world.ec2(*far).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    for vpc, place in ((requester, (A, WEST)), (accepter, far)):
        table = world.main_table(vpc, *place)["RouteTableId"]
        world.ec2(*place).create_route(
            RouteTableId=table, DestinationCidrBlock=ROUTE, VpcPeeringConnectionId=connection
        )
    states = [world.route(requester, ROUTE)["State"], world.route(accepter, ROUTE, *far)["State"]]
    assert states == ["blackhole", "active"]
    options = {"RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": False}}
    modify = world.ec2(A).modify_vpc_peering_connection_options
    assert code_of(modify, VpcPeeringConnectionId=connection, **options) == "OperationNotPermitted"
    world.advance(LAG)
    assert world.route(requester, ROUTE)["State"] == "active"
    modify(VpcPeeringConnectionId=connection, **options)


def test_an_end_is_known_where_it_was_made_first_and_holds_for_the_calls_of_the_other_side(world, far, pending):
    connection, requester, _ = pending
    world.ec2(*far).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.advance(LAG)
    world.ec2(*far).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert (world.state(connection, *far), world.state(connection)) == ("deleted", "active")
    delete = world.ec2(A).delete_vpc_peering_connection
    assert code_of(delete, VpcPeeringConnectionId=connection) == "InvalidStateTransition"
    world.advance(LAG)
    assert world.state(connection) == "deleted"


def test_within_one_account_and_region_everything_is_known_at_once(world):
    world.settings.change({"side_lag_seconds": LAG})
    connection, *_ = world.active((A, WEST), (A, WEST))
    assert world.state(connection) == "active"
