"""`peerwright adopt`: connections that others made are described, and the rules for them change nothing."""

import json

import pytest


@pytest.fixture
def by_hand(world):
    """A connection with the routes that a guide tells to make, and its ends."""
    world.withdraw_rules()
    requester, accepter = world.vpc(world.a), world.vpc(world.b, groups={"db": {}})
    connection = world.ask(requester, accepter)
    world.becomes("held", connection)
    world.accept_by_hand(accepter, connection)
    world.until(lambda: world.state(requester, connection) == "active")
    world.quiet()
    for vpc, peer in ((requester, accepter), (accepter, requester)):
        world.aws.ec2(vpc.place).create_route(
            RouteTableId=vpc.main_table,
            DestinationCidrBlock=world.blocks(peer)[0],
            VpcPeeringConnectionId=connection,
        )
    world.let_in(accepter, accepter.groups["db"], 5432, world.blocks(requester)[0])
    return connection, requester, accepter


def test_a_connection_made_by_hand_is_adopted_without_a_change(world, by_hand):
    connection, requester, accepter = by_hand
    before = [(world.routes(vpc, connection), world.rules(vpc)) for vpc in (requester, accepter)]
    found = json.loads(world.peerwright("adopt", connection, "--json").stdout)["connections"][0]
    assert f"route {requester.main_table} {world.blocks(accepter)[0]}" in found["requester"]["found"]
    assert any(f"{accepter.groups['db']} ingress tcp/5432" in thing for thing in found["accepter"]["found"])
    shown = world.peerwright("adopt", connection, COLUMNS="80")
    assert "What others made stays theirs" in shown.stdout and max(map(len, shown.stdout.splitlines())) < 160
    rules = world.peerwright("adopt", connection, "--rules-only")
    applied = world.peerwright("allowlist", "apply", "--yes", "-f", world.file(rules.stdout, "adopted.yaml"))
    if applied.returncode == 2:
        applied = world.peerwright("allowlist", "apply", "-f", world.file(rules.stdout, "adopted.yaml"))
    assert applied.returncode == 0, applied.stderr
    world.becomes("converged", connection)
    world.quiet()
    assert [(world.routes(vpc, connection), world.rules(vpc)) for vpc in (requester, accepter)] == before
    again = json.loads(world.peerwright("adopt", connection, "--json").stdout)
    assert again["connections"][0]["allowed_by"] == [f"adopt-{connection}"] and again["rules"] == "rules: []\n"


def test_all_connections_of_others_are_found_and_none_of_ours(world, by_hand):
    connection, requester, accepter = by_hand
    other = world.vpc(world.a)
    world.allow(other, accepter, routes={"requester": {"tables": "all"}, "accepter": {"tables": "all"}})
    ours = world.ask(other, accepter)
    world.becomes("converged", ours)
    finished = world.peerwright("adopt", "--all", "--json")
    ids = [one["connection"] for one in json.loads(finished.stdout)["connections"]]
    assert connection in ids and ours not in ids, finished
