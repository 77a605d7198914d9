"""The service control policies of `infra/guardrails`, as IAM evaluates them, and as `infra/guardrails.yaml` makes them."""

import json
from dataclasses import dataclass
from pathlib import Path

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from ministack.services.cloudformation import engine

INFRA = Path(__file__).resolve().parents[2]
NAMES = ["protect-tags", "protect-selecting-tags", "protect-roles", "protect-network"]
ACCOUNT = "111111111111"

# What an organization attaches everywhere, and what an administrator of an account has.
EVERYTHING = parse_policy_document({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def text(name: str) -> str:
    return (INFRA / "guardrails" / f"{name}.json").read_text()


def policy(name: str) -> dict:
    return json.loads(text(name))


@dataclass(frozen=True)
class Call:
    """A call of AWS by a role. `tags` are the keys that it sets or removes (none: `aws:TagKeys` is absent); `bears` those of what it changes."""

    who: str
    action: str
    what: str
    tags: tuple[str, ...] = ()
    bears: tuple[str, ...] = ()

    def allowed_under(self, *policies: dict) -> bool:
        """Whether an administrator of the account may, under these policies."""
        keys = {f"aws:resourcetag/{key}": "x" for key in self.bears}
        context = EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:{self.who}",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=self.action,
            resource_arn=self.what,
            region="eu-west-1",
            service_context={**keys, "aws:tagkeys": list(self.tags) or None},
        )
        controls = [EVERYTHING, *map(parse_policy_document, policies)]
        return evaluate(context, [EVERYTHING], controls).decision == "Allow"


def made_by_template(**parameters: str) -> dict[str, dict]:
    """The policies that `infra/guardrails.yaml` makes of these parameters, by name."""
    made = properties_of("guardrails.yaml", ["Name", "Content"], **parameters).values()
    return {one["Name"]: one["Content"] for _, one in made}


def properties_of(file: str, names: list[str], **parameters: str) -> dict[str, tuple[str, dict]]:
    """Of each resource that a template of `infra` makes of these parameters: its type, and these properties where it has them."""
    template = engine._parse_template((INFRA / file).read_text())
    given = [{"Key": key, "Value": value} for key, value in parameters.items()]
    resolved = engine._resolve_parameters(template, given)
    stack = ({}, resolved, engine._evaluate_conditions(template, resolved), {}, "stack", "arn:aws:cloudformation:::stack/stack")
    return {
        logical: (
            one["Type"],
            {name: engine._resolve_refs(one["Properties"][name], *stack) for name in names if name in one["Properties"]},
        )
        for logical, one in template["Resources"].items()
    }
