"""The identity of a caller, and AssumeRole as AWS decides it.

Secrets and signatures are accepted unchecked. The account, the trust policy and the external id are checked, and of a role that
calls its policies and the session's.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from moto.core.responses import ActionResult
from moto.utilities.utils import get_partition

from .ec2.errors import ApiError
from .ec2.trust import ACTION, Caller, trusts
from .policies import Permission, why_not
from .state import organization_of

ACCOUNT_KEY = re.compile(r"\d{12}")
ROLE_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}):role/(?:.+/)?([^/]+)")
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
STATIC_USER = "local"


@dataclass(frozen=True)
class Identity:
    account: str
    arn: str
    access_key: str
    role_arn: str | None = None
    session_name: str | None = None
    created: float = 0.0
    expires: float = 0.0
    policy: str | None = None

    @property
    def role_name(self) -> str | None:
        return self.role_arn.rsplit("/", 1)[-1] if self.role_arn else None

    @property
    def role_id(self) -> str:
        return "AROA" + _digest(self.role_arn or self.arn)[:17]

    @property
    def principal_id(self) -> str:
        return f"{self.role_id}:{self.session_name}" if self.role_arn else "AIDA" + _digest(self.arn)[:17]

    def as_caller(self) -> Caller:
        """A static key names only an account, so it may do what any principal of that account may."""
        if self.role_arn:
            return Caller(self.account, self.role_arn, session_arn=self.arn)
        return Caller(self.account, self.arn, anyone=True)


class Sessions:
    def __init__(
        self,
        iam: Callable[[str, str], dict | None],
        principal: Callable[[str], dict | None],
        announce: Callable[[dict], None],
    ):
        self._iam = iam
        self._principal = principal
        self._announce = announce
        self._by_key: dict[str, Identity] = {}

    def identify(self, access_key: str, region: str) -> Identity:
        """A 12-digit access key id is that account. Any other belongs to a session, from AssumeRole or of a function."""
        if ACCOUNT_KEY.fullmatch(access_key):
            arn = f"arn:{get_partition(region)}:iam::{access_key}:user/{STATIC_USER}"
            return Identity(access_key, arn, access_key)
        session = self._by_key.get(access_key) or self._of_function(access_key)
        if session is None:
            raise ApiError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        if session.expires <= time.time():
            raise ApiError("RequestExpired", "Request has expired.")
        if access_key in self._by_key:
            self._require_role(session)
        return session

    def assume(self, caller: Identity, params: dict) -> tuple[Identity, dict]:
        role_arn, name = params["RoleArn"], params["RoleSessionName"]
        seconds = params.get("DurationSeconds") or 3600
        _validate(caller, name, seconds, params)
        self._require_trust(caller, role_arn, params.get("ExternalId"), name)
        account, role_name = ROLE_ARN.fullmatch(role_arn).groups()
        now = time.time()
        key = "ASIA" + secrets.token_hex(8).upper()
        partition = role_arn.split(":")[1]
        arn = f"arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}"
        policy = params.get("Policy")
        session = Identity(account, arn, key, role_arn, name, created=now, expires=now + seconds, policy=policy)
        self._by_key = {one.access_key: one for one in self._by_key.values() if one.expires > now} | {key: session}
        credentials = {
            "AccessKeyId": key,
            "SecretAccessKey": secrets.token_urlsafe(30),
            "SessionToken": secrets.token_urlsafe(120),
            "Expiration": datetime.fromtimestamp(int(session.expires), timezone.utc),
        }
        self._announce({**credentials, "account": account, "arn": arn, "policy": policy, "caller": caller.arn})
        return session, credentials

    def _of_function(self, access_key: str) -> Identity | None:
        known = self._principal(access_key)
        if known is None:
            return None
        name = known["arn"].rsplit("/", 1)[-1]
        return Identity(known["account"], known["arn"], access_key, known["role"], name, time.time(), math.inf)

    def why_not(self, caller: Identity, permission: Permission, region: str) -> str | None:
        """Why its policies do not let a caller do something; None if they do. An account's own key may do anything."""
        if caller.role_arn is None:
            return None
        role = self._iam(caller.account, caller.role_name)
        if role is None:
            return f"because no identity-based policy allows the {permission.action} action"
        return why_not(caller.arn, role, caller.policy, permission, region)

    def _require_role(self, session: Identity) -> None:
        """A session may do what its role's policies allow at the time of the call, and so nothing if the role is gone."""
        role = self._iam(session.account, session.role_name)
        if role is None or role["arn"] != session.role_arn:
            raise ApiError(
                "UnauthorizedOperation",
                f"You are not authorized to perform this operation. User: {session.arn} is not authorized, because no "
                "identity-based policy allows it",
                403,
            )

    def _require_trust(self, caller: Identity, role_arn: str, external_id: str | None, session_name: str) -> None:
        named = ROLE_ARN.fullmatch(role_arn)
        role = self._iam(*named.groups()) if named else None
        trusted = role is not None and role["arn"] == role_arn
        keys = {"sts:externalid": external_id, "sts:rolesessionname": session_name}
        if named:
            keys["aws:resourceorgid"] = organization_of(named[1])
        refused = self.why_not(caller, Permission(ACTION, role_arn, keys), "")
        if refused or not trusted or not trusts(role, caller.as_caller(), external_id, session_name):
            raise ApiError(
                "AccessDenied",
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
                403,
            )


def assume_role(response) -> ActionResult:
    session, credentials = response.sessions.assume(response.caller, response.params)
    return ActionResult(
        {
            "Credentials": credentials,
            "AssumedRoleUser": {"AssumedRoleId": session.principal_id, "Arn": session.arn},
            "PackedPolicySize": 6 if response.params.get("Policy") else None,
        }
    )


def get_caller_identity(response) -> ActionResult:
    caller = response.caller
    return ActionResult({"UserId": caller.principal_id, "Account": caller.account, "Arn": caller.arn})


def _validate(caller: Identity, name: str, seconds: int, params: Mapping) -> None:
    if not SESSION_NAME.fullmatch(name):
        raise _validation(name, "roleSessionName", r"Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}")
    if not 900 <= seconds <= 43200:
        raise _validation(seconds, "durationSeconds", "Member must have value between 900 and 43200")
    if caller.role_arn and seconds > 3600:
        raise ApiError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if params.get("PolicyArns"):
        raise ApiError("ValidationError", "The local AWS knows no managed session policies: give Policy instead of PolicyArns")
    policy = params.get("Policy")
    if policy is None:
        return
    if len(policy) > 2048:
        raise _validation(policy, "policy", "Member must have length less than or equal to 2048")
    try:
        well_formed = isinstance(json.loads(policy), dict)
    except ValueError:
        well_formed = False
    if not well_formed:
        raise ApiError("MalformedPolicyDocument", "This policy contains invalid Json")


def _validation(value: object, name: str, constraint: str) -> ApiError:
    return ApiError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}",
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()
