"""CloudFormation, where MiniStack differs from it."""

import json

from aws_world import CENTRAL, WEST, A

from peerwright_local import stacks

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def role(**properties) -> dict:
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, **properties}}


def created(local_aws, name: str, region: str = WEST) -> dict[str, str]:
    """Creates a stack in account A; returns the physical ids of its resources."""
    made = local_aws.client("cloudformation", A, region).describe_stack_resources(StackName=name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in made}


def test_a_resource_is_made_only_where_its_condition_on_the_region_holds(local_aws):
    name = local_aws.unique("only-west")
    template = {
        "Conditions": {"IsWest": {"Fn::Equals": [{"Ref": "AWS::Region"}, WEST]}},
        "Resources": {"Here": {"Type": "AWS::SQS::Queue"}, "OnlyWest": {"Condition": "IsWest", "Type": "AWS::SQS::Queue"}},
    }

    for region in (WEST, CENTRAL):
        stacks.put(local_aws.client("cloudformation", A, region), name, json.dumps(template), {})

    assert created(local_aws, name, WEST).keys() == {"Here", "OnlyWest"}
    assert created(local_aws, name, CENTRAL).keys() == {"Here"}


def test_stacks_of_one_name_in_two_regions_make_two_roles(local_aws):
    name = local_aws.unique("roles")
    body = json.dumps({"Resources": {"Role": role()}})

    for region in (WEST, CENTRAL):
        stacks.put(local_aws.client("cloudformation", A, region), name, body, {})

    west, central = (created(local_aws, name, region)["Role"] for region in (WEST, CENTRAL))
    assert west != central
    known = {one["RoleName"] for one in local_aws.client("iam", A).list_roles()["Roles"]}
    assert {west, central} <= known


def test_an_update_keeps_the_name_that_was_made(local_aws):
    name, cloudformation = local_aws.unique("kept"), local_aws.client("cloudformation", A)
    stacks.put(cloudformation, name, json.dumps({"Resources": {"Role": role()}}), {})
    before = created(local_aws, name)

    stacks.put(cloudformation, name, json.dumps({"Resources": {"Role": role(Description="changed")}}), {})

    assert created(local_aws, name) == before


def test_text_of_a_parameter_becomes_the_number_or_boolean_that_the_property_is(local_aws):
    name = local_aws.unique("typed")
    table = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "DeletionProtectionEnabled": {"Ref": "Protected"},
    }
    group = {"LogGroupName": name, "RetentionInDays": {"Ref": "Days"}}
    template = {
        "Parameters": {"Protected": {"Type": "String"}, "Days": {"Type": "Number"}},
        "Resources": {
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": group},
        },
    }
    cloudformation = local_aws.client("cloudformation")

    stacks.put(cloudformation, name, json.dumps(template), {"Protected": "false", "Days": "7"})

    assert local_aws.client("dynamodb").describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is False
    (group,) = local_aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 7

    stacks.put(cloudformation, name, json.dumps(template), {"Protected": "true", "Days": "7"})

    assert local_aws.client("dynamodb").describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True


def test_a_role_has_the_boundary_of_its_properties_until_they_have_none(local_aws):
    name, cloudformation = local_aws.unique("bounded"), local_aws.client("cloudformation", A)
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    for properties, expected in (({"PermissionsBoundary": boundary}, boundary), ({}, None)):
        stacks.put(cloudformation, name, json.dumps({"Resources": {"Role": role(**properties)}}), {})
        made = local_aws.client("iam", A).get_role(RoleName=created(local_aws, name)["Role"])["Role"]
        assert made.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == expected


def test_a_policy_is_attached_to_a_queue_of_another_stack_by_its_address(local_aws):
    queue, name = local_aws.queue(), local_aws.unique("policy")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue.arn}
    address = {"Fn::Sub": "https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/" + queue.arn.split(":")[-1]}
    properties = {"Queues": [address], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    cloudformation = local_aws.client("cloudformation")
    template = {"Resources": {"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}}}

    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.05})

    found = local_aws.client("sqs").get_queue_attributes(QueueUrl=queue.url, AttributeNames=["Policy"])["Attributes"]
    assert json.loads(found["Policy"])["Statement"] == [statement]
