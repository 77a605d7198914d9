"""Delivery of an event to a rule's target: what the target must allow, and where an event ends that it refuses."""

import json
import logging

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, request_scope
from ministack.services import eventbridge, lambda_svc, sqs

from peerwright_local.aws import bus_targets
from peerwright_local.aws.refusal import Refusal
from peerwright_local.aws.replace import replace

_LOG = logging.getLogger(__name__)


def install() -> None:
    replace(eventbridge, "_invoke_target", _asking_first)
    replace(eventbridge, "_dispatch_to_lambda", lambda _: _invoke_asynchronously)


def _asking_first(deliver):
    def invoke(target, event, rule, view=None):
        view = view or eventbridge._pattern_event_view(event)
        refusal = _refusal(target, rule)
        if refusal is None:
            deliver(target, event, rule, view)
        else:
            _LOG.warning("Rule %s, target %s: %s %s", rule["Arn"], target["Arn"], refusal.code, refusal.message)
            _to_dead_letter_queue(target, rule, view, refusal)

    return invoke


def _refusal(target: dict, rule: dict) -> Refusal | None:
    try:
        spec = parse_arn(target["Arn"])
    except ArnParseError:
        return None
    if spec.service == "sqs":
        return _queue_refusal(str(spec), rule)
    if bus_targets.is_elsewhere(spec):
        return bus_targets.refusal(spec, target.get("RoleArn"))
    return None


def _queue_refusal(queue_arn: str, rule: dict) -> Refusal | None:
    if sqs._queue_by_arn(queue_arn) is None:
        return Refusal("RESOURCE_NOT_FOUND", f"Queue {queue_arn} does not exist.")
    if not sqs.queue_policy_allows(queue_arn, "events.amazonaws.com", rule["Arn"], get_account_id()):
        return Refusal("NO_PERMISSIONS", f"The policy of {queue_arn} does not let {rule['Arn']} send to it.")
    return None


def _to_dead_letter_queue(target: dict, rule: dict, view, refusal: Refusal) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue_arn is None:
        return
    if (unusable := _queue_refusal(queue_arn, rule)) is not None:
        _LOG.warning("Rule %s, dead-letter queue of %s: %s", rule["Arn"], target["Arn"], unusable.message)
        return
    attributes = {
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
    }
    spec = parse_arn(queue_arn)
    with request_scope(spec.account_id, spec.region):
        sqs._HANDLERS["SendMessage"](
            {
                "QueueUrl": sqs._queue_url(spec.resource),
                "MessageBody": json.dumps(view.event_with_detail()),
                "MessageAttributes": {
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            },
            "",
        )


def _invoke_asynchronously(arn: str, payload: str) -> None:
    function, configuration, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not configuration:
        _LOG.warning("EventBridge: function %s not found", name)
        return
    lambda_svc.invoke_async_with_retry(
        lambda_svc._execution_record_for_config(function, configuration), json.loads(payload)
    )
