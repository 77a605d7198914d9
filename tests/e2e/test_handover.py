"""Security group rules that two connections want, and a connection that takes another one's place."""

from actor import ingress
from ownership import clean, complete, two_vpcs, wishes

from peerwright_client.describe import Rule

SHARED = "10.78.0.0/16"


def test_a_rule_of_an_ended_connection_that_another_one_wants_is_handed_over_and_never_closed(world):
    hub = world.vpc(world.b, groups={"db": {}})
    spokes = [world.vpc(world.a, blocks=[SHARED]) for _ in range(2)]
    for spoke in spokes:
        world.allow(spoke, hub, security_groups={"accepter": [ingress(hub.groups["db"], "5432")]})
    first, second = [_converged(world, spoke, hub) for spoke in spokes]
    port = {Rule(hub.groups["db"], "ingress", "tcp", 5432, 5432, SHARED)}
    assert (world.rules(hub, first), world.rules(hub, second)) == (port, set())
    world.aws.ec2(spokes[0].place).delete_vpc_peering_connection(VpcPeeringConnectionId=first)
    world.becomes("ended", first)
    assert (world.rules(hub, first), world.rules(hub, second)) == (set(), port)
    assert "RevokeSecurityGroupIngress" not in world.role_writes()
    world.quiet()
    world.aws.ec2(hub.place).delete_vpc_peering_connection(VpcPeeringConnectionId=second)
    world.becomes("ended", second)
    assert world.rules(hub, second) == set()


def test_a_connection_that_replaces_another_is_complete_by_events_alone(world):
    ends = two_vpcs(world)
    requester, accepter = ends
    world.allow(requester, accepter, **wishes(*ends))
    first = _converged(world, *ends)
    world.aws.ec2(requester.place).delete_vpc_peering_connection(VpcPeeringConnectionId=first)
    second = _converged(world, *ends)
    world.becomes("ended", first)
    world.quiet()
    complete(world, ends, second)
    assert clean(world, ends, first)


def _converged(world, requester, accepter) -> str:
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    return connection
