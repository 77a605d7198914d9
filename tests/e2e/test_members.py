"""`peerwright members`: the places that sweeps read."""

import json

import pytest
from actor import ALL_TABLES

from peerwright_client.aws import Place


@pytest.fixture
def outlying(world):
    """A Region of a member account that is no place of the table, and whose events are not delivered."""
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
    assert _written(outlying) in _listed(world).splitlines()
    assert "DescribeVpcPeeringConnections" in _swept(world, outlying)
    world.until(lambda: world.state(requester, first) == "active")
    world.sweep()
    world.becomes("converged", first)
    world.routed(requester, accepter, first)

    removed = _members(world, "remove", outlying)
    assert removed.stdout.splitlines() == [
        f"{_written(outlying)} is no longer swept, unless MemberRegions names its Region",
        f"! 1 connection stays in {_written(outlying)}, and what fails there is found by events only: {first}",
    ]
    assert _written(outlying) not in _listed(world).splitlines()
    world.quiet()
    assert _swept(world, outlying) == []


def test_several_places_are_added_at_once_and_twice_is_once(world):
    places = [Place("444444444444", "eu-west-1"), Place("444444444444", "eu-north-1")]
    world.denials.expect("AssumeRole", ":444444444444:role/")
    try:
        for _ in range(2):
            _members(world, "add", *places)
        listed = [line for line in _listed(world).splitlines() if line.startswith("444444444444")]
        assert listed == sorted(map(_written, places))
    finally:
        _members(world, "remove", *places)
    assert "444444444444" not in _listed(world)
    again = _members(world, "remove", *places)
    assert again.returncode == 0 and again.stdout.count("was not among the places") == len(places)


def test_a_place_that_lets_nobody_in_is_told_when_it_is_added(world):
    place = Place("444444444444", "eu-west-1")
    world.denials.expect("AssumeRole", f":{place.account}:role/")
    try:
        added = _members(world, "add", place)
        assert f"{_written(place)} is swept from now on" in added.stdout
        assert "infra/member.yaml" in added.stdout and "nothing is done there so far" in added.stdout, added
    finally:
        _members(world, "remove", place)


