"""How CloudTrail spells an EC2 call, derived from the service model.

An operation whose DryRun member has the location name `dryRun` is recorded flat and lowerCamel; every other is
recorded wrapped in `<Operation>Request` and `<Operation>Response`, as an XML-to-JSON converter leaves it: values
are guessed, a list of one is an object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone

import xmltodict
from botocore.model import ListShape, OperationModel, Shape, StructureShape

# Names in real records that the rule does not yield: (parent structure, member) → name.
IRREGULAR = {
    ("CreateTagsRequest", "Resources"): "resourcesSet",
    ("DeleteTagsRequest", "Resources"): "resourcesSet",
    # We know no real record of DeleteTags, and assume the form of CreateTags.
    ("DeleteTagsRequest", "Tags"): "tagSet",
}
# Lists of plain values whose items have a name: the resources of CreateTags and DeleteTags.
NAMED_ITEMS = {"ResourceIdList": "resourceId"}
# Lists that real records contain directly, without `items`.
BARE_LISTS = {("TagSpecification", "Tags"): "tags"}
QUERY_ENVELOPE = ("Action", "Version")
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


def is_flat(operation: OperationModel) -> bool:
    members = operation.input_shape.members if operation.input_shape else {}
    return "DryRun" in members and members["DryRun"].serialization.get("name") == "dryRun"


def request_parameters(operation: OperationModel, params: Mapping, query: Mapping[str, str]) -> dict | None:
    """`params` has the names of the model's members; `query` is as it was sent."""
    if is_flat(operation):
        return _flat_structure(operation.input_shape, params, fill_items=True) or None
    fields = {name: value for name, value in query.items() if name not in QUERY_ENVELOPE}
    return {f"{operation.name}Request": _tree(fields)}


def response_elements(operation: OperationModel, parsed: Mapping, body: str, request_id: str) -> dict:
    if not is_flat(operation):
        answer = _guessed(xmltodict.parse(body)[f"{operation.name}Response"])
        return {f"{operation.name}Response": {**answer, "xmlns": NAMESPACE}}
    shape = operation.output_shape
    if shape is None or not shape.members:
        return {"requestId": request_id, "_return": True}
    return {"requestId": request_id, **_flat_structure(shape, parsed, fill_items=False)}


def _flat_structure(shape: StructureShape, values: Mapping, fill_items: bool, is_item: bool = False) -> dict:
    """With `fill_items`, as in requests, the items of a list have `{}` for each list that they lack."""
    flat = {}
    for member, member_shape in shape.members.items():
        name = _flat_name(shape, member, member_shape)
        if values.get(member) is None:
            if is_item and fill_items and isinstance(member_shape, ListShape):
                flat[name] = {}
        elif (shape.name, member) in BARE_LISTS:
            flat[name] = [_flat_item(member_shape, one, fill_items) for one in values[member]]
        else:
            flat[name] = _flat(member_shape, values[member], fill_items)
    return flat


def _flat_name(parent: StructureShape, member: str, shape: Shape) -> str:
    if (parent.name, member) in IRREGULAR:
        return IRREGULAR[parent.name, member]
    if (parent.name, member) in BARE_LISTS:
        return BARE_LISTS[parent.name, member]
    name = shape.serialization.get("name", member)
    if name == "return":
        return "_return"
    # A request's list has the singular name of its query parameters, in upper case, and is recorded as a set.
    is_query_list = isinstance(shape, ListShape) and "name" in shape.serialization and name[0].isupper()
    return _lower(name) + ("Set" if is_query_list else "")


def _flat(shape: Shape, value: object, fill_items: bool) -> object:
    if isinstance(shape, StructureShape):
        return _flat_structure(shape, value, fill_items)
    if isinstance(shape, ListShape):
        items = [_flat_item(shape, one, fill_items) for one in value]
        return {"items": items} if items else {}
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return int(aware.timestamp() * 1000)
    return value


def _flat_item(shape: ListShape, value: object, fill_items: bool) -> object:
    if isinstance(shape.member, StructureShape):
        return _flat_structure(shape.member, value, fill_items, is_item=True)
    if shape.name in NAMED_ITEMS:
        return {NAMED_ITEMS[shape.name]: value}
    name = shape.serialization.get("name")
    return {_lower(name): value} if name and name[0].isupper() else value


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _tree(fields: Mapping[str, str]) -> dict:
    """`SecurityGroupRule.1.GroupId=x` → {"SecurityGroupRule": {"GroupId": "x", "tag": 1}}."""
    root: dict = {}
    for name, value in fields.items():
        *path, last = name.split(".")
        node = root
        for part in path:
            node = node.setdefault(part, {})
        node[last] = _guess(value)
    return _lists(root)


def _lists(node: object) -> object:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        numbered = sorted(node.items(), key=lambda item: int(item[0]))
        items = [
            {**(child if isinstance(child, dict) else {"content": child}), "tag": int(number)}
            for number, child in ((number, _lists(child)) for number, child in numbered)
        ]
        return items[0] if len(items) == 1 else items
    return {key: _lists(child) for key, child in node.items()}


def _guessed(node: object) -> object:
    if isinstance(node, dict):
        return {key.removeprefix("@"): _guessed(child) for key, child in node.items()}
    if isinstance(node, list):
        return [_guessed(child) for child in node]
    return "" if node is None else _guess(node)


def _guess(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"0|-?[1-9]\d*", text):
        return int(text)
    return text
