"""What AWS refuses for good is told once, tried ever less often, and tried at once when a person says so."""

from actor import ALL_TABLES, ingress

ACTION = "AuthorizeSecurityGroupIngress"


def test_what_a_service_control_policy_denies_is_told_once_and_left_alone_until_a_person_says_so(world):
    requester, accepter = world.vpc(world.a), world.vpc(world.b, groups={"db": {}})
    world.denials.expect(ACTION, "service control policy")
    world.aws.change(denied=f"{world.b.account}/{ACTION}")
    world.allow(requester, accepter, routes=ALL_TABLES, security_groups={"accepter": [ingress(accepter.groups["db"], "5432")]})
    connection = world.ask(requester, accepter)
    [reason] = world.becomes("blocked", connection)["reasons"]
    assert "service control policy" in reason
    world.routed(requester, accepter, connection)
    world.quiet()
    tries, history = len(world.refusals("UnauthorizedOperation")), len(world.hub.history(connection))
    for _ in range(3):
        world.sweep_and_wait()
    assert (len(world.refusals("UnauthorizedOperation")), len(world.hub.history(connection))) == (tries, history)
    assert [kind for kind, _ in world.told(connection)].count("Peering Blocked") == 1
    world.aws.change(denied="")
    finished = world.peerwright("retry", connection)
    assert finished.returncode == 0, finished.stderr
    entry = world.becomes("converged", connection)
    assert "refusal" not in entry and len(world.rules(accepter, connection)) == 1


def test_a_connection_that_is_over_can_not_be_tried_again(world):
    finished = world.peerwright("retry", "pcx-0123456789abcdef0")
    assert finished.returncode == 1 and "the ledger does not know pcx-" in finished.stderr
