import pytest
from ec2_world import CENTRAL, STRANGER, WEST, A, B, code_of, error_of, wait_for

from peerwright_local.settings import Settings

DAY = 24 * 3600


def test_a_request_begins_as_initiating_and_becomes_pending(world):
    world.settings.change({"initiating_seconds": 0.2})
    requester, accepter = world.vpc(A), world.vpc(B)
    created = world.ec2(A).create_vpc_peering_connection(VpcId=requester, PeerVpcId=accepter, PeerOwnerId=B)
    connection = created["VpcPeeringConnection"]
    assert connection["Status"] == {"Code": "initiating-request", "Message": f"Initiating Request to {B}"}
    identifier = connection["VpcPeeringConnectionId"]
    assert code_of(world.ec2(B).accept_vpc_peering_connection, VpcPeeringConnectionId=identifier) == (
        "InvalidVpcPeeringConnectionID.NotFound"
    )
    wait_for(lambda: world.state(identifier) == "pending-acceptance")
    assert world.seen(identifier, B)["Status"]["Message"] == f"Pending Acceptance by {B}"


def test_accept_passes_through_provisioning(world):
    world.settings.change({"provisioning_seconds": 0.2})
    requester, accepter = world.vpc(A), world.vpc(B)
    connection = world.request(requester, accepter)
    answer = world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert answer["VpcPeeringConnection"]["Status"]["Code"] == "provisioning"
    wait_for(lambda: world.state(connection) == "active")
    assert code_of(world.ec2(B).accept_vpc_peering_connection, VpcPeeringConnectionId=connection) == (
        "InvalidStateTransition"
    )


def test_only_the_accepter_accepts_and_only_in_its_region(world):
    requester, accepter = world.vpc(A), world.vpc(B, CENTRAL)
    connection = world.request(requester, accepter, region=CENTRAL)
    code, message, _ = error_of(world.ec2(A).accept_vpc_peering_connection, VpcPeeringConnectionId=connection)
    assert (code, message) == ("OperationNotPermitted", f"User ({A}) cannot accept peering {connection}")
    wrong_region = world.ec2(B, WEST).accept_vpc_peering_connection
    assert code_of(wrong_region, VpcPeeringConnectionId=connection) == "InvalidVpcPeeringConnectionID.NotFound"
    world.ec2(B, CENTRAL).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.state(connection) == "active"


def test_one_account_accepts_in_the_accepters_region_only(world):
    requester, accepter = world.vpc(A), world.vpc(A, CENTRAL)
    connection = world.request(requester, accepter, owner=A, region=CENTRAL)
    code, message, _ = error_of(world.ec2(A).accept_vpc_peering_connection, VpcPeeringConnectionId=connection)
    assert code == "OperationNotPermitted"
    assert message.startswith(f"Incorrect region ({WEST}) specified for this request.")
    world.ec2(A, CENTRAL).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.state(connection) == "active"


def test_a_third_account_sees_nothing(world):
    connection, _, _ = world.active()
    assert code_of(
        world.ec2(STRANGER).describe_vpc_peering_connections, VpcPeeringConnectionIds=[connection]
    ) == "InvalidVpcPeeringConnectionID.NotFound"
    assert world.ec2(STRANGER).describe_vpc_peering_connections()["VpcPeeringConnections"] == []


def test_overlapping_ipv4_blocks_fail_and_only_the_requester_sees_it_for_two_hours(world):
    requester, accepter = world.vpc(A, cidr="10.250.0.0/16"), world.vpc(B)
    world.ec2(B).associate_vpc_cidr_block(VpcId=accepter, CidrBlock="10.250.128.0/20")
    connection = world.request(requester, accepter)
    assert world.state(connection) == "failed"
    everything = world.ec2(B).describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert connection not in [one["VpcPeeringConnectionId"] for one in everything]
    assert code_of(world.ec2(A).delete_vpc_peering_connection, VpcPeeringConnectionId=connection) == (
        "InvalidStateTransition"
    )
    world.advance(2 * 3600 + 1)
    assert code_of(world.ec2(A).describe_vpc_peering_connections, VpcPeeringConnectionIds=[connection]) == (
        "InvalidVpcPeeringConnectionID.NotFound"
    )


def test_a_missing_vpc_of_another_account_fails_and_one_of_ours_is_an_error(world):
    requester = world.vpc(A)
    assert world.state(world.request(requester, "vpc-0123456789abcdef0")) == "failed"
    own = world.ec2(A).create_vpc_peering_connection
    assert code_of(own, VpcId=requester, PeerVpcId="vpc-0123456789abcdef0") == "InvalidVpcID.NotFound"


