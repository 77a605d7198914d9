"""Resource policies of DynamoDB tables: as a property of the table in CloudFormation, and in every decision about the table."""

import json

from ministack.core import iam_actions, iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from peerwright_local.patch import add, wrap

_RESOURCE_TYPE = "AWS::DynamoDB::Table"


def install() -> None:
    add(dynamodb, policy_of_table=policy_of_table)
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["dynamodb"] = ("dynamodb", "policy_of_table")
    wrap(dynamodb, _delete_table=_without_policy)
    handler = provisioners._RESOURCE_HANDLERS[_RESOURCE_TYPE]
    handler["create"] = _creating(handler["create"])
    handler["update"] = _updating(handler["update"])
    handler["delete"] = _deleting(handler["delete"])


def policy_of_table(arn: str) -> tuple[str, str] | None:
    """The policy of a table, which holds for its indexes too, with the owner's account."""
    spec = parse_arn(arn)
    table = str(arn).replace(spec.resource, "/".join(spec.resource.split("/")[:2]))
    found = dynamodb._resource_policies.get_scoped(spec.account_id, spec.region, table)
    return (found["Policy"], spec.account_id) if found else None


def _creating(create):
    def made(logical_id, properties, stack_name):
        name, attributes = create(logical_id, properties, stack_name)
        _put(name, properties)
        return name, attributes

    return made


def _updating(update):
    def updated(physical_id, old, new, *more, **keywords):
        name, attributes = update(physical_id, old, new, *more, **keywords)
        _remove(physical_id)
        _put(name, new)
        return name, attributes

    return updated


def _deleting(delete):
    def deleted(physical_id, properties):
        _remove(physical_id)
        delete(physical_id, properties)

    return deleted


def _without_policy(delete_table):
    def deleted(data):
        answer = delete_table(data)
        if answer[0] < 300:
            _remove(dynamodb._normalize_table_name(data["TableName"]))
        return answer

    return deleted


def _put(name: str, properties: dict) -> None:
    if policy := properties.get("ResourcePolicy"):
        asked = {"ResourceArn": _arn(name), "Policy": json.dumps(policy["PolicyDocument"])}
        status, _, body = dynamodb._put_resource_policy(asked)
        if status >= 300:
            raise ValueError(f"{_RESOURCE_TYPE} {name}: {body!r}")


def _remove(name: str) -> None:
    dynamodb._resource_policies.pop(_arn(name), None)


def _arn(name: str) -> str:
    return iam_actions._dynamodb_table_arn(name, get_region(), get_account_id())
