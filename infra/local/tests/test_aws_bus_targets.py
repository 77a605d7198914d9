"""Rules that forward to a bus in another account or Region: what arrives there, and who may do so."""

import json

import pytest
from aws_world import CENTRAL, HUB, STRANGER, WEST, A

PATTERN = json.dumps({"source": ["aws.ec2"]})


class Forwarding:
    """A bus of the hub with a rule to a queue, and a rule of another account's default bus that forwards to it."""

    def __init__(self, local_aws, account: str = A, region: str = CENTRAL):
        self.local_aws = local_aws
        self.account, self.region = account, region
        self.bus = local_aws.unique("bus")
        self.bus_arn = local_aws.client("events").create_event_bus(Name=self.bus)["EventBusArn"]
        self.queue = rule_to_queue(local_aws, self.bus)
        self.dead_letters = local_aws.queue(account, region, policy={"Principal": {"Service": "events.amazonaws.com"}})
        self.rule = local_aws.unique("forward")

    def role(
        self,
        service: str = "events.amazonaws.com",
        action: str = "events:PutEvents",
        condition: dict | None = None,
    ) -> str:
        allowed = {"Effect": "Allow", "Action": action, "Resource": self.bus_arn}
        return self.local_aws.role(self.account, self.local_aws.unique("forward"), service, [allowed], condition)

    def allow(self, **statement) -> None:
        self.local_aws.client("events").put_permission(
            EventBusName=self.bus, StatementId="members", Action="events:PutEvents", **statement
        )

    def forward(self, role_arn: str | None, bus_arn: str | None = None) -> dict:
        """Creates the rule by a stack, which also accepts a target without a role, and delivers an event."""
        target = {
            "Id": "hub",
            "Arn": bus_arn or self.bus_arn,
            "DeadLetterConfig": {"Arn": self.dead_letters.arn},
            **({"RoleArn": role_arn} if role_arn else {}),
        }
        properties = {"Name": self.rule, "EventPattern": json.loads(PATTERN), "Targets": [target]}
        self.cloudformation = self.local_aws.client("cloudformation", self.account, self.region)
        self.cloudformation.create_stack(
            StackName=self.rule,
            TemplateBody=json.dumps({"Resources": {"Rule": {"Type": "AWS::Events::Rule", "Properties": properties}}}),
        )
        self.cloudformation.get_waiter("stack_create_complete").wait(StackName=self.rule, WaiterConfig={"Delay": 0.05})
        return self.local_aws.deliver(account=self.account, region=self.region)

    def arrived(self) -> list[dict]:
        return [json.loads(message["Body"]) for message in self.queue.messages()]

    def refused_for(self) -> list[str]:
        return [message["MessageAttributes"]["ERROR_CODE"]["StringValue"] for message in self.dead_letters.messages()]


def rule_to_queue(local_aws, bus: str):
    events, rule = local_aws.client("events"), local_aws.unique("rule")
    arn = events.put_rule(Name=rule, EventBusName=bus, EventPattern=PATTERN)["RuleArn"]
    source = {"ArnEquals": {"aws:SourceArn": arn}}
    queue = local_aws.queue(policy={"Principal": {"Service": "events.amazonaws.com"}, "Condition": source})
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue.arn}])
    return queue


@pytest.fixture
def forwarding(local_aws):
    made = []

    def make(**place):
        made.append(Forwarding(local_aws, **place))
        return made[-1]

    yield make
    # Otherwise the rule would forward the events of all later tests.
    for one in made:
        one.cloudformation.delete_stack(StackName=one.rule)


def test_an_event_crosses_accounts_and_regions_unchanged(forwarding):
    across = forwarding()
    across.allow(Principal=A)

    sent = across.forward(across.role())

    assert across.arrived() == [sent]


def test_an_event_within_one_account_goes_to_another_region_by_the_role_alone(forwarding):
    across = forwarding(account=HUB)

    sent = across.forward(across.role())

    assert across.arrived() == [sent]


def test_a_bus_without_a_policy_refuses_another_account(forwarding):
    across = forwarding()

    across.forward(across.role())

    assert across.arrived() == []
    assert across.refused_for() == ["NO_PERMISSIONS"]


def test_a_bus_refuses_an_account_that_its_policy_does_not_name(forwarding):
    across = forwarding(account=STRANGER)
    across.allow(Principal=A)

    across.forward(across.role())

    assert (across.arrived(), across.refused_for()) == ([], ["NO_PERMISSIONS"])


def of_organization(organization: str) -> dict:
    return {
        "Principal": "*",
        "Condition": {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization},
    }


