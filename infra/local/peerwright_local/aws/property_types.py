"""Numbers and booleans of a template that come from a parameter, and so arrive as text."""

import copy

from ministack.services.cloudformation import provisioners

_TYPES = {
    "AWS::DynamoDB::Table": {("DeletionProtectionEnabled",): provisioners._cfn_bool},
    "AWS::Lambda::EventSourceMapping": {("ScalingConfig", "MaximumConcurrency"): int},
    "AWS::Logs::LogGroup": {("RetentionInDays",): int},
}


def install() -> None:
    for resource_type, conversions in _TYPES.items():
        handler = provisioners._RESOURCE_HANDLERS[resource_type]
        for verb in ("create", "update"):
            handler[verb] = _typed(handler[verb], conversions)


def _typed(handle, conversions: dict):
    def typed(*arguments, **keywords):
        return handle(*(_converted(one, conversions) if isinstance(one, dict) else one for one in arguments), **keywords)

    return typed


def _converted(properties: dict, conversions: dict) -> dict:
    converted = copy.deepcopy(properties)
    for (*path, name), convert in conversions.items():
        place = converted
        for key in path:
            place = place.get(key, {})
        if name in place:
            place[name] = convert(place[name])
    return converted
