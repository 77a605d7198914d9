"""Resource policies of topics, and their decisions."""

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import sns


def exists(topic_arn: str) -> bool:
    return sns.topic_policy_for_arn(topic_arn) is not None


def allows(topic_arn: str, service: str, source_arn: str) -> bool:
    """Whether the policy of a topic lets a service publish to it on behalf of a resource of this account."""
    found = sns.topic_policy_for_arn(topic_arn)
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sns:Publish",
        resource_arn=topic_arn,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()},
    )
    return found is not None and evaluate_resource_policy(found[0], context, service=service).decision == "Allow"
