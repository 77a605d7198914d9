"""SQS's message move tasks: dead letters go back to where they came from, or to another queue."""

import json
import time

from ministack.core.concurrency import esm_wake
from ministack.core.responses import new_uuid
from ministack.services import sqs

_COULD_NOT_TELL = "AWS.SimpleQueueService.CouldNotDetermineMessageSource"
_tasks: dict[str, list[dict]] = {}


def install() -> None:
    for action, handle in (("StartMessageMoveTask", _start), ("ListMessageMoveTasks", _list)):
        if action in sqs._HANDLERS:
            raise RuntimeError(f"MiniStack has {action} already: this patch is to go")
        sqs._HANDLERS[action] = handle


def _start(data: dict, _url: str) -> dict:
    source = _queue(data["SourceArn"])
    if not any(data["SourceArn"] == _target(one) for one in sqs._queues.values()):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.", 400)
    destination = data.get("DestinationArn")
    if destination:
        _queue(destination)
    moved, why = 0, None
    for message in list(source["messages"]):
        # A message that was sent to the dead-letter queue, and not moved there, has no source.
        arn = destination or message.get("sys", {}).get("DeadLetterQueueSourceArn")
        if arn is None:
            why = _COULD_NOT_TELL
            break
        source["messages"].remove(message)
        _deliver(message, _queue(arn))
        moved += 1
    task = {
        "TaskHandle": new_uuid(),
        "Status": "FAILED" if why else "COMPLETED",
        "SourceArn": data["SourceArn"],
        "ApproximateNumberOfMessagesMoved": moved,
        "StartedTimestamp": int(time.time() * 1000),
        **({"FailureReason": why} if why else {}),
        **({"DestinationArn": destination} if destination else {}),
    }
    _tasks.setdefault(data["SourceArn"], []).insert(0, task)
    return {"TaskHandle": task["TaskHandle"]}


def _list(data: dict, _url: str) -> dict:
    _queue(data["SourceArn"])
    return {"Results": _tasks.get(data["SourceArn"], [])[: int(data.get("MaxResults") or 1)]}


def _deliver(message: dict, queue: dict) -> None:
    now = time.time()
    system = {name: value for name, value in message.get("sys", {}).items() if name != "DeadLetterQueueSourceArn"}
    fresh = {**message, "id": new_uuid(), "receipt_handle": None, "receive_count": 0, "visible_at": now, "enqueued_at": now}
    queue["messages"].append({**fresh, "sys": system})
    esm_wake.set()


def _queue(arn: str) -> dict:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", f"The resource that you specified for {arn} does not exist.", 400)
    return queue


def _target(queue: dict) -> str | None:
    policy = queue["attributes"].get("RedrivePolicy")
    return json.loads(policy).get("deadLetterTargetArn") if policy else None
