"""Connections that rules no longer allow are kept, isolated or deleted, as the last of the rules says."""

from datetime import UTC, datetime, timedelta

import pytest
from actor import ALL_TABLES
from faults import without_role
from ownership import add_others, clean, complete, of_others, two_vpcs, wishes

from peerwright_client.hub import ALLOWLIST


@pytest.fixture
def ends(world):
    return two_vpcs(world)


@pytest.fixture
def made(world, ends):
    """A function that makes a connection by a rule with this `on_revoke`, and returns both."""

    def make(on_revoke, by="hand", **more):
        rule = world.rule(*ends, **{**wishes(*ends), "on_revoke": on_revoke, **more})
        world.apply(rule)
        if by == "tag":
            world.ask_by_tag(*ends)
            connection = world.joined(*ends)
        else:
            connection = world.ask(*ends)
            world.becomes("converged", connection)
        complete(world, ends, connection)
        return connection, rule

    return make


def remove(world, rule):
    """Deletes a rule from the table, as any client may."""
    [key] = [key for key in world.hub.allowlist() if key[1] == rule["id"]]
    item = {"accepter": {"S": key[0]}, "id": {"S": key[1]}}
    world.aws.client("dynamodb", world.aws.hub).delete_item(TableName=ALLOWLIST, Key=item)


def expire(world, rule):
    """Lets a rule expire in a moment, and then starts a sweep."""
    end = datetime.now(UTC) + timedelta(seconds=5)
    world.apply({**rule, "not_after": end.isoformat()})
    # The change starts a sweep of its own, for which the rule has not expired.
    world.quiet()
    world.until(lambda: datetime.now(UTC) > end)
    world.sweep()


def forbid(world, rule):
    """Denies what a rule allows, and wishes the same for that case."""
    wish = {"on_revoke": rule["on_revoke"]} if "on_revoke" in rule else {}
    world.apply(world.rule(rule["requester"], rule["accepter"], effect="deny", **wish))


HOW = pytest.mark.parametrize("revoke", [remove, expire, forbid])
BY = pytest.mark.parametrize("by", ["hand", "tag"])


@HOW
@BY
def test_keep_leaves_everything_and_mails_a_person(world, ends, made, by, revoke):
    connection, rule = made("keep", by)
    revoke(world, rule)
    world.becomes("kept", connection)
    complete(world, ends, connection)
    assert world.state(ends[0], connection) == "active"
    world.mails(connection, "Peering Kept")


@HOW
@BY
def test_isolate_removes_what_is_ours_and_nothing_else(world, ends, made, by, revoke):
    connection, rule = made("isolate", by)
    add_others(world, ends, connection)
    others = of_others(world, ends, connection)
    revoke(world, rule)
    world.becomes("isolated", connection)
    assert clean(world, ends, connection) and of_others(world, ends, connection) == others
    assert world.state(ends[0], connection) == "active"
    assert world.tells("Peering Isolated", connection)["rules"] == []


@HOW
def test_delete_deletes_the_connection_that_a_tag_made(world, ends, made, revoke):
    connection, rule = made("delete", "tag")
    add_others(world, ends, connection)
    others = of_others(world, ends, connection)
    revoke(world, rule)
    world.becomes("ended", connection)
    assert world.state(ends[0], connection) == "deleted"
    assert clean(world, ends, connection) and of_others(world, ends, connection) == others
    world.says(ends[0], "denied" if revoke is forbid else "not allowed")
    world.quiet()
    assert world.between(*ends) == []


@HOW
def test_delete_only_isolates_a_connection_that_was_made_by_hand(world, ends, made, revoke):
    connection, rule = made("delete")
    revoke(world, rule)
    entry = world.becomes("isolated", connection)
    assert any("not created by Peerwright" in reason for reason in entry["reasons"][:2])
    assert clean(world, ends, connection) and world.state(ends[0], connection) == "active"


@pytest.mark.parametrize(("revoke", "status"), [(remove, "kept"), (expire, "isolated"), (forbid, "isolated")])
def test_without_a_wish_a_lost_rule_keeps_and_an_expiry_or_a_deny_isolates(world, ends, revoke, status):
    rule = world.rule(*ends, **wishes(*ends))
    world.apply(rule)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    revoke(world, rule)
    world.becomes(status, connection)
    assert clean(world, ends, connection) == (status == "isolated")
    assert world.state(ends[0], connection) == "active"


def test_a_deny_is_about_two_vpcs_whichever_asks(world, ends):
    requester, accepter = ends
    world.allow(accepter, requester, routes=ALL_TABLES)
    world.apply(world.rule(requester, accepter, effect="deny"))
    world.quiet()
    connection = world.ask(accepter, requester)
    entry = world.becomes("denied", connection)
    assert world.state(requester, connection) == "pending-acceptance", entry


