"""Message move tasks: whence a dead letter may go, and where to."""

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def queues(local_aws):
    """A queue, its dead-letter queue, and a letter that was sent there, as functions do."""
    letters = local_aws.queue()
    redrive = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 1})
    queue = local_aws.queue(RedrivePolicy=redrive, VisibilityTimeout="0")
    letters.send("sent there")
    return queue, letters


def tasks(local_aws, letters) -> list[dict]:
    return local_aws.client("sqs").list_message_move_tasks(SourceArn=letters.arn)["Results"]


def test_a_letter_that_was_sent_to_a_dead_letter_queue_goes_to_the_queue_that_is_named_only(local_aws, queues):
    queue, letters = queues
    sqs = local_aws.client("sqs")

    sqs.start_message_move_task(SourceArn=letters.arn)
    (failed,) = tasks(local_aws, letters)
    assert failed["Status"] == "FAILED" and failed["FailureReason"].endswith("CouldNotDetermineMessageSource")
    assert queue.messages() == []

    sqs.start_message_move_task(SourceArn=letters.arn, DestinationArn=queue.arn)
    (done,) = tasks(local_aws, letters)
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert [one["Body"] for one in queue.messages()] == ["sent there"]


def test_a_letter_that_a_queue_gave_up_goes_back_to_it(local_aws, queues):
    queue, letters = queues
    letters.messages()
    queue.send("tried too often")
    sqs = local_aws.client("sqs")
    for _ in range(2):
        sqs.receive_message(QueueUrl=queue.url)

    sqs.start_message_move_task(SourceArn=letters.arn)

    assert tasks(local_aws, letters)[0]["Status"] == "COMPLETED"
    assert [one["Body"] for one in queue.messages()] == ["tried too often"]


def test_a_queue_that_is_no_dead_letter_queue_of_another_can_not_be_redriven(local_aws):
    alone = local_aws.queue()

    with pytest.raises(ClientError, match="Dead Letter Queue"):
        local_aws.client("sqs").start_message_move_task(SourceArn=alone.arn)
