"""The patches of MiniStack, which serves everything but EC2, STS and Service Quotas."""

from functools import lru_cache, partial

from ministack.services import dynamodb

from peerwright_local.aws import (
    alarms,
    bus_policies,
    bus_targets,
    cloudformation,
    event_sources,
    function_environment,
    function_logs,
    invocations,
    leading_keys,
    move_tasks,
    organization,
    permissions,
    resources,
    schedules,
    server,
    streams,
    table_policies,
    table_properties,
    targets,
)
from peerwright_local.patch import Patch, wrap

PATCHES = (
    Patch(
        fact="CloudFormation knows AWS::Events::EventBusPolicy: one statement of a bus's resource policy."
        " PutPermission is an older call for the same purpose.",
        lack="MiniStack refuses the whole stack: unrecognized resource type. It keeps what PutPermission sets in a form that is"
        " not a policy.",
        install=bus_policies.install,
    ),
    Patch(
        fact="CloudFormation turns a parameter's text into the type of the property that it is used for.",
        lack="MiniStack keeps the text; its event source mappings then fail on MaximumConcurrency.",
        install=cloudformation.install_property_types,
    ),
    Patch(
        fact="A template's conditions may use AWS::Region and the other pseudo parameters.",
        lack="MiniStack takes them as plain text there, so that a comparison with them is false.",
        install=cloudformation.install_pseudo_parameters,
    ),
    Patch(
        fact="AWS::IAM::Role has the property PermissionsBoundary.",
        lack="MiniStack ignores it, so that the role may do more than it should.",
        install=cloudformation.install_role_boundaries,
    ),
    Patch(
        fact="CloudFormation generates unique names, also for global resources in stacks of several Regions.",
        lack="MiniStack generates the same names in stacks of the same name, so that their roles overwrite one another.",
        install=cloudformation.install_generated_names,
    ),
    Patch(
        fact="A rule may forward to a bus in another account or Region. The event keeps its id, time, source, account and"
        " Region. The bus's policy must allow the sender: by account, or by aws:PrincipalOrgID, for which the target needs"
        " a RoleArn. That role must trust events.amazonaws.com and allow events:PutEvents on the bus; its trust policy may"
        " require the rule as aws:SourceArn, and aws:SourceAccount.",
        lack="MiniStack drops such events with a warning.",
        install=bus_targets.install,
    ),
    Patch(
        fact="The policy of a queue or topic must let events.amazonaws.com send for the rule's ARN; a topic's own first policy"
        " does not allow it. A schedule sends as its role, which must trust scheduler.amazonaws.com. The trust policy may require"
        " aws:SourceAccount, and the schedule's group as aws:SourceArn. An event for a target that does"
        " not exist or does not permit it is not sent again: it goes to the target's dead-letter queue, if it has"
        " one, with ERROR_CODE, RULE_ARN and TARGET_ARN as message attributes. So does one whose input transformer makes no valid"
        " JSON, since it does not escape the values that it takes out of the event. A function is invoked asynchronously,"
        " with two retries.",
        lack="MiniStack checks neither policies nor roles nor what a transformer makes, has no dead-letter queues for targets, and"
        " invokes a function once.",
        install=targets.install,
    ),
    Patch(
        fact="The policy of a queue of another stack is attached by the queue's address, which has the form that AWS documents.",
        lack="MiniStack compares it with an address of this computer, and attaches nothing.",
        install=cloudformation.install_queue_addresses,
    ),
    Patch(
        fact="An alarm may be about metric math.",
        lack="MiniStack refuses the whole stack.",
        install=alarms.install_metric_math,
    ),
    Patch(
        fact="The policy of a topic must let cloudwatch.amazonaws.com publish for an alarm; it may ask for aws:SourceAccount and"
        " aws:SourceArn.",
        lack="MiniStack's alarms publish to any topic.",
        install=alarms.install_permissions,
    ),
    Patch(
        fact="A message move task takes dead letters back to the queue that they came from, or to one that is named. It refuses a"
        " queue that is no queue's dead-letter queue, and ends at a message that was sent there and not moved, unless a queue is named.",
        lack="MiniStack has no such tasks.",
        install=move_tasks.install,
    ),
    Patch(
        fact="The resource of a call about message move tasks is their source.",
        lack="MiniStack asks for a permission on every queue.",
        install=permissions.install_sources,
    ),
    Patch(
        fact="The ARN of a role has its path. The resource of DescribeEventBus is the bus, of calls about a rule the rule, in whose ARN the"
        " default bus is not named; of a call about a table's policy the table; of DescribeAlarms the alarm that it names. What reads a"
        " function's concurrency needs another permission than what changes it.",
        lack="MiniStack leaves out the path, takes a bus for a rule and a table's policy for no resource, asks for"
        " lambda:PutFunctionConcurrency, and for nothing in CloudWatch's newer protocol.",
        install=resources.install,
    ),
    Patch(
        fact="A function's process has the variables that Lambda documents, those of its configuration, and no others.",
        lack="MiniStack passes its own environment on to the function, without AWS_LAMBDA_LOG_LEVEL and AWS_LAMBDA_LOG_FORMAT.",
        install=function_environment.install,
    ),
    Patch(
        fact="Lambda polls a queue without a pause: a message is delivered as soon as its DelaySeconds or its visibility timeout"
        " are over.",
        lack="MiniStack's poller sleeps for a second unless a message is sent.",
        install=invocations.install_polling,
    ),
    Patch(
        fact="Lambda reads each stream independently, waits for the batching window, retries a failed batch MaximumRetryAttempts"
        " times from the earliest record that the function reports, and then notifies the OnFailure destination. A mapping"
        " is refused if the function's role may not read the stream.",
        lack="MiniStack's only poller waits for each function, ignores the window and the report, retries for ever, and checks no"
        " role.",
        install=streams.install,
    ),
    Patch(
        fact="Schedules follow the clock, which can be moved on the local AWS. CloudWatch counts what they send, a minute late.",
        lack="MiniStack's schedules follow the computer's clock, are checked every ten seconds, and are not counted.",
        install=schedules.install,
    ),
    Patch(
        fact="SendMessageBatch, DeleteMessageBatch and ChangeMessageVisibilityBatch need the permission of the single call;"
        " IAM has no actions of their own.",
        lack="MiniStack requires sqs:SendMessageBatch and so on.",
        install=permissions.install_batch_actions,
    ),
    Patch(
        fact="aws:PrincipalArn of a role's session is the ARN of the role, with its path. aws:PrincipalOrgID is the organization"
        " of the principal's account. The operators for ARNs compare each of the six parts by itself. A policy is parsed when it"
        " is stored.",
        lack="MiniStack gives the ARN of the session and an organization of its own, lets a wildcard match several parts, and"
        " parses the policies of a role again for every call.",
        install=permissions.install_principals,
    ),
    Patch(
        fact="dynamodb:LeadingKeys has the partition keys that a request names, of an index if it queries one. Each part of a"
        " transaction is decided by itself, with its own. Scan names none.",
        lack="MiniStack does not know the key. Still without it: PartiQL's statements.",
        install=leading_keys.install,
    ),
    Patch(
        fact="A table may have a resource policy, by PutResourcePolicy or as the property ResourcePolicy of AWS::DynamoDB::Table."
        " A deny in it wins over what a role's policies allow. It binds the account's root user as well.",
        lack="MiniStack keeps the policy, does not ask it, and ignores the property. Still exempt: the 12-digit key of an"
        " account, with which tests look at tables.",
        install=table_policies.install,
    ),
    Patch(
        fact="AWS::DynamoDB::Table has the properties PointInTimeRecoverySpecification, TimeToLiveSpecification and SSESpecification.",
        lack="MiniStack ignores them.",
        install=table_properties.install,
    ),
    Patch(
        fact="events:source, events:detail-type and events:eventBusInvocation are condition keys of PutEvents; the last is true for"
        " what a rule forwards from another bus.",
        lack="MiniStack has no values for them.",
        install=event_sources.install,
    ),
    Patch(
        fact="DynamoDB parses the expressions of a request once.",
        lack="MiniStack checks their grammar again for every item, which was a seventh of its work.",
        install=partial(wrap, dynamodb, _condition_syntax_error=lru_cache(maxsize=1024)),
    ),
    Patch(
        fact="CloudTrail has a record of each call that IAM denied.",
        lack="MiniStack reports the denial to the caller only.",
        install=permissions.install_denials,
    ),
    Patch(
        fact="What a function wrote before it answered is in the log of that run.",
        lack="MiniStack reads on for 5 ms, and on a busy computer the rest is in the log of the next run, if one comes.",
        install=function_logs.install,
    ),
    Patch(
        fact="CloudWatch counts invocations by function, a minute late.",
        lack="MiniStack has no such metric, and a test has to know at once whether a function is running.",
        install=invocations.install_counts,
    ),
    Patch(
        fact="The hub's organization has the member accounts, which joined it long ago and can be moved to its units.",
        lack="MiniStack's organization has only its management account and accounts that it created, with ids of its own.",
        install=organization.install,
    ),
    Patch(
        fact="AWS runs no scripts of this computer.",
        lack="MiniStack runs those that it finds in /docker-entrypoint-initaws.d and /etc/localstack/init.",
        install=server.install_without_host_scripts,
    ),
)
