"""SQS and its event source mappings: batches, delays, visibility, dead letters."""

import json
import time

from aws_world import IDLE, Queue, command, ended, eventually

# Does with each message what its body says, and prints when and how often the message was received.
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


def test_a_delayed_message_does_not_wait_for_the_pollers_next_round(local_aws):
    queue, unmapped = local_aws.queue(), local_aws.queue()
    function = mapped(local_aws, OBEDIENT, queue)

    def delay(name: str) -> float:
        sent = time.time()
        queue.send(json.dumps({"name": name}), DelaySeconds=1)
        # Any message wakes MiniStack's poller, which otherwise waits for a second.
        time.sleep(0.6)
        unmapped.send("wake")
        (came,) = eventually(lambda: received(local_aws, function, name))
        return came["at"] - sent

    # The best of several, because a busy computer delays some of them.
    delays = [delay(f"delayed-{attempt}") for attempt in range(3)]
    assert 1 <= min(delays) < 1.5


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


# Sends in some threads while others receive and delete, as requests and event source mappings do. Prints how many are lost.
STRESS = """\
import sys, threading, time
from pathlib import Path
from peerwright_local.aws import environment
environment.prepare(Path(sys.argv[1]), 4566)
from ministack.services import sqs
from peerwright_local import patch
from peerwright_local.aws import patches
patch.install(patches.PATCHES)
sys.setswitchinterval(1e-6)
url = sqs._HANDLERS["CreateQueue"]({"QueueName": "queue", "Attributes": {"VisibilityTimeout": "300"}}, "")["QueueUrl"]
def send():
    for number in range(500):
        sqs._HANDLERS["SendMessage"]({"QueueUrl": url, "MessageBody": "x"}, url)
senders = [threading.Thread(target=send) for _ in range(4)]
received = []
def receive():
    while any(sender.is_alive() for sender in senders) or sqs._get_q(url)["messages"]:
        batch = {message["receipt_handle"] for message in sqs._receive_messages_for_esm(url, 10)}
        sqs._delete_messages_for_esm(url, batch)
        received.append(len(batch))
receivers = [threading.Thread(target=receive) for _ in range(2)]
for thread in senders + receivers:
    thread.start()
for thread in senders + receivers:
    thread.join()
print(4 * 500 - sum(received))
"""


def test_no_message_is_lost_while_some_threads_send_and_others_receive(tmp_path):
    status, out, err = ended(command(tmp_path, script=("-c", STRESS)), seconds=60)

    assert (status, out) == (0, "0\n"), err


def test_a_mapping_gets_its_concurrency_from_a_parameter_of_the_template(local_aws):
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
