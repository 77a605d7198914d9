"""A hundred requests at the same time, and sweeps of a thousand connections and of five thousand groups. The figures are printed after the tests."""

import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from actor import ALL_TABLES, written
from page_counts import page_count, stored_items

from peerwright_client.aws import Place, eventually
from peerwright_client.describe import ASK_TAG, Route
from peerwright_client.hub import SETTLED, is_of_member_role, writes

SPOKES = 100
SPOKE = {"e2e-scale": "spoke"}


@pytest.fixture
def region(world):
    """Both members' places in a Region where no quota was read before, and with the highest quota that AWS grants, 125."""
    places = [world.join(Place(place.account, "us-west-2")) for place in (world.a, world.b)]
    world.aws.change(connections_per_vpc=125)
    yield places
    world.aws.change(connections_per_vpc=50)


@pytest.mark.slow
def test_a_hundred_vpcs_tagged_at_once_all_reach_the_hub_and_none_twice(world, region, figure):
    hub = world.vpc(region[1], "hub")
    with ThreadPoolExecutor(8) as pool:
        spokes = list(pool.map(lambda number: world.vpc(region[0], f"spoke-{number}", tags=SPOKE), range(SPOKES)))
        ends = {"accounts": [region[0].account], "tags": SPOKE}, hub
        world.allow(*ends, routes=ALL_TABLES)
        world.quiet()
        started, calls = time.monotonic(), len(world.aws.calls())
        list(pool.map(lambda spoke: world.tag(spoke, {ASK_TAG: written(hub)}), spokes))
    world.until(lambda: converged(world, hub) == SPOKES, seconds=400)
    seconds = time.monotonic() - started
    made = [call for call in world.aws.calls()[calls:] if is_of_member_role(call)]
    world.quiet()
    for line in told(seconds, made):
        figure(line)
    seen = connections(world, hub)
    assert sorted(one["RequesterVpcInfo"]["VpcId"] for one in seen) == sorted(spoke.id for spoke in spokes)
    by_spoke = {one["RequesterVpcInfo"]["VpcId"]: one["VpcPeeringConnectionId"] for one in seen}
    [block] = world.blocks(hub)
    for spoke in spokes:
        connection = by_spoke[spoke.id]
        assert world.routes(spoke, connection) == {Route(spoke.main_table, block, "active")}
        assert world.routes(hub, connection) == {Route(hub.main_table, world.blocks(spoke)[0], "active")}
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda spoke: world.untag(spoke, ASK_TAG), spokes))
    world.until(lambda: {one["Status"]["Code"] for one in connections(world, hub)} == {"deleted"}, seconds=200)
    assert world.hub.wait_until_idle(200)
    assert [route for connection in by_spoke.values() for route in world.routes(hub, connection)] == []
    figure(f"All tags removed at once, all connections and routes gone after {time.monotonic() - started:.1f} s")


def connections(world, hub) -> list[dict]:
    """All connections that the hub ever had."""
    filters = [{"Name": "accepter-vpc-info.vpc-id", "Values": [hub.id]}]
    return world.aws.ec2(hub.place).describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"]


def converged(world, hub) -> int:
    """How many of the hub's connections have converged."""
    if sum(one["Status"]["Code"] == "active" for one in connections(world, hub)) < SPOKES:
        return 0
    entries = [world.hub.entry(one["VpcPeeringConnectionId"]).get("status") for one in connections(world, hub)]
    return sum(status == "converged" for status in entries if status in SETTLED)


def told(seconds: float, calls: list[dict]) -> list[str]:
    """The lines of figures."""
    kinds = Counter((call["session"], call["action"]) for call in calls)
    failed = Counter(call["error"] for call in calls if call["error"])
    each = [f"    {session} {action}: {count / SPOKES:.1f}" for (session, action), count in kinds.most_common(12)]
    return [
        f"{SPOKES} VPCs tagged at once, all connected and routed after {seconds:.1f} s: {seconds / SPOKES:.2f} s a connection",
        f"EC2 calls: {len(calls) / SPOKES:.1f} a connection, of which {len(writes(calls)) / SPOKES:.1f} write; refused: {dict(failed)}",
        *each,
    ]


# ---- an estate that has converged ----

ACCOUNTS, VPCS_THAT_ASK, VPCS_ASKED = 20, 5, 2
ESTATE = {"e2e-scale": "estate"}


