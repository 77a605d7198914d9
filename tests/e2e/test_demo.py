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
    result = messages[-1]["result"]
    states = {row["name"]: row["state"] for row in result["connections"]}
    assert states == {
        "app → shared-services": "active",
        "app → data": "deleted",
        "web → shared-services": "deleted",
        "who-knows → shared-services": "pending-acceptance",
        "lab → shared-services": "pending-acceptance",
    }
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