def test_a_bus_accepts_the_events_of_its_organization(forwarding):
    across = forwarding()
    across.allow(**of_organization("o-local00001"))

    sent = across.forward(across.role())

    assert across.arrived() == [sent]


def test_a_bus_of_an_organization_refuses_a_stranger(forwarding):
    across = forwarding(account=STRANGER)
    across.allow(**of_organization("o-local00001"))

    across.forward(across.role())

    assert (across.arrived(), across.refused_for()) == ([], ["NO_PERMISSIONS"])


def test_a_bus_refuses_another_organization(forwarding):
    across = forwarding()
    across.allow(**of_organization("o-another001"))

    across.forward(across.role())

    assert (across.arrived(), across.refused_for()) == ([], ["NO_PERMISSIONS"])


def test_a_target_without_a_role_has_no_organization(forwarding):
    across = forwarding()
    across.allow(**of_organization("o-local00001"))

    across.forward(role_arn=None)

    assert (across.arrived(), across.refused_for()) == ([], ["NO_PERMISSIONS"])


@pytest.mark.parametrize(
    "role",
    [
        pytest.param({"service": "lambda.amazonaws.com"}, id="that EventBridge may not assume"),
        pytest.param({"action": "events:PutRule"}, id="that may not put events"),
    ],
)
def test_a_bus_gets_nothing_by_a_role(forwarding, role):
    across = forwarding()
    across.allow(Principal=A)

    across.forward(across.role(**role))

    assert (across.arrived(), across.refused_for()) == ([], ["NO_PERMISSIONS"])


@pytest.mark.parametrize("account", [A, STRANGER])
@pytest.mark.parametrize("rule", ["its own", "another"])
def test_a_roles_trust_may_ask_for_the_rule_and_its_account(forwarding, account, rule):
    across = forwarding()
    across.allow(Principal=A)
    name = across.rule if rule == "its own" else "another"
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnEquals": {"aws:SourceArn": f"arn:aws:events:{CENTRAL}:{A}:rule/{name}"},
    }

    sent = across.forward(across.role(condition=condition))

    assert across.arrived() == ([sent] if (account, rule) == (A, "its own") else [])


def test_a_bus_gets_nothing_by_a_role_that_is_not_there(forwarding):
    across = forwarding()
    across.allow(Principal=A)

    across.forward(f"arn:aws:iam::{A}:role/nobody")

    assert (across.arrived(), across.refused_for()) == ([], ["NO_PERMISSIONS"])


def test_an_event_for_a_bus_that_does_not_exist_goes_to_the_dead_letter_queue(forwarding):
    across = forwarding()
    nowhere = f"arn:aws:events:{WEST}:{HUB}:event-bus/nowhere"
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": nowhere}
    role = across.local_aws.role(A, across.local_aws.unique("forward"), "events.amazonaws.com", [allowed])

    sent = across.forward(role, nowhere)

    (message,) = across.dead_letters.messages()
    said = {name: attribute["StringValue"] for name, attribute in message["MessageAttributes"].items()}
    assert json.loads(message["Body"]) == sent
    assert said["ERROR_CODE"] == "RESOURCE_NOT_FOUND"
    assert said["TARGET_ARN"] == nowhere
    assert said["RULE_ARN"] == f"arn:aws:events:{CENTRAL}:{A}:rule/{across.rule}"


def test_nobody_puts_an_event_in_the_name_of_aws(local_aws):
    entry = {"Source": "aws.ec2", "DetailType": "AWS API Call via CloudTrail", "Detail": "{}"}

    result = local_aws.client("events", A).put_events(Entries=[entry])

    assert [one["ErrorCode"] for one in result["Entries"]] == ["NotAuthorizedForSourceException"]


def test_a_queue_gets_nothing_of_a_rule_that_its_policy_does_not_name(local_aws):
    events, bus = local_aws.client("events"), local_aws.unique("bus")
    events.create_event_bus(Name=bus)
    queue = rule_to_queue(local_aws, bus)
    other = events.put_rule(Name="other", EventBusName=bus, EventPattern='{"source": ["test"]}')["RuleArn"]
    events.put_targets(Rule="other", EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue.arn}])

    events.put_events(Entries=[{"Source": "test", "DetailType": "x", "Detail": "{}", "EventBusName": bus}])
    assert queue.messages() == []

    queue.allow({"Principal": {"Service": "events.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": other}}})
    events.put_events(Entries=[{"Source": "test", "DetailType": "x", "Detail": "{}", "EventBusName": bus}])
    assert len(queue.messages()) == 1
