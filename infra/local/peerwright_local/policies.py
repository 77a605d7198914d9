"""IAM policies: what they let a role's session do. MiniStack's evaluator decides, for both emulators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, fnmatch_iam_cs

from .patch import replace, wrap
from .state import organization_of

KEPT_DOCUMENTS = 1024
PRINCIPAL_ARN = "aws:principalarn"
# In AWS's words (IAM user guide, "Troubleshoot access denied error messages"), and in the order in which they are named.
LAYERS = {"identity-based policy": "an", "permissions boundary": "a", "session policy": "a"}


@dataclass(frozen=True)
class Permission:
    """An action on a resource that a call needs. The condition keys are in lower case, and are those of call and resource.

    A resource that does not exist has none of its own.
    """

    action: str
    resource: str
    keys: Mapping[str, object] = field(default_factory=dict)
    exists: bool = True


def why_not(session_arn: str, role: Mapping, session_policy: str | None, permission: Permission, region: str) -> str | None:
    """Why a session of a role may not do something, as AWS words it; None if it may.

    `role` has the documents of its policies and of its permissions boundary.
    """
    context = context_of(session_arn, role["arn"], permission, region)
    documents = dict(zip(LAYERS, (role["policies"], _list(role["boundary"]), _list(session_policy)), strict=True))
    # A layer that the session does not have limits nothing, unlike policies of the role, without which it may do nothing.
    layers = {
        name: [iam_evaluator.parse_policy_document(one) for one in found]
        for name, found in documents.items()
        if found or found is role["policies"]
    }
    if iam_evaluator.evaluate(context, *layers.values()).decision == "Allow":
        return None
    decisions = {name: iam_evaluator.evaluate(context, statements).decision for name, statements in layers.items()}
    for name, decision in decisions.items():
        if decision == "Deny":
            return f"with an explicit deny in {LAYERS[name]} {name}"
    lacking = next(name for name, decision in decisions.items() if decision != "Allow")
    return f"because no {lacking} allows the {permission.action} action"


def context_of(principal: str, role_arn: str | None, permission: Permission, region: str = "") -> EvalContext:
    """What is evaluated. `role_arn` is that of a session's role."""
    return EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole" if role_arn else "User",
        principal_account=principal.split(":")[4],
        action=permission.action,
        resource_arn=permission.resource,
        region=region,
        # A request that names no tags has no aws:TagKeys.
        service_context={"aws:tagkeys": None, **permission.keys},
        principal_keys={PRINCIPAL_ARN: role_arn or principal},
    )


@cache
def install() -> None:
    wrap(iam_evaluator, _resolve_condition_key=_of_the_role, parse_policy_document=_once)
    replace(iam_evaluator, _principal_org_id=organization_of)
    iam_evaluator._CONDITION_OPS.update({
        "arnequals": _arn_like,
        "arnlike": _arn_like,
        "arnnotequals": lambda actual, expected: not _arn_like(actual, expected),
        "arnnotlike": lambda actual, expected: not _arn_like(actual, expected),
    })


def _of_the_role(resolve: Callable) -> Callable:
    def resolved(key: str, context: EvalContext):
        if key.lower() == PRINCIPAL_ARN and PRINCIPAL_ARN in context.principal_keys:
            return context.principal_keys[PRINCIPAL_ARN]
        return resolve(key, context)

    return resolved


def _once(parse: Callable) -> Callable:
    of_text = lru_cache(maxsize=KEPT_DOCUMENTS)(parse)
    return lambda document: of_text(document) if isinstance(document, str) else parse(document)


def _arn_like(actual: str, expected: str) -> bool:
    parts, wanted = actual.split(":", 5), expected.split(":", 5)
    return len(parts) == len(wanted) and all(map(fnmatch_iam_cs, parts, wanted))


def _list(document: str | None) -> list[str]:
    return [] if document is None else [document]
