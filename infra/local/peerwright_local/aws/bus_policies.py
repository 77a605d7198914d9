"""Resource policies of event buses: as CloudFormation resources, and their decisions."""

import json

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

from peerwright_local.patch import wrap
from peerwright_local.state import organization_of

_RESOURCE_TYPE = "AWS::Events::EventBusPolicy"


def install() -> None:
    provisioners._RESOURCE_HANDLERS[_RESOURCE_TYPE] = {"create": _create, "update": _update, "delete": _delete}
    wrap(eventbridge, _put_permission=_as_statement)


def allows(bus_arn: str, account: str, region: str, bus: str, sender: str, role_arn: str | None, event: dict) -> bool:
    """Whether the policy of a bus lets a rule of the account `sender`, acting as `role_arn`, put an event on it."""
    policy = eventbridge._event_bus_policies.get_scoped(account, region, bus)
    # Without a role EventBridge calls as the account. Such a call has no principal, and so no organization.
    organization = organization_of(sender) if role_arn else None
    context = EvalContext(
        principal_arn=role_arn or f"arn:{bus_arn.split(':')[1]}:iam::{sender}:root",
        principal_type="AssumedRole" if role_arn else "Root",
        principal_account=sender,
        action="events:PutEvents",
        resource_arn=bus_arn,
        region=region,
        service_context={
            "aws:principalorgid": organization,
            "events:eventbusinvocation": "true",
            "events:source": [event["Source"]],
            "events:detail-type": [event["DetailType"]],
        },
    )
    return evaluate_resource_policy(policy, context).decision == "Allow"


def _as_statement(put_permission):
    """PutPermission writes principal and condition in another form than policies do."""

    def put(data):
        principal, condition = data.get("Principal", "*"), data.get("Condition")
        if principal != "*":
            data = {**data, "Principal": {"AWS": principal}}
        if condition:
            data = {**data, "Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}}
        return put_permission(data)

    return put


def _create(logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
    bus, sid = _place(properties)
    if bus not in eventbridge._event_buses and bus != "default":
        raise ValueError(f"Event bus {bus} does not exist.")
    policy = eventbridge._event_bus_policies.setdefault(bus, {"Version": "2012-10-17", "Statement": []})
    policy["Statement"] = [*(other for other in policy["Statement"] if other["Sid"] != sid), _statement(properties, sid)]
    return f"{bus}|{sid}", {}


def _update(physical_id: str, old: dict, new: dict, stack_name: str) -> tuple[str, dict]:
    _delete(physical_id, old)
    return _create("", new, stack_name)


def _delete(physical_id: str, properties: dict) -> None:
    bus, sid = _place(properties)
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": sid})


def _place(properties: dict) -> tuple[str, str]:
    return properties.get("EventBusName", "default"), properties["StatementId"]


def _statement(properties: dict, sid: str) -> dict:
    if "Statement" not in properties:
        raise ValueError(f"{_RESOURCE_TYPE} {sid}: the local AWS supports the property Statement, but not Action and Principal.")
    statement = properties["Statement"]
    return {**(json.loads(statement) if isinstance(statement, str) else statement), "Sid": sid}
