import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ec2_world import A, B, code_of, error_of

from peerwright_local.ec2.server import make_server
from peerwright_local.settings import Settings


def test_a_dry_run_changes_nothing_and_is_recorded(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    create = world.ec2(A).create_vpc_peering_connection
    code, message, status = error_of(create, VpcId=requester, PeerVpcId=accepter, PeerOwnerId=B, DryRun=True)
    assert (code, status) == ("DryRunOperation", 412)
    assert message == "Request would have succeeded, but DryRun flag is set."
    filters = [{"Name": "requester-vpc-info.vpc-id", "Values": [requester]}]
    assert world.ec2(A).describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"] == []
    (event,) = world.events("CreateVpcPeeringConnection")
    assert event["detail"]["errorCode"] == "Client.DryRunOperation"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("accept_vpc_peering_connection", {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"}),
        ("create_route", {"RouteTableId": "rtb-1", "DestinationCidrBlock": "10.0.0.0/8"}),
        ("authorize_security_group_ingress", {"GroupId": "sg-1"}),
        ("create_tags", {"Resources": ["vpc-1"], "Tags": [{"Key": "a", "Value": "b"}]}),
        ("describe_vpcs", {}),
    ],
)
def test_every_operation_has_a_dry_run(world, operation, params):
    call = getattr(world.ec2(A), operation)
    assert error_of(call, **params, DryRun=True)[::2] == ("DryRunOperation", 412)


def test_a_missing_parameter_is_named(world):
    code, message, _ = error_of(world.ec2(A).create_route, DestinationCidrBlock="10.0.0.0/8")
    assert (code, message) == ("MissingParameter", "The request must contain the parameter routeTableId")


def test_an_action_that_is_not_there_is_invalid(world):
    assert code_of(world.ec2(A).describe_client_vpn_endpoints) == "InvalidAction"


def test_each_call_takes_as_long_as_its_latency(world):
    world.settings.change({"latency_seconds": 0.2})
    began = time.monotonic()
    world.ec2(A).describe_vpcs()
    assert time.monotonic() - began >= 0.2


def test_vpcs_come_in_pages(world):
    vpcs = {world.vpc(A) for _ in range(6)}
    world.ec2(A).create_tags(Resources=list(vpcs), Tags=[{"Key": "set", "Value": min(vpcs)}])
    filters = [{"Name": "tag:set", "Values": [min(vpcs)]}]
    pages = world.ec2(A).get_paginator("describe_vpcs").paginate(Filters=filters, PaginationConfig={"PageSize": 5})
    assert [len(page["Vpcs"]) for page in pages] == [5, 1]


def test_the_request_id_of_the_answer_is_that_of_the_record(world):
    answer = world.ec2(A).create_vpc(CidrBlock="10.0.0.0/16")
    (event,) = world.events("CreateVpc")
    assert answer["ResponseMetadata"]["RequestId"] == event["detail"]["requestID"]


def test_many_callers_at_once_make_one_connection_of_a_pair(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: world.request(requester, accepter), range(8)))
    assert len(set(made)) == 1


def test_a_taken_port_is_an_error_of_the_operating_system():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            make_server("127.0.0.1", taken.getsockname()[1], Settings(), print, lambda *_: None)


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("tag-key", ["peerwright:mesh"], True),
        ("tag-key", ["peerwright:*"], True),
        ("tag-key", ["peerwright:peer-with", "peerwright:mesh"], True),
        ("tag-key", ["peerwright:peer-with"], False),
        ("tag:peerwright:mesh", ["blue"], True),
        ("tag:peerwright:mesh", ["green", "bl*"], True),
        ("tag:peerwright:mesh", ["green"], False),
        ("tag:peerwright:peer-with", ["*"], False),
    ],
)
def test_vpcs_are_found_by_their_tags(world, name, values, found):
    vpc = world.vpc(A)
    world.ec2(A).create_tags(Resources=[vpc], Tags=[{"Key": "peerwright:mesh", "Value": "blue"}])
    answer = world.ec2(A).describe_vpcs(Filters=[{"Name": name, "Values": values}])
    assert (vpc in [one["VpcId"] for one in answer["Vpcs"]]) is found


def test_subnets_come_in_pages(world):
    vpc = world.ec2(A).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number in range(6):
        world.ec2(A).create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")
    pages = world.ec2(A).get_paginator("describe_subnets").paginate(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}], PaginationConfig={"PageSize": 5}
    )
    assert [len(page["Subnets"]) for page in pages] == [5, 1]
