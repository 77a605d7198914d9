"""What exists, why, and what happened to it: `peerwright status`, `list`, `show` and `history`. They read, and change nothing."""

import json

import pytest
from actor import ALL_TABLES

from peerwright_client.describe import STATUS_TAG

FINE, FAILURE, ATTENTION = 0, 1, 2


def asked(world, *arguments, status=FINE):
    """The answer of a command as JSON."""
    finished = world.peerwright(*arguments, "--json")
    assert finished.returncode == status, finished
    return json.loads(finished.stdout)


@pytest.fixture
def ends(world):
    return world.vpc(world.a, tables={"zone-a": {}}), world.vpc(world.b)


@pytest.fixture
def rule(world, ends):
    return world.allow(*ends, routes=ALL_TABLES)


@pytest.fixture
def connection(world, ends, rule):
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    return connection


def test_a_connection_that_is_done_has_all_of_its_routes_and_wants_no_attention(world, ends, rule, connection):
    [told] = asked(world, "status", connection)["connections"]
    assert (told["status"], told["state"], told["rules"]) == ("converged", "active", [rule])
    for end, vpc, peer in (("requester", *ends), ("accepter", *reversed(ends))):
        wanted = len(world.every_route(vpc, peer))
        assert told["ends"][end]["routes"] == {"there": wanted, "wanted": wanted, "superfluous": 0}
        assert told[end]["vpc"].endswith(vpc.id)
    words = world.peerwright("status", connection)
    assert words.returncode == FINE and "routes 2/2" in words.stdout and "in EC2       active" in words.stdout
    assert world.role_writes() != [] and asked(world, "list", "--rule", rule)["connections"][0]["connection"] == connection


def test_a_route_that_somebody_deleted_is_named_as_missing_as_long_as_nobody_repairs_it(world, ends, connection):
    requester, accepter = ends
    assert world.peerwright("freeze", connection, "--reason", "a test").returncode == 0
    world.aws.ec2(requester.place).delete_route(
        RouteTableId=requester.main_table, DestinationCidrBlock=world.blocks(accepter)[0]
    )
    world.until(lambda: len(asked_anyway(world, connection)["missing"]) == 1)
    told = asked_anyway(world, connection)
    assert told["ends"]["requester"]["routes"]["there"] == told["ends"]["requester"]["routes"]["wanted"] - 1
    assert requester.main_table in told["missing"][0]
    words = world.peerwright("status", connection)
    assert words.returncode == ATTENTION and "differs by   1 to add, 0 to remove" in words.stdout, words
    assert world.peerwright("thaw", connection, "--reason", "over").returncode == 0


def asked_anyway(world, connection):
    """The detail of a connection, whether or not it wants attention."""
    return json.loads(world.peerwright("status", connection, "--json").stdout)["connections"][0]


def test_a_vpc_is_named_by_alias_account_or_place_and_shows_its_connections(world, ends, connection):
    requester, accepter = ends
    place = {"vpc": accepter.id, "account": accepter.place.account, "region": accepter.place.region}
    world.apply(aliases={f"name-of-{accepter.id}": place})
    names = (accepter.id, f"{place['account']}/{accepter.id}", f"{place['account']}/{place['region']}/{accepter.id}")
    for name in (*names, f"name-of-{accepter.id}"):
        told = asked(world, "status", name)
        assert [one["connection"] for one in told["connections"]] == [connection], name
        assert told["connections"][0]["accepter"]["aliases"] == [f"name-of-{accepter.id}"]
    assert [one["connection"] for one in asked(world, "list", "--vpc", requester.id)["connections"]] == [connection]
    told = world.peerwright("explain", "--requester", requester.id, "--accepter", f"name-of-{accepter.id}")
    assert f"{connection} is active, converged in the ledger" in told.stdout and "pcx-fff" not in told.stdout


def test_what_a_vpc_asks_for_in_vain_is_told_in_full_where_its_tag_is_cut(world, ends):
    requester, accepter = ends
    world.ask_by_tag(requester, accepter, "nobody", *[f"no-alias-{n}-of-{'x' * 40}" for n in range(3)])
    cut = world.says(requester, f"all: peerwright status {requester.id}")
    assert "..." in cut
    told = world.peerwright("status", requester.id)
    assert told.returncode == ATTENTION and "WOULD BE HELD: " in told.stdout
    unmet = asked(world, "status", requester.id, status=ATTENTION)["unmet"]
    assert len(unmet) == 5 and unmet[1] == {"target": "nobody", "answer": "is no alias of the allowlist"}


