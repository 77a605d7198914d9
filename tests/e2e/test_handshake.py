"""A request that a rule allows is accepted, routed and opened on both sides without any action in between."""

import pytest
from actor import ALL_TABLES

from peerwright_client.aws import Place
from peerwright_client.describe import Rule

BOTH = {"requester": True, "accepter": True}
TABLES = {"zone-a": {"tier": "public"}, "zone-b": {"tier": "private"}}


@pytest.fixture(params=["within a Region", "across Regions"])
def ends(request, world):
    """Two VPCs of two accounts with two IPv4 blocks and an IPv6 block each."""
    accepter_place = world.b if request.param == "within a Region" else world.b_central
    more = {"blocks": 2, "ipv6": True, "tables": TABLES}
    return (
        world.vpc(world.a, "requester", groups={"app": {"role": "app"}}, **more),
        world.vpc(accepter_place, "accepter", groups={"db": {"role": "db"}, "api": {"role": "api"}}, **more),
    )


def test_every_block_is_routed_in_every_table_on_both_sides(world, ends):
    requester, accepter = ends
    rule = world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    assert world.becomes("converged", connection)["rules"] == [rule]
    assert world.state(requester, connection) == world.state(accepter, connection) == "active"
    assert len(world.every_route(requester, accepter)) == 9
    world.routed(requester, accepter, connection)


def test_dns_resolution_is_switched_on_for_both_sides(world, ends):
    requester, accepter = ends
    world.allow(requester, accepter, dns_resolution=BOTH)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    assert world.resolves(requester, connection) and world.resolves(accepter, connection)
    assert world.routes(requester, connection) == set()


def test_groups_are_opened_by_reference_within_a_region_and_by_block_across(world, ends):
    requester, accepter = ends
    app, db, api = requester.groups["app"], accepter.groups["db"], accepter.groups["api"]
    across = {"across_regions": "peer-vpc"}
    world.allow(
        requester,
        accepter,
        security_groups={
            "requester": [
                {"groups": [app], "egress": [{"protocol": "tcp", "ports": "5432", "to": {"groups": [db]}, **across}]}
            ],
            "accepter": [
                {
                    "groups": {"tag": {"role": "db"}},
                    "ingress": [{"protocol": "tcp", "ports": "5432", "from": {"groups": [app]}, **across}],
                },
                {
                    "groups": {"tag": {"role": "api"}},
                    "ingress": [{"protocol": "udp", "ports": "8000-8099", "from": "peer-vpc"}],
                },
            ],
        },
    )
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    if requester.place.region == accepter.place.region:
        into_db, out_of_app = [f"{requester.place.account}/{app}"], [f"{accepter.place.account}/{db}"]
    else:
        into_db, out_of_app = world.blocks(requester), world.blocks(accepter)
    assert world.rules(requester, connection) == {Rule(app, "egress", "tcp", 5432, 5432, peer) for peer in out_of_app}
    assert world.rules(accepter, connection) == {
        *(Rule(db, "ingress", "tcp", 5432, 5432, peer) for peer in into_db),
        *(Rule(api, "ingress", "udp", 8000, 8099, block) for block in world.blocks(requester)),
    }


def test_only_the_selected_tables_get_routes_and_only_to_the_selected_blocks(world):
    requester, accepter = world.vpc(world.a, blocks=2, tables=TABLES), world.vpc(world.b, blocks=2, tables=TABLES)
    kept, excluded = world.blocks(accepter)
    world.allow(
        requester,
        accepter,
        routes={
            "requester": {"tables": {"tag": {"tier": "private"}}, "exclude": [excluded]},
            "accepter": {"tables": "main", "destinations": [world.blocks(requester)[0]]},
        },
    )
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    assert {route[:2] for route in world.routes(requester, connection)} == {(requester.tables["zone-b"], kept)}
    assert {route[:2] for route in world.routes(accepter, connection)} == {
        (accepter.main_table, world.blocks(requester)[0])
    }


