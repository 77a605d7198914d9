"""The condition keys of PutEvents by which IAM tells events apart."""

import json

from ministack.core import iam_actions

from peerwright_local.patch import wrap


def install() -> None:
    wrap(iam_actions, request_tag_context=_with_events)


def _with_events(context):
    def context_of(service, iam_action, body, params):
        found = context(service, iam_action, body, params)
        return {**found, **_keys(body)} if iam_action == "events:PutEvents" else found

    return context_of


def _keys(body: bytes) -> dict:
    entries = json.loads(body or b"{}").get("Entries", [])
    return {
        "events:eventbusinvocation": "false",
        "events:source": [entry.get("Source", "") for entry in entries],
        "events:detail-type": [entry.get("DetailType", "") for entry in entries],
    }
