"""A target that does not take an event, and will not take it later either."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """EventBridge's error code, as it writes it into the message in the dead-letter queue, and what happened."""

    code: str
    message: str
