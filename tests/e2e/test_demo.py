"""The demo's acts, on a local AWS that other tests have used before."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.long
def test_every_expectation_of_the_demo_is_met(world, artifacts):
    finished = subprocess.run(
        [sys.executable, "-m", "peerwright_demo", "--state", world.directory, "--cli", artifacts / "peerwright"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    assert finished.returncode == 0, [one for one in messages if one.get("ok") is False] or finished.stderr
    assert [one["act"] for one in messages if "act" in one] == [1, 2, 3, 4, 5, 6, 7, 8]
    peak = next(one["map"] for one in messages if "map" in one)
    assert sorted(one["standing"] for one in peak["connections"]) == ["held", "held", "working", "working", "working"]
    assert len([one for one in messages if "check" in one]) == 65
    _is_told(messages)
    result = messages[-1]["result"]
    assert result["asking"].startswith("vpc-")
    states = {row["name"]: row["state"] for row in result["connections"]}
    assert states == {
        "app → shared-services": "active",
        "app → data": "deleted",
        "web → shared-services": "deleted",
        "who-knows → shared-services": "pending-acceptance",
        "lab → shared-services": "pending-acceptance",
    }
    words = {row["name"]: row["status"] for row in result["connections"] if row["held"]}
    assert words == {"who-knows → shared-services": "held", "lab → shared-services": "denied"}
    drawn = {one["id"]: one for one in result["network"]["connections"]}
    for row in result["connections"]:
        shown = drawn[row["id"]]
        assert (shown["state"], shown["held"], shown["ended"]) == (row["state"], row["held"], row["ended"])
        assert bool(row["ended"]) == (row["state"] == "deleted")
        assert (shown["routes"], shown["rules"], shown["dns"]) == (
            row["routes"][0],
            row["rules"][0],
            row["dns"] == "both",
        )
    for place in world.aws.places():
        world.withdraw_pending(place)


def _is_told(messages):
    """The story of the second act, the fifth and the last: what was asked, answered, made, held and undone."""
    told, act = {}, None
    for message in messages:
        act = message.get("act", act)
        if "tell" in message:
            told.setdefault((act, message["tell"]), []).extend(message["texts"])
    assert told[2, "asks"] == ["web (member A) gets the tag", "peerwright:peer-with = shared-services"]
    (connection,) = {text.partition(", ")[0] for text in told[2, "made"] if text.endswith("web → shared-services: active")}
    assert told[2, "answer"] == [
        "on web itself:",
        f"peerwright:status = shared-services active {connection} converged",
        "peerwright:rule = dev-to-shared-services",
    ]
    assert "6 routes to shared-services in 2 of 2 route tables of web" in told[2, "made"]
    assert "4 routes to web in 2 of 3 route tables of shared-services" in told[2, "made"]
    assert "group db lets in tcp 5432 from group web" in told[2, "made"]
    assert "DNS resolution for web and shared-services" in told[2, "made"]
    assert [text.partition(", ")[2] for text in told[5, "held"]] == [
        "who-knows → shared-services: pending-acceptance",
        "lab → shared-services: pending-acceptance",
    ]
    assert "peerwright:status = denied: rule nothing-from-quarantine denies it" in told[5, "why"]
    assert told[6, "made"][0].startswith("no change, in ")
    assert [text.partition(" of ours")[0] for text in told[8, "undone"]] == [
        "10 routes and 7 security group rules",
        "18 routes and 8 security group rules",
    ]
    assert told[8, "kept"][1].startswith("a route to 198.51.100.0/24 in rtb-")
