"""IAM: which permission a call needs, and a record of the calls that are denied."""

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import EvalResult

from peerwright_local import refusals
from peerwright_local.patch import wrap

_BATCHES = {
    f"sqs:{action}Batch": f"sqs:{action}" for action in ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
}


def install_batch_actions() -> None:
    wrap(iam_actions, extract_iam_action=_as_single)


def install_denials() -> None:
    wrap(iam_evaluator, enforce=_keeping_denials)


def _as_single(extract):
    def action_of(*arguments, **keywords):
        action = extract(*arguments, **keywords)
        return _BATCHES.get(action, action)

    return action_of


def _keeping_denials(enforce):
    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        result = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(result, EvalResult):
            refusals.add("AccessDenied", result.principal_arn, f"{iam_action} on {resource_arn}")
        return result

    return enforced
