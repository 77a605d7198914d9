"""Service Quotas: the quotas that a setting of the local AWS has raised."""

from __future__ import annotations

import json
import re

from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from . import refusals
from .ec2.errors import ApiError
from .policies import Permission
from .settings import Settings
from .sts import Sessions

TARGET = "ServiceQuotasV20190624."
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/servicequotas/aws4_request")
# Codes and names as on the console's page "Amazon Virtual Private Cloud (Amazon VPC)".
QUOTAS = {
    "L-7E9ECCDB": ("Active VPC peering connections per VPC", "connections_per_vpc"),
    "L-DC9F7029": ("Outstanding VPC peering connection requests", "outstanding_requests_per_vpc"),
    "L-93826ACB": ("Routes per route table", "routes_per_table"),
    "L-0EA8095F": ("Inbound or outbound rules per security group", "rules_per_group"),
}


class ServiceQuotas:
    def __init__(self, settings: Settings, sessions: Sessions):
        self._settings = settings
        self._sessions = sessions

    def takes(self, request: Request) -> bool:
        return request.headers.get("X-Amz-Target", "").startswith(TARGET)

    def __call__(self, request: Request) -> Response:
        credential = CREDENTIAL.search(request.headers.get("Authorization", ""))
        if credential is None:
            return _refused("MissingAuthenticationTokenException", "The request is not signed for servicequotas", 403)
        try:
            identity = self._sessions.identify(*credential.groups())
        except ApiError as error:
            return _refused("AccessDeniedException", error.message, 403)
        if request.headers["X-Amz-Target"] != f"{TARGET}GetServiceQuota":
            return _refused("UnknownOperationException", "The local AWS knows GetServiceQuota only")
        asked = json.loads(request.get_data(as_text=True))
        service, code, region = asked.get("ServiceCode"), asked.get("QuotaCode"), credential.group(2)
        arn = f"arn:{get_partition(region)}:servicequotas:{region}:{identity.account}:{service}/{code}"
        permission = Permission("servicequotas:GetServiceQuota", arn, {"servicequotas:service": service})
        if reason := self._sessions.why_not(identity, permission, region):
            message = f"User: {identity.arn} is not authorized to perform: {permission.action} on resource: {arn} {reason}"
            refusals.add("AccessDeniedException", identity.arn, message)
            return _refused("AccessDeniedException", message)
        return self._quota(service, code, arn)

    def _quota(self, service: str, code: str, arn: str) -> Response:
        name, setting = QUOTAS.get(code, ("", "")) if service == "vpc" else ("", "")
        # GetServiceQuota knows applied values only; another call has the defaults.
        if not setting or getattr(self._settings, setting) == getattr(Settings, setting):
            return _refused("NoSuchResourceException", f"No value was applied for the quota {code}")
        return _json({
            "Quota": {
                "ServiceCode": service,
                "ServiceName": "Amazon Virtual Private Cloud (Amazon VPC)",
                "QuotaArn": arn,
                "QuotaCode": code,
                "QuotaName": name,
                "Value": float(getattr(self._settings, setting)),
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
            }
        })


def _refused(code: str, message: str, status: int = 400) -> Response:
    return _json({"__type": code, "Message": message}, status)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/x-amz-json-1.1")