def test_everything_is_counted_and_a_held_request_is_named_with_its_reason(world, ends, rule, connection):
    other = world.vpc(world.a)
    held = world.ask(other, ends[1])
    reasons = world.becomes("held", held)["reasons"]
    told = asked(world, "status", status=ATTENTION)
    assert told["counts"]["held"] >= 1 and told["counts"]["converged"] >= 1 and told["places"] >= 1
    assert [one["why"] for one in told["attention"] if one["connection"] == held] == [reasons[0]]
    assert connection not in [one["connection"] for one in told["attention"]]
    listed = asked(world, "list", "--status", "held")["connections"]
    assert held in [one["connection"] for one in listed] and connection not in [one["connection"] for one in listed]
    world.withdraw_pending(other.place)


def test_an_ended_connection_is_listed_on_request_and_spoken_of_as_ended(world, ends, connection):
    world.aws.ec2(ends[0].place).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.becomes("ended", connection)
    account = ends[0].place.account
    known = [[one["connection"] for one in asked(world, "list", "--account", account, *all)["connections"]] for all in ([], ["--all"])]
    assert (connection in known[0], connection in known[1]) == (False, True)
    [told] = asked(world, "status", connection)["connections"]
    assert told["status"] == "ended" and told["headline"].startswith("ENDED: it is deleted")
    explained = world.peerwright("explain", connection)
    assert explained.stdout.startswith("ENDED: it is deleted"), explained


def test_what_happened_is_told_with_its_steps_and_the_events_that_caused_it(world, ends, rule, connection):
    told = asked(world, "history", connection)
    happened = [one["what"] for one in told["changes"]]
    assert happened[-1] == "converged" and "planned" in happened and all(one["rules"] == [rule] for one in told["changes"])
    assert any(one["events"] for one in told["changes"])
    assert any("made: " in line for line in told["changes"][-1]["details"])
    assert asked(world, "history", connection, "--since", "1d") == told
    assert asked(world, "history", connection, "--since", "2100-01-01T00:00:00Z")["changes"] == []
    rules = asked(world, "history", "--allowlist")["changes"]
    assert f"rule {rule} added" in [one["what"] for one in rules]


def test_everything_about_a_connection_is_shown_with_what_is_ours_at_each_end(world, ends, connection):
    told = asked(world, "show", connection)
    for ours, vpc in zip(told["ours"], ends, strict=True):
        assert {table["table"] for table in ours["routes"]} == {table for table, *_ in world.routes(vpc, connection)}
    assert told["entry"]["version"] == world.hub.entry(connection)["version"] and told["history"]
    assert "ours at the accepter" in world.peerwright("show", connection).stdout


