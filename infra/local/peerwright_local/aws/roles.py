"""What the IAM roles of the local AWS allow, and whose an access key is."""

import json

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext
from ministack.services import iam, sts

from peerwright_local.aws.organization import organization_of


def role(account: str, name: str) -> dict | None:
    """A role's ARN and trust policy, by which AssumeRole is decided."""
    found = iam._roles.get_scoped(account, None, name)
    if found is None:
        return None
    trust = found["AssumeRolePolicyDocument"]
    return {"arn": found["Arn"], "trust_policy": json.loads(trust) if isinstance(trust, str) else trust}


def principal(access_key_id: str) -> dict | None:
    """The session of an access key that was given to a function."""
    session = sts._sessions.get(access_key_id)
    if session is None:
        return None
    arn = session["Arn"]
    _, _, _, _, account, resource = arn.split(":", 5)
    found = role(account, resource.split("/")[1])
    return {"account": account, "role": found["arn"], "arn": arn} if found else None


def may_assume(caller: str, role_arn: str) -> bool:
    """Whether the policies of the role `caller` let it assume another one."""
    account, name, target = caller.split(":")[4], caller.rsplit("/", 1)[-1], role_arn.split(":")[4]
    context = _context(caller, account, "sts:AssumeRole", role_arn, "")
    organization = organization_of(target)
    context.service_context["aws:resourceaccount"] = target
    if organization:
        context.service_context["aws:resourceorgid"] = organization
    return iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account)).decision == "Allow"


def service_may_use(
    role_arn: str, service: str, action: str, resource: str, region: str, source_arn: str | None = None
) -> bool:
    """Whether a role lets `service` assume it on behalf of the resource `source_arn`, and then do `action`.

    The trust policy may require that resource and its account, which have no meaning for what the role then does.
    """
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    found = role(account, name)
    if found is None or found["arn"] != role_arn:
        return False
    trust = iam_evaluator.evaluate_resource_policy(
        found["trust_policy"], _context("*", account, "sts:AssumeRole", "*", region, source_arn), service=service
    )
    permissions = iam_evaluator.evaluate(
        _context(role_arn, account, action, resource, region), iam_evaluator._gather_role_policies(name, account)
    )
    return trust.decision == "Allow" and permissions.decision == "Allow"


def _context(
    principal_arn: str, account: str, action: str, resource: str, region: str, source_arn: str | None = None
) -> EvalContext:
    source = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]} if source_arn else {}
    return EvalContext(
        principal_arn=principal_arn,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context=source,
    )
