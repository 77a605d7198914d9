"""IAM: which permission a call needs, who asks for it, and a record of the calls that are denied."""

import json

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import EvalResult

from peerwright_local import policies, refusals
from peerwright_local.aws.roles import role
from peerwright_local.patch import wrap

_BATCHES = {
    f"sqs:{action}Batch": f"sqs:{action}" for action in ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
}


def install_batch_actions() -> None:
    wrap(iam_actions, extract_iam_action=_as_single)


def install_sources() -> None:
    wrap(iam_actions, extract_resource_arn=_of_source)


def install_denials() -> None:
    wrap(iam_evaluator, enforce=_keeping_denials)


def install_principals() -> None:
    policies.install()
    wrap(iam_evaluator, _principal_keys=_with_role)


def _as_single(extract):
    def action_of(*arguments, **keywords):
        action = extract(*arguments, **keywords)
        return _BATCHES.get(action, action)

    return action_of


def _of_source(extract):
    def resource_of(service, method, path, headers, body, *arguments, **keywords):
        if service == "sqs" and b'"SourceArn"' in (body or b""):
            return json.loads(body)["SourceArn"]
        return extract(service, method, path, headers, body, *arguments, **keywords)

    return resource_of


def _keeping_denials(enforce):
    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        result = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(result, EvalResult):
            refusals.add("AccessDenied", result.principal_arn, f"{iam_action} on {resource_arn}")
        return result

    return enforced


def _with_role(principal_keys):
    def keys_of(credential):
        keys = principal_keys(credential)
        if credential.principal_type == "AssumedRole":
            found = role(credential.account_id, iam_evaluator._role_name_from_assumed_arn(credential.principal_arn))
            keys[policies.PRINCIPAL_ARN] = found["arn"] if found else credential.principal_arn
        return keys

    return keys_of
