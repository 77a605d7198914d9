"""Pseudo parameters in the conditions of a template."""

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets, engine, handlers, stacks

from peerwright_local.aws.replace import replace


def install() -> None:
    # All but the first have imported the function, under its name.
    for module in (engine, changesets, handlers, stacks):
        replace(module, "_evaluate_conditions", _knowing_pseudo_parameters)


def _knowing_pseudo_parameters(evaluate):
    def evaluate_conditions(template, parameters):
        known = {"AWS::AccountId": get_account_id(), "AWS::Partition": "aws", "AWS::Region": get_region()}
        return evaluate(template, {**parameters, **{name: {"Value": value} for name, value in known.items()}})

    return evaluate_conditions
