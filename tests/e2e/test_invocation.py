"""The functions, invoked directly by a person or by EventBridge."""

import json
import subprocess

import pytest
from actor import ALL_TABLES


@pytest.fixture
def ends(world):
    """Two VPCs that a rule allows, and whose events are not delivered."""
    world.aws.change(delivery=False)
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    return requester, accepter


@pytest.mark.parametrize("side", ["requester", "accepter"])
def test_a_person_points_accept_at_a_connection_from_either_side(world, ends, side):
    connection = world.ask_unheard(*ends)
    place = ends[side == "accepter"].place
    outcomes, error = world.invoke("accept", {"connection": connection, **place._asdict()})
    assert error is None
    assert [(one["connection"], one["outcome"]) for one in outcomes] == [(connection, "accepted")]


def test_a_person_points_accept_at_everything_that_is_pending_in_a_place(world, ends):
    connection = world.ask_unheard(*ends)
    unwanted = world.ask_unheard(world.vpc(world.stranger), ends[1])
    outcomes, error = world.invoke("accept", world.b._asdict())
    assert error is None
    assert {one["connection"]: one["outcome"] for one in outcomes} == {connection: "accepted", unwanted: "held"}


def test_a_person_points_configure_at_a_connection(world, ends):
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    outcomes, error = world.invoke("configure", {"connection": connection, **world.a._asdict()})
    assert error is None and outcomes[0]["outcome"] == "converged"
    world.routed(*ends, connection)
    again, _ = world.invoke("configure", {"connection": connection, **world.b._asdict()})
    assert again == [{"connection": connection, "outcome": "converged", "reasons": ["0 added"]}]


def test_configure_leaves_a_place_without_a_connection_alone(world):
    outcomes, error = world.invoke("configure", world.b._asdict())
    assert error is None and [one["outcome"] for one in outcomes] == ["nothing"]


def test_an_event_without_a_queue_is_handled_like_one_from_the_queue(world, ends):
    connection = world.ask_unheard(*ends)
    outcomes, error = world.invoke("accept", world.aws.event("Create", connection)["envelope"])
    assert error is None and outcomes[0]["outcome"] == "accepted"


def test_a_connection_of_an_account_without_the_member_role_is_an_error(world):
    connection = world.ask_unheard(world.vpc(world.stranger), world.vpc(world.b))
    answer, error = world.invoke("configure", {"connection": connection, **world.stranger._asdict()})
    assert error == "Unhandled" and answer["errorType"] == "NoRole"
    assert world.stranger.account in answer["errorMessage"] and "infra/member.yaml" in answer["errorMessage"]


def test_a_place_without_the_member_role_is_reported(world):
    outcomes, error = world.invoke("accept", world.stranger._asdict())
    assert error is None
    [outcome] = outcomes
    assert outcome["outcome"] == "nothing" and world.stranger.account in outcome["reasons"][0]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"account": "12", "region": "eu-west-1"}, "account"),
        ({"connection": "vpc-1", "account": "222222222222", "region": "eu-west-1"}, "connection"),
        ({"account": "222222222222"}, "region"),
    ],
)
def test_a_request_that_cannot_be_read_names_the_field(world, payload, field):
    answer, error = world.invoke("accept", payload)
    assert error == "Unhandled" and answer["errorType"] == "MalformedEvent"
    assert f"`{field}`" in answer["errorMessage"]


@pytest.mark.parametrize("function", ["accept", "configure"])
def test_a_function_without_its_configuration_ends_and_names_every_variable(artifacts, function):
    finished = subprocess.run([artifacts / function], env={}, capture_output=True, text=True, timeout=20, check=False)
    said = finished.stdout + finished.stderr
    assert finished.returncode == 2, said
    for name in ("ALLOWLIST_TABLE", "CONNECTIONS_TABLE", "EXTERNAL_ID", "MAX_RECEIVES", "MEMBER_ROLE", "QUEUE_URL"):
        assert f"PEERWRIGHT_{name} is not set" in said


def test_the_messages_of_a_batch_are_worked_on_side_by_side(world):
    world.aws.change(delivery=False)
    large = {f"table{number}": {} for number in range(30)}
    pairs = [(world.vpc(world.a, tables=large if one == 0 else None), world.vpc(world.b)) for one in range(5)]
    for requester, accepter in pairs:
        world.allow(requester, accepter, routes=ALL_TABLES)
    # Each change of the allowlist starts a sweep, which would find them.
    world.quiet()
    connections = []
    for requester, accepter in pairs:
        connections.append(world.ask_unheard(requester, accepter))
        world.accept_by_hand(accepter, connections[-1])
    world.aws.change(latency_seconds=0.1)
    began = world.aws.calls_so_far()
    bodies = [json.dumps({"connection": one, **world.a._asdict()}) for one in connections]
    answer, error = world.invoke(
        "configure", {"Records": [{"messageId": str(one), "body": body} for one, body in enumerate(bodies)]}
    )
    assert error is None and answer == {"batchItemFailures": []}
    for (requester, accepter), connection in zip(pairs, connections, strict=True):
        world.routed(requester, accepter, connection)
    writes = [call for call in world.aws.calls(began) if call["action"] == "CreateRoute"]
    assert len(writes) == 31 + 4 + 5
    # The large one had begun before the first of the others had ended, and they had all ended before it did: whichever is
    # the first of the batch, none waited for three seconds of routes.
    planned, ended = zip(*(moments(world, one) for one in connections), strict=True)
    assert planned[0] < min(ended[1:]) and max(ended[1:]) < ended[0], (planned, ended)


def moments(world, connection) -> tuple[str, str]:
    """When a connection was planned, and when it had converged."""
    history = {line["what"]: line["entry"] for line in world.hub.history(connection)}
    return history["planned"], history["converged"]
