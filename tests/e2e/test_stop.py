"""The stop switch: nothing is changed anywhere while it is on, and what was left is done when it is off."""

from contextlib import contextmanager

import pytest
from actor import ALL_TABLES
from faults import configured


@contextmanager
def stopped(world):
    frozen = world.peerwright("freeze", "--all", "--reason", "an incident")
    assert frozen.returncode == 0 and "everything is frozen" in frozen.stdout, frozen
    try:
        yield
    finally:
        thawed = world.peerwright("thaw", "--all", "--reason", "it is over")
        assert thawed.returncode == 0 and "a sweep that begins now" in thawed.stdout, thawed


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def test_while_everything_is_stopped_a_tag_leads_to_an_answer_and_after_it_to_a_connection(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    with stopped(world):
        world.ask_by_tag(requester, accepter)
        world.says(requester, "held: everything is frozen by arn:aws:", "an incident")
        world.quiet()
        assert world.between(requester, accepter) == []
        again = world.peerwright("freeze", "--all", "--reason", "another one")
        assert "frozen already" in again.stdout and again.stdout.rstrip().endswith("an incident"), again.stdout
    world.joined(requester, accepter)


def test_while_everything_is_stopped_a_request_is_held_and_a_missing_route_stays_missing(world, ends):
    requester, accepter = ends
    other = world.vpc(world.a)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.allow(other, accepter, routes=ALL_TABLES)
    made = world.ask(requester, accepter)
    world.becomes("converged", made)
    before = world.routes(requester, made)
    with stopped(world):
        asked = world.ask(other, accepter)
        assert world.becomes("held", asked)["reasons"][0].endswith(": an incident")
        world.aws.ec2(requester.place).delete_route(
            RouteTableId=requester.main_table, DestinationCidrBlock=world.blocks(accepter)[0]
        )
        world.sweep_and_wait()
        world.becomes("frozen", made)
        assert world.state(accepter, asked) == "pending-acceptance" and world.routes(requester, made) < before
    world.becomes("converged", asked)
    world.becomes("converged", made)
    assert world.routes(requester, made) == before


def test_the_stacks_parameter_keeps_requests_from_being_accepted_as_well(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    with configured(world, "accept", PEERWRIGHT_FREEZE="true"):
        asked = world.ask(requester, accepter)
        assert world.becomes("held", asked)["reasons"][0] == "everything is frozen by the stack's parameter Freeze"
    world.look("accept", asked, accepter)
    world.becomes("converged", asked)
