"""EC2's token buckets: one per account, Region and action."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .errors import ApiError

RESOURCE_INTENSIVE_OR_MUTATING = (50, 5)
TAGGING = (100, 10)
DESCRIBE = (100, 20)
UNFILTERED_DESCRIBE = (50, 10)
RARE_DESCRIBE = (20, 5)

# (bucket size, refill a second). An action that is not here is an ordinary Describe or a mutating call.
BUCKETS = {
    "CreateTags": TAGGING,
    "DeleteTags": TAGGING,
    "DescribeStaleSecurityGroups": RARE_DESCRIBE,
    "DescribeSecurityGroupReferences": RARE_DESCRIBE,
}


class Throttle:
    def __init__(self, now: Callable[[], float]):
        self._now = now
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, account: str, region: str, action: str, params: Mapping) -> None:
        size, refill = _rate(action, params)
        key = (account, region, action)
        now = self._now()
        tokens, since = self._buckets.get(key, (size, now))
        tokens = min(size, tokens + (now - since) * refill)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            raise ApiError("RequestLimitExceeded", "Request limit exceeded.", status=503)
        self._buckets[key] = (tokens - 1, now)


def _rate(action: str, params: Mapping) -> tuple[int, int]:
    if action == "DescribeSecurityGroups" and not params.get("Filters") and not params.get("MaxResults"):
        return UNFILTERED_DESCRIBE
    if action in BUCKETS:
        return BUCKETS[action]
    return DESCRIBE if action.startswith(("Describe", "Get")) else RESOURCE_INTENSIVE_OR_MUTATING
