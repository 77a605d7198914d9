"""Alarms of a stack: on metric math, and to topics that let them publish."""

import json

from aws_world import HUB, A, document, eventually


def alarm(local_aws, topic: str, **metric) -> str:
    """Makes an alarm by a stack, and puts it into the state ALARM."""
    name = local_aws.unique("alarm")
    properties = {
        "AlarmName": name,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [topic],
        **metric,
    }
    resource = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    cloudformation = local_aws.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Alarm": resource}}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.05})
    local_aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    return name


def topic(local_aws, account: str | None):
    """A topic that lets alarms of an account publish, and a queue that gets what it publishes."""
    sns = local_aws.client("sns")
    made = sns.create_topic(Name=local_aws.unique("topic"))["TopicArn"]
    if account:
        who = {"Service": "cloudwatch.amazonaws.com"}
        condition = {"StringEquals": {"aws:SourceAccount": account}}
        statement = {"Effect": "Allow", "Principal": who, "Action": "sns:Publish", "Resource": made, "Condition": condition}
        sns.set_topic_attributes(TopicArn=made, AttributeName="Policy", AttributeValue=document(statement))
    queue = local_aws.queue(policy={"Principal": {"Service": "sns.amazonaws.com"}})
    sns.subscribe(TopicArn=made, Protocol="sqs", Endpoint=queue.arn, Attributes={"RawMessageDelivery": "true"})
    return made, queue


ONE = {"Namespace": "AWS/SQS", "MetricName": "Age", "Statistic": "Maximum", "Period": 60}


def test_an_alarm_on_metric_math_keeps_its_metrics_and_publishes(local_aws):
    made, queue = topic(local_aws, HUB)
    stat = {"Metric": {"Namespace": "AWS/SQS", "MetricName": "Age"}, "Period": 60, "Stat": "Maximum"}
    math = [{"Id": "all", "Expression": "MAX(METRICS())"}, {"Id": "one", "MetricStat": stat, "ReturnData": False}]

    name = alarm(local_aws, made, Metrics=math)

    (told,) = eventually(queue.messages)
    assert json.loads(told["Body"])["AlarmName"] == name
    (described,) = local_aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [one["Id"] for one in described["Metrics"]] == ["all", "one"]
    assert described["StateValue"] == "ALARM" and "MetricName" not in described


def test_a_topic_gets_nothing_of_an_alarm_that_its_policy_does_not_let_publish(local_aws):
    for account in (None, A):
        made, queue = topic(local_aws, account)
        name = alarm(local_aws, made, **ONE)
        assert eventually(lambda name=name: [one for one in local_aws.ask_ec2("/refusals") if one["who"].endswith(f":{name}")])
        assert queue.messages() == []
