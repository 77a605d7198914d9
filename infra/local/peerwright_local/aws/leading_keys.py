"""dynamodb:LeadingKeys: the partition keys that a request names, by which a policy may limit it to some items of a table.

The keys travel with the ARN of their table to the place where IAM decides, because a request may name several tables, and
each part of a transaction is decided by itself.
"""

import json
from collections.abc import Iterator

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb

from peerwright_local.patch import wrap

_KEY = "dynamodb:LeadingKeys"


class _Named(str):
    """The ARN of a table, with the partition keys of the items that a request names in it."""

    leading_keys: list[str]


def install() -> None:
    wrap(iam_actions, dynamodb_resource_arns=_of_tables, dynamodb_transaction_checks=_of_parts)
    wrap(iam_evaluator, enforce=_with_keys)


def _with_keys(enforce):
    def enforced(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        # A request that names no item, such as Scan, has no such key.
        if keys := getattr(resource_arn, "leading_keys", None):
            service_context = {**(service_context or {}), _KEY: keys}
        return enforce(access_key_id, iam_action, service, region, resource_arn, service_context)

    return enforced


def _of_tables(resource_arns):
    def arns_of(body: bytes, region: str, account: str) -> list[str]:
        arns = resource_arns(body, region, account)
        if not arns:
            return arns
        data = json.loads(body)
        asked = [data] if "TableName" in data else [{"Requests": one} for one in data["RequestItems"].values()]
        return [_named(arn, request, region, account) for arn, request in zip(arns, asked, strict=True)]

    return arns_of


def _of_parts(transaction_checks):
    def checks_of(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        checks = transaction_checks(action, body, region, account)
        if not checks:
            return checks
        parts = [
            item[kind]
            for item in json.loads(body)["TransactItems"]
            for kind in iam_actions._DYNAMODB_TRANSACT_ITEM_ACTIONS
            if (item.get(kind) or {}).get("TableName")
        ]
        return [
            (needed, _named(arn, part, region, account)) for (needed, arn), part in zip(checks, parts, strict=True)
        ]

    return checks_of


def _named(arn: str, request: dict, region: str, account: str) -> _Named:
    named = _Named(arn)
    table = dynamodb._tables.get_scoped(account, region, arn.rpartition(":table/")[2].partition("/")[0])
    named.leading_keys = list(dict.fromkeys(_keys_in(request, table))) if table else []
    return named


def _keys_in(request: dict, table: dict) -> Iterator[str]:
    own, _, _ = dynamodb._resolve_index_keys(table, None)
    if "Requests" in request:
        for item in _items(request["Requests"]):
            yield from _key_in(item, own)
    yield from _key_in(request.get("Key"), own)
    yield from _key_in(request.get("Item"), own)
    asked, _, _ = dynamodb._resolve_index_keys(table, request.get("IndexName"))
    names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
    for found in (
        dynamodb._extract_pk_from_condition(request.get("KeyConditionExpression"), values, names, asked),
        dynamodb._extract_pk_from_key_conditions(request.get("KeyConditions") or {}, asked),
    ):
        if found is not None:
            yield str(found)


def _items(requests: dict | list) -> list[dict]:
    """The keys and items of one table in BatchGetItem and BatchWriteItem."""
    if isinstance(requests, dict):
        return requests.get("Keys", [])
    return [one.get("Item") or one.get("Key") for request in requests for one in request.values()]


def _key_in(item: dict | None, name: str) -> Iterator[str]:
    if item and name in item:
        yield str(dynamodb._extract_key_val(item[name]))
