"""Schedules: when they send, as which role, and where messages go that can't be sent."""

import json

import pytest
from aws_world import HUB, WEST, A, document, eventually

INPUT = '{"sweep": "all"}'


def schedule(local_aws, queue, role: str, **more) -> str:
    name = local_aws.unique("schedule")
    local_aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(5 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue.arn, "RoleArn": role, "Input": INPUT, **more},
    )
    return name


def sender(local_aws, queue, service: str = "scheduler.amazonaws.com", condition: dict | None = None) -> str:
    allowed = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn}]
    return local_aws.role(HUB, local_aws.unique("sender"), service, allowed, condition)


def sent(local_aws, name: str) -> int:
    return sum(one["sent"] for one in local_aws.ask_ec2("/schedules") if one["schedule"].endswith(f"/{name}"))


def refused(local_aws, name: str) -> list[str]:
    return [one["code"] for one in local_aws.ask_ec2("/refusals") if one["who"].endswith(f"/{name}")]


def of_group(account: str, group: str = "default") -> dict:
    return {"ArnLike": {"aws:SourceArn": f"arn:aws:scheduler:{WEST}:{account}:schedule-group/{group}"}}


def test_a_schedule_sends_its_input_when_its_time_has_come_and_not_before(local_aws):
    queue = local_aws.queue()
    schedule(local_aws, queue, sender(local_aws, queue))

    local_aws.ask_ec2("/advance", 290)
    assert queue.messages() == []
    local_aws.ask_ec2("/advance", 15)

    assert [one["Body"] for one in eventually(queue.messages)] == [INPUT]
    local_aws.ask_ec2("/advance", 301)
    assert [one["Body"] for one in eventually(queue.messages)] == [INPUT]


@pytest.mark.parametrize(
    ("condition", "may"),
    [
        pytest.param({"StringEquals": {"aws:SourceAccount": HUB}}, True, id="its account"),
        pytest.param({"StringEquals": {"aws:SourceAccount": A}}, False, id="another account"),
        pytest.param(of_group(HUB), True, id="its group"),
        pytest.param(of_group(HUB, "other"), False, id="another group"),
        pytest.param({"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule/*"}}, False, id="the schedule itself"),
    ],
)
def test_a_roles_trust_may_ask_on_behalf_of_what_the_scheduler_assumes_it(local_aws, condition, may):
    queue = local_aws.queue()
    name = schedule(local_aws, queue, sender(local_aws, queue, condition=condition))

    local_aws.ask_ec2("/advance", 301)

    assert eventually(lambda: sent(local_aws, name) + len(refused(local_aws, name))) == 1
    assert refused(local_aws, name) == ([] if may else ["AWS.SCHEDULER.NO_PERMISSIONS"])
    assert len(queue.messages()) == sent(local_aws, name) == (1 if may else 0)


def test_a_boundary_narrows_the_role_of_a_schedule(local_aws):
    queue, iam = local_aws.queue(), local_aws.client("iam")
    role = sender(local_aws, queue)
    other = document({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn + "-other"})
    boundary = iam.create_policy(PolicyName=local_aws.unique("boundary"), PolicyDocument=other)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role.rsplit("/")[-1], PermissionsBoundary=boundary)
    name = schedule(local_aws, queue, role)

    local_aws.ask_ec2("/advance", 301)

    assert eventually(lambda: refused(local_aws, name)) == ["AWS.SCHEDULER.NO_PERMISSIONS"]
    assert queue.messages() == []


def test_a_schedule_sends_as_its_role_and_asks_no_queue_policy(local_aws):
    queue, lost = local_aws.queue(), local_aws.queue()
    allowed = [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": lost.arn}]
    role = local_aws.role(HUB, local_aws.unique("sender"), "scheduler.amazonaws.com", allowed)
    schedule(local_aws, queue, role, DeadLetterConfig={"Arn": lost.arn})
    untrusting = schedule(local_aws, queue, sender(local_aws, queue, "events.amazonaws.com"))

    local_aws.ask_ec2("/advance", 301)

    (letter,) = eventually(lost.messages)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AWS.SCHEDULER.NO_PERMISSIONS"
    assert "SCHEDULE_ARN" in letter["MessageAttributes"]
    assert eventually(lambda: f"schedule/default/{untrusting}" in (local_aws.directory / "local.log").read_text())
    assert queue.messages() == []


def test_a_rule_publishes_to_a_topic_whose_policy_lets_it(local_aws):
    events, sns = local_aws.client("events"), local_aws.client("sns")
    rule, lost = local_aws.unique("rule"), local_aws.queue(policy={"Principal": {"Service": "events.amazonaws.com"}})
    subscribed = local_aws.queue(policy={"Principal": {"Service": "sns.amazonaws.com"}})
    topic = sns.create_topic(Name=local_aws.unique("topic"))["TopicArn"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=subscribed.arn, Attributes={"RawMessageDelivery": "true"}
    )
    arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))["RuleArn"]
    transformer = {"InputPathsMap": {"what": "$.detail-type"}, "InputTemplate": '"It was <what>."'}
    target = {"Id": "1", "Arn": topic, "InputTransformer": transformer, "DeadLetterConfig": {"Arn": lost.arn}}
    events.put_targets(Rule=rule, Targets=[target])

    entry = {"Source": rule, "DetailType": "Peering Held", "Detail": "{}"}
    events.put_events(Entries=[entry])
    (letter,) = eventually(lost.messages)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert subscribed.messages() == []

    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    condition = {"ArnEquals": {"aws:SourceArn": arn}}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": topic, "Condition": condition}]}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
    events.put_events(Entries=[entry])
    assert [one["Body"] for one in eventually(subscribed.messages)] == ['"It was Peering Held."']


@pytest.mark.parametrize("said", ['"no"', "C:\\x", "two\nlines"])
def test_a_transformer_whose_text_is_broken_by_a_value_sends_nothing(local_aws, said):
    events, rule = local_aws.client("events"), local_aws.unique("rule")
    of_events = {"Principal": {"Service": "events.amazonaws.com"}}
    queue, lost = local_aws.queue(policy=of_events), local_aws.queue(policy=of_events)
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    template = '"It was <what>,"\n"they said <said>."'
    transformer = {"InputPathsMap": {"what": "$.detail-type", "said": "$.detail.said"}, "InputTemplate": template}
    target = {"Id": "1", "Arn": queue.arn, "InputTransformer": transformer, "DeadLetterConfig": {"Arn": lost.arn}}
    events.put_targets(Rule=rule, Targets=[target])

    for words in (said, "yes"):
        detail = json.dumps({"said": words})
        events.put_events(Entries=[{"Source": rule, "DetailType": "Peering Held", "Detail": detail}])

    (letter,) = eventually(lost.messages)
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "INVALID_JSON"
    assert json.loads(letter["Body"])["detail"] == {"said": said}
    assert [one["Body"] for one in eventually(queue.messages)] == ['"It was Peering Held,"\n"they said yes."']
