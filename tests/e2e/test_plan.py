"""`peerwright plan` and `retry`: what would be done now, and doing it."""

import json

import pytest
from actor import ALL_TABLES
from faults import configured

from peerwright_client.describe import ASK_TAG

NOTHING, CHANGES = 0, 2
DONE, NOT_DONE = 0, 2


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def planned(world, *arguments, status=CHANGES) -> dict:
    finished = world.peerwright("plan", *arguments, "--json")
    assert finished.returncode == status, finished
    return json.loads(finished.stdout)


def test_a_route_that_is_missing_is_planned_and_made_when_a_person_says_so(world, ends):
    requester, accepter = ends
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.quiet()
    assert planned(world, connection, status=NOTHING)["connections"][0]["changes"] == []
    block = world.blocks(accepter)[0]
    world.aws.change(delivery=False)
    world.aws.ec2(requester.place).delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=block)
    [plan] = planned(world, connection)["connections"]
    assert plan["fate"] == "follows" and plan["status"] == "converged"
    assert plan["changes"] == [
        {"what": "add", "side": "requester", "in": requester.main_table, "thing": block, "later": False}
    ]
    shown = world.peerwright("plan", connection, COLUMNS="80")
    assert shown.stdout.splitlines()[0] == "1 to add", shown.stdout
    assert f"    {requester.main_table}\n      + {block}\n" in shown.stdout
    done = world.peerwright("apply", connection)
    assert (done.returncode, done.stderr) == (DONE, ""), done
    assert done.stdout.startswith(f"+ {connection} is converged"), done.stdout
    world.routed(requester, accepter, connection)
    assert world.hub.history(connection)[-1]["entry"]


def test_everything_that_lives_is_planned_at_once_and_what_is_as_it_should_be_is_counted(world, ends):
    requester, accepter = ends
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.quiet()
    world.aws.change(delivery=False)
    block = world.blocks(requester)[0]
    world.aws.ec2(accepter.place).delete_route(RouteTableId=accepter.main_table, DestinationCidrBlock=block)
    finished = world.peerwright("plan", "--all", "--json")
    told = json.loads(finished.stdout)
    plans = {plan["connection"]: plan for plan in told["connections"]}
    assert [change["thing"] for change in plans[connection]["changes"]] == [block]
    assert finished.returncode == (1 if told["unreadable"] else CHANGES), finished.stderr
    assert told["counts"]["connections"] == len(plans) and told["counts"]["add"] >= 1


def test_a_frozen_connection_is_planned_and_not_touched_and_says_who_froze_it(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    assert world.peerwright("freeze", connection, "--reason", "a check of the firewall").returncode == 0
    try:
        [plan] = planned(world, connection, status=NOTHING)["connections"]
        assert "a check of the firewall" in plan["held_up"][0]
        refused = world.peerwright("retry", connection, "--json")
        told = json.loads(refused.stdout)
        assert refused.returncode == NOT_DONE and told["came"] == "frozen" and told["woken"] == []
        frozen = json.loads(world.peerwright("freeze", "--all", "--reason", "an incident", "--json").stdout)
        assert frozen["frozen"] and frozen["changed"]
    finally:
        thawed = json.loads(world.peerwright("thaw", "--all", "--reason", "over", "--json").stdout)
        assert [one["connection"] for one in thawed["still_frozen"]] == [connection]
        again = world.peerwright("thaw", connection, "--reason", "checked")
    assert "thawed: what was left is carried out now" in again.stdout


def test_what_aws_still_refuses_is_not_done_and_says_why(world, ends):
    requester, accepter = ends
    action = "CreateRoute"
    world.denials.expect(action, "service control policy")
    world.allow(*ends, routes=ALL_TABLES)
    world.aws.change(denied=f"{world.b.account}/{action}")
    connection = world.ask(*ends)
    world.becomes("blocked", connection)
    world.quiet()
    refused = world.peerwright("retry", connection)
    assert refused.returncode == NOT_DONE and "service control policy" in refused.stdout, refused
    world.aws.change(denied="")
    assert world.peerwright("retry", connection).returncode == DONE
    world.routed(requester, accepter, connection)


def test_a_connection_that_nobody_knows_is_an_error_that_says_what_to_name(world):
    finished = world.peerwright("plan", "pcx-0123456789abcdef0")
    assert finished.returncode == 1 and "name a place of one of its ends" in finished.stderr, finished


def test_a_plan_says_that_a_denied_request_is_rejected_where_the_hub_is_configured_so(world, ends):
    world.deny(*ends)
    connection = world.ask(*ends)
    world.becomes("denied", connection)
    assert "it stays pending" in world.peerwright("plan", connection).stdout
    with configured(world, "sweep", PEERWRIGHT_ON_DENY="reject"):
        told = world.peerwright("plan", connection)
    assert told.returncode == 2 and "it is rejected" in told.stdout and "1 to change" in told.stdout, told


def test_a_connection_that_will_be_deleted_counts_as_removed(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    connection = world.joined(*ends)
    world.becomes("converged", connection)
    assert world.peerwright("freeze", connection, "--reason", "a test").returncode == 0
    world.untag(asking, ASK_TAG)
    told = json.loads(world.peerwright("plan", connection, "--json").stdout)
    things = len(told["connections"][0]["changes"])
    assert told["connections"][0]["fate"] == "deleted" and told["counts"]["remove"] == things + 1, told
    assert world.peerwright("thaw", connection, "--reason", "a test").returncode == 0
    world.becomes("ended", connection)
