"""The demo's report: an expectation that is not met fails it, and shows what was seen."""

import io
import json

import pytest

from peerwright_client.aws import Place
from peerwright_client.describe import ASK_TAG, OWNER_TAG, STATUS_TAG, Rule, differences
from peerwright_client.vpcs import Vpc
from peerwright_demo import story
from peerwright_demo.elsewhere import apart_from
from peerwright_demo.report import Report, final_rows


@pytest.fixture
def report():
    return Report(io.StringIO())


def said(report):
    return [json.loads(line) for line in report._out.getvalue().splitlines()]


def test_an_expectation_that_is_met_does_not_fail(report):
    report.check("a", True, 1)
    report.same("b", [1, 2], {2, 1})
    report.includes("c", [1], [1, 2])
    assert report.failed == 0
    assert [(one["check"], one["ok"]) for one in said(report)] == [("a", True), ("b", True), ("c", True)]


@pytest.mark.parametrize(
    ("compare", "wanted", "found", "saw"),
    [
        ("same", {("rtb-1", "10.0.0.0/16")}, set(), "0 of 1; missing: rtb-1 10.0.0.0/16"),
        ("same", set(), {"extra"}, "0 of 0; not wanted: extra"),
        ("same", {"a", "b"}, {"b", "c"}, "1 of 2; missing: a; not wanted: c"),
        ("includes", {"a", "b"}, {"b", "c"}, "1 of 2; missing: a"),
    ],
)
def test_what_is_missing_or_too_much_is_named_and_fails(report, compare, wanted, found, saw):
    getattr(report, compare)("words", wanted, found)
    assert report.failed == 1
    assert said(report) == [{"check": "words", "ok": False, "saw": saw}]


def test_every_line_is_one_json_object(report):
    report.prepare("VPCs")
    report.act(1, "first")
    report.progress("…")
    report.tell("asks", "one", "two")
    report.figure("seconds", 1.23456)
    report.result([{"name": "a → b"}], {"vpcs": [], "connections": []}, "vpc-1")
    assert [next(iter(one)) for one in said(report)] == ["prepare", "act", "progress", "tell", "figure", "result"]
    assert said(report)[3]["texts"] == ["one", "two"]
    assert said(report)[4]["seconds"] == 1.235


def shown(routes=(), rules=(), tags=(), vpc_tags=()):
    """What Describe calls show in one place."""
    return {
        "1 eu-west-1 RouteTables": [
            {
                "RouteTableId": "rtb-1",
                "Routes": [{"DestinationCidrBlock": block, "VpcPeeringConnectionId": over} for block, over in routes],
            }
        ],
        "1 eu-west-1 SecurityGroupRules": [
            {"SecurityGroupRuleId": rule, "Tags": [{"Key": OWNER_TAG, "Value": owner}] if owner else []}
            for rule, owner in rules
        ],
        "1 eu-west-1 SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": list(rules), "IpPermissionsEgress": []}],
        "1 eu-west-1 Tags": [{"ResourceId": resource, "Key": key, "Value": "x"} for resource, key in tags],
        "1 eu-west-1 Vpcs": [{"VpcId": "vpc-1", "Tags": [{"Key": key, "Value": "x"} for key in vpc_tags]}],
        "1 eu-west-1 VpcPeeringConnections": [],
    }


def rest(**what):
    return apart_from(shown(**what), {"pcx-1"}, {"vpc-1"})


def test_another_order_is_no_difference():
    one, other = shown(routes=[("a", "x"), ("b", "x")]), shown(routes=[("b", "x"), ("a", "x")])
    assert differences(one, other) == []


def test_what_belongs_to_an_ended_connection_may_go():
    ours = {
        "routes": [("10.0.0.0/16", "pcx-1")],
        "rules": [("sgr-1", "pcx-1")],
        "tags": [("pcx-1", STATUS_TAG), ("vpc-1", STATUS_TAG), ("vpc-1", ASK_TAG)],
        "vpc_tags": [STATUS_TAG, ASK_TAG],
    }
    assert differences(rest(**ours), rest()) == []


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"routes": [("10.0.0.0/16", "pcx-2")]}, "RouteTables"),
        ({"rules": [("sgr-1", "pcx-2")]}, "SecurityGroupRules"),
        ({"rules": [("sgr-1", None)]}, "SecurityGroupRules"),
        ({"tags": [("pcx-2", STATUS_TAG)]}, "Tags"),
        ({"tags": [("vpc-1", "Name")]}, "Tags"),
        ({"vpc_tags": ["Name"]}, "Vpcs"),
    ],
)
def test_nothing_else_may_go(what, kind):
    assert differences(rest(**what), rest()) == [f"1 eu-west-1 {kind}"]


def test_the_table_shows_how_it_stands_at_the_end():
    row = {
        "id": "pcx-1",
        "state": "active",
        "status": "converged",
        "routes": [4, 4],
        "rules": [2, 2],
        "dns": "both",
        "held": [],
        "ended": [],
        "seconds": 1,
    }
    now = {"id": "pcx-1", "state": "deleted", "status": "ended", "routes": 0, "rules": 1, "held": [], "ended": ["Deleted"]}
    assert final_rows([row], {"connections": [now]}) == [
        {**row, "state": "deleted", "status": "ended", "routes": [0, 0], "rules": [1, 0], "dns": "off", "ended": ["Deleted"]}
    ]
    same = {**now, "state": "active", "status": "converged", "routes": 3, "rules": 2, "ended": []}
    assert final_rows([row], {"connections": [same]}) == [{**row, "routes": [3, 4]}]


def rule(direction="ingress", protocol="tcp", ports=(443, 443), peer="10.0.0.0/16"):
    return Rule("sg-1", direction, protocol, *ports, peer)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([rule(peer="2400::/56"), rule(peer="10.12.0.0/16"), rule(peer="10.2.0.0/16")], ["group db lets in tcp 443 from 10.2.0.0/16, 10.12.0.0/16, 2400::/56"]),
        ([rule(peer="2/sg-2")], ["group db lets in tcp 443 from group app"]),
        ([rule("egress", ports=(9092, 9094))], ["group db lets out tcp 9092-9094 to 10.0.0.0/16"]),
        ([rule(protocol="icmp", ports=(-1, -1))], ["group db lets in icmp from 10.0.0.0/16"]),
        (
            [rule(ports=(80, 80)), rule(ports=(443, 443))],
            ["group db lets in tcp 443 from 10.0.0.0/16", "group db lets in tcp 80 from 10.0.0.0/16"],
        ),
    ],
)
def test_rules_that_differ_only_in_their_peer_are_told_in_one_line(monkeypatch, rules, told):
    db = Vpc("data", Place("1", "eu-west-1"), "vpc-1", "rtb-1", groups={"db": "sg-1"})
    app = Vpc("app", Place("2", "eu-west-1"), "vpc-2", "rtb-2", groups={"app": "sg-2"})
    monkeypatch.setattr(story.describe, "rules_in", lambda *_: set(rules))
    assert story.rules(None, "pcx-1", db, app) == told


def test_only_the_tags_that_answer_are_told():
    tags = {"Name": "web", ASK_TAG: "data", STATUS_TAG: "data active pcx-1 converged"}
    assert story.answer(tags) == [f"{STATUS_TAG} = data active pcx-1 converged"]
