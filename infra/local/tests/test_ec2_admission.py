"""What is refused before a call is performed, and answers that are lost after it was."""

import time

import botocore.exceptions
import pytest
from ec2_world import CENTRAL, HUB, WEST, A, B, code_of, error_of

from peerwright_local.clients import Clients
from peerwright_local.settings import Settings


def test_nobody_is_without_token_buckets():
    assert Settings().throttling


def test_throttling_empties_a_bucket_and_fills_it_again(world):
    world.settings.change({"throttling": True})
    world.advance(3600)
    connection = {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"}
    began, codes, limit = time.monotonic(), [], ("RequestLimitExceeded", 503)
    while limit not in codes and len(codes) < 1000:
        codes.append(error_of(world.ec2(B).accept_vpc_peering_connection, **connection)[::2])
    filled_again = 5 * (time.monotonic() - began)
    assert codes[0] == ("InvalidVpcPeeringConnectionID.NotFound", 400)
    assert 50 <= codes.index(limit) <= 51 + filled_again
    assert code_of(world.ec2(A).accept_vpc_peering_connection, **connection) == (
        "InvalidVpcPeeringConnectionID.NotFound"
    )
    assert [one["account"] for one in _throttled(world)] == [B]
    world.advance(1)
    assert code_of(world.ec2(B).accept_vpc_peering_connection, **connection) == (
        "InvalidVpcPeeringConnectionID.NotFound"
    )


def test_a_client_with_several_attempts_waits_for_tokens(world):
    world.settings.change({"throttling": True})
    world.advance(3600)
    patient = Clients(world.endpoint).client("ec2", A, WEST, attempts=12)
    connection = {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"}
    codes, calls = set(), 0
    # However slow the machine is: tokens come back meanwhile, five a second.
    while not _throttled(world) and calls < 1000:
        codes.add(code_of(patient.accept_vpc_peering_connection, **connection))
        calls += 1
    assert _throttled(world)
    assert codes == {"InvalidVpcPeeringConnectionID.NotFound"}


def _throttled(world) -> list[dict]:
    events = world.events("AcceptVpcPeeringConnection")
    return [one for one in events if one["detail"]["errorCode"] == "Client.RequestLimitExceeded"]


def test_a_service_control_policy_denies_an_action_to_everybody_in_an_account(world):
    world.settings.change({"denied": f"{A}/CreateVpc {B}/DeleteVpc"})
    code, message, status = error_of(world.ec2(A).create_vpc, CidrBlock="10.0.0.0/16")
    assert (code, status) == ("UnauthorizedOperation", 403) and "service control policy" in message
    assert world.ec2(B).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def test_a_service_control_policy_denies_everything_to_everybody_in_an_account(world):
    world.settings.change({"denied": f"{A}/*"})
    for call in (world.ec2(A).describe_vpcs, world.ec2(A, CENTRAL).describe_vpc_peering_connections):
        assert error_of(call)[::2] == ("UnauthorizedOperation", 403)
    world.ec2(B).describe_vpcs()


@pytest.mark.parametrize(("more", "code"), [("", "OptInRequired"), ("/AuthFailure", "AuthFailure")])
def test_an_account_does_nothing_in_a_region_that_it_has_switched_off(world, more, code):
    world.settings.change({"regions_off": f"{A}/{CENTRAL}{more}"})
    assert error_of(world.ec2(A, CENTRAL).describe_vpcs)[::2] == (code, 401)
    world.ec2(A, WEST).describe_vpcs()
    world.ec2(B, CENTRAL).describe_vpcs()


def test_a_region_that_is_off_gives_no_credentials_of_its_account(world):
    role = world.role()
    world.settings.change({"regions_off": f"{A}/{CENTRAL}"})
    asked = {"RoleArn": role, "RoleSessionName": "hub"}
    code, message, status = error_of(world.client("sts", HUB, CENTRAL).assume_role, **asked)
    assert (code, status) == ("RegionDisabledException", 403) and f"account:{A}" in message
    assert world.client("sts", HUB, WEST).assume_role(**asked)["Credentials"]


def test_a_call_whose_answer_is_lost_has_taken_effect_and_the_next_one_is_answered(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    world.settings.change({"lose_answers": f"{A}/CreateVpcPeeringConnection {B}/DescribeVpcs"})
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        world.request(requester, accepter)
    assert world.settings.lose_answers == f"{B}/DescribeVpcs"
    filters = [{"Name": "requester-vpc-info.vpc-id", "Values": [requester]}]
    [made] = world.ec2(A).describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"]
    assert world.request(requester, accepter) == made["VpcPeeringConnectionId"]
    [first, second] = world.events("CreateVpcPeeringConnection")
    assert first["detail"]["responseElements"] is not None and first["detail"]["requestID"] != second["detail"]["requestID"]


def test_a_call_that_is_refused_does_not_use_up_the_loss_of_an_answer(world):
    world.settings.change({"lose_answers": f"{A}/DescribeVpcs"})
    assert code_of(world.ec2(A).describe_vpcs, VpcIds=["vpc-0123456789abcdef0"]) == "InvalidVpcID.NotFound"
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        world.ec2(A).describe_vpcs()
    world.ec2(A).describe_vpcs()