def test_the_removal_of_a_place_names_the_connections_that_live_there(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    try:
        removed = _members(world, "remove", accepter.place)
        assert connection in removed.stdout and f"in {_written(accepter.place)}" in removed.stdout, removed
    finally:
        _members(world, "add", accepter.place)


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
    before = _listed(world)
    finished = world.peerwright("members", "add", "444444444444/eu-west-1", place)
    assert finished.returncode == 2 and place in finished.stderr
    assert _listed(world) == before


def test_a_mistyped_region_is_told_before_anything_is_added(world):
    before = _listed(world)
    finished = world.peerwright("members", "add", "444444444444/eu-west-1", "444444444444/eu-wset-1")
    assert finished.returncode == 1 and "did you mean eu-west-1?" in finished.stderr, finished.stderr
    assert _listed(world) == before


# ---- a file of all places ----

ACCOUNTS = 500


def test_a_file_is_the_whole_truth_and_says_what_it_adds_and_removes(world):
    before = _listed(world)
    kept, [first, second] = _places(before), [Place("444444444444", region) for region in ("eu-west-1", "eu-north-1")]
    # The hub may not enter the account.
    world.denials.expect("AssumeRole", f":{first.account}:role/")
    with world.sweeping(*kept, first):
        text = f"# all teams\n\n{before}{_written(second)}  # instead of the other\n"
        told = world.apply_members(text).splitlines()
        assert told == [
            f"peerwright-allowlist: 1 added, 1 removed, {len(kept)} unchanged",
            f"  added {_written(second)}",
            f"  removed {_written(first)}",
        ]
        assert _listed(world).splitlines() == sorted(map(_written, [*kept, second]))
    assert _listed(world) == before


def test_what_is_exported_is_a_file_that_changes_nothing(world):
    before = _listed(world)
    finished = world.peerwright("members", "apply", "-f", "-", stdin=before)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout == f"peerwright-allowlist: 0 added, 0 removed, {len(_places(before))} unchanged\n"
    assert _listed(world) == before


def test_a_malformed_file_is_refused_with_every_mistake_and_changes_nothing(world):
    before = _listed(world)
    path = world.file(f"{before}44/eu-west-1\n444444444444/ireland\n{before}", "members.txt")
    finished = world.peerwright("members", "apply", "-f", path)
    count = len(_places(before))
    assert (finished.returncode, finished.stdout) == (1, "")
    told = finished.stderr.splitlines()
    assert told[0] == f"peerwright: {path} has {count + 2} problems; nothing was changed"
    assert told[1] == f"  line {count + 1}: `44` is not an account id: write its 12 digits"
    assert told[2] == f"  line {count + 2}: `ireland` is not a Region (such as eu-west-1)"
    assert [line.split(":")[0] for line in told[3:]] == [f"  line {count + 3 + number}" for number in range(count)]
    assert _listed(world) == before


@pytest.mark.parametrize("content", ["", "# all teams\n", None], ids=["empty", "only-a-comment", "no-such-file"])
def test_a_file_without_a_place_stops_no_sweep(world, content):
    before = _listed(world)
    path = "no-such-file.txt" if content is None else world.file(content, "members.txt")
    finished = world.peerwright("members", "apply", "-f", path)
    assert finished.returncode == 1 and str(path) in finished.stderr and "nothing was changed" in finished.stderr
    assert ("--allow-empty" in finished.stderr) == (content is not None)
    assert _listed(world) == before


def test_places_and_rules_are_applied_without_touching_each_other(world):
    places, rules = _listed(world), world.hub.allowlist()
    empty = world.file({"rules": []})
    # What it would take away besides is what other tests left.
    try:
        assert world.write_rules(empty, "--prune").returncode == 0
        assert world.hub.allowlist() == [] and _listed(world) == places
        world.deny(world.vpc(world.a), world.vpc(world.b))
        rules = world.hub.allowlist()
        with world.sweeping():
            assert _listed(world) == "" and world.hub.allowlist() == rules
    finally:
        world.withdraw_rules()


@pytest.mark.long
def test_among_fifteen_hundred_places_a_sweep_finds_what_it_found_before(world):
    # The hub may enter none of the others.
    world.denials.expect("AssumeRole", "::3000")
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    accounts = [world.a.account, world.b.account, *(f"3000{number:08}" for number in range(ACCOUNTS - 2))]
    regions = [world.a.region, world.a_central.region, "eu-north-1"]
    places = [Place(account, region) for account in accounts for region in regions]
    with world.sweeping(*places):
        assert _listed(world).splitlines() == sorted(map(_written, places))
        world.aws.change(delivery=False)
        [route] = world.routes(requester, connection)
        world.aws.ec2(world.a).delete_route(RouteTableId=route.table, DestinationCidrBlock=route.destination)
        world.sweep()
        world.until(lambda: route in world.routes(requester, connection), seconds=240)
        world.quiet()
        world.routed(requester, accepter, connection)


def test_the_list_names_every_place_with_who_names_it_and_how_it_stands(world):
    named = _places(_listed(world))
    told = json.loads(_members(world, "list", flags=("--json",)).stdout)
    places = {(one["account"], one["region"]): one for one in told["places"]}
    assert {tuple(place) for place in named} <= set(places)
    assert all("table" in places[tuple(place)]["named_by"] for place in named)
    assert {one["state"] for one in told["places"]} <= {"quiet", "busy", "unseen", "refused"}
    shown = _members(world, "list").stdout.splitlines()
    assert shown[0].split() == ["ACCOUNT", "REGION", "NAMED", "BY", "STATE", "SINCE"]
    assert shown[-1].startswith(f"{len(places)} place")


def test_a_place_that_shuts_us_out_says_so_in_the_list(world):
    place = Place("444444444444", "eu-west-1")
    world.denials.expect("AssumeRole", f":{place.account}:role/")
    _members(world, "add", place)
    try:
        world.sweep_and_wait()
        told = json.loads(_members(world, "list", flags=("--json",)).stdout)["places"]
        [found] = [one for one in told if one["account"] == place.account]
        assert found["state"] == "refused" and place.account in found["refused"], found
    finally:
        _members(world, "remove", place)


def _listed(world) -> str:
    return _members(world, "export").stdout


def _places(listed: str) -> list[Place]:
    return [Place(*line.split("/")) for line in listed.splitlines()]


def _members(world, verb: str, *places: Place, flags: tuple[str, ...] = ()):
    finished = world.peerwright("members", verb, *flags, *map(_written, places))
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
