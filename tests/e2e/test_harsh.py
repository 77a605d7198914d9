"""AWS on a bad day: answers that are lost, changes that meet, tags that may not be set, accounts in quarantine, Regions switched off."""

import pytest
from actor import ALL_TABLES, ingress

from peerwright_client.describe import STATUS_TAG


def test_an_identical_route_may_be_a_success_and_is_made_once(world):
    world.aws.change(identical_route="success")
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    for _ in range(3):
        world.look("configure", connection, accepter)
    world.quiet()
    world.routed(requester, accepter, connection)


@pytest.mark.parametrize(
    "lost",
    [
        "a/CreateVpcPeeringConnection",
        "b/AcceptVpcPeeringConnection",
        "a/CreateRoute",
        "b/CreateRoute",
        "b/AuthorizeSecurityGroupIngress",
        "a/CreateTags",
    ],
)
def test_whichever_answer_is_lost_there_is_one_connection_and_all_of_it(world, lost):
    requester, accepter = world.vpc(world.a), world.vpc(world.b, groups={"db": {}})
    rules = {"accepter": [ingress(accepter.groups["db"], "5432")]}
    world.allow(requester, accepter, routes=ALL_TABLES, security_groups=rules)
    world.quiet()
    account, action = lost.split("/")
    world.aws.change(lose_answers=f"{getattr(world, account).account}/{action}")
    world.ask_by_tag(requester, accepter)
    connection = world.joined(requester, accepter, seconds=150)
    world.routed(requester, accepter, connection)
    assert len(world.rules(accepter, connection)) == 1
    assert world.between(requester, accepter) == [connection]


def test_routes_that_many_connections_make_in_one_table_at_once_are_all_made_and_nobody_is_blocked(world):
    world.aws.change(latency_seconds=0.15)
    hub = world.vpc(world.b)
    spokes = [world.vpc(world.a) for _ in range(5)]
    for spoke in spokes:
        world.allow(spoke, hub, routes=ALL_TABLES)
    world.quiet()
    made = [world.ask(spoke, hub) for spoke in spokes]
    for spoke, connection in zip(spokes, made, strict=True):
        world.becomes("converged", connection, seconds=180)
        world.routed(spoke, hub, connection)
    told = [kind for connection in made for kind, _ in world.told(connection)]
    assert "Peering Blocked" not in told, told


def test_a_tag_policy_that_refuses_the_answer_keeps_nothing_from_being_done(world):
    world.aws.change(tag_policy=STATUS_TAG)
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.ask_by_tag(requester, accepter)
    world.until(lambda: world.between(requester, accepter))
    [connection] = world.between(requester, accepter)
    world.becomes("converged", connection)
    world.quiet()
    assert STATUS_TAG not in world.tags(requester)
    world.routed(requester, accepter, connection)
    # What was refused is remembered, and told when a person says so.
    world.aws.change(tag_policy="")
    assert world.peerwright("retry", connection).returncode == 0
    world.says(requester, f"active {connection} converged")


def test_what_is_ours_goes_at_one_end_while_the_others_account_is_in_quarantine(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    world.allow(requester, accepter, routes=ALL_TABLES)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.quiet()
    world.denials.expect("service control policy")
    world.aws.change(denied=f"{world.a.account}/*")
    world.aws.ec2(accepter.place).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    # The account's own users are denied as well.
    world.until(lambda: world.hub.entry(connection)["status"] == "blocked")
    assert world.routes(accepter, connection) == set()
    # What began while the account was denied is over: its outcome is no answer to what is asked for next.
    world.quiet()
    world.aws.change(denied="")
    assert world.routes(requester, connection) != set()
    assert world.peerwright("retry", connection).returncode == 0
    world.becomes("ended", connection)
    assert world.routes(requester, connection) == set()


def test_a_request_to_a_region_that_is_switched_off_is_answered_with_that(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b_central)
    world.allow(requester, accepter, routes=ALL_TABLES)
    world.quiet()
    place = world.b_central
    # RegionDisabledException of STS, or OptInRequired of EC2 where a session is left.
    world.denials.expect("peerwright-")
    world.aws.change(regions_off=f"{place.account}/{place.region}")
    world.ask_by_tag(requester, accepter)
    world.says(requester, place.region)
    world.quiet()
    world.aws.change(regions_off="")
    world.sweep()
    world.joined(requester, accepter)
