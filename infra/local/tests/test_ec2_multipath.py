"""Multipath resilience. The pinned botocore does not know it: requests and answers are changed and read as text."""

import re

import pytest
from ec2_world import CENTRAL, WEST, A, B, code_of

ALLOW = "AllowMultipathResilience"
CREATE, MODIFY = "CreateVpcPeeringConnection", "ModifyVpcPeeringConnectionOptions"


@pytest.fixture
def sending():
    """Adds parameters to a client's next calls, as a newer client sends them."""
    undo = []

    def add(ec2, operation: str, **parameters: str):
        name, written = f"before-call.ec2.{operation}", {key.replace("__", "."): value for key, value in parameters.items()}
        ec2.meta.events.register(name, handler := lambda params, **_: params["body"].update(written))
        undo.append(lambda: ec2.meta.events.unregister(name, handler))

    yield add
    for one in undo:
        one()


def status(world, connection: str, account: str = A, region: str = WEST) -> str:
    """The status in the text of an answer."""
    answers, ec2 = [], world.ec2(account, region)
    name = "after-call.ec2.DescribeVpcPeeringConnections"
    ec2.meta.events.register(name, handler := lambda http_response, **_: answers.append(http_response.text))
    world.seen(connection, account, region)
    ec2.meta.events.unregister(name, handler)
    return re.search("<multipathResilienceStatus>(.*)</multipathResilienceStatus>", answers[0])[1]


def test_a_request_that_allows_it_is_pending_until_it_is_accepted(world, sending):
    sending(world.ec2(A), CREATE, PeeringConnectionOptions__AllowMultipathResilience="true")
    connection = world.request(world.vpc(A), world.vpc(B, CENTRAL), region=CENTRAL)
    assert status(world, connection) == status(world, connection, B, CENTRAL) == "pending"
    world.ec2(B, CENTRAL).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert status(world, connection) == "enabled"
    (event,) = world.events(CREATE)
    assert event["detail"]["requestParameters"]["peeringConnectionOptions"] == {"allowMultipathResilience": True}


def test_without_it_the_status_is_disabled(world):
    connection, *_ = world.active((A, WEST), (B, CENTRAL))
    assert status(world, connection) == "disabled"


def test_either_side_switches_it_off_for_both(world, sending):
    sending(world.ec2(A), CREATE, PeeringConnectionOptions__AllowMultipathResilience="true")
    connection, *_ = world.active((A, WEST), (B, CENTRAL))
    ec2 = world.ec2(B, CENTRAL)
    sending(ec2, MODIFY, AccepterPeeringConnectionOptions__AllowMultipathResilience="false")
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=connection)
    assert status(world, connection) == "pending"
    sending(world.ec2(A), MODIFY, RequesterPeeringConnectionOptions__AllowMultipathResilience="false")
    world.ec2(A).modify_vpc_peering_connection_options(VpcPeeringConnectionId=connection)
    assert status(world, connection) == "disabled"


def test_within_a_region_it_is_refused(world, sending):
    sending(world.ec2(A), CREATE, PeeringConnectionOptions__AllowMultipathResilience="true")
    ends = {"VpcId": world.vpc(A), "PeerVpcId": world.vpc(B), "PeerOwnerId": B}
    assert code_of(world.ec2(A).create_vpc_peering_connection, **ends) == "InvalidParameterValue"


def test_a_mode_needs_the_consent(world, sending):
    sending(world.ec2(A), CREATE, PeeringConnectionOptions__MultipathResilienceMode="always-on")
    ends = {"VpcId": world.vpc(A), "PeerVpcId": world.vpc(B, CENTRAL), "PeerOwnerId": B, "PeerRegion": CENTRAL}
    assert code_of(world.ec2(A).create_vpc_peering_connection, **ends) == "InvalidParameterCombination"
