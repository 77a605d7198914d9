"""Event source mappings of a table's stream."""

import json

import pytest
from aws_world import HUB, WEST, eventually

READS = [f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")]
# Prints the keys that it gets; fails at the given key, as often as it is told to.
OBEDIENT = """\
names = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
print("got", json.dumps(names), flush=True)
tries = globals().setdefault("tries", {})
for record, name in zip(event["Records"], names):
    tries[name] = tries.get(name, 0) + 1
    if name.startswith("bad") and tries[name] <= int(name[3:]):
        return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    if name == "raise":
        raise ValueError("no")
return {"batchItemFailures": []}
"""


class Table:
    def __init__(self, local_aws):
        self._dynamodb, self.name = local_aws.client("dynamodb"), local_aws.unique("table")
        made = self._dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]

    def put(self, *names: str) -> None:
        for name in names:
            self._dynamodb.put_item(TableName=self.name, Item={"id": {"S": name}})


@pytest.fixture
def table(local_aws):
    return Table(local_aws)


def mapped(local_aws, table: Table, handler: str = OBEDIENT, **more) -> str:
    function = local_aws.function(handler, allowed=[{"Effect": "Allow", "Action": READS, "Resource": table.stream}])
    local_aws.client("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=table.stream,
        StartingPosition="LATEST",
        **{"FunctionResponseTypes": ["ReportBatchItemFailures"], **more},
    )
    return function


def batches(local_aws, function: str) -> list[list[str]]:
    return [json.loads(line[4:]) for line in local_aws.logged(function) if line.startswith("got ")]


def test_changes_of_a_table_reach_the_function_in_order(local_aws, table):
    function = mapped(local_aws, table)

    table.put("one", "two", "three")

    assert eventually(lambda: sum(batches(local_aws, function), []) == ["one", "two", "three"])


def test_a_batch_comes_again_from_the_earliest_record_that_was_reported(local_aws, table):
    function = mapped(local_aws, table, MaximumBatchingWindowInSeconds=1)

    table.put("good", "bad1", "after")

    assert eventually(lambda: batches(local_aws, function) == [["good", "bad1", "after"], ["bad1", "after"]])


def test_the_batching_window_collects_changes(local_aws, table):
    function = mapped(local_aws, table, MaximumBatchingWindowInSeconds=1)

    table.put("one")
    table.put("two")

    assert eventually(lambda: batches(local_aws, function) == [["one", "two"]])


def test_a_batch_is_given_up_after_the_retries_and_the_destination_is_notified(local_aws, table):
    lost = local_aws.queue()
    function = mapped(
        local_aws, table, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": lost.arn}}
    )

    table.put("raise")
    eventually(lambda: len(batches(local_aws, function)) == 2)
    table.put("next")

    assert eventually(lambda: batches(local_aws, function) == [["raise"], ["raise"], ["next"]])
    (told,) = lost.messages()
    assert json.loads(told["Body"])["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_what_the_filter_does_not_want_is_left_out(local_aws, table):
    pattern = json.dumps({"dynamodb": {"Keys": {"id": {"S": [{"prefix": "rule#"}]}}}})
    function = mapped(local_aws, table, FilterCriteria={"Filters": [{"Pattern": pattern}]})

    table.put("member#1")
    table.put("rule#1")

    assert eventually(lambda: batches(local_aws, function))
    assert batches(local_aws, function) == [["rule#1"]]


def test_a_slow_reader_of_a_stream_does_not_hold_up_a_queue(local_aws, table):
    slow = mapped(local_aws, table, 'import time\nprint("began", flush=True)\ntime.sleep(4)\nprint("ended", flush=True)')
    queue = local_aws.queue()
    quick = local_aws.function('print("message", flush=True)')
    local_aws.client("lambda").create_event_source_mapping(FunctionName=quick, EventSourceArn=queue.arn)

    table.put("one")
    eventually(lambda: running(local_aws, slow) == 1)
    queue.send("{}")

    assert eventually(lambda: "message" in local_aws.logged(quick))
    assert running(local_aws, slow) == 1


def test_a_function_whose_role_may_not_read_the_stream_gets_no_mapping(local_aws, table):
    function = local_aws.function(OBEDIENT, allowed=[{"Effect": "Allow", "Action": READS[:3], "Resource": table.stream}])
    create = local_aws.client("lambda").create_event_source_mapping

    with pytest.raises(Exception, match="InvalidParameterValue.*does not allow dynamodb:ListStreams"):
        create(FunctionName=function, EventSourceArn=table.stream, StartingPosition="LATEST")


def test_nor_in_a_stack(local_aws, table):
    function, name = local_aws.function(OBEDIENT), local_aws.unique("stack")
    properties = {"FunctionName": function, "EventSourceArn": table.stream, "StartingPosition": "LATEST"}
    mapping = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
    cloudformation = local_aws.client("cloudformation")

    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Mapping": mapping}}))

    def failed():
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]

    assert "Cannot access stream" in eventually(failed)[0]


def running(local_aws, function: str) -> int:
    counts = local_aws.ask_ec2("/invocations")
    return sum(one["running"] for one in counts if one["function"] == function)


def test_invocations_are_counted_by_function(local_aws):
    function = local_aws.function('if event == "fail":\n    raise ValueError("no")\nreturn 1')
    for payload in ("ok", "fail"):
        local_aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload))

    (count,) = [one for one in local_aws.ask_ec2("/invocations") if one["function"] == function]

    assert count == {"account": HUB, "region": WEST, "function": function, "started": 2, "running": 0}


@pytest.mark.parametrize("allowed", [True, False])
def test_a_batch_call_needs_the_permission_of_the_single_one(local_aws, allowed):
    queue = local_aws.queue()
    function = local_aws.function(
        """\
        import boto3
        sqs = boto3.client("sqs")
        return sqs.send_message_batch(QueueUrl=event, Entries=[{"Id": "1", "MessageBody": "x"}])["Successful"]
        """,
        allowed=[{"Effect": "Allow", "Action": f"sqs:{'Send' if allowed else 'Delete'}Message", "Resource": queue.arn}],
    )
    answer = json.load(
        local_aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(queue.url))["Payload"]
    )
    assert len(queue.messages()) == allowed
    assert allowed or answer["errorType"] == "ClientError"


def unread(local_aws, table: Table) -> int:
    return sum(one["records"] for one in local_aws.ask_ec2("/streams") if one["stream"] == table.stream)


def test_the_records_that_a_function_has_not_handled_are_counted(local_aws, table):
    function = mapped(local_aws, table, 'import time\nprint("began", flush=True)\ntime.sleep(1)')

    table.put("one")
    eventually(lambda: running(local_aws, function) == 1)
    assert unread(local_aws, table) == 1

    assert eventually(lambda: unread(local_aws, table) == 0)
    assert running(local_aws, function) == 0
