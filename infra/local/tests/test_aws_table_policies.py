"""Resource policies of DynamoDB tables."""

import json

import pytest
from aws_world import HUB, document
from botocore.exceptions import ClientError

from peerwright_local import stacks

KEY = {"pk": {"S": "one"}}


def template(policy: dict | None) -> str:
    properties = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if policy:
        properties["ResourcePolicy"] = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [policy]}}
    return json.dumps({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}})


def only_for(*roles: str) -> dict:
    """A policy that denies writing to all but these roles."""
    condition = {"ArnNotLike": {"aws:PrincipalArn": list(roles)}}
    return {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:PutItem", "Resource": "*", "Condition": condition}


@pytest.fixture
def stack(local_aws):
    """The name of a stack, and a function that deploys it with a policy of its table; returns the table's name."""
    name, cloudformation = local_aws.unique("table"), local_aws.client("cloudformation")

    def deploy(policy: dict | None) -> str:
        stacks.put(cloudformation, name, template(policy), {})
        [made] = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return made["PhysicalResourceId"]

    return name, deploy


@pytest.fixture
def roles(local_aws):
    """Two roles that may do everything in DynamoDB, one of them under a path, each with its client."""
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    made = []
    for path in ("/peerwright/", "/"):
        iam, name = local_aws.client("iam"), local_aws.unique("role")
        trust = {"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(allowed))
        made.append((arn, local_aws.as_role("dynamodb", arn)))
    return made


def put(dynamodb, table):
    """None, or what the refusal says."""
    try:
        dynamodb.put_item(TableName=table, Item=KEY)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return error.response["Error"]["Message"]
    return None


def test_a_deny_in_the_policy_of_a_table_wins_over_what_roles_may_do(stack, roles):
    (ours, our_client), (_, other) = roles
    table = stack[1](only_for(ours))
    assert put(our_client, table) is None
    assert put(other, table).endswith("with an explicit deny in a resource-based policy")
    other.get_item(TableName=table, Key=KEY)


def test_roles_are_named_with_their_path(stack, roles):
    (ours, our_client), _ = roles
    table = stack[1](only_for("arn:aws:iam::*:role/peerwright/*"))
    assert put(our_client, table) is None
    stack[1](only_for("arn:aws:iam::*:role/elsewhere/*"))
    assert put(our_client, table)


def test_a_pattern_for_an_arn_is_compared_part_by_part(stack, roles):
    (_, our_client), _ = roles
    assert put(our_client, stack[1](only_for("arn:*:role/peerwright/*")))


def test_the_policy_changes_and_goes_with_its_property(stack, roles):
    (ours, _), (others, other) = roles
    table = stack[1](None)
    assert put(other, table) is None
    stack[1](only_for(ours))
    assert put(other, table)
    stack[1](only_for(ours, others))
    assert put(other, table) is None
    stack[1](only_for(ours))
    stack[1](None)
    assert put(other, table) is None


def test_a_policy_may_be_put_by_a_call_and_goes_with_its_table(local_aws, roles):
    (ours, _), (_, other) = roles
    table, dynamodb = local_aws.unique("table"), local_aws.client("dynamodb")
    for policy, ends_well in ((None, True), (document(only_for(ours)), False), (None, True)):
        arn = dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableArn"]
        if policy:
            dynamodb.put_resource_policy(ResourceArn=arn, Policy=policy)
        assert (put(other, table) is None) == ends_well
        dynamodb.delete_table(TableName=table)


def test_a_policy_goes_with_the_stack_of_its_table(local_aws, stack, roles):
    (ours, _), (_, other) = roles
    name, deploy = stack
    table = deploy(only_for(ours))
    local_aws.client("cloudformation").delete_stack(StackName=name)
    local_aws.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert deploy(None) == table
    assert put(other, table) is None


def test_an_allow_in_the_policy_opens_the_table_to_a_role_without_policies(local_aws, stack):
    role = local_aws.role(HUB, local_aws.unique("role"), "lambda.amazonaws.com", [])
    client = local_aws.as_role("dynamodb", role)
    table = stack[1](None)
    assert put(client, table)
    stack[1]({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "dynamodb:PutItem", "Resource": "*"})
    assert put(client, table) is None


def test_the_key_of_an_account_is_exempt(local_aws, stack, roles):
    (ours, _), _ = roles
    assert put(local_aws.client("dynamodb"), stack[1](only_for(ours))) is None
