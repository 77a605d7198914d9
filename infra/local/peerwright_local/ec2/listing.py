"""Filters and pages of Describe calls."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable

from moto.core.responses import ActionResult

from .errors import ApiError, invalid_value


def matches(wanted: Iterable[str], values: Iterable[str]) -> bool:
    """Filter values are case-sensitive. They may contain * and ?, which a backslash makes literal."""
    patterns = [_pattern(value) for value in wanted]
    return any(pattern.fullmatch(value) for value in values for pattern in patterns)


def _pattern(value: str) -> re.Pattern:
    wildcards = {"*": ".*", "?": ".", r"\*": r"\*", r"\?": r"\?"}
    parts = re.split(r"(\\[*?]|[*?])", value)
    return re.compile("".join(wildcards.get(part, re.escape(part)) for part in parts), re.DOTALL)


def check_filters(filters: dict[str, list[str]], allowed: Iterable[str]) -> None:
    unknown = [name for name in filters if name not in allowed and not name.startswith("tag:")]
    if unknown:
        raise invalid_value(f"The filter '{unknown[0]}' is invalid")


def page(items: list, params: dict, low: int, high: int) -> tuple[list, str | None]:
    """One page of `items`; a request without MaxResults gets the largest page."""
    wanted = params.get("MaxResults")
    if wanted is not None and not low <= wanted <= high:
        bound = f"greater than or equal to {low}" if wanted < low else f"less than or equal to {high}"
        raise invalid_value(f"Value ( {wanted} ) for parameter maxResults is invalid. Expecting a value {bound}.")
    start = _start(params)
    end = start + (wanted or high)
    return items[start:end], _token(params, end) if end < len(items) else None


def paged(describe: Callable, key: str, low: int, high: int, filters: Iterable[str] | None = None) -> Callable:
    """A moto describe method that answers in pages and refuses filters that AWS does not have."""

    def describe_pages(response) -> ActionResult:
        if filters is not None:
            check_filters(response._filters_from_querystring(), filters)
        items, token = page(list(describe(response).result[key]), response.params, low, high)
        return ActionResult({key: items, "NextToken": token} if token else {key: items})

    return describe_pages


def _token(params: dict, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{offset}:{_request_digest(params)}".encode()).decode()


def _start(params: dict) -> int:
    token = params.get("NextToken")
    if not token:
        return 0
    try:
        offset, digest = base64.urlsafe_b64decode(token.encode()).decode().split(":")
        if digest == _request_digest(params):
            return int(offset)
    except ValueError:
        pass
    raise ApiError("InvalidNextToken", f"The token '{token}' is invalid")


def _request_digest(params: dict) -> str:
    """Identifies a request, because a token continues only the request that it was returned for."""
    asked = {name: value for name, value in params.items() if name not in ("MaxResults", "NextToken")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]
