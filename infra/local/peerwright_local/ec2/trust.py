"""Whether a role's trust policy lets a caller assume the role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

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


def allows(policy: dict, caller: Caller, external_id: str | None, session_name: str) -> bool:
    statements = _list(policy.get("Statement"))
    for arn in _identities(policy, caller):
        context = {
            "aws:principalarn": arn,
            "aws:principalaccount": caller.account,
            "sts:rolesessionname": session_name,
        }
        if external_id is not None:
            context["sts:externalid"] = external_id
        effects = {one.get("Effect") for one in statements if _applies(one, caller, arn, context)}
        if "Allow" in effects and "Deny" not in effects:
            return True
    return False


def _identities(policy: dict, caller: Caller) -> set[str]:
    """The ARNs to try: the caller's own and, for `anyone`, one of its account for every pattern in the policy."""
    tried = {caller.arn}
    if caller.anyone:
        own = caller.arn.split(":", 5)
        for text in _texts(policy):
            parts = text.split(":", 5)
            if len(parts) == 6 and parts[0] == "arn" and _like(parts[1], own[1]) and _like(parts[4], own[4]):
                resource = parts[5].replace("*", "any").replace("?", "x")
                tried.add(":".join((*own[:2], *parts[2:4], own[4], resource)))
    return tried


def _applies(statement: dict, caller: Caller, arn: str, context: dict) -> bool:
    return (
        any(fnmatchcase(ACTION.lower(), action.lower()) for action in _list(statement.get("Action")))
        and _is_principal(statement.get("Principal"), caller, arn)
        and all(
            _holds(operator, key.lower(), _list(wanted), context)
            for operator, keys in (statement.get("Condition") or {}).items()
            for key, wanted in keys.items()
        )
    )


def _is_principal(principal: object, caller: Caller, arn: str) -> bool:
    named = ["*"] if principal == "*" else _list(principal.get("AWS")) if isinstance(principal, dict) else []
    return any(
        one in ("*", caller.account, arn, caller.session_arn)
        or bool(re.fullmatch(rf"arn:[^:]+:iam::{caller.account}:root", one))
        for one in named
    )


def _holds(operator: str, key: str, wanted: list[str], context: dict) -> bool:
    """An unsupported operator never holds, so that it can't open a role by accident."""
    name = operator.removesuffix("IfExists")
    value = context.get(key)
    if name == "Null":
        return (value is None) == (wanted == ["true"])
    if value is None:
        return operator != name or "Not" in name
    equal = any(_equal(name.replace("Not", ""), pattern, value) for pattern in wanted)
    if name.replace("Not", "") not in ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"):
        return False
    return equal != ("Not" in name)


def _equal(operator: str, pattern: str, value: str) -> bool:
    if operator == "StringEquals":
        return value == pattern
    if operator == "StringEqualsIgnoreCase":
        return value.lower() == pattern.lower()
    if operator == "StringLike":
        return _like(pattern, value)
    parts, wanted = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(wanted) and all(_like(want, part) for want, part in zip(wanted, parts, strict=True))


def _like(pattern: str, value: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _list(value: object) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for child in children for text in _texts(child)]
