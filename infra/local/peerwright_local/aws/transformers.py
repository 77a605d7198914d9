"""Input transformers: what EventBridge makes of an event for a target, and when it can't."""

import json

from ministack.services import eventbridge

from peerwright_local.aws.bus_targets import Refusal


def refusal(target: dict, rule: dict, view) -> Refusal | None:
    """Why the text that a target's transformer makes of an event can't be sent, if it can't.

    The values go into the template as they are: a quotation mark in one ends the template's own text.
    """
    transformer = target.get("InputTransformer")
    # A template without quotation marks is a text as a whole.
    if not transformer or '"' not in transformer["InputTemplate"]:
        return None
    text = eventbridge._apply_input_transformer(transformer, rule, view)
    if _is_json(text) or all(_is_json(line) for line in text.split("\n") if line.strip()):
        return None
    return Refusal("INVALID_JSON", f"The input transformer of {rule['Arn']} made text that is no JSON: {text}")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
