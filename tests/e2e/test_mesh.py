"""VPCs with the tag of one mesh are connected, each with each."""

import itertools

import pytest
from actor import ALL_TABLES

from peerwright_client.describe import MESH_TAG, STATUS_TAG

NAME = "e2e-mesh"


@pytest.fixture
def mesh(world):
    """Eight VPCs over two accounts and two Regions."""
    return [world.vpc(place) for place in (world.a, world.a_central, world.b, world.b_central) for _ in range(2)]


@pytest.mark.long
def test_a_mesh_of_eight_is_joined_each_with_each_and_one_that_leaves_leaves_the_others(world, mesh):
    everybody = _of(*mesh)
    rule = world.rule(everybody, everybody, routes=ALL_TABLES)
    world.apply(rule)
    for vpc in mesh:
        world.tag(vpc, {MESH_TAG: NAME})
    connections = {_ids(pair): world.joined(*pair, seconds=240) for pair in _pairs(mesh)}
    assert len(set(connections.values())) == 28
    for pair in _pairs(mesh):
        world.routed(*pair, connections[_ids(pair)])
    for vpc in mesh:
        world.says(vpc, "7 converged", seconds=240)
    world.quiet()
    for pair in _pairs(mesh):
        assert world.between(*pair, ended=True) == [connections[_ids(pair)]]

    leaver, *rest = mesh
    world.untag(leaver, MESH_TAG)
    for other in rest:
        connection = connections[leaver.id, other.id]
        world.becomes("ended", connection, seconds=240)
        # Across Regions the state is "deleting" for a while.
        world.until(lambda other=other, connection=connection: world.state(other, connection) == "deleted")
        assert world.routes(other, connection) == set()
    world.until(lambda: STATUS_TAG not in world.tags(leaver))
    for vpc in rest:
        world.says(vpc, "6 converged", seconds=240)
    world.quiet()
    for pair in _pairs(rest):
        assert world.between(*pair, ended=True) == [connections[_ids(pair)]]
        world.routed(*pair, connections[_ids(pair)])


def test_in_a_mesh_only_the_pairs_that_a_rule_allows_are_joined(world):
    hub, *spokes = [world.vpc(place) for place in (world.a, world.b, world.b_central)]
    # Only in one direction, which is not the same for both.
    first, second = spokes
    world.allow(hub, first, routes=ALL_TABLES)
    world.allow(second, hub, routes=ALL_TABLES)
    for vpc in (hub, *spokes):
        world.tag(vpc, {MESH_TAG: "e2e-star"})
    for requester, accepter in ((hub, first), (second, hub)):
        connection = world.joined(requester, accepter)
        world.routed(requester, accepter, connection)
        [peering] = world.aws.ec2(hub.place).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])[
            "VpcPeeringConnections"
        ]
        assert peering["RequesterVpcInfo"]["VpcId"] == requester.id
    for spoke, neighbour in ((first, second), (second, first)):
        world.says(spoke, f"{neighbour.id} not allowed")
    world.quiet()
    assert world.between(first, second, ended=True) == []


def test_a_vpc_that_comes_later_is_joined_with_those_that_are_there(world):
    early, late = world.vpc(world.a), world.vpc(world.b)
    world.allow(early, late, routes=ALL_TABLES)
    world.tag(early, {MESH_TAG: "e2e-late"})
    assert world.says(early, "mesh") == "mesh e2e-late has no other VPC yet"
    world.tag(late, {MESH_TAG: "e2e-late"})
    connection = world.joined(early, late)
    world.routed(early, late, connection)
    for vpc in (early, late):
        world.says(vpc, f"active {connection} converged")


def test_a_mesh_without_a_proper_name_is_reported(world):
    vpc = world.vpc(world.a)
    world.tag(vpc, {MESH_TAG: "two words"})
    assert world.says(vpc, "mesh") == "mesh is no name: 1 to 128 letters or digits or - _ ."


def test_a_pair_of_a_mesh_that_is_denied_one_way_is_not_joined_the_other_way(world):
    one, other = world.vpc(world.a), world.vpc(world.b)
    both = _of(one, other)
    world.apply(world.rule(both, both, routes=ALL_TABLES))
    deny = world.deny(other, one)
    for vpc in (one, other):
        world.tag(vpc, {MESH_TAG: f"{NAME}-denied"})
    world.says(one, f"denied: rule {deny} denies it")
    world.quiet()
    assert world.between(one, other, ended=True) == []


def _pairs(vpcs):
    return list(itertools.combinations(vpcs, 2))


def _ids(pair):
    return tuple(vpc.id for vpc in pair)


def _of(*vpcs) -> dict:
    return {"accounts": sorted({vpc.place.account for vpc in vpcs}), "vpcs": [vpc.id for vpc in vpcs]}
