"""Connections end: one because nobody asks for it any more, one by the hand of its other owner."""

from dataclasses import dataclass

from peerwright_local.demo import elsewhere, verify
from peerwright_local.demo.aws import eventually
from peerwright_local.demo.handshake import Request
from peerwright_local.demo.hub import seconds_between, writes
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import ASK_TAG, RULE_TAG, STATUS_TAG, Route, Rule
from peerwright_local.demo.world import Vpc

TITLE = "web's tag is taken away, and the owner of data deletes the connection to app"
# Where routes made by hand lead: no VPC has these addresses.
_BY_HAND = "198.51.100.0/24"
_DELETE_CONNECTION = "DeleteVpcPeeringConnection"
_TAKE_AWAY = ("DeleteRoute", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")


@dataclass(frozen=True)
class Ending:
    """What somebody does to end a connection: the EC2 call, its words, why that ends it, and what the ledger says."""

    call: str
    what: str
    why: str
    told: str


_UNTAGGED = Ending(
    "DeleteTags", "the removal of the tag", "neither VPC asks for it any more", "neither VPC asks for it any more"
)
# The ledger tells the state that the connection was in at that moment: deleting, or deleted and by whom.
_DELETED = Ending(_DELETE_CONNECTION, "its deletion", "somebody deleted it", "it is delet")


@dataclass(frozen=True)
class Others:
    """What somebody else made at a connection's ends: a route over it, and a rule without our tag."""

    request: Request
    route: Route
    rule: Rule


def play(stage: Stage) -> None:
    by_tag, by_hand = stage.requests["by tag"], stage.requests["two Regions"]
    others = [_add_others(stage, request) for request in (by_tag, by_hand)]
    before = verify.everything(stage.aws)
    _end_tagged(stage, by_tag)
    _end_by_hand(stage, by_hand)
    _check_others(stage, others)
    _check_rest(stage, before, {by_tag.connection, by_hand.connection}, {by_tag.requester.id})


def _add_others(stage: Stage, request: Request) -> Others:
    requester, accepter = request.requester, request.accepter
    group, block = next(iter(accepter.groups.values())), verify.cidrs(stage.aws, requester)[0]
    stage.aws.ec2(requester.place).create_route(
        RouteTableId=requester.main_table, DestinationCidrBlock=_BY_HAND, VpcPeeringConnectionId=request.connection
    )
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": block}]}
    stage.aws.ec2(accepter.place).authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    stage.report.progress(f"somebody else made a route and a rule for {request.name}")
    route = Route(requester.main_table, _BY_HAND, "blackhole")
    return Others(request, route, Rule(group, "ingress", "tcp", 22, 22, block))


def _end_tagged(stage: Stage, request: Request) -> None:
    web, ours = request.requester, _ours(stage, request)
    stage.aws.ec2(web.place).delete_tags(Resources=[web.id], Tags=[{"Key": ASK_TAG}])
    stage.report.progress(f"the tag {ASK_TAG} of web was taken away")
    removed = _check_end(stage, request, ours, _UNTAGGED)
    _check_order(stage, removed)
    _check_answers(stage, web)


def _end_by_hand(stage: Stage, request: Request) -> None:
    data, ours = request.accepter, _ours(stage, request)
    stage.aws.ec2(data.place).delete_vpc_peering_connection(VpcPeeringConnectionId=request.connection)
    stage.report.progress(f"the owner of data deleted {request.connection}")
    _check_end(stage, request, ours, _DELETED)


def _check_end(stage: Stage, request: Request, ours: tuple[set[Route], set[Rule]], ending: Ending) -> list[dict]:
    """Waits until everything of ours is gone; what the functions changed for that."""
    began = stage.aws.last_call(ending.call)
    entry = stage.hub.becomes(request.connection, "ended")
    stage.hub.wait_until_idle()
    _check_state(stage, request)
    left = _ours(stage, request)
    stage.report.check(
        f"of our {len(ours[0])} routes and {len(ours[1])} security group rules none is left at either end",
        all(ours) and not any(left),
        f"{len(left[0])} routes and {len(left[1])} rules",
    )
    reasons = "; ".join(entry.get("reasons", []))
    stage.report.check(
        f"the ledger says ended, and why: {ending.why}",
        entry.get("status") == "ended" and ending.told in reasons,
        f"{entry.get('status')}: {reasons}",
    )
    removed = writes(stage.hub.calls_since(began))
    if removed:
        figure = f"{request.name}, from {ending.what} to the last change"
        stage.report.figure(figure, seconds_between(began, removed[-1]["time"]))
    return removed


def _check_state(stage: Stage, request: Request) -> None:
    def states() -> list[str]:
        ends = (request.requester, request.accepter)
        return [verify.state(stage.aws, vpc.place, request.connection) for vpc in ends]

    # Across Regions it is being deleted for a moment.
    deleted = bool(eventually(lambda: states() == ["deleted"] * 2, seconds=10))
    stage.report.check(f"{request.name} is deleted: both accounts see it so", deleted, " and ".join(states()))


def _ours(stage: Stage, request: Request) -> tuple[set[Route], set[Rule]]:
    """What is ours at both ends of a connection."""
    routes, rules = set(), set()
    for vpc in (request.requester, request.accepter):
        over = verify.routes_over(stage.aws, vpc, request.connection)
        routes |= {route for route in over if route.destination != _BY_HAND}
        rules |= verify.rules_in(stage.aws, vpc, request.connection)
    return routes, rules


def _check_order(stage: Stage, removed: list[dict]) -> None:
    actions = [call["action"] for call in removed]
    ours = [at for at, action in enumerate(actions) if action in _TAKE_AWAY]
    deleted = [at for at, action in enumerate(actions) if action == _DELETE_CONNECTION]
    stage.report.check(
        "they went first, and then the connection",
        len(deleted) == 1 and ours and ours[-1] < deleted[0],
        ", ".join(actions),
    )


def _check_answers(stage: Stage, web: Vpc) -> None:
    tags = verify.tags_of_vpc(stage.aws, web)
    left = tags.keys() & {STATUS_TAG, RULE_TAG}
    stage.report.check("what web was answered on its tags is gone", not left, ", ".join(sorted(left)) or "gone")


def _check_others(stage: Stage, others: list[Others]) -> None:
    """A route's state is not its owner's doing: a black hole is what EC2 makes of it."""
    missing = [one.request.name for one in others if not _stands(stage, one)]
    stage.report.check(
        "the routes and rules that somebody else made for both still stand",
        not missing,
        ", ".join(missing) or "all of them",
    )


def _stands(stage: Stage, others: Others) -> bool:
    requester, accepter = others.request.requester, others.request.accepter
    routes = verify.routes_over(stage.aws, requester, others.request.connection)
    return others.route in routes and others.rule in verify.rules_in(stage.aws, accepter)


def _check_rest(stage: Stage, before: dict[str, list], connections: set[str], asking: set[str]) -> None:
    shown = (before, verify.everything(stage.aws))
    changed = verify.differences(*(elsewhere.apart_from(one, connections, asking) for one in shown))
    stage.report.check(
        "no other connection, route, rule or tag of any account changed",
        not changed,
        ", ".join(changed) or "all as before",
    )
