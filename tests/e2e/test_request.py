"""A VPC requests a connection by its tag, and everything else follows by itself."""

import json

import pytest
from actor import ALL_TABLES, written
from faults import refused_write

from peerwright_client.describe import ASK_TAG, CREATED_TAG, RULE_TAG, STATUS_TAG

MISSING = "vpc-0123456789abcdef0"


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def test_a_tag_makes_the_connection_and_all_status_tags_are_set(world, ends):
    asking, other = ends
    rule = world.allow(*ends, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    connection = world.joined(*ends)
    world.routed(*ends, connection)
    assert world.says(asking, "converged") == f"{written(other)} active {connection} converged"
    assert world.tags(asking)[RULE_TAG] == rule
    assert world.connection_tags(asking, connection)[CREATED_TAG] == asking.id
    for vpc in ends:
        tags = world.connection_tags(vpc, connection)
        assert (tags[STATUS_TAG], tags[RULE_TAG]) == ("converged", rule)
    assert world.tags(other) == {"Name": "vpc"}
    entry = world.hub.entry(connection)
    assert entry["created_for"] == {**asking.place._asdict(), "vpc": asking.id} and asking.id in entry["asked_by"]


def test_an_alias_stands_for_a_vpc(world, ends):
    asking, other = ends
    aliases = {"e2e-shared": {**other.place._asdict(), "vpc": other.id}}
    world.apply(world.rule(*ends, routes=ALL_TABLES), aliases=aliases)
    world.ask_by_tag(asking, "e2e-shared")
    connection = world.joined(*ends)
    world.routed(*ends, connection)
    world.says(asking, f"e2e-shared active {connection} converged")


def test_a_vpc_in_another_region_is_written_out(world):
    asking, other = world.vpc(world.a), world.vpc(world.b_central)
    rule = world.allow(asking, other, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    connection = world.joined(asking, other)
    world.routed(asking, other, connection)
    assert [world.connection_tags(vpc, connection)[RULE_TAG] for vpc in (asking, other)] == [rule, rule]


def test_what_is_left_out_is_the_asking_vpcs_own(world, ends):
    asking, other = ends
    neighbour = world.vpc(world.a)
    for target in (other, neighbour):
        world.allow(asking, target, routes=ALL_TABLES)
    world.ask_by_tag(asking, neighbour.id, f"{other.id}/{other.place.account}")
    for target in (other, neighbour):
        world.routed(asking, target, world.joined(asking, target))


def test_of_several_targets_each_is_served_and_reported_by_itself(world, ends):
    asking, allowed = ends
    alias, unspoken_of = world.vpc(world.b_central), world.vpc(world.b)
    world.apply(
        world.rule(asking, allowed, routes=ALL_TABLES),
        world.rule(asking, alias, routes=ALL_TABLES),
        aliases={"e2e-several": {**alias.place._asdict(), "vpc": alias.id}},
    )
    named = [allowed.id + "/" + allowed.place.account, unspoken_of.id + "/" + unspoken_of.place.account]
    world.ask_by_tag(asking, *named, "e2e-several", "e2e-nobody")
    connections = [world.joined(asking, target) for target in (allowed, alias)]
    for target, connection in zip((allowed, alias), connections, strict=True):
        world.routed(asking, target, connection)
    # That is more than fits into a tag, so those that have converged are only counted.
    answers = world.says(asking, "2 converged").split(" / ")
    assert answers[0] == "2 converged" and answers[2] == "e2e-nobody is no alias of the allowlist"
    assert answers[1].startswith(f"{named[1]} not allowed: ")
    assert world.between(asking, unspoken_of, ended=True) == []


@pytest.mark.parametrize("direction", ["forwards", "backwards"])
def test_a_connection_that_exists_is_not_made_again_and_is_not_ours(world, ends, direction):
    asking, other = ends
    requester, accepter = ends if direction == "forwards" else (other, asking)
    world.allow(requester, accepter, routes=ALL_TABLES)
    by_hand = world.ask(requester, accepter)
    world.becomes("converged", by_hand)
    world.ask_by_tag(asking, other)
    world.says(asking, f"active {by_hand} converged")
    world.untag(asking, ASK_TAG)
    world.until(lambda: STATUS_TAG not in world.tags(asking))
    world.quiet()
    assert world.between(asking, other, ended=True) == [by_hand]
    assert world.state(asking, by_hand) == "active" and world.hub.entry(by_hand).get("created_for") is None
    world.routed(requester, accepter, by_hand)


def test_two_vpcs_that_name_each_other_get_one_connection_that_lives_as_long_as_either_asks(world, ends):
    one, other = ends
    for requester, accepter in (ends, (other, one)):
        world.allow(requester, accepter, routes=ALL_TABLES)
    world.ask_by_tag(one, other)
    world.ask_by_tag(other, one)
    connection = world.joined(one, other)
    for vpc in ends:
        world.says(vpc, f"active {connection} converged")
    world.untag(one, ASK_TAG)
    world.until(lambda: STATUS_TAG not in world.tags(one))
    world.quiet()
    assert world.between(one, other, ended=True) == [connection] and world.state(one, connection) == "active"
    world.routed(one, other, connection)
    world.untag(other, ASK_TAG)
    world.becomes("ended", connection)
    assert world.state(other, connection) == "deleted"


def test_events_about_tags_that_come_thrice_and_in_the_wrong_order_make_one_connection(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    world.quiet()
    world.aws.change(delivery=False)
    world.ask_by_tag(asking, "e2e-nobody")
    world.ask_by_tag(asking, other)
    old, new = _about_tags_of(world, asking, asked=True)
    world.aws.change(delivery=True)
    world.aws.redeliver([new, old, new, old, new, old])
    connection = world.joined(*ends)
    world.says(asking, f"active {connection} converged")
    world.aws.redeliver([old, new])
    world.quiet()
    assert world.between(*ends, ended=True) == [connection]
    assert world.role_writes().count("CreateVpcPeeringConnection") == 1
    world.routed(*ends, connection)


def test_what_no_rule_allows_is_not_asked_for_until_one_does(world, ends):
    asking, other = ends
    world.ask_by_tag(asking, other)
    world.says(asking, f"{written(other)} not allowed")
    world.quiet()
    assert world.between(*ends, ended=True) == [] and set(world.role_writes()) == {"CreateTags"}
    events = _about_tags_of(world, asking, asked=True)
    rule = world.allow(*ends, routes=ALL_TABLES)
    connection = world.joined(*ends)
    world.says(asking, f"active {connection} converged")
    assert world.tags(asking)[RULE_TAG] == rule
    # Nobody changed the tag: the change of the allowlist was enough.
    assert _about_tags_of(world, asking, asked=True) == events


def test_what_a_rule_denies_is_not_asked_for(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    deny = world.deny(*ends)
    world.ask_by_tag(asking, other)
    world.says(asking, f"{written(other)} denied: rule {deny} denies it")
    _nothing_is_asked_for(world, *ends)


def test_vpcs_that_overlap_are_not_joined_and_the_status_names_the_blocks(world):
    asking = world.vpc(world.a)
    other = world.vpc(world.b, blocks=world.blocks(asking))
    world.allow(asking, other, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    world.says(asking, "held:", "overlap", world.blocks(asking)[0])
    _nothing_is_asked_for(world, asking, other)


def test_a_conflict_that_is_cleared_away_is_noticed_by_the_next_sweep(world, ends):
    asking, other = ends
    [block] = world.blocks(other)
    gateway = world.route_to_gateway(asking, block)
    world.allow(*ends, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    world.says(asking, "held:", block, gateway)
    _nothing_is_asked_for(world, *ends)
    world.aws.ec2(asking.place).delete_route(RouteTableId=asking.main_table, DestinationCidrBlock=block)
    world.sweep()
    world.routed(*ends, world.joined(*ends))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("e2e-unheard-of", "e2e-unheard-of is no alias of the allowlist"),
        ("vpc-1/2/3", "vpc-1/2/3 is neither an alias nor vpc-id/account/region"),
        (f"{MISSING}/222222222222/cn-north-1", f"{MISSING}/222222222222/cn-north-1 is in another partition of AWS"),
        (" ".join(f"e2e-{number}" for number in range(26)), "26 targets are more than 25"),
    ],
    ids=["unknown alias", "unreadable", "another partition", "too many"],
)
def test_a_tag_that_cannot_be_served_gets_a_status_that_says_why(world, value, words):
    asking = world.vpc(world.a)
    world.ask_by_tag(asking, value)
    assert world.says(asking, words) == words
    _writes_only_status_tags(world)


def test_a_vpc_that_names_itself_gets_a_status_that_says_so(world):
    asking = world.vpc(world.a)
    world.ask_by_tag(asking, asking.id)
    assert world.says(asking, "itself") == f"{asking.id} is this VPC itself"
    _writes_only_status_tags(world)


def test_a_vpc_that_does_not_exist_is_not_asked_for(world):
    asking = world.vpc(world.a)
    world.allow(asking, {"accounts": [world.b.account], "vpcs": [MISSING]}, routes=ALL_TABLES)
    world.ask_by_tag(asking, f"{MISSING}/{world.b.account}")
    world.says(asking, MISSING, "not")
    world.quiet()
    _writes_only_status_tags(world)


def test_an_account_without_the_role_is_asked_and_our_side_is_done_once_it_accepts(world):
    asking, vendor = world.vpc(world.a), world.vpc(world.stranger)
    world.allow(asking, vendor, routes=ALL_TABLES)
    world.ask_by_tag(asking, vendor)
    connection = world.joined(asking, vendor, "requested")
    world.until(lambda: world.state(asking, connection) == "pending-acceptance")
    world.quiet()
    world.accept_by_hand(vendor, connection)
    world.until(lambda: world.state(asking, connection) == "active")
    # The vendor's account forwards no events.
    world.sweep()
    world.becomes("one-sided", connection)
    assert world.routes(asking, connection) == world.every_route(asking, vendor)
    assert world.routes(vendor, connection) == set()
    world.says(asking, f"active {connection} one-sided:")


@pytest.mark.parametrize("lost", ["pcx-", '"current"'], ids=["claim", "ledger"])
def test_a_crash_after_the_request_leaves_one_connection_and_it_is_recorded_as_ours(world, ends, lost):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    with refused_write(world, "request", lost) as refused:
        world.ask_by_tag(asking, other)
        world.until(lambda: refused)
        connection = world.joined(*ends)
        world.says(asking, f"active {connection} converged")
        world.until(lambda: world.hub.entry(connection).get("created_for"))
    assert world.between(*ends, ended=True) == [connection]
    assert world.hub.entry(connection)["created_for"]["vpc"] == asking.id
    world.untag(asking, ASK_TAG)
    world.becomes("ended", connection)
    assert world.state(asking, connection) == "deleted"


def test_a_connection_that_ec2_does_not_show_yet_is_not_asked_for_twice(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    with refused_write(world, "request", "pcx-") as refused:
        world.aws.change(describe_lag_seconds=1.5)
        world.ask_by_tag(asking, other)
        world.until(lambda: refused)
        world.send("request", json.dumps({"vpc": asking.id, **asking.place._asdict()}))
        connection = world.joined(*ends)
    world.aws.change(describe_lag_seconds=0)
    assert world.between(*ends, ended=True) == [connection]


def test_a_connection_that_somebody_deletes_is_not_asked_for_again_until_the_tag_is_set_anew(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    first = world.joined(*ends)
    world.aws.ec2(other.place).delete_vpc_peering_connection(VpcPeeringConnectionId=first)
    world.becomes("ended", first)
    world.says(asking, f"{first} is deleted", "To ask again")
    world.sweep_and_wait()
    assert world.between(*ends) == []
    world.untag(asking, ASK_TAG)
    world.until(lambda: STATUS_TAG not in world.tags(asking))
    world.ask_by_tag(asking, other)
    assert world.joined(*ends) != first


def test_nothing_loops_over_our_own_tags_and_calls(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    before = world.quiet()
    world.ask_by_tag(asking, other)
    world.says(asking, "converged")
    after = world.quiet()
    started = {function: after[function] - before[function] for function in after}
    assert sum(started.values()) <= 20, started
    calls = len(world.role_calls())
    assert world.quiet(still=1) == after and len(world.role_calls()) == calls


def _about_tags_of(world, vpc, *, asked: bool = False) -> list[str]:
    """The ids of the events about a VPC's tags; with `asked`, only those about its requests."""
    events = [one["envelope"] for one in world.aws.events() if one["kind"] == "Tag Change on Resource"]
    return [
        event["id"]
        for event in events
        if vpc.id in event["resources"][0] and (not asked or ASK_TAG in event["detail"]["changed-tag-keys"])
    ]


def _nothing_is_asked_for(world, asking, other):
    world.quiet()
    assert world.between(asking, other, ended=True) == []
    _writes_only_status_tags(world)


def _writes_only_status_tags(world):
    assert set(world.role_writes()) == {"CreateTags"}
