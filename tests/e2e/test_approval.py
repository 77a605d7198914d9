"""A rule that leaves the acceptance to a person."""

from world import ALL_TABLES


def test_a_request_waits_for_a_person_and_the_rest_follows_by_itself(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    rule = world.allow(requester, accepter, approval="manual", routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    entry = world.becomes("held", connection)
    assert entry["rules"] == [rule] and "a person has to approve it" in entry["reasons"][-1]
    assert world.state(accepter, connection) == "pending-acceptance"
    world.accept_by_hand(accepter, connection)
    world.becomes("converged", connection)
    world.routed(requester, accepter, connection)
