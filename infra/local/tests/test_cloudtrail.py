import json
import time
from pathlib import Path

import pytest
from botocore.session import get_session
from ec2_world import CENTRAL, HUB, WEST, A, B, code_of, wait_for

from peerwright_local.cloudtrail_shapes import is_flat, request_parameters, response_elements

FIXTURES = Path(__file__).parent / "fixtures"
MODEL = get_session().get_service_model("ec2")
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


def shape(value):
    """The keys and the types of a record, without its values."""
    if isinstance(value, dict):
        return {key: shape(child) for key, child in value.items()}
    if isinstance(value, list):
        return [shape(child) for child in value]
    return type(value).__name__


def fixture_shape(name):
    return shape(json.loads((FIXTURES / f"cloudtrail-{name}.json").read_text()))


def only(events):
    (event,) = events
    return event


def test_create_has_the_shape_of_the_real_record(world):
    world.settings.change({"initiating_seconds": 60})
    world.ec2(A).create_vpc_peering_connection(VpcId=world.vpc(A), PeerVpcId=world.vpc(A))
    detail = only(world.events("CreateVpcPeeringConnection"))["detail"]
    assert shape(detail) == fixture_shape("CreateVpcPeeringConnection")
    assert detail["responseElements"]["vpcPeeringConnection"]["tagSet"] == {}


def test_delete_has_the_shape_of_the_real_record(world):
    connection = world.request(world.vpc(A), world.vpc(B))
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    detail = only(world.events("DeleteVpcPeeringConnection"))["detail"]
    assert shape(detail) == fixture_shape("DeleteVpcPeeringConnection")


def test_the_expiration_time_is_in_epoch_milliseconds(world):
    world.settings.change({"initiating_seconds": 60})
    world.ec2(A).create_vpc_peering_connection(VpcId=world.vpc(A), PeerVpcId=world.vpc(A))
    event = only(world.events("CreateVpcPeeringConnection"))
    expires = event["detail"]["responseElements"]["vpcPeeringConnection"]["expirationTime"]
    assert abs(expires / 1000 - world.settings.now() - 7 * 24 * 3600) < 60


def test_a_request_across_accounts_names_the_peers_owner_and_region_and_its_tags(world):
    tags = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "Name", "Value": "x"}]}]
    requester, accepter = world.vpc(A), world.vpc(B, CENTRAL)
    world.request(requester, accepter, region=CENTRAL, TagSpecifications=tags)
    detail = only(world.events("CreateVpcPeeringConnection"))["detail"]
    assert detail["requestParameters"] == {
        "vpcId": requester,
        "peerVpcId": accepter,
        "peerOwnerId": B,
        "peerRegion": CENTRAL,
        "tagSpecificationSet": {
            "items": [{"resourceType": "vpc-peering-connection", "tags": [{"key": "Name", "value": "x"}]}]
        },
    }
    seen = detail["responseElements"]["vpcPeeringConnection"]
    assert seen["tagSet"] == {"items": [{"key": "Name", "value": "x"}]}
    assert set(seen["accepterVpcInfo"]) == {"ownerId", "vpcId", "region"}


def test_an_event_goes_to_the_account_and_region_of_the_call(world):
    connection, _, _ = world.active((A, WEST), (B, CENTRAL))
    create, accept = (only(world.events(f"{verb}VpcPeeringConnection")) for verb in ("Create", "Accept"))
    assert (create["account"], create["region"]) == (A, WEST)
    assert (accept["account"], accept["region"]) == (B, CENTRAL)
    assert set(accept) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }
    assert (accept["source"], accept["detail-type"], accept["resources"]) == (
        "aws.ec2", "AWS API Call via CloudTrail", []
    )
    detail = accept["detail"]
    assert (detail["recipientAccountId"], detail["awsRegion"], detail["eventTime"]) == (B, CENTRAL, accept["time"])
    assert detail["requestParameters"] == {"vpcPeeringConnectionId": connection}
    answer = detail["responseElements"]["vpcPeeringConnection"]
    assert "cidrBlockSet" in answer["requesterVpcInfo"]
    assert "peeringOptions" not in answer["requesterVpcInfo"]
    assert "expirationTime" not in answer


