"""Both emulators together: from an EC2 call to what a function then does as the member role."""

import json

import boto3
import pytest
from aws_world import CENTRAL, FUNCTIONS, HUB, WEST, A, B, World, bootstrap, command, ended, eventually, ready
from botocore.exceptions import ClientError

# Accepts the connection of each event, in the account and Region that the event names as the accepter's.
ACCEPTING = """\
import boto3
def accept(event):
    asked = event["detail"]["requestParameters"]
    role = f"arn:aws:iam::{asked['peerOwnerId']}:role" + os.environ["PEERWRIGHT_MEMBER_ROLE"]
    session = boto3.client("sts").assume_role(
        RoleArn=role, RoleSessionName="test", ExternalId=os.environ["PEERWRIGHT_EXTERNAL_ID"])["Credentials"]
    ec2 = boto3.client(
        "ec2", region_name=asked.get("peerRegion", event["region"]), aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"])
    connection = event["detail"]["responseElements"]["vpcPeeringConnection"]["vpcPeeringConnectionId"]
    pending = [{"Name": "vpc-peering-connection-id", "Values": [connection]},
               {"Name": "status-code", "Values": ["pending-acceptance"]}]
    while not ec2.describe_vpc_peering_connections(Filters=pending)["VpcPeeringConnections"]:
        pass
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
for record in event["Records"]:
    accept(json.loads(record["body"]))
return {"batchItemFailures": []}
"""

HEARING = 'print("heard", *(record["body"] for record in event["Records"]))\nreturn {"batchItemFailures": []}'


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    directory, artifacts = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("artifacts")
    for name in FUNCTIONS:
        (artifacts / name).write_bytes(bootstrap(ACCEPTING if name == "accept" else HEARING))
    process = command("serve", "--state", directory)
    try:
        ready(process, directory)
        status, _, err = ended(command("deploy", "--state", directory, "--artifacts", artifacts))
        assert status == 0, err
        yield World(directory)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def ec2(world: World, account: str, region: str, service: str = "ec2"):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=world.state["ec2_endpoint"],
        aws_access_key_id=account,
        aws_secret_access_key="local",
    )


@pytest.mark.parametrize("peer_region", [WEST, CENTRAL])
def test_a_request_is_accepted_by_the_function_and_the_other_function_hears_of_it(world, peer_region):
    requester, accepter = ec2(world, A, WEST), ec2(world, B, peer_region)
    ours = requester.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    theirs = accepter.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]

    connection = requester.create_vpc_peering_connection(
        VpcId=ours, PeerVpcId=theirs, PeerOwnerId=B, PeerRegion=peer_region
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]

    def is_active() -> bool:
        (found,) = requester.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])[
            "VpcPeeringConnections"
        ]
        return found["Status"]["Code"] == "active"

    assert eventually(is_active)
    assert eventually(lambda: any(connection in line for line in world.logged("peerwright-configure")))


def test_nobody_but_a_function_of_the_hub_assumes_the_member_role(world):
    sts = ec2(world, "999999999999", WEST, "sts")

    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(
            RoleArn=f"arn:aws:iam::{B}:role/peerwright/peerwright-member-read", RoleSessionName="test", ExternalId="peerwright-local"
        )


def test_a_member_role_that_is_deleted_lets_nobody_in_until_it_exists_again(world):
    iam, sts = world.client("iam", B), ec2(world, HUB, WEST, "sts")
    wanted = {"RoleArn": f"arn:aws:iam::{B}:role/peerwright/peerwright-member-read", "RoleSessionName": "test", "ExternalId": "peerwright-local"}
    inside = session(world, sts.assume_role(**wanted)["Credentials"])
    inside.describe_vpcs()
    name = "peerwright-member-read"
    role = iam.get_role(RoleName=name)["Role"]
    (policy,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]

    iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=inline)
    iam.delete_role(RoleName=name)

    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(**wanted)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        inside.describe_vpcs()

    trust = json.dumps(role["AssumeRolePolicyDocument"])
    iam.create_role(RoleName=name, Path=role["Path"], AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    session(world, sts.assume_role(**wanted)["Credentials"]).describe_vpcs()


def session(world: World, credentials: dict):
    return boto3.client(
        "ec2",
        region_name=WEST,
        endpoint_url=world.state["ec2_endpoint"],
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
