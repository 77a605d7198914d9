"""Calls that IAM's policies deny."""

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalResult

from peerwright_local import refusals
from peerwright_local.aws.replace import replace


def install() -> None:
    replace(iam_evaluator, "enforce", _keeping_denials)


def _keeping_denials(enforce):
    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        result = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(result, EvalResult):
            refusals.add("AccessDenied", result.principal_arn, f"{iam_action} on {resource_arn}")
        return result

    return enforced
