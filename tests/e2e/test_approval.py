"""Rules by which a person decides about acceptance."""

import pytest
from actor import ALL_TABLES

from peerwright_client.describe import ASK_TAG

WHY = "agreed in change 4711"


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def test_an_acceptance_by_hand_approves_nothing_and_the_ledger_says_who_accepted(world, ends):
    requester, accepter = ends
    rule, connection = _waits(world, *ends)
    entry = world.hub.entry(connection)
    assert entry["rules"] == [rule] and f"rule {rule} waits for approval of 3 wishes" in entry["reasons"][0]
    assert world.state(accepter, connection) == "pending-acceptance"
    world.accept_by_hand(accepter, connection)
    world.until(lambda: "accepted_by" in world.hub.entry(connection))
    world.quiet()
    entry = world.hub.entry(connection)
    who = world.aws.event("Accept", connection)["envelope"]["detail"]["userIdentity"]["arn"]
    assert (entry["status"], entry["accepted_by"]) == ("awaiting-approval", who)
    assert world.routes(requester, connection) == world.routes(accepter, connection) == set()
    approved = world.peerwright("approve", connection, "--reason", WHY)
    assert approved.returncode == 0, approved.stderr
    world.becomes("converged", connection)
    world.routed(requester, accepter, connection)


def test_what_a_manual_rule_wishes_is_made_only_when_a_person_approved_it_whatever_other_rules_allow(world, ends):
    requester, accepter = ends
    group = world.group(accepter, "db")
    world.allow(*ends, routes=ALL_TABLES)
    opening = {"groups": [group], "ingress": [{"protocol": "tcp", "ports": "5432", "from": "peer-vpc"}]}
    world.allow(*ends, approval="manual", security_groups={"accepter": [opening]})
    world.quiet()
    connection = world.ask(*ends)
    world.becomes("partial", connection)
    world.routed(requester, accepter, connection)
    assert world.rules(accepter, connection) == set()
    assert "tcp/5432" in world.mails(connection, "Approval needed")
    approved = world.peerwright("approve", connection, "--reason", WHY)
    assert approved.returncode == 0, approved.stderr
    assert f"groups {group} ingress tcp/5432 from the peer VPC" in approved.stdout
    world.becomes("converged", connection)
    assert len(world.rules(accepter, connection)) == 1
    again = world.peerwright("approve", connection, "--reason", WHY)
    assert again.returncode == 1 and "it is approved already, by " in again.stderr


def test_nothing_that_a_function_may_write_about_a_request_approves_it(world, ends):
    requester, accepter = ends
    rule, connection = _waits(world, *ends)
    world.quiet()
    waits = world.hub.entry(connection)["awaiting"]
    approved = {"answer": "approved", "by": "nobody", "at": "2026-01-01T00:00:00Z", "reason": "none"}
    digests = {one["rule"]: [wish["digest"] for wish in one["wishes"]] for one in waits}
    world.hub.forge(connection, approval=approved, approvals=digests, awaiting=[])
    for function in ("accept", "configure"):
        # Directly: a message to configure would wait until the request is accepted.
        world.invoke(function, {"connection": connection, **accepter.place._asdict()})
    world.sweep_and_wait()
    entry = world.hub.entry(connection)
    assert (entry["status"], entry["rules"], entry["awaiting"]) == ("awaiting-approval", [rule], waits)
    assert "approval" not in entry and world.state(accepter, connection) == "pending-acceptance"
    assert world.routes(requester, connection) == world.routes(accepter, connection) == set()


def test_the_mail_has_everything_that_the_approver_needs(world, ends):
    requester, accepter = ends
    rule, connection = _waits(world, *ends)
    mail = world.mails(connection, "Approval needed")
    for word in (*_told_of(requester), *_told_of(accepter), rule, "waits for approval", "a connection of the two VPCs"):
        assert word in mail, mail
    assert world.aws.event("Create", connection)["envelope"]["detail"]["userIdentity"]["arn"] in mail
    assert f"peerwright approve {connection} --reason" in mail and f"peerwright reject {connection} --reason" in mail
    detail = world.tells("Approval Needed", connection)
    assert (detail["connection"], detail["rules"], detail["status"]) == (connection, [rule], "awaiting-approval")
    assert detail["requester"] == {**requester.place._asdict(), "vpc": requester.id}
    assert detail["accepter"] == {**accepter.place._asdict(), "vpc": accepter.id}
    # The functions handle it again, and nothing is new.
    world.look("accept", connection, accepter)
    world.sweep()
    world.quiet()
    assert len(world.mailed(connection)) == 1 and len(world.told(connection)) == 1


def test_who_asked_by_a_tag_is_named_and_the_answer_says_what_is_waited_for(world, ends):
    asking, other = ends
    world.allow(*ends, approval="manual", routes=ALL_TABLES)
    world.ask_by_tag(asking, other)
    connection = world.joined(*ends, "awaiting-approval")
    world.says(asking, f"pending-acceptance {connection} awaiting-approval")
    assert f"the tags of {asking.place.account}/{asking.place.region}/{asking.id}" in world.mails(connection)
    approved = world.peerwright("approve", connection, "--reason", WHY)
    assert approved.returncode == 0, approved.stderr
    world.becomes("converged", connection)
    world.says(asking, f"active {connection} converged")
    world.untag(asking, ASK_TAG)
    world.becomes("ended", connection)


