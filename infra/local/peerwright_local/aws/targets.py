"""Delivery to the target of a rule or a schedule: the permissions it needs, and the dead-letter queue for what is refused.

MiniStack delivers for a schedule as if it were a rule.
"""

import json
import logging

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, lambda_svc, sqs

from peerwright_local import refusals
from peerwright_local.aws import bus_targets, roles, schedules, topic_policies, transformers
from peerwright_local.aws.bus_targets import Refusal
from peerwright_local.patch import replace, wrap

_LOG = logging.getLogger(__name__)


def install() -> None:
    wrap(eventbridge, _invoke_target=_asking_first)
    replace(eventbridge, _dispatch_to_lambda=_invoke_asynchronously)


def _asking_first(deliver):
    def invoke(target, event, rule, view=None):
        view = view or eventbridge._pattern_event_view(event)
        refusal = transformers.refusal(target, rule, view) or _refusal(target, event, rule)
        if refusal is None:
            deliver(target, event, rule, view)
            if _is_schedule(rule):
                schedules.count(rule["Arn"])
        else:
            refusals.add(refusal.code, rule["Arn"], refusal.message)
            _to_dead_letter_queue(target, rule, view, refusal)

    return invoke


def _refusal(target: dict, event: dict, rule: dict) -> Refusal | None:
    try:
        spec = parse_arn(target["Arn"])
    except ArnParseError:
        return None
    if spec.service == "sqs":
        return _queue_refusal(str(spec), rule, target)
    if spec.service == "sns":
        return _topic_refusal(str(spec), rule, target.get("RoleArn"))
    if bus_targets.is_elsewhere(spec):
        return bus_targets.refusal(spec, target.get("RoleArn"), event, rule["Arn"])
    return None


def _is_schedule(rule: dict) -> bool:
    return parse_arn(rule["Arn"]).service == "scheduler"


def _queue_refusal(queue_arn: str, rule: dict, target: dict) -> Refusal | None:
    if sqs._queue_by_arn(queue_arn) is None:
        return Refusal("RESOURCE_NOT_FOUND", f"Queue {queue_arn} does not exist.")
    if _is_schedule(rule):
        role = target["RoleArn"]
        if roles.service_may_use(
            role, "scheduler.amazonaws.com", "sqs:SendMessage", queue_arn, get_region(), schedules.group(rule["Arn"])
        ):
            return None
        return Refusal("AWS.SCHEDULER.NO_PERMISSIONS", f"Scheduler may not send to {queue_arn} as {role}.")
    if not sqs.queue_policy_allows(queue_arn, "events.amazonaws.com", rule["Arn"], get_account_id()):
        return Refusal("NO_PERMISSIONS", f"The policy of {queue_arn} does not let {rule['Arn']} send to it.")
    return None


def _topic_refusal(topic_arn: str, rule: dict, role: str | None) -> Refusal | None:
    if not topic_policies.exists(topic_arn):
        return Refusal("RESOURCE_NOT_FOUND", f"Topic {topic_arn} does not exist.")
    if role is not None:
        if roles.service_may_use(role, "events.amazonaws.com", "sns:Publish", topic_arn, get_region(), rule["Arn"]):
            return None
        return Refusal("NO_PERMISSIONS", f"EventBridge may not publish to {topic_arn} as {role}.")
    if topic_policies.allows(topic_arn, "events.amazonaws.com", rule["Arn"]):
        return None
    return Refusal("NO_PERMISSIONS", f"The policy of {topic_arn} does not let {rule['Arn']} publish to it.")


def _to_dead_letter_queue(target: dict, rule: dict, view, refusal: Refusal) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue_arn is None:
        return
    if (unusable := _queue_refusal(queue_arn, rule, target)) is not None:
        refusals.add(unusable.code, rule["Arn"], f"As dead-letter queue: {unusable.message}")
        return
    attributes = {
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
        "SCHEDULE_ARN" if _is_schedule(rule) else "RULE_ARN": rule["Arn"],
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
