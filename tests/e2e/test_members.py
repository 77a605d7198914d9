"""`peerwright members`: places that sweeps read, besides those that the stack names."""

import pytest
from actor import ALL_TABLES

from peerwright_client.aws import Place


@pytest.fixture
def outlying(world):
    """A Region of a member account that the stack does not name, and whose events are not delivered."""
    world.aws.change(delivery=False)
    return world.join(Place(world.b.account, "us-east-1"))


@pytest.mark.long
def test_a_place_is_swept_from_when_it_is_added_until_it_is_removed(world, outlying):
    requester, accepter = world.vpc(world.a), world.vpc(outlying)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.quiet()
    first = world.ask_unheard(requester, accepter)
    assert _swept(world, outlying) == [] and world.state(accepter, first) == "pending-acceptance"

    added = _members(world, "add", outlying)
    assert added.stdout == f"{_written(outlying)} is swept from now on\n"
    assert _written(outlying) in _members(world, "list").stdout.splitlines()
    assert "DescribeVpcPeeringConnections" in _swept(world, outlying)
    world.until(lambda: world.state(requester, first) == "active")
    world.sweep()
    world.becomes("converged", first)
    world.routed(requester, accepter, first)

    removed = _members(world, "remove", outlying)
    assert removed.stdout == f"{_written(outlying)} is no longer swept, unless the stack names it\n"
    assert _written(outlying) not in _members(world, "list").stdout.splitlines()
    world.quiet()
    assert _swept(world, outlying) == []


def test_several_places_are_added_at_once_and_twice_is_once(world):
    places = [Place("444444444444", "eu-west-1"), Place("444444444444", "eu-north-1")]
    try:
        for _ in range(2):
            _members(world, "add", *places)
        listed = [line for line in _members(world, "list").stdout.splitlines() if line.startswith("444444444444")]
        assert listed == sorted(map(_written, places))
    finally:
        _members(world, "remove", *places)
    assert "444444444444" not in _members(world, "list").stdout
    again = _members(world, "remove", *places)
    assert again.returncode == 0


def test_members_do_not_disturb_the_allowlist(world):
    place = Place("444444444444", "eu-west-1")
    world.denials.expect("AssumeRole", f":{place.account}:role/")
    _members(world, "add", place)
    try:
        requester, accepter = world.vpc(world.a), world.vpc(world.b)
        world.allow(requester, accepter, routes=ALL_TABLES)
        listed = world.peerwright("allowlist", "list")
        assert listed.returncode == 0 and not any(line.startswith("wrong") for line in listed.stdout.splitlines())
        world.becomes("converged", world.ask(requester, accepter))
        world.sweep_and_wait()
    finally:
        _members(world, "remove", place)


@pytest.mark.parametrize("place", ["eu-west-1", "4444/eu-west-1", "444444444444/", "444444444444/eu-west-1/vpc-1"])
def test_what_is_no_place_is_refused(world, place):
    before = _members(world, "list").stdout
    finished = world.peerwright("members", "add", "444444444444/eu-west-1", place)
    assert finished.returncode == 2 and place in finished.stderr
    assert _members(world, "list").stdout == before


def _members(world, verb: str, *places: Place):
    finished = world.peerwright("members", verb, *map(_written, places))
    assert finished.returncode == 0, finished.stderr
    return finished


def _written(place: Place) -> str:
    return f"{place.account}/{place.region}"


def _swept(world, place: Place) -> list[str]:
    """The calls that a sweep of every place makes in this one."""
    earlier = len(world.role_calls())
    world.sweep()
    world.quiet()
    calls = world.role_calls()[earlier:]
    sweeps = [call for call in calls if call["session"] == "peerwright-sweep"]
    assert sweeps, "no place was swept"
    return [call["action"] for call in sweeps if (call["account"], call["region"]) == tuple(place)]
