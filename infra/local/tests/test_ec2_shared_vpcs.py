import pytest
from ec2_world import CENTRAL, WEST, A, B, code_of

OWN = {"Key": "own", "Value": "yes"}


@pytest.fixture
def shared(world):
    """A VPC of B that A takes part in."""
    vpc = world.vpc(B)
    assert world.post("share", {"vpc": vpc, "region": WEST, "participant": A})[0] == 200
    return vpc


def seen(world, vpc, account):
    (found,) = world.ec2(account).describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return found


def test_a_participant_is_shown_the_vpc_with_its_owner_and_its_blocks(world, shared):
    by_participant, by_owner = seen(world, shared, A), seen(world, shared, B)
    assert by_participant["OwnerId"] == by_owner["OwnerId"] == B
    assert by_participant["CidrBlockAssociationSet"] == by_owner["CidrBlockAssociationSet"]
    assert shared in [vpc["VpcId"] for vpc in world.ec2(A).describe_vpcs()["Vpcs"]]
    assert code_of(world.ec2(A, CENTRAL).describe_vpcs, VpcIds=[shared]) == "InvalidVpcID.NotFound"


def test_several_vpcs_are_shown_together_and_filters_hold_for_a_shared_one(world, shared):
    own = world.vpc(A)
    both = world.ec2(A).describe_vpcs(VpcIds=[own, shared])["Vpcs"]
    assert {vpc["VpcId"]: vpc["OwnerId"] for vpc in both} == {own: A, shared: B}
    world.ec2(A).create_tags(Resources=[shared], Tags=[OWN])
    tagged = world.ec2(A).describe_vpcs(Filters=[{"Name": "tag:own", "Values": ["yes"]}])["Vpcs"]
    assert [vpc["VpcId"] for vpc in tagged] == [shared]


def test_each_account_sees_its_own_tags(world, shared):
    world.ec2(A).create_tags(Resources=[shared], Tags=[OWN])
    world.ec2(B).create_tags(Resources=[shared], Tags=[{"Key": "owners", "Value": "yes"}])
    assert seen(world, shared, A)["Tags"] == [OWN]
    assert seen(world, shared, B)["Tags"] == [{"Key": "owners", "Value": "yes"}]
    world.ec2(A).delete_tags(Resources=[shared], Tags=[{"Key": "own"}])
    assert seen(world, shared, A).get("Tags", []) == []


def test_only_the_owner_can_peer_it(world, shared):
    other = world.vpc(A)
    create = world.ec2(A).create_vpc_peering_connection
    assert code_of(create, VpcId=shared, PeerVpcId=other) == "InvalidVpcID.NotFound"
    assert code_of(create, VpcId=other, PeerVpcId=shared) == "InvalidVpcID.NotFound"
    assert world.state(world.request(other, shared)) == "pending-acceptance"


def test_a_participants_group_is_shown_to_the_owner_who_can_not_write_it(world, shared):
    ec2, owners = world.ec2(A), world.ec2(B)
    group = ec2.create_security_group(GroupName="db", Description="db", VpcId=shared)["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[OWN])
    filters = [{"Name": "vpc-id", "Values": [shared]}]
    found = {one["GroupId"]: one for one in owners.describe_security_groups(Filters=filters)["SecurityGroups"]}
    assert found[group]["OwnerId"] == A and found[group].get("Tags", []) == []
    assert {one["OwnerId"] for identifier, one in found.items() if identifier != group} == {B}
    rule = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    assert (
        code_of(owners.authorize_security_group_ingress, GroupId=group, IpPermissions=rule) == "InvalidGroup.NotFound"
    )
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)


def test_a_vpc_that_is_not_there_can_not_be_shared(world):
    status, answer = world.post("share", {"vpc": "vpc-0123456789abcdef0", "region": WEST, "participant": A})
    assert (status, answer["error"]) == (400, f"no account but {A} has vpc-0123456789abcdef0 in {WEST}")
    assert world.post("share", {"vpc": 1})[0] == 400