def test_a_failed_call_is_recorded_with_its_code_and_no_answer(world):
    accept = world.ec2(B).accept_vpc_peering_connection
    assert code_of(accept, VpcPeeringConnectionId="pcx-0123456789abcdef0")
    detail = only(world.events("AcceptVpcPeeringConnection"))["detail"]
    assert detail["errorCode"] == "Client.InvalidVpcPeeringConnectionID.NotFound"
    assert detail["errorMessage"] == "The vpcPeeringConnection ID 'pcx-0123456789abcdef0' does not exist"
    assert detail["responseElements"] is None
    assert list(detail)[8:12] == ["errorCode", "errorMessage", "requestParameters", "responseElements"]


def test_reading_is_not_recorded(world):
    world.ec2(A).describe_vpc_peering_connections()
    world.ec2(A).describe_vpc_attribute(VpcId=world.vpc(A), Attribute="enableDnsSupport")
    assert {one["detail"]["eventName"] for one in wait_for(lambda: world.events("CreateVpc"))} == {"CreateVpc"}
    assert not [one for one in world.get("events") if one["name"].startswith("Describe")]


def test_options_are_recorded_wrapped_with_guessed_values(world):
    connection, requester, accepter = world.active()
    for account, vpc in ((A, requester), (B, accepter)):
        world.ec2(account).modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    on = {"AllowDnsResolutionFromRemoteVpc": True}
    world.ec2(A).modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=connection, RequesterPeeringConnectionOptions=on
    )
    detail = only(world.events("ModifyVpcPeeringConnectionOptions"))["detail"]
    assert detail["requestParameters"] == {
        "ModifyVpcPeeringConnectionOptionsRequest": {
            "VpcPeeringConnectionId": connection,
            "RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True},
        }
    }
    assert detail["responseElements"] == {
        "ModifyVpcPeeringConnectionOptionsResponse": {
            "xmlns": NAMESPACE,
            "requestId": detail["requestID"],
            "requesterPeeringConnectionOptions": {"allowDnsResolutionFromRemoteVpc": True},
        }
    }


def test_rules_are_recorded_as_in_the_real_record(world):
    vpc = world.vpc(A)
    own = world.ec2(A).create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=[permission])
    detail = only(world.events("AuthorizeSecurityGroupIngress"))["detail"]
    assert detail["requestParameters"] == {
        "groupId": own,
        "ipPermissions": {
            "items": [
                {
                    "ipProtocol": "tcp",
                    "fromPort": 443,
                    "toPort": 443,
                    "groups": {},
                    "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]},
                    "ipv6Ranges": {},
                    "prefixListIds": {},
                }
            ]
        },
    }
    answer = detail["responseElements"]
    assert answer["_return"] is True
    (rule,) = answer["securityGroupRuleSet"]["items"]
    assert set(rule) == {
        "groupOwnerId", "groupId", "securityGroupRuleId", "securityGroupRuleArn", "isEgress", "ipProtocol",
        "fromPort", "toPort", "cidrIpv4",
    }


def test_routes_and_tags_are_recorded_as_in_the_real_records(world):
    connection, requester, _ = world.active()
    table = world.main_table(requester)["RouteTableId"]
    world.ec2(A).create_route(
        RouteTableId=table, DestinationCidrBlock="192.168.0.1/16", VpcPeeringConnectionId=connection
    )
    world.ec2(A).create_tags(Resources=[connection], Tags=[{"Key": "env", "Value": "true"}])
    route = only(world.events("CreateRoute"))["detail"]
    assert route["requestParameters"] == {
        "routeTableId": table,
        "destinationCidrBlock": "192.168.0.1/16",
        "vpcPeeringConnectionId": connection,
    }
    assert route["responseElements"] == {"requestId": route["requestID"], "_return": True}
    tags = only(world.events("CreateTags"))["detail"]
    assert tags["requestParameters"] == {
        "resourcesSet": {"items": [{"resourceId": connection}]},
        "tagSet": {"items": [{"key": "env", "value": "true"}]},
    }
    assert tags["responseElements"] == {"requestId": tags["requestID"], "_return": True}


