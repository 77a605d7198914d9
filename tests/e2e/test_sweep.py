"""Sweeps find what no event reported, and leave alone what is as it should be."""

import json
import random
from collections import Counter

import pytest
import schedule
from actor import ALL_TABLES, part_of
from faults import configured, without_role
from ownership import clean, complete, two_vpcs, wishes
from page_counts import page_count, stored_items

from peerwright_client.aws import Place
from peerwright_client.describe import ASK_TAG, OWNER_TAG, STATUS_TAG, Rule
from peerwright_client.hub import writes

REGIONS = "PEERWRIGHT_MEMBER_REGIONS"
QUIET_MINUTES = "PEERWRIGHT_QUIET_MINUTES"
SCHEDULED = json.dumps({"sweep": "all", "scheduled": True})


@pytest.fixture
def ends(world):
    return two_vpcs(world)


@pytest.fixture
def connection(world, ends):
    """A connection with everything in place, about which no more events are delivered."""
    dns = {"requester": True, "accepter": True}
    world.allow(*ends, **wishes(*ends), dns_resolution=dns)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    world.quiet()
    world.aws.change(delivery=False)
    return connection


def swept(world, look, sweeps=6):
    """Sweeps until a condition is met."""
    for _ in range(sweeps):
        world.sweep()
        assert world.hub.wait_until_idle(60)
        if look():
            return
    raise AssertionError(f"not after {sweeps} sweeps")


def status(world, connection):
    return world.hub.entry(connection).get("status")


# ---- events that are lost ----


def test_with_every_event_lost_sweeps_alone_bring_a_connection_to_life_and_to_its_end(world, ends):
    world.aws.change(delivery=False)
    requester, accepter = ends
    world.allow(*ends, **wishes(*ends))
    world.ask_by_tag(requester, accepter)
    swept(world, lambda: world.between(*ends))
    [connection] = world.between(*ends)
    swept(world, lambda: status(world, connection) == "converged")
    complete(world, ends, connection)
    world.says(requester, connection, "converged")
    world.untag(requester, ASK_TAG)
    swept(world, lambda: status(world, connection) == "ended")
    assert world.state(requester, connection) == "deleted" and clean(world, ends, connection)


def test_with_every_event_lost_a_request_by_hand_is_served_and_its_deletion_noticed(world, ends):
    world.aws.change(delivery=False)
    world.allow(*ends, **wishes(*ends))
    connection = world.ask_unheard(*ends)
    swept(world, lambda: status(world, connection) == "converged")
    complete(world, ends, connection)
    world.aws.ec2(ends[1].place).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    swept(world, lambda: status(world, connection) == "ended")
    assert clean(world, ends, connection)


def test_what_a_person_accepted_is_configured_though_the_event_was_lost(world, ends):
    world.aws.change(delivery=False)
    connection = world.ask_unheard(*ends)
    world.accept_by_hand(ends[1], connection)
    world.allow(*ends, **wishes(*ends))
    swept(world, lambda: status(world, connection) == "converged")
    complete(world, ends, connection)


# ---- drift ----


def remove_route(world, ends, connection):
    """Each kind of damage returns words by which a person recognises it."""
    requester, accepter = ends
    destination = {"DestinationCidrBlock": world.blocks(accepter)[0]}
    world.aws.ec2(requester.place).delete_route(RouteTableId=requester.main_table, **destination)
    return f"route {requester.main_table}"


def remove_rule(world, ends, connection):
    accepter = ends[1]
    ec2, tag = world.aws.ec2(accepter.place), {"Name": f"tag:{OWNER_TAG}", "Values": [connection]}
    [first, *_] = ec2.describe_security_group_rules(Filters=[tag])["SecurityGroupRules"]
    ec2.revoke_security_group_ingress(GroupId=first["GroupId"], SecurityGroupRuleIds=[first["SecurityGroupRuleId"]])
    return f"ingress {first['GroupId']}"


def switch_dns_off(world, ends, connection):
    options = {"RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": False}}
    ec2 = world.aws.ec2(ends[0].place)
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=connection, **options)
    return "requester dns resolution"


@pytest.mark.parametrize("damage", [remove_route, remove_rule, switch_dns_off])
def test_drift_is_reported_and_repaired(world, ends, connection, damage):
    word = damage(world, ends, connection)
    world.sweep()
    [reason] = world.tells("Drift Detected", connection)["reasons"]
    assert word in reason
    world.mails(connection, "Drift Detected", word)
    # The event comes before the ledger is written, which has the repair only when all is quiet.
    world.quiet()
    world.becomes("converged", connection)
    complete(world, ends, connection)
    assert all(world.resolves(vpc, connection) for vpc in ends)


