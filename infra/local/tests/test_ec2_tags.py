"""Which tags are refused, on what there is and on what is created."""

import pytest
from ec2_world import A, B, code_of, error_of


def tags(count: int) -> list[dict]:
    return [{"Key": f"key-{number}", "Value": "x"} for number in range(count)]


def specified(kind: str, tags: list[dict]) -> list[dict]:
    return [{"ResourceType": kind, "Tags": tags}]


def test_a_resource_has_at_most_fifty_tags(world):
    vpc, ec2 = world.vpc(A), world.ec2(A)
    ec2.create_tags(Resources=[vpc], Tags=tags(50))
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "key-0", "Value": "y"}])
    refused = {"Resources": [vpc], "Tags": [{"Key": "one-more", "Value": "x"}]}
    assert error_of(ec2.create_tags, **refused)[::2] == ("TagLimitExceeded", 400)
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "key-1"}])
    ec2.create_tags(**refused)


def test_what_can_not_have_its_tags_is_not_created(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    create = world.ec2(A).create_vpc_peering_connection
    ends = {"VpcId": requester, "PeerVpcId": accepter, "PeerOwnerId": B}
    too_many = specified("vpc-peering-connection", tags(51))
    assert code_of(create, **ends, TagSpecifications=too_many) == "TagLimitExceeded"
    world.settings.change({"tag_policy": "env"})
    forbidden = specified("vpc-peering-connection", [{"Key": "env", "Value": "dev"}])
    assert code_of(create, **ends, TagSpecifications=forbidden) == "TagPolicyViolation"
    filters = [{"Name": "requester-vpc-info.vpc-id", "Values": [requester]}]
    assert world.ec2(A).describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"] == []


@pytest.mark.parametrize("value", ["dev", ""])
def test_a_tag_policy_refuses_the_values_of_its_key(world, value):
    vpc, ec2 = world.vpc(A), world.ec2(A)
    world.settings.change({"tag_policy": "env"})
    code, message, status = error_of(ec2.create_tags, Resources=[vpc], Tags=[{"Key": "env", "Value": value}])
    assert (code, status) == ("TagPolicyViolation", 400) and message.endswith("tag key: 'env'.")
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Env", "Value": value}])