def test_a_pending_request_expires_after_seven_days_and_vanishes_two_days_later(world):
    connection = world.request(world.vpc(A), world.vpc(B))
    assert "ExpirationTime" in world.seen(connection)
    world.advance(7 * DAY - 60)
    assert world.state(connection) == "pending-acceptance"
    world.advance(120)
    assert world.state(connection) == world.state(connection, B) == "expired"
    assert "ExpirationTime" not in world.seen(connection)
    world.advance(2 * DAY)
    for account in (A, B):
        assert code_of(
            world.ec2(account).describe_vpc_peering_connections, VpcPeeringConnectionIds=[connection]
        ) == "InvalidVpcPeeringConnectionID.NotFound"


@pytest.mark.parametrize("ended_by", [A, B])
def test_a_deleted_connection_stays_visible_longer_on_the_other_side(world, ended_by):
    connection, _, _ = world.active()
    other = B if ended_by == A else A
    world.ec2(ended_by).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.seen(connection, other)["Status"] == {"Code": "deleted", "Message": f"Deleted by {ended_by}"}
    world.advance(2 * 3600 + 1)
    assert world.state(connection, other) == "deleted"
    with pytest.raises(Exception, match="NotFound"):
        world.state(connection, ended_by)


def test_a_rejected_connection_is_visible_two_hours_to_the_accepter_and_two_days_to_the_requester(world):
    connection = world.request(world.vpc(A), world.vpc(B))
    assert code_of(world.ec2(A).reject_vpc_peering_connection, VpcPeeringConnectionId=connection) == (
        "OperationNotPermitted"
    )
    world.ec2(B).reject_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.advance(2 * 3600 + 1)
    assert world.state(connection, A) == "rejected"
    with pytest.raises(Exception, match="NotFound"):
        world.state(connection, B)


def test_only_the_requester_deletes_a_pending_request(world):
    connection = world.request(world.vpc(A), world.vpc(B))
    assert code_of(world.ec2(B).delete_vpc_peering_connection, VpcPeeringConnectionId=connection) == (
        "OperationNotPermitted"
    )
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.state(connection) == "deleted"


def test_an_inter_region_connection_is_deleting_for_a_while(world):
    connection, _, _ = world.active(accepter_at=(B, CENTRAL))
    world.settings.change({"provisioning_seconds": 0.2})
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.state(connection) == "deleting"
    wait_for(lambda: world.state(connection) == "deleted")


def test_the_other_sides_cidrs_show_only_once_the_connection_is_established(world):
    requester, accepter = world.vpc(A, ipv6=True), world.vpc(B)
    world.ec2(A).associate_vpc_cidr_block(VpcId=requester, CidrBlock="10.251.0.0/16")
    connection = world.request(requester, accepter)
    pending = world.seen(connection)
    own = pending["RequesterVpcInfo"]
    assert [block["CidrBlock"] for block in own["CidrBlockSet"]] == [own["CidrBlock"], "10.251.0.0/16"]
    assert len(own["Ipv6CidrBlockSet"]) == 1
    assert set(pending["AccepterVpcInfo"]) == {"OwnerId", "VpcId", "Region"}
    assert set(world.seen(connection, B)["RequesterVpcInfo"]) == {"OwnerId", "VpcId", "Region"}
    world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.seen(connection, B)["RequesterVpcInfo"]["CidrBlockSet"] == own["CidrBlockSet"]
    assert "Ipv6CidrBlockSet" not in world.seen(connection)["AccepterVpcInfo"]


def test_options_show_for_the_own_account_only(world):
    connection, _, _ = world.active()
    assert "PeeringOptions" in world.seen(connection, A)["RequesterVpcInfo"]
    assert "PeeringOptions" not in world.seen(connection, A)["AccepterVpcInfo"]
    assert "PeeringOptions" not in world.seen(connection, B)["RequesterVpcInfo"]
    assert "PeeringOptions" in world.seen(connection, B)["AccepterVpcInfo"]


def test_tags_belong_to_one_side(world):
    tags = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "env", "Value": "dev"}]}]
    connection = world.request(world.vpc(A), world.vpc(B), TagSpecifications=tags)
    world.ec2(B).create_tags(Resources=[connection], Tags=[{"Key": "owner", "Value": "b"}])
    assert world.seen(connection, A)["Tags"] == [{"Key": "env", "Value": "dev"}]
    assert world.seen(connection, B)["Tags"] == [{"Key": "owner", "Value": "b"}]