# ---- changes ----


@pytest.fixture(params=["event", "sweep"])
def notice(world, request):
    """A function that makes a change whose event is delivered, or one whose event is lost and that a sweep finds."""

    def changed(change):
        world.quiet()
        world.aws.change(delivery=request.param == "event")
        change()
        if request.param == "sweep":
            world.sweep()

    return changed


def test_blocks_that_come_and_go_are_followed(world, ends, notice):
    requester, accepter = ends
    world.allow(*ends, **wishes(*ends))
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    associations = []
    notice(lambda: associations.append(world.add_block(accepter, "10.250.0.0/16")))
    world.until(lambda: world.routes(requester, connection) == world.every_route(requester, accepter))
    world.becomes("converged", connection)
    complete(world, ends, connection)
    notice(lambda: world.remove_block(accepter, associations[0]))
    world.until(lambda: world.routes(requester, connection) == world.every_route(requester, accepter))
    world.becomes("converged", connection)
    complete(world, ends, connection)


def test_a_new_route_table_gets_its_routes(world, ends, notice):
    requester, accepter = ends
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    made = []
    notice(lambda: made.append(world.aws.ec2(requester.place).create_route_table(VpcId=requester.id)["RouteTable"]))
    [table] = made
    world.until(lambda: table["RouteTableId"] in {route.table for route in world.routes(requester, connection)})


def test_a_table_gets_its_routes_with_the_tag_and_loses_them_with_it(world, ends, notice):
    requester, accepter = ends
    table, ec2 = requester.tables["zone-a"], world.aws.ec2(requester.place)
    tag = {"Key": "e2e-routes", "Value": "yes"}
    ec2.create_tags(Resources=[requester.main_table], Tags=[tag])
    world.allow(*ends, routes={"requester": {"tables": {"tag": {"e2e-routes": "yes"}}}})
    connection = world.ask(*ends)
    world.becomes("converged", connection)

    def routed():
        return {route.table for route in world.routes(requester, connection)}

    assert routed() == {requester.main_table}
    notice(lambda: ec2.create_tags(Resources=[table], Tags=[tag]))
    world.until(lambda: routed() == {requester.main_table, table})
    notice(lambda: ec2.delete_tags(Resources=[table], Tags=[tag]))
    world.until(lambda: routed() == {requester.main_table})


def test_a_subnet_that_gets_another_table_gets_its_routes_there(world, ends, notice):
    requester, accepter = ends
    table, ec2 = requester.tables["zone-a"], world.aws.ec2(requester.place)
    block = part_of(world.blocks(requester)[0])
    subnet = ec2.create_subnet(VpcId=requester.id, CidrBlock=block)["Subnet"]["SubnetId"]
    world.allow(*ends, routes={"requester": {"tables": {"subnets": [subnet]}}})
    connection = world.ask(*ends)
    world.becomes("converged", connection)

    def routed():
        return {route.table for route in world.routes(requester, connection)}

    assert routed() == {requester.main_table}
    notice(lambda: ec2.associate_route_table(RouteTableId=table, SubnetId=subnet))
    world.until(lambda: routed() == {table})
    world.becomes("converged", connection)


def test_a_new_group_with_the_tag_gets_its_rules(world, ends, notice):
    accepter, db = ends[1], ends[1].groups["db"]
    ec2 = world.aws.ec2(accepter.place)
    ec2.create_tags(Resources=[db], Tags=[{"Key": "e2e-role", "Value": "db"}])
    selected = {"groups": {"tag": {"e2e-role": "db"}}, "ingress": [{"protocol": "tcp", "ports": "443", "from": "peer-vpc"}]}
    world.allow(*ends, security_groups={"accepter": [selected]})
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    made = []

    def make():
        tags = [{"ResourceType": "security-group", "Tags": [{"Key": "e2e-role", "Value": "db"}]}]
        words = {"GroupName": "replica", "Description": "replica", "VpcId": accepter.id}
        made.append(ec2.create_security_group(**words, TagSpecifications=tags)["GroupId"])

    notice(make)
    wanted = {
        Rule(group, "ingress", "tcp", 443, 443, block) for group in (db, *made) for block in world.blocks(ends[0])
    }
    world.until(lambda: world.rules(accepter, connection) == wanted)


# ---- the places that are read ----


