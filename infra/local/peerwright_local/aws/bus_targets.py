"""Rules whose target is an event bus in another account or Region."""

from typing import NamedTuple

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge

from peerwright_local.aws import bus_policies, roles
from peerwright_local.patch import wrap


class Refusal(NamedTuple):
    """Why a target does not accept an event, now or later: the error code as EventBridge writes it for the dead-letter queue."""

    code: str
    message: str


def install() -> None:
    wrap(eventbridge, _dispatch_to_event_bus=_forwarding)


def is_elsewhere(spec) -> bool:
    """Whether a target is a bus outside the account and Region of the rule."""
    return (
        spec.service == "events"
        and spec.resource.startswith("event-bus/")
        and (spec.account_id, spec.region) != (get_account_id(), get_region())
    )


def refusal(spec, role_arn: str | None, event: dict, rule_arn: str) -> Refusal | None:
    """Why a bus elsewhere does not accept an event of this account, if it does not."""
    bus = spec.resource.partition("/")[2]
    exists = bus == "default" or eventbridge._event_buses.contains_scoped(spec.account_id, spec.region, bus)
    if not exists:
        return Refusal("RESOURCE_NOT_FOUND", f"Event bus {spec} does not exist.")
    may_forward = role_arn is None or roles.service_may_use(
        role_arn, "events.amazonaws.com", "events:PutEvents", str(spec), get_region(), rule_arn
    )
    if not may_forward:
        return Refusal("NO_PERMISSIONS", f"EventBridge may not put events on {spec} as {role_arn}.")
    if spec.account_id == get_account_id() and role_arn is not None:
        return None
    if not bus_policies.allows(str(spec), spec.account_id, spec.region, bus, get_account_id(), role_arn, event):
        return Refusal("NO_PERMISSIONS", f"The policy of {spec} does not allow account {get_account_id()}.")
    return None


def _forwarding(within_region):
    def dispatch(spec, event, rule, event_path, input_payload=None):
        if not is_elsewhere(spec):
            return within_region(spec, event, rule, event_path, input_payload)
        came_through = eventbridge._rule_key(rule["Name"], rule.get("EventBusName", "default"))
        forwarded = {
            **event,
            "EventBusName": spec.resource.partition("/")[2],
            "_DispatchPath": [*event_path, came_through],
        }
        with request_scope(spec.account_id, spec.region):
            eventbridge._dispatch_event(forwarded)
            eventbridge._archive_event(forwarded)

    return dispatch
