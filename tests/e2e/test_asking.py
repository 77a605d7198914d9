"""`peerwright request` and `remove`: the asking tag, set with the credentials of the VPC's own account."""

import json

import pytest
from actor import ALL_TABLES, written

from peerwright_client.describe import ASK_TAG

DONE, NOT_DONE = 0, 2


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


@pytest.fixture
def ask(world):
    """The command as somebody in member A runs it, who may read the names of VPCs in the hub."""
    lines = ["[profile team]", f"region = {world.a.region}", f"aws_access_key_id = {world.a.account}"]
    path = world.file("\n".join([*lines, "aws_secret_access_key = local", ""]), "config")

    def run(verb, vpc, target, *more):
        world.tagged[vpc.id] = vpc
        world.asked_from.add(vpc.place)
        arguments = ("--from", ref(vpc), "--to", target, "--as", "team", *more)
        return world.peerwright(verb, *arguments, AWS_CONFIG_FILE=str(path))

    return run


def ref(vpc):
    return f"{vpc.place.account}/{vpc.place.region}/{vpc.id}"


def test_a_request_sets_the_tag_beside_what_it_says_already_and_tells_the_answer(world, ends, ask):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    world.tag(asking, {ASK_TAG: "nobody-knows-this"})
    world.says(asking, "is no alias")
    done = ask("request", asking, ref(other), "--json")
    told = json.loads(done.stdout)
    word = f"{other.id}/{other.place.account}/{other.place.region}"
    assert (done.returncode, told["came"]) == (DONE, "settled"), done
    assert told["tag"] == world.tags(asking)[ASK_TAG] == f"nobody-knows-this {word}"
    connection = world.joined(*ends)
    assert told["told"] == f"{word} active {connection} converged"
    # It is the caller's own doing: no role of ours has set the tag.
    assert "CreateTags" not in [call["action"] for call in world.role_calls() if call.get("resource") == asking.id]
    again = ask("request", asking, ref(other))
    assert again.returncode == DONE and "already says" in again.stdout, again
    gone = ask("remove", asking, ref(other), "--json")
    assert (gone.returncode, json.loads(gone.stdout)["tag"]) == (DONE, "nobody-knows-this"), gone
    world.tag(asking, {ASK_TAG: written(other)})
    last = ask("remove", asking, ref(other), "--no-wait")
    assert last.returncode == DONE and ASK_TAG not in world.tags(asking), last


def test_the_last_target_takes_the_tag_with_it_and_the_connection_that_was_made_for_it(world, ends, ask):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    assert ask("request", asking, ref(other)).returncode == DONE
    connection = world.joined(*ends)
    gone = ask("remove", asking, ref(other))
    assert gone.returncode == DONE and ASK_TAG not in world.tags(asking), gone
    world.becomes("ended", connection)


def test_a_request_that_no_rule_allows_is_answered_with_that(world, ends, ask):
    world.withdraw_rules()
    asking, other = ends
    refused = ask("request", asking, ref(other))
    assert refused.returncode == NOT_DONE and "not allowed" in refused.stdout, refused


@pytest.mark.parametrize("target", ["no-such-name", "itself"])
def test_what_is_certain_to_be_refused_is_not_written(world, ends, ask, target):
    asking, _ = ends
    refused = ask("request", asking, asking.id if target == "itself" else target)
    assert refused.returncode == 1 and "nothing was changed" in refused.stderr, refused
    assert ASK_TAG not in world.tags(asking)


def test_the_vpc_of_another_account_says_whose_profile_to_name(world, ends, ask):
    _, other = ends
    refused = ask("request", other, "no-such-name")
    assert refused.returncode == 1 and other.place.account in refused.stderr and "--as" in refused.stderr, refused
    assert ASK_TAG not in world.tags(other)
