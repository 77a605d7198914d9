"""`peerwright graph`: the network as EC2 and the ledger have it."""

import json
import time

import pytest
from actor import ALL_TABLES
from silence import silence

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


def test_places_of_which_none_answers_are_no_network(world, ends):
    with silence() as url:
        began = time.monotonic()
        finished = world.peerwright("graph", "--format", "json", AWS_ENDPOINT_URL_EC2=url)
    assert finished.returncode == 1 and finished.stdout == "" and time.monotonic() - began < 25
    assert "no place could be read" in finished.stderr and "no answer in time" in finished.stderr


def test_the_name_of_a_file_that_says_no_format_is_refused(world, tmp_path):
    data, made = tmp_path / "map.json", tmp_path / "map.pdf"
    data.write_text(graph(world, "--json"))
    refused = world.peerwright("graph", "--from", data, "--file", made)
    assert refused.returncode == 1 and not made.exists() and ".svg" in refused.stderr
    assert json.loads(data.read_text())["connections"] == json.loads(graph(world, "--from", data, "--format", "json"))["connections"]
    for form in ("dot", "svg", "html"):
        refused = world.peerwright("graph", "--from", data, "--format", form, "--json")
        assert refused.returncode == 1 and refused.stdout == "" and "--json" in refused.stderr


def test_a_place_that_can_not_be_entered_is_told_and_stops_nothing(world, ends):
    connection = world.ask(*ends)
    world.becomes("held", connection)
    stranger = Place("444444444444", "eu-west-1")
    world.denials.expect("AssumeRole", f":{stranger.account}:role/")
    assert world.peerwright("members", "add", f"{stranger.account}/{stranger.region}").returncode == 0
    try:
        finished = world.peerwright("graph", "--json")
        found = json.loads(finished.stdout)
    finally:
        world.peerwright("members", "remove", f"{stranger.account}/{stranger.region}")
        world.quiet()
    told = {one["what"]: one["why"] for one in found["unread"]}
    assert "deploy infra/member.yaml in that account" in told[f"{stranger.account}/{stranger.region}"]
    assert finished.returncode == 0 and connection in {one["id"] for one in found["connections"]}
    assert "not read, and missing in the drawing" in finished.stderr and stranger.account in finished.stderr
    assert all("." not in at for at in (found["at"], *(one["since"] for one in found["connections"] if "since" in one)))