def test_options_need_an_active_connection_and_dns_in_both_vpcs_and_the_own_side(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    connection = world.request(requester, accepter)
    on = {"AllowDnsResolutionFromRemoteVpc": True}
    modify = world.ec2(A).modify_vpc_peering_connection_options
    code, message, _ = error_of(modify, VpcPeeringConnectionId=connection, RequesterPeeringConnectionOptions=on)
    assert code == "OperationNotPermitted"
    assert message == (
        f"Peering {connection} is not active. Peering options can be added only to active peerings."
    )
    world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert code_of(modify, VpcPeeringConnectionId=connection, RequesterPeeringConnectionOptions=on) == (
        "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled"
    )
    for account, vpc in ((A, requester), (B, accepter)):
        world.ec2(account).modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert code_of(modify, VpcPeeringConnectionId=connection, AccepterPeeringConnectionOptions=on) == (
        "OperationNotPermitted"
    )
    answer = modify(VpcPeeringConnectionId=connection, RequesterPeeringConnectionOptions=on)
    assert answer["RequesterPeeringConnectionOptions"] == on
    assert world.seen(connection)["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"]


def test_a_new_connection_may_not_be_found_for_a_while(world):
    world.settings.change({"describe_lag_seconds": 0.3})
    connection = world.request(world.vpc(A), world.vpc(B))
    assert code_of(world.ec2(B).accept_vpc_peering_connection, VpcPeeringConnectionId=connection) == (
        "InvalidVpcPeeringConnectionID.NotFound"
    )
    world.settings.change({"describe_lag_seconds": 0})
    assert world.state(connection, B) == "pending-acceptance"


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("status-code", ["active"], True),
        ("status-code", ["pending-acceptance", "act*"], True),
        ("status-code", ["ACTIVE"], False),
        ("status-message", ["Active"], True),
        ("accepter-vpc-info.owner-id", [B], True),
        ("accepter-vpc-info.owner-id", [A], False),
        ("requester-vpc-info.owner-id", [A], True),
        ("requester-vpc-info.vpc-id", ["vpc-none"], False),
        ("tag:env", ["d?v"], True),
        ("tag:env", ["prod"], False),
        ("tag-key", ["env"], True),
        ("tag-key", ["owner"], False),
        ("expiration-time", ["*"], False),
    ],
)
def test_describe_filters(world, name, values, found):
    connection, _, _ = world.active()
    world.ec2(A).create_tags(Resources=[connection], Tags=[{"Key": "env", "Value": "dev"}])
    filters = [{"Name": name, "Values": values}, {"Name": "vpc-peering-connection-id", "Values": [connection]}]
    answer = world.ec2(A).describe_vpc_peering_connections(Filters=filters)
    assert bool(answer["VpcPeeringConnections"]) is found


def test_describe_filters_by_vpc_and_cidr(world):
    connection, requester, accepter = world.active()
    info = world.seen(connection)
    for name, value in (
        ("requester-vpc-info.vpc-id", requester),
        ("accepter-vpc-info.vpc-id", accepter),
        ("requester-vpc-info.cidr-block", info["RequesterVpcInfo"]["CidrBlock"]),
        ("accepter-vpc-info.cidr-block", info["AccepterVpcInfo"]["CidrBlock"]),
    ):
        answer = world.ec2(A).describe_vpc_peering_connections(Filters=[{"Name": name, "Values": [value]}])
        assert connection in [one["VpcPeeringConnectionId"] for one in answer["VpcPeeringConnections"]]


def test_an_unknown_filter_is_refused(world):
    describe = world.ec2(A).describe_vpc_peering_connections
    code, message, _ = error_of(describe, Filters=[{"Name": "color", "Values": ["red"]}])
    assert (code, message) == ("InvalidParameterValue", "The filter 'color' is invalid")


def test_describe_gives_pages_of_five_to_a_thousand(world):
    accepter, connections = world.vpc(B), set()
    for _ in range(7):
        connections.add(world.request(world.vpc(A), accepter))
    ec2 = world.ec2(B)
    filters = [{"Name": "accepter-vpc-info.vpc-id", "Values": [accepter]}]
    pages = list(
        ec2.get_paginator("describe_vpc_peering_connections").paginate(
            Filters=filters, PaginationConfig={"PageSize": 5}
        )
    )
    assert [len(page["VpcPeeringConnections"]) for page in pages] == [5, 2]
    found = {one["VpcPeeringConnectionId"] for page in pages for one in page["VpcPeeringConnections"]}
    assert found == connections
    assert code_of(ec2.describe_vpc_peering_connections, MaxResults=4) == "InvalidParameterValue"
    assert code_of(ec2.describe_vpc_peering_connections, MaxResults=1001) == "InvalidParameterValue"
    other = ec2.describe_vpc_peering_connections
    assert code_of(other, MaxResults=5, NextToken=pages[0]["NextToken"]) == "InvalidNextToken"


def test_an_id_that_is_no_id_is_malformed(world):
    describe = world.ec2(A).describe_vpc_peering_connections
    assert code_of(describe, VpcPeeringConnectionIds=["pcx-xyz"]) == "InvalidVpcPeeringConnectionId.Malformed"


