"""What somebody breaks of the hub behind CloudFormation's back, for a while."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from trust_faults import for_anybody, policy_of, trusting, wider
from world import World

from peerwright_client.hub import ALLOWLIST, CONNECTIONS
from peerwright_local.deploy import PEOPLE_STACK

BUS, TOPIC = "peerwright", "peerwright-attention"
ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@contextmanager
def another_parameter(world: World) -> Iterator[None]:
    with _people(world, world.aws.accounts["member_a"]):
        yield


@contextmanager
def another_template(world: World) -> Iterator[None]:
    cloudformation = world.aws.client("cloudformation", world.aws.hub)
    body = cloudformation.get_template(StackName=PEOPLE_STACK)["TemplateBody"]
    changed = body.replace("Description: Lets operators look for what is wrong", "Description: Lets anybody look for what is wrong")
    assert changed != body
    with _people(world, f"{world.a.account},{world.b.account}", changed, body):
        yield


@contextmanager
def _people(world: World, accounts: str, body: str | None = None, before: str | None = None) -> Iterator[None]:
    cloudformation = world.aws.client("cloudformation", world.aws.hub)
    own = f"{world.a.account},{world.b.account}"
    _update(cloudformation, accounts, body)
    try:
        yield
    finally:
        _update(cloudformation, own, before)


def _update(cloudformation, accounts: str, body: str | None) -> None:
    template = {"TemplateBody": body} if body else {"UsePreviousTemplate": True}
    parameters = [{"ParameterKey": "MemberAccounts", "ParameterValue": accounts}]
    cloudformation.update_stack(
        StackName=PEOPLE_STACK, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"], **template
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=PEOPLE_STACK, WaiterConfig={"Delay": 1})


@contextmanager
def wider_bus(world: World) -> Iterator[None]:
    events = world.aws.client("events", world.aws.hub)
    events.put_permission(EventBusName=BUS, StatementId="more", Action="events:PutEvents", Principal=world.stranger.account)
    try:
        yield
    finally:
        events.remove_permission(EventBusName=BUS, StatementId="more")


@contextmanager
def disabled_rule(world: World) -> Iterator[None]:
    events, rule = world.aws.client("events", world.aws.hub), {"Name": "peerwright-ended", "EventBusName": BUS}
    events.disable_rule(**rule)
    try:
        yield
    finally:
        events.enable_rule(**rule)


@contextmanager
def rule_without_letters(world: World) -> Iterator[None]:
    events, rule = world.aws.client("events", world.aws.hub), {"Rule": "peerwright-ended", "EventBusName": BUS}
    [target] = events.list_targets_by_rule(**rule)["Targets"]
    events.put_targets(**rule, Targets=[{key: target[key] for key in ("Id", "Arn")}])
    try:
        yield
    finally:
        events.put_targets(**rule, Targets=[target])


@contextmanager
def deleted_rule(world: World) -> Iterator[None]:
    events, name = world.aws.client("events", world.aws.hub), "peerwright-ended"
    rule = events.describe_rule(Name=name, EventBusName=BUS)
    [target] = events.list_targets_by_rule(Rule=name, EventBusName=BUS)["Targets"]
    events.remove_targets(Rule=name, EventBusName=BUS, Ids=[target["Id"]])
    events.delete_rule(Name=name, EventBusName=BUS)
    try:
        yield
    finally:
        kept = {key: rule[key] for key in ("Name", "EventBusName", "EventPattern", "Description")}
        events.put_rule(**kept)
        events.put_targets(Rule=name, EventBusName=BUS, Targets=[target])


@contextmanager
def queue_without_letters(world: World) -> Iterator[None]:
    with _queue(world, "peerwright-cleanup", RedrivePolicy=""):
        yield


@contextmanager
def wider_queue(world: World) -> Iterator[None]:
    with _queue(world, "peerwright-cleanup", Policy=json.dumps({"Version": "2012-10-17", "Statement": [ANYBODY]})):
        yield


@contextmanager
def _queue(world: World, name: str, **attributes: str) -> Iterator[None]:
    url = world.queue_url(name)
    before = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(attributes))["Attributes"]
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    try:
        yield
    finally:
        world.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextmanager
def a_letter(world: World) -> Iterator[None]:
    url = world.queue_url("peerwright-cleanup-dead-letter")
    world.sqs.send_message(QueueUrl=url, MessageBody="{}")
    try:
        yield
    finally:
        world.sqs.purge_queue(QueueUrl=url)


@contextmanager
def less_time(world: World) -> Iterator[None]:
    client, name = world.aws.client("lambda", world.aws.hub), "peerwright-cleanup"
    client.update_function_configuration(FunctionName=name, Timeout=3)
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, Timeout=60)


@contextmanager
def disabled_mapping(world: World) -> Iterator[None]:
    client = world.aws.client("lambda", world.aws.hub)
    [mapping] = client.list_event_source_mappings(FunctionName="peerwright-cleanup")["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def switched_off(world: World) -> Iterator[None]:
    client, name = world.aws.client("lambda", world.aws.hub), "peerwright-cleanup"
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        client.delete_function_concurrency(FunctionName=name)


@contextmanager
def without_recovery(world: World) -> Iterator[None]:
    dynamodb = world.aws.client("dynamodb", world.aws.hub)
    switch = lambda on: dynamodb.update_continuous_backups(  # noqa: E731
        TableName=CONNECTIONS, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
    )
    switch(False)
    try:
        yield
    finally:
        switch(True)


@contextmanager
def without_expiry(world: World) -> Iterator[None]:
    dynamodb = world.aws.client("dynamodb", world.aws.hub)
    switch = lambda on: dynamodb.update_time_to_live(  # noqa: E731
        TableName=CONNECTIONS, TimeToLiveSpecification={"Enabled": on, "AttributeName": "expires_at"}
    )
    switch(False)
    try:
        yield
    finally:
        switch(True)


@contextmanager
def without_protection(world: World) -> Iterator[None]:
    dynamodb = world.aws.client("dynamodb", world.aws.hub)
    dynamodb.update_table(TableName=CONNECTIONS, DeletionProtectionEnabled=False)
    try:
        yield
    finally:
        dynamodb.update_table(TableName=CONNECTIONS, DeletionProtectionEnabled=True)


@contextmanager
def without_table_policy(world: World) -> Iterator[None]:
    dynamodb = world.aws.client("dynamodb", world.aws.hub)
    arn = dynamodb.describe_table(TableName=ALLOWLIST)["Table"]["TableArn"]
    policy = dynamodb.get_resource_policy(ResourceArn=arn)["Policy"]
    dynamodb.delete_resource_policy(ResourceArn=arn)
    try:
        yield
    finally:
        dynamodb.put_resource_policy(ResourceArn=arn, Policy=policy)


@contextmanager
def last_sweep(world: World, **fields: dict) -> Iterator[None]:
    dynamodb, key = world.aws.client("dynamodb", world.aws.hub), {"connection": {"S": "sweep"}, "entry": {"S": "began"}}
    before = dynamodb.get_item(TableName=CONNECTIONS, Key=key)["Item"]
    dynamodb.put_item(TableName=CONNECTIONS, Item={**before, **fields})
    try:
        yield
    finally:
        dynamodb.put_item(TableName=CONNECTIONS, Item=before)


def old_sweep(world: World):
    return last_sweep(world, at_ms={"N": "1700000000000"})


def other_version(world: World):
    return last_sweep(world, version={"S": "0.0.9"})


@contextmanager
def silent_alarm(world: World) -> Iterator[None]:
    cloudwatch = world.aws.client("cloudwatch", world.aws.hub)
    cloudwatch.disable_alarm_actions(AlarmNames=["peerwright-drift"])
    try:
        yield
    finally:
        cloudwatch.enable_alarm_actions(AlarmNames=["peerwright-drift"])


@contextmanager
def an_alarm(world: World) -> Iterator[None]:
    cloudwatch = world.aws.client("cloudwatch", world.aws.hub)
    cloudwatch.set_alarm_state(AlarmName="peerwright-drift", StateValue="ALARM", StateReason="a test")
    try:
        yield
    finally:
        cloudwatch.set_alarm_state(AlarmName="peerwright-drift", StateValue="OK", StateReason="a test")


@contextmanager
def wider_topic(world: World) -> Iterator[None]:
    sns, topic = _topic(world)
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    policy = json.loads(before)
    wider = {**policy, "Statement": [*policy["Statement"], {**ANYBODY, "Resource": topic}]}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(wider))
    try:
        yield
    finally:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=before)


@contextmanager
def nobody_subscribed(world: World) -> Iterator[None]:
    sns, topic = _topic(world)
    [one] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    try:
        yield
    finally:
        sns.subscribe(TopicArn=topic, Protocol=one["Protocol"], Endpoint=one["Endpoint"], Attributes={"RawMessageDelivery": "true"})


def _topic(world: World):
    sns = world.aws.client("sns", world.aws.hub)
    [topic] = [one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(f":{TOPIC}")]
    return sns, topic


def open_function_role(world: World):
    return trusting(world, world.aws.hub, "peerwright-cleanup", for_anybody)


def wider_function_policy(world: World):
    return policy_of(world, world.aws.hub, "peerwright-cleanup", wider)


def open_role_of_people(world: World):
    return trusting(world, world.aws.hub, "peerwright-approve", for_anybody)
