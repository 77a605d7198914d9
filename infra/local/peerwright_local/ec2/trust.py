"""Whether a role's trust policy lets a caller assume the role."""

from __future__ import annotations

from dataclasses import dataclass

from ministack.core.iam_evaluator import evaluate_resource_policy, fnmatch_iam_cs

from ..policies import Permission, context_of

ACTION = "sts:AssumeRole"


@dataclass(frozen=True)
class Caller:
    """`arn` is the principal's own: a user, or the role of a session.

    `anyone` is a caller of which only the account is known. It may do what any principal of that account may.
    """

    account: str
    arn: str
    session_arn: str | None = None
    anyone: bool = False


def trusts(role: dict, caller: Caller, external_id: str | None, session_name: str) -> bool:
    permission = Permission(ACTION, role["arn"], {"sts:externalid": external_id, "sts:rolesessionname": session_name})
    policy = role["trust_policy"]
    if caller.session_arn:
        contexts = [context_of(caller.session_arn, caller.arn, permission)]
    else:
        contexts = [context_of(arn, None, permission) for arn in _identities(policy, caller)]
    return any(evaluate_resource_policy(policy, context).decision == "Allow" for context in contexts)


def _identities(policy: dict, caller: Caller) -> set[str]:
    """The ARNs to try: the caller's own and, for `anyone`, one of its account for every pattern in the policy."""
    tried = {caller.arn}
    if caller.anyone:
        own = caller.arn.split(":", 5)
        for text in _texts(policy):
            parts = text.split(":", 5)
            if len(parts) == 6 and parts[0] == "arn" and fnmatch_iam_cs(own[1], parts[1]) and fnmatch_iam_cs(own[4], parts[4]):
                resource = parts[5].replace("*", "any").replace("?", "x")
                tried.add(":".join((*own[:2], *parts[2:4], own[4], resource)))
    return tried


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for child in children for text in _texts(child)]
