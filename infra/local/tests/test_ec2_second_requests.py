"""A second request for a connection of two VPCs, in the same direction and in the other one."""

import pytest
from ec2_world import CENTRAL, WEST, A, B, code_of

TAGS = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "env", "Value": "dev"}]}]


@pytest.fixture(params=[WEST, CENTRAL])
def far(request):
    """The accepter's place, in the requester's Region or in another one."""
    return B, request.param


@pytest.mark.parametrize("accepted", [False, True])
def test_the_same_request_gives_the_connection_that_lives_and_changes_nothing(world, far, accepted):
    requester, accepter = world.vpc(A), world.vpc(*far)
    connection = world.request(requester, accepter, (A, WEST), *far)
    if accepted:
        world.ec2(*far).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    before = world.seen(connection)
    assert world.request(requester, accepter, (A, WEST), *far, TagSpecifications=TAGS) == connection
    assert world.seen(connection) == before and before["Tags"] == []


def test_the_same_request_makes_a_connection_once_the_first_one_has_ended(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    connection = world.request(requester, accepter)
    world.ec2(B).reject_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.request(requester, accepter) != connection


def test_the_same_request_makes_one_that_fails_before_the_other_region_knows_of_the_first(world):
    world.settings.change({"side_lag_seconds": 60})
    requester, accepter = world.vpc(A), world.vpc(B, CENTRAL)
    first = world.request(requester, accepter, region=CENTRAL)
    second = world.request(requester, accepter, region=CENTRAL)
    assert second != first and world.state(second) == "failed"
    world.advance(61)
    assert world.request(requester, accepter, region=CENTRAL) == first


def test_a_request_the_other_way_round_makes_a_connection_that_can_not_be_accepted_beside_the_first(world, far):
    first, requester, accepter = world.active((A, WEST), far)
    second = world.request(accepter, requester, far, A, WEST)
    assert second != first and world.state(second) == "pending-acceptance"
    accept = world.ec2(A).accept_vpc_peering_connection
    assert code_of(accept, VpcPeeringConnectionId=second) == "VpcPeeringConnectionAlreadyExists"
    assert (world.state(first), world.state(second)) == ("active", "pending-acceptance")


def test_of_two_requests_the_one_that_is_accepted_first_is_established(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    first, second = world.request(requester, accepter), world.request(accepter, requester, (B, WEST), A)
    world.ec2(A).accept_vpc_peering_connection(VpcPeeringConnectionId=second)
    accept = world.ec2(B).accept_vpc_peering_connection
    assert code_of(accept, VpcPeeringConnectionId=first) == "VpcPeeringConnectionAlreadyExists"
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=second)
    accept(VpcPeeringConnectionId=first)
    assert world.state(first) == "active"
