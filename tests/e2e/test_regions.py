"""Three Regions, two accounts: a ring of connections, each end in a Region of its own."""

from peerwright_client.aws import Place
from world import ALL_TABLES


def test_a_ring_over_three_regions_is_routed_all_around(world):
    east = world.join(Place(world.a.account, "us-east-1"))
    ring = [world.vpc(world.a), world.vpc(world.b_central), world.vpc(east)]
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    world.apply(*(world.rule(requester, accepter, routes=ALL_TABLES) for requester, accepter in pairs))
    connections = [world.ask(requester, accepter) for requester, accepter in pairs]
    for (requester, accepter), connection in zip(pairs, connections, strict=True):
        world.becomes("converged", connection)
        world.routed(requester, accepter, connection)