def swept_places(world, look):
    """The places whose VPCs a sweep reads."""
    before = world.aws.calls_so_far()
    look()
    world.quiet()
    calls = [call for call in world.aws.calls(before) if call["session"] == "peerwright-sweep"]
    return {(call["account"], call["region"]) for call in calls if call["action"] == "DescribeVpcs"}


def places_by_table(world):
    return {tuple(place) for place in (world.a, world.b, world.a_central, world.b_central)}


def mails_of_member(world, place):
    """How many mails of each kind there were about a member in a Region."""
    mails = [mail for mail in world.listener.mailed() if f"account {place.account}, {place.region}" in mail]
    return Counter(mail.strip('"').partition(":")[0] for mail in mails if "Member" in mail)


def test_a_member_without_its_role_is_reported_once_and_again_only_when_that_changes(world):
    before = {place: mails_of_member(world, place) for place in (world.b, world.b_central)}

    def told(place):
        return mails_of_member(world, place) - before[place]

    with without_role(world, world.b):
        for _ in range(3):
            world.sweep()
            world.quiet()
        world.until(lambda: all(told(place) for place in before))
        assert [told(place) for place in before] == [Counter({"Member Unreachable": 1})] * 2
    for _ in range(2):
        world.sweep()
        world.quiet()
    world.until(lambda: all(len(told(place)) == 2 for place in before))
    assert [told(place) for place in before] == [Counter({"Member Unreachable": 1, "Member Reachable": 1})] * 2


def test_the_table_names_the_members(world):
    assert swept_places(world, world.sweep) == places_by_table(world)


def test_the_schedule_starts_a_sweep_every_twenty_minutes_of_every_place_where_none_may_be_left_out(world):
    with configured(world, "sweep", **{QUIET_MINUTES: "0"}), schedule.on(world):
        world.aws.advance(schedule.SECONDS)
        world.quiet()
        before = schedule.sent(world)
        assert swept_places(world, lambda: world.aws.advance(schedule.SECONDS - 100)) == set()
        assert schedule.sent(world) == before

        def once_more():
            world.aws.advance(100)
            world.until(lambda: schedule.sent(world) > before)

        assert swept_places(world, once_more) == places_by_table(world)
        assert schedule.sent(world) == before + 1


def test_the_schedule_leaves_a_quiet_place_out_until_something_happens_there_and_a_person_does_not(world):
    busy, quiet = (world.join(Place(account, "eu-south-1")) for account in (world.a.account, world.b.account))
    requester, accepter = world.vpc(busy), world.vpc(quiet)

    def scheduled():
        world.send("sweep", SCHEDULED)

    with world.sweeping(busy, quiet):
        # It asks for what there is not: that is tried again by each sweep.
        world.ask_by_tag(requester, "nobody-is-called-so")
        world.until(lambda: "nobody-is-called-so" in world.tags(requester).get(STATUS_TAG, ""))
        assert swept_places(world, world.sweep) == {tuple(busy), tuple(quiet)}
        assert swept_places(world, scheduled) == {tuple(busy)}
        assert swept_places(world, world.sweep) == {tuple(busy), tuple(quiet)}
        world.allow(requester, accepter, routes=ALL_TABLES)
        world.quiet()
        assert swept_places(world, scheduled) == {tuple(busy)}
        connection = world.ask(requester, accepter)
        world.becomes("converged", connection)
        world.quiet()
        world.aws.change(delivery=False)
        [route] = world.routes(accepter, connection)
        lost = {"RouteTableId": route.table, "DestinationCidrBlock": route.destination}
        world.aws.ec2(quiet).delete_route(**lost)
        assert swept_places(world, scheduled) == {tuple(busy), tuple(quiet)}
        world.until(lambda: route in world.routes(accepter, connection))


def test_the_schedule_finds_a_strangers_request_to_a_quiet_place_just_where_a_rule_may_allow_it(world):
    place = world.join(Place(world.b.account, "eu-south-2"))
    accepter = world.vpc(place)
    foreign, unknown = (world.vpc(Place(world.stranger.account, place.region)) for _ in range(2))
    with world.sweeping(place):
        unnoticed = world.ask_unheard(unknown, accepter)
        world.send("sweep", SCHEDULED)
        world.quiet()
        assert world.hub.entry(unnoticed) == {}
        world.withdraw_pending(unknown.place)
        world.allow(foreign, accepter, routes={"accepter": {"tables": "all", "destinations": world.blocks(foreign)}})
        connection = world.ask_unheard(foreign, accepter)
        world.send("sweep", SCHEDULED)
        world.becomes("converged", connection)


