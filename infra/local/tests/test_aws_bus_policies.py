"""AWS::Events::EventBusPolicy, which MiniStack does not know."""

import json

import pytest
from aws_world import A, B

from peerwright_local import Failure, stacks


def template(bus: str, **principals) -> str:
    """A bus with one policy statement for each of these principals."""
    resources = {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}}}
    for name, principal in principals.items():
        resources[name] = {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "StatementId": name,
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": principal},
                    "Action": "events:PutEvents",
                    "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
                },
            },
        }
    return json.dumps({"Resources": resources})


def principals(local_aws, bus: str) -> dict:
    policy = local_aws.client("events").describe_event_bus(Name=bus).get("Policy", '{"Statement": []}')
    return {statement["Sid"]: statement["Principal"]["AWS"] for statement in json.loads(policy)["Statement"]}


@pytest.fixture
def bus(local_aws):
    name = local_aws.unique("bus")
    yield name
    local_aws.client("cloudformation").delete_stack(StackName=name)


def test_a_stack_puts_each_statement_into_the_policy_of_its_bus(local_aws, bus):
    stacks.put(local_aws.client("cloudformation"), bus, template(bus, First=A, Second=B), {})

    assert principals(local_aws, bus) == {"First": A, "Second": B}


def test_an_update_changes_a_statement_and_removes_another(local_aws, bus):
    cloudformation = local_aws.client("cloudformation")
    stacks.put(cloudformation, bus, template(bus, First=A, Second=B), {})

    stacks.put(cloudformation, bus, template(bus, First=B), {})

    assert principals(local_aws, bus) == {"First": B}


def test_a_policy_of_a_bus_that_is_not_there_fails_the_stack_with_the_reason(local_aws, bus):
    orphan = json.loads(template(bus, First=A))
    del orphan["Resources"]["Bus"]
    orphan["Resources"]["First"]["Properties"]["EventBusName"] = "nowhere"
    orphan["Resources"]["First"]["Properties"]["Statement"]["Resource"] = "*"

    with pytest.raises(Failure, match=r"First \(AWS::Events::EventBusPolicy\): Event bus nowhere does not exist"):
        stacks.put(local_aws.client("cloudformation"), bus, json.dumps(orphan), {})


def test_a_stack_that_failed_is_created_anew(local_aws, bus):
    cloudformation, taken = local_aws.client("cloudformation"), local_aws.unique("bus")
    local_aws.client("events").create_event_bus(Name=taken)
    with pytest.raises(Failure):
        stacks.put(cloudformation, bus, template(bus, First=A).replace(f'"Name": "{bus}"', f'"Name": "{taken}"'), {})

    stacks.put(cloudformation, bus, template(bus, First=A), {})

    assert principals(local_aws, bus) == {"First": A}