def test_a_freeze_is_told_on_the_tags_of_connection_and_vpc_and_goes_with_the_thaw(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.ask_by_tag(requester, accepter)
    connection = world.joined(requester, accepter)
    assert world.peerwright("freeze", connection, "--reason", "an audit").returncode == 0
    world.says(requester, connection, "frozen: by arn:aws:", "an audit")
    assert "frozen: by arn:aws:" in world.connection_tags(requester, connection)[STATUS_TAG]
    [told] = asked(world, "status", connection, status=ATTENTION)["connections"]
    assert told["frozen"]["reason"] == "an audit" and told["headline"].startswith("FROZEN: ")
    assert world.peerwright("thaw", connection, "--reason", "over").returncode == 0
    world.says(requester, f"{connection} converged")


def test_a_spoilt_stop_stops_and_can_be_thawed(world):
    item = {"connection": {"S": "freeze#everything"}, "entry": {"S": "current"}, "by": {"N": "7"}}
    world.aws.client("dynamodb", world.aws.hub).put_item(TableName="peerwright-connections", Item=item)
    told = world.peerwright("status")
    assert told.returncode == ATTENTION and "everything is frozen by somebody whose name can't be read" in told.stdout
    thawed = world.peerwright("thaw", "--all", "--reason", "nobody knows what it was")
    assert thawed.returncode == 0 and "everything is thawed" in thawed.stdout, thawed
    assert [one["what"] for one in asked(world, "history", "--stops")["changes"]][-1] == "thawed by hand"


def test_while_it_is_watched_each_change_is_a_line(world, ends, rule):
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    with world.peerwright_running("status", connection, "--watch") as running:
        assert f"{connection}  converged" in running.stdout.readline()
        assert world.peerwright("freeze", connection, "--reason", "a test").returncode == 0
        assert "(frozen by arn:aws:" in running.stdout.readline()
    assert world.peerwright("thaw", connection, "--reason", "over").returncode == 0


def test_a_connection_that_nobody_knows_is_a_failure_that_says_where_to_look(world):
    for command in ("status", "show"):
        told = world.peerwright(command, "pcx-0123456789abcdef0")
        assert told.returncode == FAILURE and "the ledger does not know pcx-0123456789abcdef0" in told.stderr, told
    told = world.peerwright("history", "pcx-0123456789abcdef0")
    assert told.returncode == FAILURE and "the ledger does not know pcx-0123456789abcdef0" in told.stderr


def test_a_vpc_that_is_not_there_is_said_to_be_not_there(world, ends):
    requester, accepter = ends
    nowhere = f"{accepter.place.account}/{accepter.place.region}/vpc-0123456789abcdef0"
    told = world.peerwright("explain", "--requester", requester.id, "--accepter", nowhere)
    assert told.returncode == FAILURE and "vpc-0123456789abcdef0 is not there" in told.stderr, told
    told = world.peerwright("explain", "--requester", requester.id, "--accepter", "no-such-alias")
    assert told.returncode == FAILURE and "no alias of this name" in told.stderr, told


def test_a_filter_that_names_nothing_is_told(world, rule):
    unknown = world.peerwright("list", "--vpc", "no-such-alias")
    assert unknown.returncode == FAILURE and "no-such-alias is no alias of the allowlist" in unknown.stderr, unknown
    noted = world.peerwright("list", "--rule", "no-such-rule", "--rule", rule)
    assert noted.returncode == FINE and "has the name no-such-rule" in noted.stdout and rule not in noted.stdout, noted
    for option, wrong, told in (("--status", "nonsense", "converged"), ("--in-region", "eu-wset-1", "eu-west-1"), ("--account", "1", "12 digits")):
        refused = world.peerwright("list", option, wrong)
        assert refused.returncode == 2 and told in refused.stderr and "quotes" not in refused.stderr, refused


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["plan"], "--all"),
        (["adopt"], "--all"),
        (["redrive"], "--all"),
        (["explain"], "CONNECTION|--requester"),
        (["explain", "tutorial-db"], "peerwright status tutorial-db"),
        (["freeze", "--reason", "x"], "--all"),
        (["history"], "--allowlist|--stops"),
        (["show", "tutorial-db"], "peerwright status tutorial-db"),
        (["plan", "tutorial-db"], "peerwright status tutorial-db"),
        (["history", "tutorial-db"], "peerwright status tutorial-db"),
        (["freeze", "pcx-0123456789abcdef0", "--reason", "x" * 501], "500 are the most"),
        (["approve", "pcx-0123456789abcdef0", "--reason", " "], "say why"),
    ],
)
def test_what_is_left_out_or_mistaken_is_answered_with_what_may_be_meant(world, arguments, told):
    refused = world.peerwright(*arguments)
    assert refused.returncode == 2 and told in refused.stderr, refused


def test_every_command_says_the_same_of_a_connection_that_the_ledger_does_not_know(world):
    unknown = "pcx-0123456789abcdef0"
    sentence = f"the ledger does not know {unknown}: `peerwright explain {unknown} --at ACCOUNT/REGION` looks at it where you say"
    reason = ("--reason", "a test")
    for command in (("status", unknown), ("show", unknown), ("history", unknown), ("retry", unknown)):
        assert sentence in world.peerwright(*command).stderr, command
    for verb in ("freeze", "thaw", "approve", "reject"):
        assert sentence in world.peerwright(verb, unknown, *reason).stderr, verb


@pytest.mark.parametrize("arguments", [["history"], ["status", "pcx-1"], ["show"], ["list", "--account", "1"]])
def test_wrong_usage_ends_with_status_2(world, arguments):
    assert world.peerwright(*arguments).returncode == 2
