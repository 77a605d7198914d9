"""A VPC that its owner shares with another account is its owner's to connect."""

from dataclasses import replace

import pytest
from actor import ALL_TABLES, written

from peerwright_client.describe import ASK_TAG, MESH_TAG, STATUS_TAG


@pytest.fixture
def owned(world):
    """A VPC of B, shared with A."""
    vpc = world.vpc(world.b)
    world.aws.share(vpc.place, vpc.id, world.a.account)
    return vpc


@pytest.fixture
def shared(world, owned):
    """The same VPC as A sees it."""
    return replace(owned, place=world.a)


@pytest.mark.parametrize("key", [ASK_TAG, MESH_TAG])
def test_a_participant_of_a_shared_vpc_who_asks_is_told_whom_to_ask(world, owned, shared, key):
    target = world.vpc(world.b)
    world.allow(shared, target, routes=ALL_TABLES)
    world.tag(shared, {key: written(target) if key == ASK_TAG else "shared"})
    words = f"{owned.id} belongs to {owned.place.account}: set the tag there"
    assert world.says(shared, words) == words
    assert STATUS_TAG not in world.tags(owned)
    world.quiet()
    assert world.between(target, owned) == []


def test_a_target_in_a_participants_account_is_answered_with_its_owner(world, owned, shared):
    asking = world.vpc(world.a)
    world.allow(asking, shared, routes=ALL_TABLES)
    world.ask_by_tag(asking, shared.id)
    answer = f"{shared.id} belongs to {owned.place.account}: write {shared.id}/{owned.place.account}"
    assert world.says(asking, "belongs to") == answer
