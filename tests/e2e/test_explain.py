"""`peerwright explain`: says why a connection is allowed or not and what would be done, and changes nothing."""

import json

import pytest
from actor import ALL_TABLES

ALLOWED, NOT_ALLOWED = 0, 3


def ref(vpc):
    return f"{vpc.place.account}/{vpc.place.region}/{vpc.id}"


def explain(world, *arguments, **environment):
    return world.peerwright("explain", *arguments, **environment)


def pair(world, requester, accepter, *more):
    return explain(world, "--requester", ref(requester), "--accepter", ref(accepter), *more)


def connection_of(world, vpc, connection, *more):
    return explain(world, connection, "--at", f"{vpc.place.account}/{vpc.place.region}", *more)


@pytest.fixture
def ends(world):
    return world.vpc(world.a, tags={"stage": "dev"}, tables={"zone-a": {}}), world.vpc(world.b)


def test_a_pair_that_a_rule_allows_shows_the_rule_and_the_plan(world, ends):
    requester, accepter = ends
    rule = world.allow(requester, accepter, routes=ALL_TABLES)
    found = pair(world, requester, accepter)
    assert found.returncode == ALLOWED, found.stderr
    assert f"rule {rule} allows it" in found.stdout and f"allow {rule}: match" in found.stdout
    for vpc, peer in ((requester, accepter), (accepter, requester)):
        for table, block, _ in world.every_route(vpc, peer):
            assert f"route {table} {block}" in found.stdout
    assert world.role_writes() == [] and world.routes(accepter, "pcx-") == set()


def test_a_pair_is_explained_as_its_request_is_then_handled(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    told = json.loads(pair(world, requester, accepter, "--json").stdout)
    assert told["allowed"] and told["decision"]["verdict"] == "allowed" and told["checks"]["obstacles"] == []
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    assert len(told["plan"]["steps"]) == len(world.routes(requester, connection) | world.routes(accepter, connection))


def test_for_a_pair_that_no_rule_allows_the_smallest_change_is_shown(world, ends):
    # A rule of another test could come as close.
    world.withdraw_rules()
    requester, accepter = ends
    rule = world.allow({"accounts": [world.a.account], "tags": {"stage": "prod"}}, accepter)
    found = pair(world, requester, accepter)
    assert found.returncode == NOT_ALLOWED, found.stderr
    assert f"meet one condition of the allow rule {rule}: requester.tags is not met (stage is dev)" in found.stdout


def test_a_deny_rule_is_named_as_the_one_to_remove(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter)
    deny = world.deny(requester, accepter)
    told = json.loads(pair(world, requester, accepter, "--json").stdout)
    assert told["decision"]["verdict"] == "denied" and not told["allowed"]
    assert told["decision"]["would_be"]["allowed"] == [f"remove the deny rule {deny}, or narrow it: it matches"]


def test_a_strangers_tags_are_shown_as_unknown(world):
    stranger, accepter = world.vpc(world.stranger), world.vpc(world.b)
    rule = world.allow({"accounts": [world.stranger.account], "tags": {"stage": "dev"}}, accepter)
    told = json.loads(pair(world, stranger, accepter, "--json").stdout)
    [finding] = [one for one in told["decision"]["rules"] if one["rule"] == rule]
    [tags] = [one for one in finding["conditions"] if one["condition"] == "requester.tags"]
    assert (finding["outcome"], tags["outcome"]) == ("unknown", "unknown")
    assert world.stranger.account in tags["why"]


def test_a_request_that_is_held_is_explained_from_either_end_with_the_ledgers_reasons(world, ends):
    requester, accepter = ends
    world.allow({"accounts": [world.a.account], "tags": {"stage": "prod"}}, accepter)
    connection = world.ask(requester, accepter)
    reasons = world.becomes("held", connection)["reasons"]
    for vpc in ends:
        found = connection_of(world, vpc, connection)
        assert found.returncode == NOT_ALLOWED and "pending-acceptance" in found.stdout
        assert all(reason in found.stdout for reason in reasons)


def test_a_pair_with_a_route_in_the_way_is_not_allowed_and_every_reason_is_shown(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    gateway = world.route_to_gateway(requester, world.blocks(accepter)[0])
    other = world.route_to_gateway(accepter, world.blocks(requester)[0])
    told = json.loads(pair(world, requester, accepter, "--json").stdout)
    assert told["decision"]["verdict"] == "allowed" and not told["allowed"]
    assert [name for name in (gateway, other) if not any(name in one for one in told["checks"]["obstacles"])] == []


def test_a_connection_that_is_done_has_nothing_left_to_do(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    found = connection_of(world, accepter, connection)
    assert found.returncode == ALLOWED and "nothing to do" in found.stdout


def test_a_connection_that_is_not_there_is_a_failure_that_says_what_to_name(world):
    found = explain(world, "pcx-0123456789abcdef0", "--at", f"{world.b.account}/{world.b.region}")
    assert found.returncode == 1 and "name the account and Region of one of its ends" in found.stderr


def test_a_connection_that_the_ledger_does_not_know_is_looked_for_where_the_person_says(world):
    found = explain(world, "pcx-0123456789abcdef0")
    assert found.returncode == 1 and "the ledger does not know pcx-0123456789abcdef0" in found.stderr and "--at" in found.stderr


def test_a_deployment_of_another_prefix_is_named_with_what_to_say_instead(world):
    world.denials.expect("peerwright-explain", "function:peerwrite-sweep")
    found = explain(world, "pcx-0123456789abcdef0", "--prefix", "peerwrite")
    assert found.returncode == 1 and "peerwrite-sweep" in found.stderr and "--prefix" in found.stderr


def test_a_wrong_external_id_is_a_failure_that_says_what_to_deploy(world, ends):
    requester, accepter = ends
    connection = world.ask(requester, accepter)
    where = ("--at", f"{world.b.account}/{world.b.region}")
    world.denials.expect("AssumeRole", f":{world.b.account}:role/")
    found = explain(world, connection, *where, PEERWRIGHT_EXTERNAL_ID="not-ours")
    assert found.returncode == 1 and "infra/member.yaml" in found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--requester", "111111111111/eu-west-1/vpc-1a2b3c4d"],
        ["pcx-1a2b3c4d", "--at", "1/eu-west-1"],
        ["--requester", "vpc-1a2b3c4d", "--accepter", "222222222222/eu-west-1/vpc-1a2b3c4d"],
    ],
)
def test_wrong_usage_ends_with_status_2(world, arguments):
    assert explain(world, *arguments).returncode == 2
