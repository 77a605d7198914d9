import urllib.error
import urllib.request

import pytest
from ec2_world import HUB, A, B, code_of, wait_for


def test_status_has_settings_and_counters(world):
    before = world.get("status")["counters"]
    world.vpc(A)
    code_of(world.ec2(A).describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])
    wait_for(lambda: world.get("status")["counters"]["delivered"] > before["delivered"])
    status = world.get("status")
    assert status["settings"]["lag_seconds"] == 0
    assert status["counters"]["calls"] == before["calls"] + 2
    assert status["counters"]["failed_calls"] == before["failed_calls"] + 1
    assert status["counters"]["events"] == before["events"] + 1


def test_calls_have_the_caller_the_action_and_the_outcome(world):
    role = world.role()
    session = world.ec2_as(world.assume(HUB, role))
    code_of(session.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])
    assume, describe = world.get("calls")[-2:]
    assert (assume["action"], assume["account"], assume["role"]) == ("AssumeRole", HUB, None)
    assert set(describe) == {"number", "time", "account", "region", "action", "error", "role", "session"}
    assert (describe["account"], describe["region"]) == (A, "eu-west-1")
    assert (describe["action"], describe["error"]) == ("DescribeVpcs", "InvalidVpcID.NotFound")
    assert (describe["role"], describe["session"]) == ("peerwright-member", "hub")


def test_calls_and_events_are_numbered_and_given_from_a_number_on(world):
    world.vpc(A), world.vpc(B)
    for name in ("calls", "events"):
        *_, one, two = world.get(name)
        assert two["number"] == one["number"] + 1
        assert world.get(f"{name}?after={one['number']}") == [two]
        assert world.get(f"{name}?after={two['number']}") == []
    assert world.get("status")["counters"]["calls"] == world.get("calls")[-1]["number"]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        world.get("calls?after=x")


def test_events_are_delivered_again_in_the_order_asked_for(world):
    world.settings.change({"lag_seconds": 60, "delivery": False})
    first, second = world.vpc(A), world.vpc(B)
    events = world.get("events")[-2:]
    assert [one["account"] for one in events] == [A, B]
    ids = [one["id"] for one in events]
    assert world.post("redeliver", {"ids": [ids[1], ids[0], ids[1]]}) == (200, {"redelivered": 3})
    assert [one["id"] for one in world.delivered] == [ids[1], ids[0], ids[1]]
    assert first in str(world.delivered[1]) and second in str(world.delivered[0])
    assert [one["delivered"] for one in world.get("events")[-2:]] == [1, 2]


def test_an_unknown_event_redelivers_nothing(world):
    world.settings.change({"delivery": False})
    world.vpc(A)
    known = world.get("events")[-1]["id"]
    status, answer = world.post("redeliver", {"ids": [known, "nope"]})
    assert (status, answer) == (404, {"error": "no such events: nope"})
    assert world.delivered == []


def test_a_wrong_change_names_every_problem_and_changes_nothing(world):
    before = world.get("status")["settings"]
    wrong = {"lag": 1, "throttling": "yes", "routes_per_table": 1.5, "identical_route": "no"}
    status, answer = world.post("settings", {"lag_seconds": 5, **wrong})
    assert status == 400
    for part in (
        "unknown setting 'lag'",
        "throttling must be true or false",
        "routes_per_table must be a whole",
        "identical_route must be error or success",
    ):
        assert part in answer["error"]
    assert world.get("status")["settings"] == before
    assert world.post("settings", {"lag_seconds": 5})[1]["settings"]["lag_seconds"] == 5


@pytest.mark.parametrize("body", [{"advance_seconds": -1}, {"advance_seconds": "7"}, {}, {"advance": 1}])
def test_the_clock_only_goes_forward(world, body):
    assert world.post("clock", body)[0] == 400


def test_the_clock_advances(world):
    before = world.get("status")["clock"]["now"]
    assert world.post("clock", {"advance_seconds": 3600})[1]["clock"]["now"] >= before + 3600


@pytest.mark.parametrize(("name", "body"), [("settings", b"{"), ("settings", []), ("redeliver", {"ids": "x"})])
def test_a_body_that_is_not_understood_is_a_bad_request(world, name, body):
    status, answer = world.post(name, body)
    assert status == 400
    assert answer["error"]


def test_an_unknown_path_names_the_known_ones(world):
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{world.endpoint}/_local/nothing")
    assert raised.value.code == 404
    assert b"GET /_local/calls" in raised.value.read()
