"""IAM: the action and the resource of calls that describe what there is."""

import json

import cbor2
from ministack.core import iam_actions

from peerwright_local.aws.roles import role
from peerwright_local.patch import wrap

_CLOUDWATCH = "/service/GraniteServiceVersion20100801/operation/"


def install() -> None:
    wrap(iam_actions, extract_iam_action=_action, extract_resource_arn=_resource)


def _action(extract):
    def action_of(service, method, path, *more, **keywords):
        if service == "monitoring" and path.startswith(_CLOUDWATCH):
            return f"cloudwatch:{path.removeprefix(_CLOUDWATCH)}"
        if service == "lambda" and method == "GET" and path.endswith("/concurrency"):
            return "lambda:GetFunctionConcurrency"
        return extract(service, method, path, *more, **keywords)

    return action_of


def _resource(extract):
    def resource_of(service, method, path, headers, body, query, region, account):
        if service == "monitoring" and (alarms := _alarms(path, body)):
            return f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarms[0]}" if len(alarms) == 1 else "*"
        # What MiniStack reads is JSON.
        read = b"" if path.startswith(_CLOUDWATCH) else body
        found = extract(service, method, path, headers, read, query, region, account)
        if service == "iam" and ":role/" in found:
            there = role(account, found.rsplit("/", 1)[-1])
            return there["arn"] if there else found
        if service == "dynamodb" and found == "*":
            return _fields(body).get("ResourceArn", found)
        if service == "events":
            return _of_events(headers, _fields(body), found, f"arn:aws:events:{region}:{account}:")
        return found

    return resource_of


def _alarms(path: str, body: bytes) -> list[str]:
    """The alarms that DescribeAlarms names, in CloudWatch's newer protocol or in JSON."""
    if not body or not (path.startswith(_CLOUDWATCH) or body.startswith(b"{")):
        return []
    asked = cbor2.loads(body) if path.startswith(_CLOUDWATCH) else json.loads(body)
    return asked.get("AlarmNames") or []


def _of_events(headers: dict, asked: dict, found: str, before: str) -> str:
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    bus, name = asked.get("EventBusName") or "default", asked.get("Rule") or asked.get("Name")
    if action == "DescribeEventBus":
        return f"{before}event-bus/{asked.get('Name') or 'default'}"
    if action.endswith(("Rule", "Targets")) and name:
        return f"{before}rule/{name}" if bus == "default" else f"{before}rule/{bus}/{name}"
    return found


def _fields(body: bytes) -> dict:
    return json.loads(body) if body else {}