def test_dns_resolution_that_we_switched_on_goes_with_the_permission_and_an_owners_own_stays(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, dns_resolution={"requester": True})
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    by_hand = {"AccepterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True}}
    ec2 = world.aws.ec2(accepter.place)
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=connection, **by_hand)
    assert world.resolves(requester, connection) and world.resolves(accepter, connection)
    world.deny(requester, accepter)
    world.becomes("isolated", connection)
    assert not world.resolves(requester, connection) and world.resolves(accepter, connection)


def test_a_deny_by_blocks_matches_a_vpc_of_which_any_block_touches_them(world):
    requester = world.vpc(world.a, blocks=["10.250.16.0/24", "172.17.8.0/22"])
    accepter = world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    reserved = {"cidrs": ["172.17.0.0/16", "10.255.0.0/16"]}
    world.apply(world.rule(reserved, {"accounts": [world.b.account]}, effect="deny"))
    world.quiet()
    connection = world.ask(requester, accepter)
    world.becomes("denied", connection)
    assert world.state(accepter, connection) == "pending-acceptance"


@pytest.mark.parametrize(("on_revoke", "status"), [("keep", "kept"), ("isolate", "isolated")])
def test_a_rule_that_is_given_back_is_followed_again(world, ends, made, on_revoke, status):
    connection, rule = made(on_revoke)
    remove(world, rule)
    world.becomes(status, connection)
    world.apply(rule)
    world.becomes("converged", connection)
    complete(world, ends, connection)


def test_a_connection_that_was_deleted_is_asked_for_anew_when_its_rule_is_given_back(world, ends, made):
    first, rule = made("delete", "tag")
    remove(world, rule)
    world.becomes("ended", first)
    world.quiet()
    world.apply(rule)
    second = world.joined(*ends)
    assert second != first
    complete(world, ends, second)


def test_one_of_two_rules_is_removed_and_only_what_it_alone_wanted_goes(world, ends, made):
    connection, rule = made("isolate")
    requester, accepter = ends
    group = {"groups": [accepter.groups["db"]], "ingress": [{"protocol": "tcp", "ports": "22", "from": "peer-vpc"}]}
    more = world.rule(*ends, security_groups={"accepter": [group]})
    world.apply(more)
    world.until(lambda: 22 in {one.from_port for one in world.rules(accepter, connection)})
    remove(world, more)
    world.until(lambda: 22 not in {one.from_port for one in world.rules(accepter, connection)})
    world.becomes("converged", connection)
    complete(world, ends, connection)


@pytest.mark.parametrize(("on_revoke", "status"), [("isolate", "isolated"), ("delete", "ended")])
def test_a_rule_that_is_removed_while_its_routes_are_being_made_leaves_nothing_of_ours(world, on_revoke, status):
    requester = world.vpc(world.a, tables={f"zone-{number}": {} for number in range(30)})
    accepter = world.vpc(world.b)
    ends = requester, accepter
    rule = world.rule(*ends, routes={"requester": {"tables": "all"}, "accepter": {"tables": "all"}}, on_revoke=on_revoke)
    world.apply(rule)
    world.use_up_tokens(world.a, requester)
    world.ask_by_tag(*ends)
    world.until(lambda: world.between(*ends))
    [connection] = world.between(*ends)
    world.until(lambda: 0 < len(world.routes(requester, connection)) < 31, seconds=40)
    remove(world, rule)
    assert len(world.routes(requester, connection)) < 31
    world.becomes(status, connection, seconds=60)
    assert world.hub.wait_until_idle(60)
    assert world.hub.entry(connection)["status"] == status and clean(world, ends, connection)


def test_while_a_rule_cannot_be_read_nothing_is_revoked(world, ends, made):
    connection, rule = made("isolate")
    with world.item({**rule, "id": "unreadable", "effect": "perhaps"}):
        remove(world, rule)
        world.sweep_and_wait()
        world.look("cleanup", connection, ends[0])
        world.quiet()
        complete(world, ends, connection)
    world.becomes("isolated", connection)
    assert clean(world, ends, connection)


def test_while_the_tags_that_a_rule_asks_for_cannot_be_read_nothing_is_revoked(world):
    stage = {"stage": "e2e-revoked"}
    ends = two_vpcs(world, tags=stage)
    requester, accepter = ends
    selector = {"accounts": [requester.place.account], "tags": stage}
    world.allow(selector, accepter, **wishes(*ends), on_revoke="isolate")
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    with without_role(world, requester.place):
        # First with a session that is refused, then without one.
        for _ in range(2):
            world.look("cleanup", connection, accepter)
            world.sweep_and_wait()
        complete(world, ends, connection)
        assert world.state(accepter, connection) == "active"
    world.tag(requester, {"stage": "another"})
    world.becomes("isolated", connection)
    assert clean(world, ends, connection)
