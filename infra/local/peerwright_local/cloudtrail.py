"""CloudTrail: a record of every EC2 write call, in the form that EventBridge receives."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .sts import STATIC_USER, Identity

READING = ("Describe", "Get", "List", "Search", "Export")


def is_write(action: str) -> bool:
    return not action.startswith(READING)


@dataclass(frozen=True)
class ApiCall:
    """A finished call, with its parameters and its response in CloudTrail's spelling."""

    action: str
    region: str
    identity: Identity
    source_ip: str
    user_agent: str
    request_id: str
    request_parameters: dict | None
    response_elements: dict | None
    error_code: str | None = None
    error_message: str | None = None
    server_fault: bool = False


def envelope(call: ApiCall, now: float) -> dict:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "account": call.identity.account,
        "time": timestamp(now),
        "region": call.region,
        "resources": [],
        "detail": record(call, now),
    }


def record(call: ApiCall, now: float) -> dict:
    return {
        "eventVersion": "1.10",
        "userIdentity": user_identity(call.identity, now),
        "eventTime": timestamp(now),
        "eventSource": "ec2.amazonaws.com",
        "eventName": call.action,
        "awsRegion": call.region,
        "sourceIPAddress": call.source_ip,
        "userAgent": call.user_agent,
        **_failure(call),
        "requestParameters": call.request_parameters,
        "responseElements": None if call.error_code else call.response_elements,
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.identity.account,
        "eventCategory": "Management",
    }


def user_identity(identity: Identity, now: float) -> dict:
    common = {
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key,
    }
    if not identity.role_arn:
        # For a user's session, which has no role, CloudTrail writes empty structures.
        context = {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": _attributes(now)}
        return {"type": "IAMUser", **common, "userName": STATIC_USER, "sessionContext": context}
    issuer = {
        "type": "Role",
        "principalId": identity.role_id,
        "arn": identity.role_arn,
        "accountId": identity.account,
        "userName": identity.role_name,
    }
    context = {"sessionIssuer": issuer, "attributes": _attributes(identity.created)}
    return {"type": "AssumedRole", **common, "sessionContext": context}


def _attributes(created: float) -> Mapping:
    return {"creationDate": timestamp(created), "mfaAuthenticated": "false"}


def _failure(call: ApiCall) -> Mapping:
    if not call.error_code:
        return {}
    fault = "Server" if call.server_fault else "Client"
    return {"errorCode": f"{fault}.{call.error_code}", "errorMessage": call.error_message}


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