def test_an_approved_request_is_accepted_and_configured_and_the_ledger_says_who_when_and_why(world, ends):
    _, connection = _waits(world, *ends)
    approved = world.peerwright("approve", connection, "--reason", WHY)
    assert approved.returncode == 0, approved.stderr
    entry = world.becomes("converged", connection)
    world.routed(*ends, connection)
    approval = entry["approval"]
    who = f"arn:aws:sts::{world.aws.hub.account}:assumed-role/peerwright-approve/e2e"
    assert (approval["answer"], approval["by"], approval["reason"]) == ("approved", who, WHY)
    assert f"{connection} is approved by {who}" in approved.stdout
    [settled] = [line for line in world.hub.history(connection) if line["what"] == "approved by hand"]
    to_the_second = approval["at"].split(".")[0].rstrip("Z") + "Z"
    assert settled["at"] == approval["at"] and settled["details"][0] == f"{who} approved it at {to_the_second}: {WHY}"
    assert any("a connection of the two VPCs" in wish for wish in settled["details"][1:])
    accepted = world.tells("Peering Accepted", connection)
    assert accepted["approval"] == approval and any(WHY in reason for reason in accepted["reasons"])


def test_a_rejected_request_is_rejected_and_the_ledger_says_who_and_why(world, ends):
    requester, accepter = ends
    _, connection = _waits(world, *ends)
    rejected = world.peerwright("reject", connection, "--reason", WHY)
    assert rejected.returncode == 0, rejected.stderr
    world.until(lambda: world.state(requester, connection) == "rejected")
    detail = world.tells("Peering Rejected", connection)
    assert detail["approval"]["answer"] == "rejected" and detail["approval"]["reason"] == WHY
    assert world.hub.entry(connection)["approval"] == detail["approval"]
    assert world.state(accepter, connection) == "rejected"
    assert world.routes(requester, connection) == world.routes(accepter, connection) == set()


def test_a_request_that_no_rule_allows_can_be_rejected_but_not_approved(world, ends):
    requester, accepter = ends
    connection = world.ask(requester, accepter)
    world.becomes("held", connection)
    refused = world.peerwright("approve", connection, "--reason", WHY)
    assert refused.returncode == 1 and "nothing of it waits for approval: the ledger says held" in refused.stderr
    world.quiet()
    assert world.state(accepter, connection) == "pending-acceptance"
    assert world.hub.entry(connection)["status"] == "held"
    rejected = world.peerwright("reject", connection, "--reason", WHY)
    assert rejected.returncode == 0, rejected.stderr
    world.until(lambda: world.state(accepter, connection) == "rejected")


def test_an_approval_does_not_override_what_stands_in_the_way(world, ends):
    requester, accepter = ends
    world.allow(*ends, approval="manual", routes=ALL_TABLES)
    [block] = world.blocks(requester)
    gateway = world.route_to_gateway(accepter, block)
    connection = world.ask(requester, accepter)
    world.becomes("held", connection)
    approved = world.peerwright("approve", connection, "--reason", WHY)
    assert approved.returncode == 0, approved.stderr
    world.quiet()
    entry = world.hub.entry(connection)
    assert entry["status"] == "held" and any(block in reason and gateway in reason for reason in entry["reasons"])
    assert world.state(accepter, connection) == "pending-acceptance"
    # Once that is gone, the approval still holds.
    world.aws.ec2(accepter.place).delete_route(RouteTableId=accepter.main_table, DestinationCidrBlock=block)
    world.look("accept", connection, accepter)
    world.becomes("converged", connection)
    world.routed(*ends, connection)


@pytest.mark.parametrize(
    ("verb", "why"), [("approve", "nothing of it waits for approval"), ("reject", "it is no request that waits")]
)
def test_a_connection_that_is_not_waiting_cannot_be_approved_or_rejected(world, ends, verb, why):
    unknown = world.peerwright(verb, "pcx-00000000000000000", "--reason", WHY)
    assert unknown.returncode == 1 and "the ledger does not know pcx-" in unknown.stderr
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.quiet()
    before = world.hub.entry(connection), world.hub.history(connection)
    late = world.peerwright(verb, connection, "--reason", WHY)
    assert late.returncode == 1 and f"{why}: the ledger says converged" in late.stderr
    world.quiet()
    assert (world.hub.entry(connection), world.hub.history(connection)) == before
    assert world.state(ends[0], connection) == "active"


@pytest.mark.parametrize("arguments", [["pcx-00000000000000000"], ["vpc-1", "--reason", WHY], ["pcx-1", "--reason", ""]])
def test_a_decision_needs_a_connection_and_a_reason(world, arguments):
    finished = world.peerwright("approve", *arguments)
    assert finished.returncode == 2 and "--help" in finished.stderr


def _waits(world, requester, accepter) -> tuple[str, str]:
    """Applies a rule by which a person decides; returns it with a request that waits for the decision."""
    rule = world.allow(requester, accepter, approval="manual", routes=ALL_TABLES)
    # The sweep that the rule woke could find the request before its event does, and does not know who asked.
    world.quiet()
    connection = world.ask(requester, accepter)
    world.becomes("awaiting-approval", connection)
    return rule, connection


def _told_of(vpc) -> list[str]:
    return [vpc.id, vpc.place.account, vpc.place.region]
