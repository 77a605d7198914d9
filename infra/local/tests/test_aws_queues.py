"""What SQS and its event source mapping do for the functions: batches, delays, visibility, dead letters."""

import json
import threading
import time

from aws_world import IDLE, Queue, eventually

# Does with each message what its body says, and prints when it came and how often it had come.
OBEDIENT = """\
import time
failed = []
for record in event["Records"]:
    order = json.loads(record["body"])
    count = int(record["attributes"]["ApproximateReceiveCount"])
    print(json.dumps({"name": order["name"], "count": count, "at": time.time()}))
    if count <= order.get("fail_times", 0):
        failed.append({"itemIdentifier": record["messageId"]})
        if "visible_after" in order:
            change_visibility(record["receiptHandle"], order["visible_after"])
return {"batchItemFailures": failed}
"""

# As the role of the function, with the SDK of this test's Python.
CHANGE_VISIBILITY = """\
import boto3
def change_visibility(receipt, seconds):
    boto3.client("sqs").change_message_visibility(
        QueueUrl=os.environ["QUEUE_URL"], ReceiptHandle=receipt, VisibilityTimeout=seconds)
"""


def mapped(local_aws, handler: str, queue: Queue) -> str:
    function = local_aws.function(
        handler,
        environment={"QUEUE_URL": queue.url},
        allowed=[{"Effect": "Allow", "Action": "sqs:ChangeMessageVisibility", "Resource": queue.arn}],
    )
    local_aws.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=queue.arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    return function


def received(local_aws, function: str, name: str) -> list[dict]:
    lines = [json.loads(line) for line in local_aws.logged(function) if line.startswith("{")]
    return [line for line in lines if line.get("name") == name]


def test_only_the_messages_that_a_batch_reports_come_again(local_aws):
    queue = local_aws.queue(VisibilityTimeout="1")
    for name, fail_times in (("good", 0), ("bad", 1)):
        queue.send(json.dumps({"name": name, "fail_times": fail_times}))

    function = mapped(local_aws, OBEDIENT, queue)

    assert eventually(lambda: [one["count"] for one in received(local_aws, function, "bad")] == [1, 2])
    assert [one["count"] for one in received(local_aws, function, "good")] == [1]
    assert queue.messages() == []


def test_a_message_comes_again_when_the_visibility_that_the_function_set_has_passed(local_aws):
    queue = local_aws.queue(VisibilityTimeout="300")
    function = mapped(local_aws, CHANGE_VISIBILITY + OBEDIENT, queue)

    queue.send(json.dumps({"name": "later", "fail_times": 1, "visible_after": 1}))

    first, second = eventually(lambda: len(found := received(local_aws, function, "later")) == 2 and found)
    assert (first["count"], second["count"]) == (1, 2)
    assert second["at"] - first["at"] >= 1


def test_a_delayed_message_is_neither_early_nor_kept_waiting_by_the_poller(local_aws):
    queue = local_aws.queue()
    function = mapped(local_aws, OBEDIENT, queue)
    sent = time.time()

    queue.send(json.dumps({"name": "delayed"}), DelaySeconds=1)

    (came,) = eventually(lambda: received(local_aws, function, "delayed"))
    assert 1 <= came["at"] - sent < 1.8


def test_a_message_that_keeps_failing_ends_in_the_dead_letter_queue_after_its_last_receive(local_aws):
    dead_letters = local_aws.queue()
    redrive = json.dumps({"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 2})
    queue = local_aws.queue(VisibilityTimeout="1", RedrivePolicy=redrive)
    function = mapped(local_aws, OBEDIENT, queue)
    body = json.dumps({"name": "hopeless", "fail_times": 99})

    queue.send(body)

    (dead,) = eventually(dead_letters.messages)
    assert dead["Body"] == body
    assert [one["count"] for one in received(local_aws, function, "hopeless")] == [1, 2]


def test_no_message_is_lost_when_many_are_sent_while_functions_take_them(local_aws):
    queue = local_aws.queue()
    function = mapped(local_aws, OBEDIENT, queue)
    names = [f"message-{number}" for number in range(200)]

    def send(some: list[str]) -> None:
        sender = Queue(local_aws.client("sqs"), queue.url, queue.arn)
        for name in some:
            sender.send(json.dumps({"name": name}))

    senders = [threading.Thread(target=send, args=(names[start::4],)) for start in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    def came() -> list[str]:
        return [json.loads(line)["name"] for line in local_aws.logged(function) if line.startswith("{")]

    assert eventually(lambda: len(came()) >= len(names))
    assert sorted(came()) == sorted(names)


def test_a_mapping_takes_its_concurrency_from_a_parameter_of_the_template(local_aws):
    function, queue = local_aws.function(IDLE), local_aws.queue()
    properties = {
        "FunctionName": function,
        "EventSourceArn": queue.arn,
        "ScalingConfig": {"MaximumConcurrency": {"Ref": "Concurrency"}},
    }
    template = {
        "Parameters": {"Concurrency": {"Type": "Number", "Default": 3}},
        "Resources": {"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}},
    }
    cloudformation, name = local_aws.client("cloudformation"), local_aws.unique("mapping")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    queue.send("hello")

    assert eventually(lambda: any("hello" in line for line in local_aws.logged(function)))
    (mapping,) = local_aws.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 3}
