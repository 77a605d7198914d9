"""Requests that no rule allows, or that a rule denies."""

import json

from actor import ALL_TABLES
from faults import configured


def assert_untouched(world, requester, accepter, connection):
    """Asserts that it is pending, and that only its status tags were written."""
    assert world.state(requester, connection) == world.state(accepter, connection) == "pending-acceptance"
    assert set(world.role_writes()) <= {"CreateTags"}
    assert world.routes(accepter, connection) == set() and world.rules(accepter, connection) == set()


def test_a_request_that_no_rule_speaks_of_is_held_and_the_ledger_says_so(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    connection = world.ask(requester, accepter)
    entry = world.becomes("held", connection)
    assert entry["rules"] == [] and entry["reasons"]
    assert_untouched(world, requester, accepter, connection)


def test_the_reasons_name_the_rule_that_came_close_and_what_it_lacks(world):
    requester, accepter = world.vpc(world.a, tags={"env": "prod"}), world.vpc(world.b)
    rule = world.allow({"accounts": [world.a.account], "tags": {"env": "dev"}}, accepter)
    connection = world.ask(requester, accepter)
    # Rules of other tests may have come close as well.
    [reason] = [one for one in world.becomes("held", connection)["reasons"] if rule in one]
    assert reason == f"rule {rule} does not match: requester.tags is not met (env is prod)"


def test_a_strangers_request_is_found_by_the_next_sweep_and_held(world):
    stranger, accepter = world.vpc(world.stranger), world.vpc(world.b)
    world.allow({"accounts": [world.a.account]}, accepter)
    unheard = world.ask_unheard(stranger, accepter)
    assert world.hub.wait_until_idle() and world.hub.entry(unheard) == {}
    world.sweep()
    entry = world.becomes("held", unheard)
    assert any(world.stranger.account in reason for reason in entry["reasons"])
    assert world.state(accepter, unheard) == "pending-acceptance"


def test_a_stranger_who_makes_a_role_of_the_right_name_stays_a_stranger(world):
    world.denials.expect("peerwright", world.stranger.account)
    with world.joined_for_a_while(world.stranger):
        requester, accepter = world.vpc(world.stranger, tags={"team": "net"}), world.vpc(world.b)
        rule = world.allow({"accounts": [world.stranger.account], "tags": {"team": "net"}}, accepter)
        connection = world.ask(requester, accepter)
        world.sweep()
        reasons = world.becomes("held", connection)["reasons"]
        assert any(rule in reason and "tags" in reason for reason in reasons), reasons
        world.quiet()
    assert [call for call in world.role_calls() if call["account"] == world.stranger.account] == []


def test_an_event_that_lies_about_the_requester_is_not_believed(world):
    stranger, accepter = world.vpc(world.stranger), world.vpc(world.b)
    world.allow({"accounts": [world.a.account]}, accepter, routes=ALL_TABLES)
    connection = world.ask(stranger, accepter)
    forged = json.dumps(world.aws.event("Create", connection)["envelope"]).replace(
        world.stranger.account, world.a.account
    )
    world.send("accept", forged.replace(stranger.id, world.vpc(world.a).id))
    world.becomes("held", connection)
    assert_untouched(world, stranger, accepter, connection)


def test_a_deny_wins_over_every_allow(world):
    requester, accepter = world.vpc(world.a, tags={"frozen": "yes"}), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    ours = {"accounts": [world.a.account, world.b.account]}
    deny = world.deny({**ours, "vpcs": [requester.id], "tags": {"frozen": "yes"}}, ours)
    connection = world.ask(requester, accepter)
    entry = world.becomes("denied", connection)
    assert entry["rules"] == [deny] and entry["reasons"] == [f"rule {deny} denies it"]
    assert_untouched(world, requester, accepter, connection)


def test_a_deny_is_about_two_vpcs_whichever_asks(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    both = {"accounts": [world.a.account, world.b.account], "vpcs": [requester.id, accepter.id]}
    world.allow(both, both, routes=ALL_TABLES)
    deny = world.deny(accepter, requester)
    connection = world.ask(requester, accepter)
    entry = world.becomes("denied", connection)
    assert entry["reasons"] == [f"rule {deny} denies it (its requester is the accepter here)"]
    assert_untouched(world, requester, accepter, connection)


def test_a_deny_by_blocks_matches_on_any_overlap(world):
    requester, accepter = world.vpc(world.a, blocks=2), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.deny({"accounts": [world.a.account], "cidrs": world.blocks(requester)[:1]}, accepter)
    connection = world.ask(requester, accepter)
    world.becomes("denied", connection)
    assert_untouched(world, requester, accepter, connection)


def test_a_denied_request_is_rejected_where_the_hub_is_configured_so(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.deny(requester, accepter)
    with configured(world, "accept", PEERWRIGHT_ON_DENY="reject"):
        connection = world.ask(requester, accepter)
        # The rejection's own event ends it at once.
        world.until(lambda: "rejected" in [line["what"] for line in world.hub.history(connection)])
    world.until(lambda: world.state(requester, connection) == "rejected")
    assert set(world.role_writes()) - {"CreateTags"} == {"RejectVpcPeeringConnection"}


def test_a_request_is_held_when_a_rule_that_might_deny_it_cannot_be_checked(world):
    stranger, accepter = world.vpc(world.stranger), world.vpc(world.b)
    world.allow({"accounts": [world.stranger.account]}, accepter)
    deny = world.deny({"accounts": [world.stranger.account], "tags": {"env": "prod"}}, accepter)
    connection = world.ask_unheard(stranger, accepter)
    world.invoke("accept", world.b._asdict())
    [reason] = world.becomes("held", connection)["reasons"]
    assert reason.startswith(f"rule {deny} might deny it: requester.tags is not met because unknown")
    assert_untouched(world, stranger, accepter, connection)


def test_an_unreadable_rule_of_another_client_allows_nothing(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    rule = world.rule(requester, accepter)
    broken = {**rule, "requester": {**rule["requester"], "acounts": [world.a.account]}}
    with world.item(broken):
        connection = world.ask(requester, accepter)
        reasons = world.becomes("held", connection)["reasons"]
    assert any(rule["id"] in reason and "acounts" in reason for reason in reasons), reasons
    assert_untouched(world, requester, accepter, connection)


def test_a_rule_of_another_client_that_names_nobody_allows_nothing(world):
    requester, accepter = world.vpc(world.a, tags={"env": "dev"}), world.vpc(world.b)
    rule = world.rule({"tags": {"env": "dev"}}, accepter)
    with world.item(rule):
        connection = world.ask(requester, accepter)
        reasons = world.becomes("held", connection)["reasons"]
    assert any(rule["id"] in reason and "names no identity" in reason for reason in reasons), reasons
    assert_untouched(world, requester, accepter, connection)


def test_a_held_request_is_accepted_once_a_rule_allows_it(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    connection = world.ask(requester, accepter)
    world.becomes("held", connection)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.becomes("converged", connection)
    assert world.hub.history(connection)[0]["what"] == "held"
    world.routed(requester, accepter, connection)


def test_a_request_between_vpcs_that_overlap_fails_by_itself_and_is_left_alone(world):
    requester = world.vpc(world.a)
    accepter = world.vpc(world.b, blocks=world.blocks(requester))
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    assert world.hub.wait_until_idle()
    assert world.state(requester, connection) == "failed"
    assert world.role_writes() == [] and world.hub.entry(connection) == {}
