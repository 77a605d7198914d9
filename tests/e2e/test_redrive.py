"""`peerwright redrive`: dead letters are shown, and brought back when a person says so."""

import json

import pytest
from actor import ALL_TABLES
from faults import max_tries, without_permission

DONE, LEFT = 0, 2


@pytest.fixture
def given_up(world):
    """A connection of which configure's message was given up, and its ends."""
    ends = world.vpc(world.a), world.vpc(world.b)
    world.allow(*ends, routes=ALL_TABLES)
    world.quiet()
    with max_tries(world, "configure", 1), without_permission(world, "configure", "dynamodb:Query"):
        connection = world.ask(*ends)
        world.until(lambda: world.waiting("configure-dead-letter") > 0)
        world.quiet()
    return connection, ends


def test_a_dead_letter_is_shown_with_its_reason_and_brought_back_with_a_yes(world, given_up):
    connection, ends = given_up
    shown = world.peerwright("redrive", "configure")
    assert shown.returncode == LEFT and "stay where they are" in shown.stdout, shown
    assert f"{connection}: Denied" in shown.stdout and "peerwright-allowlist" in shown.stdout, shown.stdout
    assert world.waiting("configure-dead-letter") > 0
    done = world.peerwright("redrive", "--all", "--yes", "--json")
    told = {queue["function"]: queue for queue in json.loads(done.stdout)["queues"]}
    assert done.returncode == DONE and told["configure"]["moved"]["status"] == "COMPLETED", done
    assert [letter["about"] for letter in told["configure"]["first"]] == [connection] * len(told["configure"]["first"])
    assert told["accept"]["moved"] is None
    world.becomes("converged", connection)
    world.routed(*ends, connection)
    nothing = world.peerwright("redrive", "configure")
    assert nothing.returncode == DONE and "no dead letter of configure" in nothing.stdout, nothing


def test_a_letter_about_what_is_over_is_named_as_of_no_use(world, given_up):
    connection, ends = given_up
    world.aws.ec2(ends[0].place).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.becomes("ended", connection)
    shown = world.peerwright("redrive", "configure")
    assert shown.returncode == LEFT and "in vain as things are: the connection is over" in shown.stdout, shown
    world.dead_letters("configure")
