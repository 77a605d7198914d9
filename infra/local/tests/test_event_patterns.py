"""The patterns of the rules that forward events and sort them, tried on the fixtures of events."""

import json

import pytest
from aws_world import INFRA
from ministack.services import eventbridge
from samtranslator.yaml_helper import yaml_parse

FIXTURES = INFRA.parent / "tests/fixtures/events"

# For every fixture the rule of infra/member.yaml that forwards it, and the queue that a rule of infra/hub.yaml then puts it into.
LEADS = {
    "accept": ("ForwardRule", "ConfigureQueue"),
    "accept-dry-run": (None, None),
    "accept-not-found": (None, None),
    "associate-cidr-block": ("ForwardRule", "ConfigureQueue"),
    "associate-ipv6-block": ("ForwardRule", "ConfigureQueue"),
    "associate-route-table": ("ForwardRule", "SweepQueue"),
    "create": ("ForwardRule", "AcceptQueue"),
    "create-refused": (None, None),
    "create-route": (None, None),
    "create-route-table": ("ForwardRule", "ConfigureQueue"),
    "create-same-account": ("ForwardRule", "AcceptQueue"),
    "create-security-group": ("ForwardRule", "ConfigureQueue"),
    "create-security-group-in-default-vpc": ("ForwardRule", "ConfigureQueue"),
    "create-subnet": ("ForwardRule", "ConfigureQueue"),
    "create-tags": ("ForwardTagsRule", "SweepQueue"),
    "create-tags-on-an-instance": (None, None),
    "create-without-regions": ("ForwardRule", "AcceptQueue"),
    "delete": ("ForwardRule", "CleanupQueue"),
    "delete-tags": ("ForwardTagsRule", "SweepQueue"),
    "disassociate-cidr-block": ("ForwardRule", "ConfigureQueue"),
    "disassociate-not-found": (None, None),
    "disassociate-route-table": ("ForwardRule", "SweepQueue"),
    "instance-state-change": (None, None),
    "modify-options": (None, None),
    "reject": ("ForwardRule", "CleanupQueue"),
    "replace-route-table-association": ("ForwardRule", "SweepQueue"),
    "tag-change": ("ForwardVpcTagsRule", "RequestQueue"),
    "tag-change-of-a-subnet": (None, None),
    "tag-change-of-another-key": ("ForwardVpcTagsRule", "ConfigureQueue"),
    "tag-change-of-the-answer": (None, None),
    "tag-change-takes-the-ask-away": ("ForwardVpcTagsRule", "RequestQueue"),
}


def rules(template: str) -> dict[str, dict]:
    resources = yaml_parse((INFRA / template).read_text())["Resources"]
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == "AWS::Events::Rule"}


MEMBER, HUB = rules("member.yaml"), rules("hub.yaml")


def event(name: str) -> dict:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def matching(rules: dict[str, dict], event: dict) -> list[str]:
    """The rules that the event matches, as EventBridge's TestEventPattern says."""
    return [name for name, rule in rules.items() if matches(rule["EventPattern"], event)]


def matches(pattern: dict, event: dict) -> bool:
    status, _, body = eventbridge._test_event_pattern({"EventPattern": json.dumps(pattern), "Event": json.dumps(event)})
    assert status == 200, body
    return json.loads(body)["Result"]




def queues(rules: dict[str, dict], names: list[str]) -> list[str]:
    return [target["Arn"]["Fn::GetAtt"][0] for name in names for target in rules[name]["Targets"]]


def only(found: list[str]) -> str | None:
    """Nothing, or the one thing there is: an event must not be delivered twice."""
    assert len(found) <= 1, found
    return found[0] if found else None


def calls(rules: dict[str, dict]) -> list[str]:
    """Every call that a rule waits for."""
    return sorted(call for rule in rules.values() for call in rule["EventPattern"]["detail"].get("eventName", []))


def test_what_is_forwarded_is_taken_by_one_rule_of_the_hub_and_nothing_else_is_waited_for():
    assert calls(MEMBER) == calls(HUB)


def test_the_table_names_every_fixture():
    assert LEADS.keys() == {path.stem for path in FIXTURES.glob("*.json")}


@pytest.mark.parametrize("name", LEADS)
def test_an_event_is_forwarded_once_and_put_into_the_queue_of_one_function_or_not_forwarded_at_all(name):
    forwarded = only(matching(MEMBER, event(name)))
    queue = only(queues(HUB, matching(HUB, event(name)))) if forwarded else None

    assert (forwarded, queue) == LEADS[name]


@pytest.mark.parametrize("name", [name for name, (rule, _) in LEADS.items() if rule in ("ForwardRule", "ForwardTagsRule")])
@pytest.mark.parametrize("code", ["Client.DryRunOperation", "Client.UnauthorizedOperation", "Server.InternalError"])
def test_what_is_forwarded_would_not_be_had_the_call_failed(name, code):
    failed = event(name)
    failed["detail"]["errorCode"] = code

    assert matching(MEMBER, failed) == matching(HUB, failed) == []


@pytest.mark.parametrize("rules", [MEMBER, HUB], ids=["member", "hub"])
def test_every_rule_that_waits_for_events_and_every_call_it_names_is_tried_by_a_fixture(rules):
    events = [event(name) for name in LEADS]
    untried = [
        (name, call)
        for name, rule in rules.items()
        for call in rule["EventPattern"]["detail"].get("eventName", [None])
        if not any(matches(rule["EventPattern"], event) and call in (None, event["detail"].get("eventName")) for event in events)
    ]

    assert untried == []


@pytest.mark.parametrize("key", ["peerwright:status", "peerwright:rule"])
def test_our_own_answer_on_a_vpc_is_forwarded_only_together_with_what_somebody_else_changed(key):
    answer = event("tag-change-of-the-answer")
    answer["detail"]["changed-tag-keys"] = [key]
    assert matching(MEMBER, answer) == []

    answer["detail"]["changed-tag-keys"] = [key, "env"]
    assert matching(MEMBER, answer) == ["ForwardVpcTagsRule"]
