"""What is refused before a call is performed: by the organization, the account, IAM, EC2's limits, or for want of a parameter."""

from __future__ import annotations

from collections.abc import Mapping

from moto.core.utils import get_service_model

from ..settings import Settings
from ..sts import ROLE_ARN, Identity, Sessions
from . import permissions
from .errors import ApiError, missing_parameter
from .throttle import Throttle


class Admission:
    def __init__(self, settings: Settings, sessions: Sessions):
        self._settings = settings
        self._sessions = sessions
        self._throttle = Throttle(settings.now)

    def check_ec2(self, identity: Identity, region: str, action: str, params: Mapping) -> None:
        self._require_region(identity.account, region)
        if self._settings.throttling:
            self._throttle.take(identity.account, region, action, params)
        shape = get_service_model("ec2").operation_model(action).input_shape
        for member in shape.required_members if shape else ():
            if member not in params:
                raise missing_parameter(member[0].lower() + member[1:])
        self._require_permission(identity, region, action, params)
        if params.get("DryRun"):
            raise ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)

    def check_sts(self, region: str, action: str, params: Mapping) -> None:
        """The Region must be on in the account whose credentials are asked for."""
        named = ROLE_ARN.fullmatch(params.get("RoleArn", "")) if action == "AssumeRole" else None
        if named and self._switched_off(named[1], region):
            raise ApiError(
                "RegionDisabledException",
                f"STS is not activated in this region for account:{named[1]}. Your account administrator can activate STS in "
                "this region using the IAM Console.",
                403,
            )

    def _require_permission(self, identity: Identity, region: str, action: str, params: Mapping) -> None:
        if {f"{identity.account}/{action}", f"{identity.account}/*"} & set(self._settings.denied.split()):
            raise _denied(identity, f"ec2:{action} with an explicit deny in a service control policy")
        if identity.role_arn is None:
            return
        looks_first = self._settings.missing_resource == "not-found"
        for permission in permissions.needed(identity.account, region, action, params):
            if looks_first and not permission.exists:
                return
            if refused := self._sessions.why_not(identity, permission, region):
                raise _denied(identity, f"{permission.action} on resource: {permission.resource} {refused}")

    def _require_region(self, account: str, region: str) -> None:
        off = self._switched_off(account, region)
        if off == "AuthFailure":
            raise ApiError(off, "AWS was not able to validate the provided access credentials", 401)
        if off:
            raise ApiError(off, "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.", 401)

    def _switched_off(self, account: str, region: str) -> str | None:
        """The code with which EC2 refuses if the account has switched the Region off."""
        for word in self._settings.regions_off.split():
            place, code = word.split("/")[:2], word.split("/")[2:]
            if place == [account, region]:
                return code[0] if code else "OptInRequired"
        return None


def _denied(identity: Identity, what: str) -> ApiError:
    """In the words of "Troubleshoot access denied error messages" in the IAM user guide."""
    return ApiError(
        "UnauthorizedOperation",
        f"You are not authorized to perform this operation. User: {identity.arn} is not authorized to perform: {what}",
        403,
    )