@pytest.mark.parametrize("where", ["in one Region", "in two Regions"])
def test_two_vpcs_of_one_account_are_connected_and_both_routed(world, where):
    requester = world.vpc(world.a)
    accepter = world.vpc(world.a if where == "in one Region" else world.a_central)
    world.allow(requester, accepter, routes=ALL_TABLES, dns_resolution=BOTH)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.routed(requester, accepter, connection)
    assert world.resolves(requester, connection) and world.resolves(accepter, connection)


def test_several_rules_that_allow_add_up(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    rules = [
        world.rule(requester, accepter, routes={"requester": {"tables": "all"}}),
        world.rule(
            requester, {"accounts": [world.b.account], "vpcs": [accepter.id]}, routes={"accepter": {"tables": "all"}}
        ),
    ]
    world.apply(*rules)
    connection = world.ask(requester, accepter)
    assert world.becomes("converged", connection)["rules"] == [rule["id"] for rule in rules]
    world.routed(requester, accepter, connection)


def test_a_rule_matches_by_alias_tags_and_blocks(world):
    requester = world.vpc(world.a, tags={"env": "dev"})
    accepter = world.vpc(world.b)
    alias = {"account": world.b.account, "region": world.b.region, "vpc": accepter.id}
    rule = world.rule(
        {"accounts": [world.a.account], "tags": {"env": ["test", "dev"]}, "cidrs": world.blocks(requester)},
        {"alias": "e2e-service"},
        routes=ALL_TABLES,
    )
    world.apply(rule, aliases={"e2e-service": alias})
    connection = world.ask(requester, accepter)
    assert world.becomes("converged", connection)["rules"] == [rule["id"]]
    world.routed(requester, accepter, connection)


def test_wildcards_match_in_the_values_of_tags(world):
    requester, accepter = world.vpc(world.a, tags={"team": "web-eu"}), world.vpc(world.b)
    world.allow({"accounts": [world.a.account], "tags": {"team": "web-*"}}, accepter, routes=ALL_TABLES)
    world.becomes("converged", world.ask(requester, accepter))
    other = world.vpc(world.a, tags={"team": "database"})
    world.becomes("held", world.ask(other, accepter))


def test_the_ledger_says_who_is_connected_by_which_rule_and_what_was_made(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    rule = world.allow(requester, accepter, routes=ALL_TABLES)
    world.quiet()
    before = len(world.role_calls())
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.quiet()
    entry = world.hub.entry(connection)
    for side, vpc in (("requester", requester), ("accepter", accepter)):
        assert entry["ends"][side] == {"account": vpc.place.account, "region": vpc.place.region, "vpc": vpc.id}
    routes = entry["owned"]["routes"]
    made = {(table, block) for alike in routes for table in alike["tables"] for block in alike["destinations"]}
    assert made == {route[:2] for vpc in (requester, accepter) for route in world.routes(vpc, connection)}
    # The status tags are set after the ledger is written.
    calls = [call for call in world.role_calls()[before:] if call["action"] != "CreateTags"]
    # A look that found nothing to do, or came too early, is not written down.
    assert 0 < entry["ec2_calls"] <= len(calls)
    history = world.hub.history(connection)
    # The functions write at the same time, so in any order.
    assert sorted(change["what"] for change in history) == ["accepted", "accepting", "converged", "planned"]
    assert all(change["rules"] == [rule] for change in history)


def test_a_ring_over_three_regions_is_routed_all_around(world):
    east = world.join(Place(world.a.account, "us-east-1"))
    ring = [world.vpc(world.a), world.vpc(world.b_central), world.vpc(east)]
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    world.apply(*(world.rule(requester, accepter, routes=ALL_TABLES) for requester, accepter in pairs))
    connections = [world.ask(requester, accepter) for requester, accepter in pairs]
    for (requester, accepter), connection in zip(pairs, connections, strict=True):
        world.becomes("converged", connection)
        world.routed(requester, accepter, connection)
