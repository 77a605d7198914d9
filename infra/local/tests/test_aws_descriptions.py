"""What a role needs in order to describe things, and what CloudFormation sets that a description shows."""

import json

import pytest
from aws_world import HUB, WEST, document
from botocore.exceptions import ClientError

from peerwright_local import stacks


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{WEST}:{HUB}:{resource}"


@pytest.fixture
def allowed(local_aws):
    """A client of a role that may do one thing with one resource."""

    def client(service: str, action: str, resource: str):
        iam, name = local_aws.client("iam"), local_aws.unique("reader")
        trust = {"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, Path="/peerwright/", AssumeRolePolicyDocument=document(trust))["Role"]
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        iam.put_role_policy(RoleName=name, PolicyName="one", PolicyDocument=document(statement))
        return local_aws.as_role(service, made["Arn"])

    return client


def refused(call) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def test_a_role_is_read_by_its_arn_with_its_path(local_aws, allowed):
    iam, name = local_aws.client("iam"), local_aws.unique("read")
    trust = {"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, Path="/peerwright/", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]

    assert not refused(lambda: allowed("iam", "iam:GetRole", made).get_role(RoleName=name))
    without_path = made.replace("/peerwright/", "/")
    assert refused(lambda: allowed("iam", "iam:GetRole", without_path).get_role(RoleName=name))


def test_a_bus_and_the_rules_on_it_and_on_the_default_one_have_arns_of_their_own(local_aws, allowed):
    events, bus = local_aws.client("events"), local_aws.unique("bus")
    pattern = json.dumps({"source": ["aws.ec2"]})
    events.create_event_bus(Name=bus)
    events.put_rule(Name=bus, EventBusName=bus, EventPattern=pattern)
    events.put_rule(Name=bus, EventPattern=pattern)

    reader = allowed("events", "events:Describe*", arn("events", f"event-bus/{bus}"))
    assert not refused(lambda: reader.describe_event_bus(Name=bus))
    assert refused(lambda: reader.describe_rule(Name=bus, EventBusName=bus))
    reader = allowed("events", "events:*", arn("events", f"rule/{bus}/*"))
    assert not refused(lambda: reader.list_targets_by_rule(Rule=bus, EventBusName=bus))
    assert refused(lambda: reader.list_targets_by_rule(Rule=bus))
    reader = allowed("events", "events:*", arn("events", f"rule/{bus}"))
    assert not refused(lambda: reader.describe_rule(Name=bus))
    assert refused(lambda: reader.describe_rule(Name=bus, EventBusName=bus))


def test_who_may_read_a_functions_concurrency_may_not_change_it(local_aws, allowed):
    reader = allowed("lambda", "lambda:GetFunctionConcurrency", "*")

    assert not refused(lambda: reader.get_function_concurrency(FunctionName="any"))
    assert refused(lambda: reader.put_function_concurrency(FunctionName="any", ReservedConcurrentExecutions=1))


def test_an_alarm_is_described_by_who_may_describe_this_one(local_aws, allowed):
    cloudwatch, name = local_aws.client("cloudwatch"), local_aws.unique("alarm")
    about = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1}
    cloudwatch.put_metric_alarm(AlarmName=name, ComparisonOperator="GreaterThanThreshold", **about)
    reader = allowed("cloudwatch", "cloudwatch:DescribeAlarms", arn("cloudwatch", f"alarm:{name}"))

    assert [one["AlarmName"] for one in reader.describe_alarms(AlarmNames=[name])["MetricAlarms"]] == [name]
    assert refused(lambda: reader.describe_alarms(AlarmNames=["another"]))
    assert refused(lambda: reader.describe_alarms())


def test_a_stack_sets_recovery_expiry_and_encryption_of_its_table(local_aws, allowed):
    name, dynamodb = local_aws.unique("table"), local_aws.client("dynamodb")
    properties = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "ends", "Enabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
    }
    body = json.dumps({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}})
    stacks.put(local_aws.client("cloudformation"), name, body, {})

    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ends"}
    assert dynamodb.describe_table(TableName=name)["Table"]["SSEDescription"]["Status"] == "ENABLED"
    table = arn("dynamodb", f"table/{name}")
    reader = allowed("dynamodb", "dynamodb:GetResourcePolicy", table)
    with pytest.raises(ClientError, match="PolicyNotFound"):
        reader.get_resource_policy(ResourceArn=table)