@pytest.fixture
def estate(world):
    """Twenty member accounts whose events are not delivered."""
    west = world.aws.hub.region
    places = [Place(f"{number:02}".ljust(12, "5"), west) for number in range(10, 10 + ACCOUNTS)]
    for place in places:
        world.join(place)
    world.aws.change(delivery=False)
    with world.entering(*{place.account for place in places}), world.sweeping(*places):
        yield places


@pytest.mark.slow
def test_a_sweep_of_a_thousand_converged_connections_in_twenty_accounts_writes_nothing(world, estate, figure):
    asking, asked = estate[: ACCOUNTS // 2], estate[ACCOUNTS // 2 :]
    requesters = [world.vpc(place, tags=ESTATE) for place in asking for _ in range(VPCS_THAT_ASK)]
    accepters = [world.vpc(place, tags=ESTATE) for place in asked for _ in range(VPCS_ASKED)]
    ends = [{"accounts": [place.account for place in places], "tags": ESTATE} for places in (asking, asked)]
    pairs = [(requester, accepter) for requester in requesters for accepter in accepters]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda pair: world.ask_unheard(*pair), pairs))
        list(pool.map(lambda one: world.accept_by_hand(one[0][1], one[1]), zip(pairs, made, strict=True)))
    # The change of the allowlist starts a sweep.
    world.allow(*ends, routes=ALL_TABLES)
    assert eventually(lambda: statuses(world, made) == {"converged": len(made)}, 900, 2), statuses(world, made)
    world.quiet(seconds=300)
    ledger, calls, started = stored_items(world), len(world.aws.calls()), time.monotonic()
    world.sweep()
    world.quiet(seconds=300)
    seconds = time.monotonic() - started
    read = [call for call in world.aws.calls()[calls:] if is_of_member_role(call)]
    assert stored_items(world) == ledger
    assert writes(read) == [] and {call["session"] for call in read} == {"peerwright-sweep"}
    counts = Counter((call["account"], call["region"], call["action"]) for call in read)
    for (account, region, action), count in counts.items():
        assert count <= page_count(world, Place(account, region), action), (account, action, count)
    kinds = Counter(call["action"] for call in read)
    figure(f"A sweep of {len(made)} converged connections in {len(estate)} accounts: {seconds:.0f} s until quiet, no writes")
    figure(f"EC2 calls: {len(read)}, {len(read) / len(estate):.1f} an account: {dict(kinds)}")


def statuses(world, made: list[str]) -> Counter:
    known = set(made)
    items = [json.loads(item) for item in stored_items(world)]
    current = [item for item in items if item["entry"]["S"] == "current" and item["connection"]["S"] in known]
    return Counter(item["status"]["S"] for item in current)


# ---- a VPC with very many groups ----

GROUPS = 5000
DB = {"role": "db"}


@pytest.mark.slow
def test_a_sweep_of_a_vpc_with_five_thousand_groups_takes_a_page_of_memory_at_a_time(world, figure):
    requester, accepter = world.vpc(world.a), world.vpc(world.b, groups={"db": DB})
    opened = {"accepter": [{"groups": {"tag": DB}, "ingress": [{"protocol": "tcp", "ports": "5432", "from": "peer-vpc"}]}]}
    world.allow(requester, accepter, security_groups=opened)
    world.becomes("converged", world.ask(requester, accepter))
    world.quiet()
    world.sweep()
    world.quiet()
    few = peak_memory("peerwright-sweep")
    world.aws.change(throttling=False, delivery=False)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: world.group(accepter, f"g{number}"), range(GROUPS)))
    calls = len(world.aws.calls())
    world.sweep()
    world.quiet(seconds=300)
    read = Counter(call["action"] for call in world.aws.calls()[calls:] if call["account"] == accepter.place.account)
    assert read["DescribeSecurityGroups"] >= GROUPS / 1000, read
    many = peak_memory("peerwright-sweep")
    figure(f"A sweep's memory: {few:.0f} MiB with few groups, {many:.0f} MiB with {GROUPS} in one VPC: {dict(read)}")
    assert many < 128, "half of what the function has"


def peak_memory(function: str) -> float:
    """The most that a process of a function has had resident, in MiB."""
    name, peaks = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if name in (process / "environ").read_bytes().split(b"\0"):
                status = (process / "status").read_text()
                peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024)
        except OSError:
            continue
    return max(peaks)