def test_a_vpc_has_a_limited_number_of_unanswered_requests(world):
    world.settings.change({"outstanding_requests_per_vpc": 2})
    requester, accepters = world.vpc(A), [world.vpc(B) for _ in range(3)]
    first, _ = (world.request(requester, accepter) for accepter in accepters[:2])
    create = world.ec2(A).create_vpc_peering_connection
    assert code_of(create, VpcId=requester, PeerVpcId=accepters[2], PeerOwnerId=B) == (
        "OutstandingVpcPeeringConnectionLimitExceeded"
    )
    world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=first)
    world.request(requester, accepters[2])
    world.request(world.vpc(A), accepters[2])


@pytest.mark.parametrize("full", ["requester", "accepter"])
def test_a_vpc_has_a_limited_number_of_connections(world, full):
    world.settings.change({"connections_per_vpc": 1})
    connection, requester, accepter = world.active()
    second = world.request(requester, world.vpc(B)) if full == "requester" else world.request(world.vpc(A), accepter)
    accept = world.ec2(B).accept_vpc_peering_connection
    assert code_of(accept, VpcPeeringConnectionId=second) == "ActiveVpcPeeringConnectionPerVpcLimitExceeded"
    assert world.state(second) == "pending-acceptance"
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    accept(VpcPeeringConnectionId=second)
    assert world.state(second) == "active"


def test_the_quotas_are_those_that_aws_documents():
    settings = Settings()
    assert (settings.outstanding_requests_per_vpc, settings.connections_per_vpc) == (25, 50)


@pytest.mark.parametrize("account", [A, B])
def test_deleting_a_vpc_deletes_its_connections(world, account):
    connection, requester, accepter = world.active()
    other = B if account == A else A
    world.ec2(account).delete_vpc(VpcId=requester if account == A else accepter)
    assert world.seen(connection, other)["Status"] == {"Code": "deleted", "Message": f"Deleted by {account}"}
    assert world.events("DeleteVpcPeeringConnection") == []


def test_deleting_a_vpc_takes_its_requests_back_and_waits_for_those_of_other_accounts(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    connection = world.request(requester, accepter)
    assert code_of(world.ec2(B).delete_vpc, VpcId=accepter) == "DependencyViolation"
    world.ec2(A).delete_vpc(VpcId=requester)
    assert world.state(connection, B) == "deleted"
    world.ec2(B).delete_vpc(VpcId=accepter)


def test_a_vpc_that_can_not_be_deleted_keeps_its_connections(world):
    connection, requester, _ = world.active()
    cidr = world.seen(connection)["RequesterVpcInfo"]["CidrBlock"].replace("/16", "/24")
    world.ec2(A).create_subnet(VpcId=requester, CidrBlock=cidr)
    assert code_of(world.ec2(A).delete_vpc, VpcId=requester) == "DependencyViolation"
    assert world.state(connection) == "active"


@pytest.mark.parametrize("ended", ["failed", "rejected", "expired", "deleted"])
def test_what_has_ended_can_not_be_deleted_again(world, ended):
    requester, accepter = world.vpc(A), world.vpc(B)
    if ended == "failed":
        accepter = "vpc-0123456789abcdef0"
    connection = world.request(requester, accepter)
    match ended:
        case "rejected":
            world.ec2(B).reject_vpc_peering_connection(VpcPeeringConnectionId=connection)
        case "expired":
            world.advance(7 * DAY + 1)
        case "deleted":
            world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert world.state(connection) == ended
    code, message, _ = error_of(world.ec2(A).delete_vpc_peering_connection, VpcPeeringConnectionId=connection)
    assert code == "InvalidStateTransition"
    assert message.endswith(f"attempted to transition from {ended} to deleting")


def test_in_one_account_an_ended_connection_is_visible_for_two_hours(world):
    requester, accepter = world.vpc(A), world.vpc(A)
    connection = world.request(requester, accepter, owner=A)
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.advance(2 * 3600 - 60)
    assert world.state(connection) == "deleted"
    world.advance(120)
    with pytest.raises(Exception, match="NotFound"):
        world.state(connection)


@pytest.mark.parametrize("account", [A, B])
def test_either_side_tags_a_connection_for_itself_and_an_invisible_one_not_at_all(world, account):
    connection, _, _ = world.active()
    ec2, other = world.ec2(account), B if account == A else A
    ec2.create_tags(Resources=[connection], Tags=[{"Key": "peerwright:status", "Value": "converged"}])
    assert world.seen(connection, account)["Tags"] == [{"Key": "peerwright:status", "Value": "converged"}]
    assert world.seen(connection, other)["Tags"] == []
    ec2.delete_tags(Resources=[connection], Tags=[{"Key": "peerwright:status"}])
    assert world.seen(connection, account)["Tags"] == []
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.advance(3 * DAY)
    assert code_of(ec2.create_tags, Resources=[connection], Tags=[{"Key": "k", "Value": "v"}]) == (
        "InvalidVpcPeeringConnectionID.NotFound"
    )
