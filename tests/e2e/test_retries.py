"""Messages that fail: retried with growing delays, and given up with their reason."""

import json
from itertools import pairwise

import pytest
from actor import ALL_TABLES
from faults import configured, max_tries, unreadable_entry, without_permission

from functions import letter_attribute


@pytest.fixture
def ends(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    # The rule starts a sweep, whose hints must not be counted among the messages here.
    world.quiet()
    return requester, accepter


def accepted_unheard(world, ends) -> tuple[str, str]:
    """A connection that was accepted by hand, and the event of it, which reaches nobody by itself."""
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    return connection, json.dumps(world.aws.event("Accept", connection)["envelope"])


def test_a_message_that_fails_is_tried_with_growing_delay_and_ends_with_its_reason(world, ends):
    connection, event = accepted_unheard(world, ends)
    with max_tries(world, "configure", 3), without_permission(world, "configure", "dynamodb:Query"):
        world.send("configure", event)
        [letter] = world.dead_lettered("configure")
    world.until(lambda: len(world.failures("configure", connection)) >= 3)
    tries = world.failures("configure", connection)
    delays = [later - earlier for earlier, later in pairwise(tries)]
    assert len(delays) == 2 and 1.5 < delays[0] < delays[1] - 1, delays
    assert letter_attribute(letter, "error_type") == "Denied"
    assert "peerwright-allowlist" in letter_attribute(letter, "reason")
    assert letter["Body"] == event
    assert world.waiting("configure") == 0


def test_a_message_that_failed_converges_once_the_cause_is_gone(world, ends):
    failed = world.metric("configure", "failed")
    with without_permission(world, "configure", "dynamodb:Query"):
        connection = world.ask(*ends)
        world.until(lambda: world.metric("configure", "failed") > failed)
    world.becomes("converged", connection)
    world.routed(*ends, connection)


def test_a_request_that_cannot_be_decided_stays_pending_and_its_message_says_why(world, ends):
    # What the sweep that the rule woke has repaired for other tests.
    written = world.role_writes()
    with max_tries(world, "accept", 1), without_permission(world, "accept", "dynamodb:Query"):
        connection = world.ask(*ends)
        [letter] = world.dead_lettered("accept")
    assert letter_attribute(letter, "error_type") == "Denied"
    assert "peerwright-allowlist" in letter_attribute(letter, "reason")
    assert world.state(ends[0], connection) == "pending-acceptance"
    assert world.role_writes() == written


def test_a_function_that_no_account_lets_in_gives_up_and_says_what_to_fix(world, ends):
    connection, event = accepted_unheard(world, ends)
    world.denials.expect("assumed-role/peerwright-configure/", "AssumeRole", f":{world.a.account}:role/")
    world.denials.expect("assumed-role/peerwright-configure/", "AssumeRole", f":{world.b.account}:role/")
    with (
        max_tries(world, "configure", 1),
        configured(world, "configure", PEERWRIGHT_EXTERNAL_ID="not-what-the-roles-ask-for"),
    ):
        world.send("configure", event)
        [letter] = world.dead_lettered("configure")
    assert letter_attribute(letter, "error_type") == "NoRole"
    reason = letter_attribute(letter, "reason")
    assert world.a.account in reason and "external id" in reason, reason
    assert world.state(ends[0], connection) == "active" and world.routes(ends[0], connection) == set()


def test_the_good_messages_of_a_batch_do_not_come_again_with_the_one_that_fails(world, ends):
    world.aws.change(delivery=False)
    bad = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], bad)
    elsewhere = world.vpc(world.a), world.vpc(world.b)
    world.allow(*elsewhere)
    good = world.ask_unheard(*elsewhere)
    world.accept_by_hand(elsewhere[1], good)
    failed = world.metric("configure", "failed")
    with unreadable_entry(world, bad):
        world.send("configure", *(json.dumps(world.aws.event("Accept", one)["envelope"]) for one in (bad, good)))
        world.becomes("converged", good)
        world.until(lambda: world.metric("configure", "failed") > failed)
    world.becomes("converged", bad)
    assert len(world.outcomes("configure", good)) == 1
