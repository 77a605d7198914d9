"""The IAM roles of the local AWS, what a service may do with one, and whose an access key is."""

import json
from functools import lru_cache

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext
from ministack.services import iam, sts

from peerwright_local.policies import Permission, why_not

# It is asked for with every call of EC2.
_parsed = lru_cache(maxsize=1024)(json.loads)


def role(account: str, name: str) -> dict | None:
    """A role's ARN, its trust policy, by which AssumeRole is decided, and the documents of what it may do."""
    found = iam._roles.get_scoped(account, None, name)
    if found is None:
        return None
    trust, boundary = found["AssumeRolePolicyDocument"], found.get("PermissionsBoundary")
    attached = [_document(arn, account) for arn in found["AttachedPolicies"]]
    return {
        "arn": found["Arn"],
        "trust_policy": _parsed(trust) if isinstance(trust, str) else trust,
        "policies": [*found["InlinePolicies"].values(), *attached],
        "boundary": _document(boundary, account) if boundary else None,
    }


def _document(policy_arn: str, account: str) -> str:
    """A managed policy; one that does not exist allows nothing."""
    return iam_evaluator._resolve_managed_policy_document(policy_arn, account) or "{}"


def principal(access_key_id: str) -> dict | None:
    """The session of an access key that was given to a function."""
    session = sts._sessions.get(access_key_id)
    if session is None:
        return None
    arn = session["Arn"]
    _, _, _, _, account, resource = arn.split(":", 5)
    found = role(account, resource.split("/")[1])
    return {"account": account, "role": found["arn"], "arn": arn} if found else None


def announce(session: dict) -> None:
    """Makes a session that STS gave known to the other services."""
    sts.register_session(
        session["AccessKeyId"],
        {
            "Arn": session["arn"],
            "UserId": f"AROA:{session['arn'].rsplit('/', 1)[-1]}",
            "SecretAccessKey": session["SecretAccessKey"],
            "SessionToken": session["SessionToken"],
            "Expiration": session["Expiration"].timestamp(),
            "AccountId": session["account"],
            "PrincipalType": "AssumedRole",
            "SourcePrincipalArn": session["caller"],
            "SessionTags": [],
            "SessionPolicies": {"Policy": session["policy"]} if session["policy"] else None,
        },
    )


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
        found["trust_policy"], _assuming(account, region, source_arn), service=service
    )
    permission = Permission(action, resource)
    return trust.decision == "Allow" and why_not(role_arn, found, None, permission, region) is None


def _assuming(account: str, region: str, source_arn: str | None) -> EvalContext:
    source = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]} if source_arn else {}
    return EvalContext(
        principal_arn="*",
        principal_type="AssumedRole",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn="*",
        region=region,
        service_context=source,
    )
