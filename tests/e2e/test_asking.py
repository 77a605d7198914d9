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

    def run(verb, vpc, target, *more, own=True):
        world.tagged[vpc.id] = vpc
        world.asked_from.add(vpc.place)
        arguments = ("--from", ref(vpc) if own else vpc.id, "--to", target, "--as", "team", *more)
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


def test_an_id_alone_is_found_in_another_account_and_written_with_all_of_its_place(world, ends, ask):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    done = ask("request", asking, other.id, "--json")
    word = f"{other.id}/{other.place.account}/{other.place.region}"
    assert done.returncode == DONE and json.loads(done.stdout)["tag"] == world.tags(asking)[ASK_TAG] == word, done
    gone = ask("remove", asking, other.id)
    assert gone.returncode == DONE and ASK_TAG not in world.tags(asking), gone


def test_an_id_alone_that_no_place_has_is_refused_before_the_tag_is_written(world, ends, ask):
    asking, _ = ends
    refused = ask("request", asking, "vpc-0123456789abcdef0")
    assert refused.returncode == 1 and "write account/Region/vpc-0123456789abcdef0" in refused.stderr, refused
    assert "Nothing was changed" in refused.stderr and ASK_TAG not in world.tags(asking)


def test_a_request_under_another_name_follows_the_word_that_the_tag_has(world, ends, ask):
    asking, other = ends
    alias = "e2e-asked-for-already"
    world.apply(world.rule(*ends, routes=ALL_TABLES), aliases={alias: {**other.place._asdict(), "vpc": other.id}})
    assert ask("request", asking, alias).returncode == DONE
    for name in (other.id, f"{other.place.account}/{other.id}", ref(other)):
        again = ask("request", asking, name, "--timeout", "20")
        assert again.returncode == DONE and f"already says: {alias}" in again.stdout and "converged" in again.stdout, again
    assert world.tags(asking)[ASK_TAG] == alias


def test_a_request_for_what_has_ended_says_how_it_is_asked_for_anew(world, ends, ask):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    assert ask("request", asking, ref(other)).returncode == DONE
    first = world.joined(*ends)
    world.aws.ec2(other.place).delete_vpc_peering_connection(VpcPeeringConnectionId=first)
    world.becomes("ended", first)
    world.says(asking, f"{first} is deleted")
    again = ask("request", asking, ref(other))
    assert again.returncode == NOT_DONE and "nothing asks again until the tag is set anew" in again.stdout, again
    assert f"peerwright remove --from {ref(asking)} --to {ref(other)} --as team" in again.stdout, again


@pytest.mark.parametrize("what", ["the connection", "everything"])
def test_a_removal_of_what_is_frozen_says_that_the_connection_stays(world, ends, ask, what):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    assert ask("request", asking, ref(other)).returncode == DONE
    connection = world.joined(*ends)
    frozen = "--all" if what == "everything" else connection
    assert world.peerwright("freeze", frozen, "--reason", "an incident").returncode == 0
    try:
        gone = ask("remove", asking, ref(other))
        assert gone.returncode == NOT_DONE and f"{connection} stays until it is thawed" in gone.stdout, gone
        assert "an incident" in gone.stdout and ASK_TAG not in world.tags(asking), gone
    finally:
        assert world.peerwright("thaw", frozen, "--reason", "it is over").returncode == 0
    world.becomes("ended", connection)


def test_the_removal_of_a_name_that_nobody_knows_lists_what_the_tag_names(world, ends, ask):
    asking, _ = ends
    world.tag(asking, {ASK_TAG: "nobody-knows-this"})
    refused = ask("remove", asking, "no-such-name")
    assert refused.returncode == 1 and "no alias of the allowlist" in refused.stderr, refused
    assert "it names nobody-knows-this" in refused.stderr and world.tags(asking)[ASK_TAG] == "nobody-knows-this"
    assert ask("remove", asking, "nobody-knows-this", "--no-wait").returncode == DONE


def test_a_vpc_that_the_own_account_lacks_says_that_another_profile_may_have_it(world, ends, ask):
    _, other = ends
    refused = ask("request", other, "no-such-name", own=False)
    assert refused.returncode == 1 and f"has no {other.id}" in refused.stderr, refused
    assert "name a profile of that account by --as NAME" in refused.stderr, refused
