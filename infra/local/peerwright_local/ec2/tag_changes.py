"""Tags: which a call may set, and which it changed."""

from __future__ import annotations

from typing import NamedTuple

from .errors import ApiError, invalid_value

FILTERS = ("key", "resource-id", "resource-type", "value")
KEY_LENGTH, VALUE_LENGTH = 128, 256
TAGS_PER_RESOURCE = 50
# The tags of every resource that the present call touches, as they were before. Calls are handled one at a time.
_before: dict[tuple[object, str], dict[str, str]] = {}


class TagChange(NamedTuple):
    account: str
    region: str
    resource: str
    keys: list[str]  # added, changed and removed
    tags: dict[str, str]  # all of them, afterwards


def take() -> list[TagChange]:
    """Takes the changes since it was last called: one per resource, however many steps there were."""
    changes = []
    for (backend, resource), before in _before.items():
        after = dict(backend.tags.get(resource, {}))
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        # AWS does not document whether there is an event about a call that changes nothing. Here there is none.
        if keys:
            changes.append(TagChange(backend.account_id, backend.region_name, resource, keys, after))
    _before.clear()
    return changes


def creating(create_tags):
    def create(backend, resource_ids: list[str], tags: dict[str, str]) -> bool:
        _check_all(backend, tags)
        _note(backend, resource_ids)
        return create_tags(backend, resource_ids, tags)

    return create


def parsing(parse_tag_specification):
    """Refuses tags before what bears them is created."""

    def parse(response, *expected_type: str) -> dict[str, dict[str, str]]:
        parsed = parse_tag_specification(response, *expected_type)
        for tags in parsed.values():
            _check_all(response.ec2_backend, tags)
            if len(tags) > TAGS_PER_RESOURCE:
                raise ApiError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
        return parsed

    return parse


def deleting(delete_tags):
    def delete(backend, resource_ids: list[str], tags: dict[str, str | None]) -> bool:
        _note(backend, resource_ids)
        if tags:
            return delete_tags(backend, resource_ids, tags)
        return all(delete_tags(backend, [one], dict.fromkeys(backend.tags[one])) for one in resource_ids)

    return delete


def get_tags(resource) -> list[dict[str, str]]:
    """The tags of a resource, by its id."""
    tags = resource.ec2_backend.tags.get(resource.id, {}) if resource.id else {}
    return [{"key": key, "value": value} for key, value in tags.items()]


def _note(backend, resource_ids: list[str]) -> None:
    for resource in resource_ids:
        _before.setdefault((backend, resource), dict(backend.tags.get(resource, {})))


def _check_all(backend, tags: dict[str, str]) -> None:
    for key, value in tags.items():
        _check(key, value)
        if key == backend.settings.tag_policy:
            raise ApiError(
                "TagPolicyViolation", f"The tag policy does not allow the specified value for the following tag key: '{key}'."
            )


def _check(key: str, value: str | None) -> None:
    if len(key) > KEY_LENGTH:
        raise invalid_value(f"Tag key exceeds the maximum length of {KEY_LENGTH} characters")
    if len(value or "") > VALUE_LENGTH:
        raise invalid_value(f"Tag value exceeds the maximum length of {VALUE_LENGTH} characters")
    if key.lower().startswith("aws:"):
        raise invalid_value("Tag keys starting with 'aws:' are reserved for internal use")