@pytest.mark.parametrize(
    ("operation", "flat"),
    [
        ("CreateVpcPeeringConnection", True),
        ("RejectVpcPeeringConnection", True),
        ("ReplaceRoute", True),
        ("DeleteTags", True),
        ("RevokeSecurityGroupEgress", True),
        ("ModifyVpcPeeringConnectionOptions", False),
        ("ModifySecurityGroupRules", False),
        ("AssociateVpcCidrBlock", False),
        ("CreateNatGateway", False),
    ],
)
def test_the_location_name_of_dry_run_decides_between_flat_and_wrapped(operation, flat):
    assert is_flat(MODEL.operation_model(operation)) is flat


def test_lists_of_a_wrapped_request_are_numbered_and_one_item_is_an_object():
    query = {
        "Action": "ModifySecurityGroupRules",
        "Version": "2016-11-15",
        "GroupId": "sg-1",
        "SecurityGroupRule.1.SecurityGroupRuleId": "sgr-1",
        "SecurityGroupRule.1.SecurityGroupRule.FromPort": "443",
        "Scalar.1": "vpc-1",
        "Two.1.Key": "true",
        "Two.2.Key": "0123",
    }
    assert request_parameters(MODEL.operation_model("ModifySecurityGroupRules"), {}, query) == {
        "ModifySecurityGroupRulesRequest": {
            "GroupId": "sg-1",
            "SecurityGroupRule": {"SecurityGroupRuleId": "sgr-1", "SecurityGroupRule": {"FromPort": 443}, "tag": 1},
            "Scalar": {"content": "vpc-1", "tag": 1},
            "Two": [{"Key": True, "tag": 1}, {"Key": "0123", "tag": 2}],
        }
    }


def test_a_wrapped_answer_guesses_values_and_collapses_lists():
    body = (
        f'<CreateNatGatewayResponse xmlns="{NAMESPACE}"><requestId>r</requestId><natGateway>'
        "<ownerId>111111111111</ownerId><natGatewayAddressSet><item><isPrimary>true</isPrimary></item>"
        "</natGatewayAddressSet><tagSet/></natGateway></CreateNatGatewayResponse>"
    )
    assert response_elements(MODEL.operation_model("CreateNatGateway"), {}, body, "r") == {
        "CreateNatGatewayResponse": {
            "xmlns": NAMESPACE,
            "requestId": "r",
            "natGateway": {
                "ownerId": 111111111111,
                "natGatewayAddressSet": {"item": {"isPrimary": True}},
                "tagSet": "",
            },
        }
    }


def test_associating_a_block_is_recorded_wrapped(world):
    vpc = world.vpc(A)
    world.ec2(A).associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.253.0.0/16")
    detail = only(world.events("AssociateVpcCidrBlock"))["detail"]
    assert detail["requestParameters"]["AssociateVpcCidrBlockRequest"] == {
        "VpcId": vpc, "CidrBlock": "10.253.0.0/16"
    }
    assert detail["responseElements"]["AssociateVpcCidrBlockResponse"]["vpcId"] == vpc


def test_disassociating_a_block_names_the_vpc_only_in_its_answer(world):
    vpc = world.vpc(A)
    block = world.ec2(A).associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.254.0.0/16")["CidrBlockAssociation"]
    world.ec2(A).disassociate_vpc_cidr_block(AssociationId=block["AssociationId"])
    detail = only(world.events("DisassociateVpcCidrBlock"))["detail"]
    assert detail["requestParameters"] == {
        "DisassociateVpcCidrBlockRequest": {"AssociationId": block["AssociationId"]}
    }
    answer = detail["responseElements"]["DisassociateVpcCidrBlockResponse"]
    assert answer["vpcId"] == vpc
    assert answer["cidrBlockAssociation"]["associationId"] == block["AssociationId"]


