"""CloudFormation: types of properties, pseudo parameters in conditions, boundaries of roles, and names for what has none."""

import copy
import hashlib

from ministack.core.responses import get_account_id, get_region
from ministack.services import sqs
from ministack.services import iam
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from peerwright_local.patch import wrap

# Properties whose value may come from a parameter, and so as text.
_TYPES = {
    "AWS::DynamoDB::Table": {("DeletionProtectionEnabled",): provisioners._cfn_bool},
    "AWS::Lambda::EventSourceMapping": {("ScalingConfig", "MaximumConcurrency"): int},
    "AWS::Logs::LogGroup": {("RetentionInDays",): int},
}
_SUFFIX = 13


def install_property_types() -> None:
    for resource_type, conversions in _TYPES.items():
        handler = provisioners._RESOURCE_HANDLERS[resource_type]
        for verb in ("create", "update"):
            handler[verb] = _typed(handler[verb], conversions)


def install_queue_addresses() -> None:
    handler = provisioners._RESOURCE_HANDLERS["AWS::SQS::QueuePolicy"]
    for verb in ("create", "update", "delete"):
        handler[verb] = _with_local_addresses(handler[verb])


def install_pseudo_parameters() -> None:
    # The other modules have imported the function of `engine` by its name.
    for module in (engine, changesets, handlers, stacks):
        wrap(module, _evaluate_conditions=_with_pseudo_parameters)


def install_role_boundaries() -> None:
    handler = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    handler["create"] = _bounded(handler["create"], 1)
    handler["update"] = _bounded(handler["update"], 2)


def install_generated_names() -> None:
    wrap(provisioners, _physical_name=_of_the_region)


def _typed(handle, conversions: dict):
    def typed(*arguments, **keywords):
        return handle(*(_converted(one, conversions) if isinstance(one, dict) else one for one in arguments), **keywords)

    return typed


def _bounded(handle, position: int):
    """`position` is that of the new properties among the arguments."""

    def bounded(*arguments, **keywords):
        name, attributes = handle(*arguments, **keywords)
        iam._roles[name]["PermissionsBoundary"] = arguments[position].get("PermissionsBoundary")
        return name, attributes

    return bounded


def _with_local_addresses(handle):
    def handled(*arguments, **keywords):
        return handle(*(_local(one) if isinstance(one, dict) else one for one in arguments), **keywords)

    return handled


def _local(properties: dict) -> dict:
    """The same with this computer's addresses of the queues that a template names by AWS's."""
    queues = [
        sqs._queue_url(url.rpartition("/")[2]) if url.startswith("https://sqs.") else url
        for url in properties.get("Queues", [])
    ]
    return {**properties, "Queues": queues}


def _converted(properties: dict, conversions: dict) -> dict:
    converted = copy.deepcopy(properties)
    for (*path, name), convert in conversions.items():
        place = converted
        for key in path:
            place = place.get(key, {})
        if name in place:
            place[name] = convert(place[name])
    return converted


def _with_pseudo_parameters(evaluate):
    def evaluate_conditions(template, parameters):
        known = {"AWS::AccountId": get_account_id(), "AWS::Partition": "aws", "AWS::Region": get_region()}
        return evaluate(template, {**parameters, **{name: {"Value": value} for name, value in known.items()}})

    return evaluate_conditions


def _of_the_region(physical_name):
    def name(stack_name, logical_id, **keywords):
        made = physical_name(stack_name, logical_id, **keywords)
        suffix = hashlib.sha256(f"{made} {get_region()}".encode()).hexdigest()[:_SUFFIX]
        return made[:-_SUFFIX] + (suffix if made.islower() else suffix.upper())

    return name
