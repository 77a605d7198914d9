"""Outcome events, mails and history; and that no two functions do the same work."""

import json
import time

import pytest
from actor import ALL_TABLES
from faults import configured
from listener import EVENTS

from peerwright_client.describe import ASK_TAG
from peerwright_client.hub import CONNECTIONS

DAY = 24 * 3600


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def test_each_step_in_the_life_of_a_connection_has_an_event(world, ends):
    asking, other = ends
    rule = world.allow(*ends, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    connection = world.joined(*ends)
    world.says(asking, "converged")
    world.untag(asking, ASK_TAG)
    world.becomes("ended", connection)
    world.tells("Peering Removed", connection)
    world.quiet()
    told = world.told(connection)
    assert sorted(kind for kind, _ in told) == [f"Peering {one}" for one in ("Accepted", "Configured", "Removed", "Requested")]
    for kind, detail in told:
        assert detail["requester"] == {**asking.place._asdict(), "vpc": asking.id}, kind
        assert detail["accepter"] == {**other.place._asdict(), "vpc": other.id}, kind
        assert detail["created_for"] == detail["requester"], kind
        assert detail["asked_by"] == f"the tags of {asking.place.account}/{asking.place.region}/{asking.id}", kind
    details = dict(told)
    assert [details[f"Peering {kind}"]["rules"] for kind in ("Requested", "Accepted", "Configured")] == [[rule]] * 3
    assert any(other.main_table in step for step in details["Peering Configured"]["details"])
    assert details["Peering Removed"]["reasons"] == ["neither VPC asks for it any more"]
    # The bus delivers them in any order; their versions have the order in which they happened.
    versions = [details[f"Peering {kind}"]["version"] for kind in ("Requested", "Accepted", "Configured", "Removed")]
    assert versions == sorted(versions)


def test_what_is_held_and_what_is_blocked_is_mailed_too(world, ends):
    requester, accepter = ends
    held = world.ask(*ends)
    world.becomes("held", held)
    reasons = world.tells("Peering Held", held)["reasons"]
    assert reasons and requester.id in world.mails(held, "Peering Held", accepter.id)
    [block] = world.blocks(accepter)
    gateway = world.route_to_gateway(requester, block)
    world.allow(*ends, routes=ALL_TABLES)
    world.accept_by_hand(accepter, held)
    world.becomes("blocked", held)
    assert any(gateway in reason for reason in world.tells("Peering Blocked", held)["reasons"])
    assert gateway in world.mails(held, "Peering Blocked")


def test_quotation_marks_in_a_reason_do_not_break_the_mail(world, ends):
    rule = world.rule(*ends)
    broken = {**rule, "requester": {**rule["requester"], 'tag"s\\in\n<account>': ["1"]}}
    with world.item(broken):
        held = world.ask(*ends)
        reasons = world.becomes("held", held)["reasons"]
        mail = world.mails(held, "Peering Held")
    assert any('tag"s\\' in reason for reason in reasons), reasons
    assert "tag's/in" in mail, mail


def test_a_connection_that_ends_by_itself_is_reported_as_removed(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.aws.ec2(world.b).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.becomes("ended", connection)
    assert world.tells("Peering Removed", connection)["created_for"] is None
    assert world.routes(ends[0], connection) == world.routes(ends[1], connection) == set()


def test_the_history_has_the_events_and_whoever_asked(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    # A sweep that the rule wakes would be quicker than the event, and knows nobody.
    world.quiet()
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.quiet()
    asked, accepted = (world.aws.event(verb, connection)["envelope"]["detail"] for verb in ("Create", "Accept"))
    assert world.hub.entry(connection)["asked_by"] == asked["userIdentity"]["arn"]
    lines = {line["what"]: line for line in world.hub.history(connection)}
    assert lines["accepted"]["events"] == lines["accepting"]["events"] == [asked["eventID"]]
    # `accept` wakes `configure`; the event of the acceptance comes to the same at another time.
    known = {asked["eventID"], accepted["eventID"]}
    assert all(set(lines[what]["events"]) <= known for what in ("planned", "converged"))
    assert world.hub.entry(connection)["accepted_by"] == accepted["userIdentity"]["arn"]
    assert [line["at"] for line in lines.values()] == sorted(line["at"] for line in lines.values())
    assert all(ends[1].main_table in " ".join(lines[what]["details"]) for what in ("planned", "converged"))


def test_the_history_has_the_event_about_the_tag(world, ends):
    asking, other = ends
    world.allow(*ends, routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    connection = world.joined(*ends)
    [about_tag] = [
        one["id"]
        for one in world.aws.events()
        if one["kind"] == "Tag Change on Resource"
        and asking.id in one["envelope"]["resources"][0]
        and ASK_TAG in one["envelope"]["detail"]["changed-tag-keys"]
    ]
    [requested] = [line for line in world.hub.history(connection) if line["what"] == "requested"]
    assert requested["events"] == [about_tag]


def test_the_history_is_kept_as_long_as_the_stack_says_and_the_current_state_for_ever(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    for line in world.hub.history(connection):
        assert 399 * DAY < int(line["expires_at"]) - time.time() <= 400 * DAY, line
    assert "expires_at" not in world.hub.entry(connection)


def test_with_no_limit_the_history_is_kept_for_ever(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    world.quiet()
    with configured(world, "accept", PEERWRIGHT_HISTORY_DAYS="0"):
        connection = world.ask(*ends)
        world.becomes("converged", connection)
        world.quiet()
    [accepted] = [line for line in world.hub.history(connection) if line["what"] == "accepted"]
    assert "expires_at" not in accepted


def test_the_same_hint_ten_times_at_once_is_worked_on_once(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    world.quiet()
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    hint = json.dumps({"connection": connection, **world.a._asdict()})
    for function in ("configure", "cleanup"):
        world.send(function, *[hint] * 10)
    world.becomes("converged", connection)
    world.quiet()
    assert [action for action in world.role_writes() if action != "CreateTags"] == ["CreateRoute", "CreateRoute"]
    assert world.refusals("RouteAlreadyExists") == []
    assert [line["what"] for line in world.hub.history(connection)].count("converged") == 1
    assert "holder" not in (_lease(world, connection) or {})
    world.routed(*ends, connection)


def test_a_lease_that_was_not_released_is_taken_over_once_it_has_expired(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    world.quiet()
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    until = time.time() + 3
    _leave_lease(world, connection, until)
    world.look("configure", connection, ends[0])
    world.becomes("converged", connection, seconds=120)
    assert min(call.timestamp() for call in world.times("configure", "CreateRoute", world.a)) >= until
    world.until(lambda: "holder" not in (_lease(world, connection) or {}))
    world.routed(*ends, connection)


def _lease(world, connection: str) -> dict | None:
    key = {"connection": {"S": f"lease#{connection}"}, "entry": {"S": "current"}}
    return world.aws.client("dynamodb", world.aws.hub).get_item(TableName=CONNECTIONS, Key=key).get("Item")


def _leave_lease(world, connection: str, until: float) -> None:
    """Writes the lease of a function that ended without releasing it."""
    item = {
        "connection": {"S": f"lease#{connection}"},
        "entry": {"S": "current"},
        "holder": {"S": "a function that is gone"},
        "until_ms": {"N": str(int(until * 1000))},
    }
    world.aws.client("dynamodb", world.aws.hub).put_item(TableName=CONNECTIONS, Item=item)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"surplus": 1}, id="a field too many"),
        pytest.param({"version": None}, id="a field of another type"),
        pytest.param({"status": "ended"}, id="a status of another kind"),
        pytest.param({"reasons": ['"']}, id="a quotation mark"),
    ],
)
def test_the_reference_of_events_refuses_what_it_does_not_describe(world, ends, change):
    held = world.ask(*ends)
    detail = world.tells("Peering Held", held)
    event = {"source": "peerwright", "detail-type": "Peering Held", "detail": detail}
    EVENTS.validate(event)
    for wrong in (detail | change, {key: value for key, value in detail.items() if key != "rules"}):
        assert not EVENTS.is_valid(event | {"detail": wrong})