def test_deleted_tags_are_recorded_without_the_values_that_were_not_given(world):
    first, second = world.vpc(A), world.vpc(A)
    world.ec2(A).delete_tags(Resources=[first, second], Tags=[{"Key": "env"}, {"Key": "team", "Value": ""}])
    detail = only(world.events("DeleteTags"))["detail"]
    assert detail["requestParameters"] == {
        "resourcesSet": {"items": [{"resourceId": first}, {"resourceId": second}]},
        "tagSet": {"items": [{"key": "env"}, {"key": "team", "value": ""}]},
    }
    assert detail["responseElements"] == {"requestId": detail["requestID"], "_return": True}


def test_new_route_tables_subnets_and_groups_are_recorded_flat_with_their_vpc(world):
    vpc, ec2 = world.vpc(A), world.ec2(A)
    cidr = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"].replace("/16", "/24")
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    tables, subnets, groups = (
        only(world.events(f"Create{kind}"))["detail"] for kind in ("RouteTable", "Subnet", "SecurityGroup")
    )
    # The client adds a token.
    assert tables["requestParameters"] == {"vpcId": vpc, "clientToken": tables["requestParameters"]["clientToken"]}
    assert tables["responseElements"]["routeTable"]["routeTableId"] == table
    assert tables["responseElements"]["routeTable"]["vpcId"] == vpc
    assert subnets["requestParameters"] == {"vpcId": vpc, "cidrBlock": cidr}
    assert subnets["responseElements"]["subnet"]["subnetId"] == subnet
    assert groups["requestParameters"] == {"groupName": "db", "groupDescription": "db", "vpcId": vpc}
    assert groups["responseElements"]["groupId"] == group


def test_associations_of_route_tables_are_recorded_without_their_vpc(world):
    vpc, ec2 = world.vpc(A), world.ec2(A)
    cidr = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"].replace("/16", "/24")
    first, second = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    made = ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)["AssociationId"]
    moved = ec2.replace_route_table_association(AssociationId=made, RouteTableId=second)["NewAssociationId"]
    ec2.disassociate_route_table(AssociationId=moved)
    associate, replace, disassociate = (
        only(world.events(f"{verb}"))["detail"]
        for verb in ("AssociateRouteTable", "ReplaceRouteTableAssociation", "DisassociateRouteTable")
    )
    assert associate["requestParameters"] == {"routeTableId": first, "subnetId": subnet}
    assert associate["responseElements"]["associationId"] == made
    assert replace["requestParameters"] == {"associationId": made, "routeTableId": second}
    assert replace["responseElements"]["newAssociationId"] == moved
    assert disassociate["requestParameters"] == {"associationId": moved}


def test_a_session_of_a_role_is_recorded_with_its_issuer(world):
    vpc, role = world.vpc(A), world.role()
    session = world.assume(HUB, role)
    world.ec2_as(session).create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "n"}])
    identity = only(world.events("CreateTags"))["detail"]["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"] == f"arn:aws:sts::{A}:assumed-role/peerwright-member/hub"
    assert identity["accessKeyId"] == session["AccessKeyId"]
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert issuer == {
        "type": "Role",
        "principalId": identity["principalId"].removesuffix(":hub"),
        "arn": role,
        "accountId": A,
        "userName": "peerwright-member",
    }


def test_delivery_waits_for_the_lag(world):
    world.settings.change({"lag_seconds": 0.3})
    called = time.monotonic()
    world.vpc(A)
    assert world.delivered == []
    wait_for(lambda: world.delivered)
    assert time.monotonic() - called >= 0.3


def test_delivery_can_be_switched_off(world):
    world.settings.change({"delivery": False})
    vpc = world.vpc(A)
    (event,) = [one for one in world.get("events") if f'"{vpc}"' in json.dumps(one)]
    assert event["delivered"] == 0
    assert world.events("CreateVpc") == []
