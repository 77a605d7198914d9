"""DynamoDB: which partitions a call is about, for policies that name them (`dynamodb:LeadingKeys`)."""

import json
import re

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb

from peerwright_local.patch import wrap

_LEADING_KEYS = "dynamodb:LeadingKeys"
_EQUALS = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")


class _Table(str):
    """The ARN of a table, with the partition that one part of a transaction is about."""

    partition: str


def install() -> None:
    wrap(
        iam_actions,
        dynamodb_service_context=_with_partitions,
        dynamodb_transaction_checks=_each_with_its_partition,
    )
    wrap(iam_evaluator, enforce=_by_partition)


def _with_partitions(context_of):
    def context(body):
        partitions = _partitions(_read(body))
        return context_of(body) | ({_LEADING_KEYS: partitions} if partitions else {})

    return context


def _each_with_its_partition(checks_of):
    def checks(action, body, region, account):
        found = checks_of(action, body, region, account)
        parts = [detail for part in _read(body).get("TransactItems", ()) for detail in part.values()]
        return [(action, _about(arn, part)) for (action, arn), part in zip(found, parts, strict=True)]

    return checks


def _by_partition(enforce):
    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        if isinstance(resource_arn, _Table):
            service_context = {**(service_context or {}), _LEADING_KEYS: [resource_arn.partition]}
        return enforce(access_key_id, iam_action, service, region, resource_arn, service_context)

    return enforced


def _about(arn: str, part: dict) -> str:
    table = _Table(arn)
    [table.partition] = _partitions(part)
    return table


def _partitions(call: dict) -> list[str]:
    """The values of the partition key that a call names; none of one that names no items, such as Scan."""
    if "RequestItems" in call:
        asked = [(table, item) for table, part in call["RequestItems"].items() for item in _items(part)]
        return [key for table, item in asked for key in _of(table, item)]
    table = call.get("TableName", "")
    if "KeyConditionExpression" in call:
        names, values = call.get("ExpressionAttributeNames", {}), call.get("ExpressionAttributeValues", {})
        equal = _EQUALS.findall(call["KeyConditionExpression"])
        return _of(table, {names.get(name, name): values.get(value) for name, value in equal})
    return _of(table, call.get("Key") or call.get("Item") or {})


def _items(part: dict | list) -> list[dict]:
    """The keys and items of a part of BatchGetItem or BatchWriteItem."""
    if isinstance(part, dict):
        return part.get("Keys", [])
    return [request.get("Key") or request.get("Item") for one in part for request in one.values()]


def _of(table: str, item: dict) -> list[str]:
    made = dynamodb._tables.get(table.rpartition("/")[2])
    value = item.get(made["pk_name"]) if made else None
    return list(map(str, value.values())) if value else []


def _read(body: bytes) -> dict:
    try:
        call = json.loads(body or b"{}")
    except ValueError:
        return {}
    return call if isinstance(call, dict) else {}
