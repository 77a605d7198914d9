"""Puts events of AWS services on default buses, which PutEvents refuses to do for users."""

import json

from ministack.core.responses import request_scope
from ministack.services import eventbridge


def deliver(envelope: dict) -> None:
    """Puts an event on the default bus of its account and Region, unchanged."""
    event = {
        "EventId": envelope["id"],
        "Source": envelope["source"],
        "DetailType": envelope["detail-type"],
        "Detail": json.dumps(envelope["detail"]),
        "EventBusName": "default",
        "Time": envelope["time"],
        "Resources": envelope.get("resources", []),
        "Account": envelope["account"],
        "Region": envelope["region"],
    }
    with request_scope(envelope["account"], envelope["region"]):
        eventbridge._ensure_default_bus()
        eventbridge._dispatch_event(event)
        eventbridge._archive_event(event)