def test_a_sweep_looks_at_the_places_of_the_table_and_at_no_others(world):
    place = world.join(Place(world.a.account, "eu-north-1"))
    with world.sweeping(place):
        assert swept_places(world, world.sweep) == {tuple(place)}
        requester, accepter = world.vpc(place), world.vpc(world.b)
        world.allow(requester, accepter, routes=ALL_TABLES)
        world.aws.change(delivery=False)
        world.ask_by_tag(requester, accepter)
        world.sweep()
        world.until(lambda: world.between(requester, accepter))


def test_the_organization_names_members_too(world):
    # The hub's own account belongs to it, and has no member role.
    world.denials.expect("AssumeRole", f":{world.aws.hub.account}:role/")
    with world.sweeping(), configured(world, "sweep", **{REGIONS: world.a_central.region}):
        assert swept_places(world, world.sweep) == {tuple(world.a_central), tuple(world.b_central)}


def test_without_any_member_a_sweep_says_what_to_do(world):
    with world.sweeping():
        outcomes, error = world.invoke("sweep", {"sweep": "all"})
    assert error is None and [one["outcome"] for one in outcomes] == ["failed"]
    assert "`peerwright members apply`" in outcomes[0]["reasons"][0]


# ---- changes during the work ----


def test_a_tag_that_is_removed_while_its_request_is_being_accepted_ends_the_connection(world, ends):
    world.aws.change(provisioning_seconds=2)
    requester, accepter = ends
    world.allow(*ends, **wishes(*ends))
    world.ask_by_tag(requester, accepter)
    world.until(lambda: world.between(*ends))
    [connection] = world.between(*ends)
    world.until(lambda: world.state(requester, connection) == "provisioning")
    world.untag(requester, ASK_TAG)
    world.becomes("ended", connection)
    world.quiet()
    assert world.state(requester, connection) == "deleted" and clean(world, ends, connection)
    assert world.between(*ends) == [] and status(world, connection) == "ended"


@pytest.mark.parametrize("ended", [False, True], ids=["that-lives", "that-has-ended"])
def test_all_events_of_a_life_once_more_and_in_any_order_change_nothing(world, ends, ended):
    first = len(world.aws.events())
    requester, accepter = ends
    world.allow(*ends, **wishes(*ends))
    world.ask_by_tag(requester, accepter)
    connection = world.joined(*ends)
    world.says(requester, connection, "converged")
    if ended:
        world.untag(requester, ASK_TAG)
        world.becomes("ended", connection)
    # What there is to repair for other tests is repaired before calls are counted.
    world.sweep_and_wait()
    events = [event["id"] for event in world.aws.events()[first:]]
    before = world.hub.entry(connection), world.hub.history(connection), world.tags(requester)
    written = len(world.role_writes())
    for order in (events, events[::-1], random.Random(4).sample(events, len(events))):
        read = len(world.role_calls())
        world.aws.redeliver(order)
        world.quiet()
        assert len(world.role_calls()) > read
    assert len(world.role_writes()) == written
    assert (world.hub.entry(connection), world.hub.history(connection), world.tags(requester)) == before
    assert world.between(*ends) == ([] if ended else [connection])


# ---- what a sweep costs ----


@pytest.mark.long
def test_a_sweep_of_thirty_converged_connections_writes_nothing_and_reads_page_by_page(world):
    accepters = [world.vpc(world.b, groups={"db": {}}) for _ in range(3)]
    requesters = [world.vpc(world.a, groups={"web": {}}) for _ in range(10)]
    pairs = [(requester, accepter) for accepter in accepters for requester in requesters]
    world.apply(*(world.rule(*pair, **wishes(*pair)) for pair in pairs))
    connections = [world.ask(*pair) for pair in pairs]
    for connection in connections:
        world.becomes("converged", connection, seconds=90)
    world.quiet()
    ledger, before = stored_items(world), world.aws.calls_so_far()
    world.sweep()
    world.quiet()
    assert stored_items(world) == ledger
    # Each process of the function assumes the roles for itself.
    calls = [call for call in world.aws.calls(before) if call["action"] != "AssumeRole"]
    assert writes(calls) == []
    made = [call for call in calls if call["session"] == "peerwright-sweep"]
    counts = Counter((call["account"], call["region"], call["action"]) for call in made)
    assert {(account, region) for account, region, _ in counts} == places_by_table(world)
    for (account, region, action), count in counts.items():
        assert count <= page_count(world, Place(account, region), action), (account, region, action, count)
