"""Messages that fail: tried again with growing delay, and given up with their reason."""

import json
from itertools import pairwise

import pytest
from world import ALL_TABLES


@pytest.fixture
def ends(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes={"requester": {"tables": "all"}})
    return requester, accepter


def test_a_message_that_fails_is_tried_with_growing_delay_and_ends_with_its_reason(world, ends):
    with world.tries("configure", 3):
        world.aws.change(routes_per_table=0)
        connection = world.ask(*ends)
        [letter] = world.buried("configure", seconds=15)
    tries = world.refusals("RouteLimitExceeded")
    delays = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert len(delays) == 2 and 1.5 < delays[0] < delays[1] - 1, delays
    assert world.reason(letter, "error_type") == "Quota"
    reason = world.reason(letter, "reason")
    assert "RouteLimitExceeded" in reason and ends[0].main_table in reason and "quota" in reason, reason
    assert json.loads(letter["Body"]) == world.aws.event("Accept", connection)["envelope"]
    assert world.waiting("configure") == 0


def test_a_message_that_failed_converges_once_the_cause_is_gone(world, ends):
    world.aws.change(routes_per_table=0)
    connection = world.ask(*ends)
    [reason] = world.becomes("failed", connection)["reasons"]
    assert "RouteLimitExceeded" in reason
    world.aws.change(routes_per_table=500)
    world.becomes("converged", connection)
    assert world.routes(ends[0], connection) == world.every_route(*ends)


def test_a_request_that_cannot_be_decided_stays_pending_and_its_message_says_why(world, ends):
    with world.tries("accept", 1), world.without_permission("accept", "dynamodb:Query"):
        connection = world.ask(*ends)
        [letter] = world.buried("accept")
    assert world.reason(letter, "error_type") == "Denied"
    assert "peerwright-allowlist" in world.reason(letter, "reason")
    assert world.state(ends[0], connection) == "pending-acceptance" and world.role_writes() == []


def test_the_good_messages_of_a_batch_do_not_come_again_with_the_one_that_fails(world, ends):
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    elsewhere = world.vpc(world.a), world.vpc(world.b)
    world.allow(*elsewhere)
    good = world.ask_unheard(*elsewhere)
    world.accept_by_hand(elsewhere[1], good)
    world.aws.change(routes_per_table=0)
    world.send("configure", *(json.dumps(world.aws.event("Accept", one)["envelope"]) for one in (connection, good)))
    world.becomes("converged", good)
    world.becomes("failed", connection)
    world.aws.change(routes_per_table=500)
    world.becomes("converged", connection)
    assert len(world.outcomes("configure", good)) == 1


def test_one_route_that_cannot_be_made_does_not_stop_the_others(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.route_to_gateway(requester, "192.0.2.0/24")
    # The local route does not count, the one above does: this VPC's table is full, the peer's is not.
    world.aws.change(routes_per_table=1)
    with world.tries("configure", 1):
        connection = world.ask(requester, accepter)
        [letter] = world.buried("configure")
    assert world.reason(letter, "error_type") == "Quota"
    assert world.routes(requester, connection) == set()
    assert world.routes(accepter, connection) == world.every_route(accepter, requester)
