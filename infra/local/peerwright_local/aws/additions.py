"""What MiniStack 1.5.33 lacks, each with the fact about AWS that it stands for.

An addition replaces functions of MiniStack's modules; replace.py refuses a name that is not there, so that another
version of MiniStack fails while it starts, not somewhere in the middle of a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ministack.services import dynamodb

from peerwright_local.aws import (
    batch_actions,
    bus_policies,
    bus_targets,
    function_environment,
    generated_names,
    host_scripts,
    invocations,
    organization_members,
    poller,
    policy_denials,
    property_types,
    pseudo_parameters,
    schedules,
    streams,
    targets,
)
from peerwright_local.aws.replace import replace


@dataclass(frozen=True)
class Addition:
    """One behaviour of AWS that MiniStack lacks, and what adds it."""

    fact: str
    lack: str
    install: Callable[[], None]


ADDITIONS = (
    Addition(
        fact="CloudFormation knows AWS::Events::EventBusPolicy: one statement of a bus's resource policy."
        " PutPermission is an older way to say the same.",
        lack="MiniStack refuses the whole stack: unrecognized resource type. What PutPermission says is kept in a form that no"
        " policy has.",
        install=bus_policies.install,
    ),
    Addition(
        fact="CloudFormation turns a parameter's text into the type of the property that it is used for.",
        lack="MiniStack keeps the text; its event source mappings then fail on MaximumConcurrency.",
        install=property_types.install,
    ),
    Addition(
        fact="A condition may ask for AWS::Region and the other pseudo parameters.",
        lack="MiniStack takes them for ordinary text there, so that a comparison with them is false.",
        install=pseudo_parameters.install,
    ),
    Addition(
        fact="CloudFormation makes names that are unique, also those of global resources in stacks of several Regions.",
        lack="MiniStack makes the same names for stacks of the same name: their roles overwrite one another.",
        install=generated_names.install,
    ),
    Addition(
        fact="A rule may forward to a bus in another account or Region. The event keeps its id, time, source, account and"
        " Region. The bus's policy must allow the sender: by account, or by aws:PrincipalOrgID, for which the target needs"
        " a RoleArn. That role must trust events.amazonaws.com and allow events:PutEvents on the bus; its trust policy may"
        " ask for the rule as aws:SourceArn, and for aws:SourceAccount.",
        lack="MiniStack drops such events with a warning.",
        install=bus_targets.install,
    ),
    Addition(
        fact="The policy of a queue or topic must let events.amazonaws.com send for the rule's ARN; a topic's own first policy"
        " does not. A schedule sends as its role, which must trust scheduler.amazonaws.com; the trust policy may ask for"
        " aws:SourceAccount, and for the schedule's group as aws:SourceArn. A target that refuses for want of"
        " permission or does not exist is not tried again: the event goes to the target's dead-letter queue, if it has"
        " one, with ERROR_CODE, RULE_ARN and TARGET_ARN as message attributes. A function is invoked asynchronously,"
        " with two retries.",
        lack="MiniStack asks no policy and no role, has no dead-letter queue for targets, and invokes a function once.",
        install=targets.install,
    ),
    Addition(
        fact="A function's process has the variables that Lambda documents, those of its configuration, and no others.",
        lack="MiniStack hands the function its own environment, and no AWS_LAMBDA_LOG_LEVEL and AWS_LAMBDA_LOG_FORMAT.",
        install=function_environment.install,
    ),
    Addition(
        fact="Lambda polls a queue all the time: a message that becomes visible, by DelaySeconds or because its visibility"
        " timeout ran out, is delivered at once.",
        lack="MiniStack's poller sleeps for a second unless a message is sent.",
        install=poller.install,
    ),
    Addition(
        fact="Lambda reads each stream by itself, waits for the batching window, tries a failed batch again from the earliest"
        " record that the function reports, MaximumRetryAttempts times, and then tells the OnFailure destination. A mapping"
        " is refused if the function's role may not read the stream.",
        lack="MiniStack calls the function while it polls for all others, knows no window and no report, tries for ever, and asks"
        " no role.",
        install=streams.install,
    ),
    Addition(
        fact="Schedules go by the clock, which can be moved on the local AWS. CloudWatch counts what they send, a minute late.",
        lack="MiniStack's schedules go by the computer's clock, are looked at every ten seconds, and are not counted.",
        install=schedules.install,
    ),
    Addition(
        fact="SendMessageBatch, DeleteMessageBatch and ChangeMessageVisibilityBatch need the permission of the single call;"
        " IAM has no actions of their own.",
        lack="MiniStack asks for sqs:SendMessageBatch and so on.",
        install=batch_actions.install,
    ),
    Addition(
        fact="CloudTrail has a record of each call that IAM denied.",
        lack="MiniStack tells nobody but the caller.",
        install=policy_denials.install,
    ),
    Addition(
        fact="CloudWatch counts invocations by function, a minute late.",
        lack="A test wants to know now whether any function is at work.",
        install=invocations.install,
    ),
    Addition(
        fact="DynamoDB parses the expressions of a request once.",
        lack="MiniStack checks their grammar again for every item, which was a seventh of its work.",
        install=lambda: replace(dynamodb, "_condition_syntax_error", lru_cache(maxsize=1024)),
    ),
    Addition(
        fact="The organization of the hub has the member accounts: they joined it long ago, and can be moved to its units.",
        lack="MiniStack's organization has its management account and accounts that it made itself, with numbers of its own.",
        install=organization_members.install,
    ),
    Addition(
        fact="AWS runs no script of this computer.",
        lack="MiniStack runs what it finds in /docker-entrypoint-initaws.d and /etc/localstack/init.",
        install=host_scripts.install,
    ),
)


def install() -> None:
    """Adds everything. Call it once, before MiniStack serves."""
    for addition in ADDITIONS:
        addition.install()
