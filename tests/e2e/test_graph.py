"""`peerwright graph`: the network as EC2 and the ledger have it."""

import json

import pytest
from actor import ALL_TABLES

from peerwright_client.aws import Place


def graph(world, *arguments):
    finished = world.peerwright("graph", *arguments)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def drawn(world, connection, *arguments):
    """The map, and a connection in it."""
    found = json.loads(graph(world, "--format", "json", *arguments))
    return found, next(one for one in found["connections"] if one["id"] == connection)


@pytest.fixture
def ends(world):
    return world.vpc(world.a, tables={"zone-a": {}}), world.vpc(world.b)


def test_a_connection_is_drawn_with_what_was_made_for_it_at_both_ends(world, ends):
    requester, accepter = ends
    rule = world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.quiet()
    before = world.role_writes()
    found, one = drawn(world, connection, "--history")
    assert (one["state"], one["status"], one["standing"], one["rules"]) == ("active", "converged", "working", [rule])
    for side, vpc, peer in (("requester", requester, accepter), ("accepter", accepter, requester)):
        assert (one[side]["account"], one[side]["region"], one[side]["vpc"]) == (vpc.place.account, vpc.place.region, vpc.id)
        routes = {(table["id"], route["destination"]) for table in one[side]["tables"] for route in table["routes"]}
        assert routes == {(table, block) for table, block, _ in world.every_route(vpc, peer)}
        assert all(route["ours"] for table in one[side]["tables"] for route in table["routes"])
    assert any(written["id"] == rule and "effect: allow" in written["text"] for written in found["rules"])
    assert one["history"][0]["what"] == "converged" and len(one["history"]) > 1
    assert world.role_writes() == before


def test_what_is_held_is_drawn_with_its_reason(world, ends):
    connection = world.ask(*ends)
    world.becomes("held", connection)
    _, one = drawn(world, connection)
    assert (one["standing"], one["rules"]) == ("held", [])
    assert one["reason"] == world.hub.entry(connection)["reasons"][0]


def test_every_format_is_drawn_from_what_the_data_say(world, ends, tmp_path):
    connection = world.ask(*ends)
    world.becomes("held", connection)
    data = tmp_path / "map.json"
    data.write_text(graph(world, "--format", "json"))
    for name, mark in (("html", "<!DOCTYPE html>"), ("svg", "<svg "), ("mmd", "flowchart LR"), ("dot", "digraph network {")):
        made = tmp_path / f"network.{name}"
        graph(world, "--from", data, "--file", made)
        text = made.read_text()
        assert text.startswith(mark) and connection in text


def test_a_place_that_can_not_be_entered_is_told_and_stops_nothing(world, ends):
    connection = world.ask(*ends)
    world.becomes("held", connection)
    stranger = Place("444444444444", "eu-west-1")
    world.denials.expect("AssumeRole", f":{stranger.account}:role/")
    assert world.peerwright("members", "add", f"{stranger.account}/{stranger.region}").returncode == 0
    try:
        found, _ = drawn(world, connection)
    finally:
        world.peerwright("members", "remove", f"{stranger.account}/{stranger.region}")
        world.quiet()
    told = {one["what"]: one["why"] for one in found["unread"]}
    assert "deploy infra/member.yaml in that account" in told[f"{stranger.account}/{stranger.region}"]
