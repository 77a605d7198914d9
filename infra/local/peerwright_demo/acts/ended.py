"""Two connections end: one because its tag is removed, one because an owner deletes it."""

from dataclasses import dataclass

from peerwright_client import describe
from peerwright_client.aws import eventually
from peerwright_client.describe import ASK_TAG, RULE_TAG, STATUS_TAG, Route, Rule
from peerwright_client.hub import seconds_between, writes
from peerwright_client.vpcs import Vpc
from peerwright_demo import elsewhere, story
from peerwright_demo.report import plural
from peerwright_demo.stage import Request, Stage

# The destination of routes made by hand: no VPC has these addresses.
_BY_HAND = "198.51.100.0/24"
_DELETE_CONNECTION = "DeleteVpcPeeringConnection"
_REMOVALS = ("DeleteRoute", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")


@dataclass(frozen=True)
class Ending:
    """How somebody ends a connection: the EC2 call, what it is, the cause that is expected, and its text in the ledger."""

    call: str
    what: str
    why: str
    in_ledger: str


_UNTAGGED = Ending(
    "DeleteTags", "the removal of the tag", "neither VPC asks for it any more", "neither VPC asks for it any more"
)
# The ledger names the state that the connection was in at that moment: deleting, or deleted and by whom.
_DELETED = Ending(_DELETE_CONNECTION, "its deletion", "somebody deleted it", "it is delet")


@dataclass(frozen=True)
class Others:
    """What somebody else made at a connection's ends: a route over it, and a security group rule without our tag."""

    request: Request
    route: Route
    rule: Rule


def play(stage: Stage) -> None:
    by_tag, by_hand = stage.requests["by tag"], stage.requests["two Regions"]
    others = [_add_others(stage, request) for request in (by_tag, by_hand)]
    before = describe.everything(stage.aws)
    _end_tagged(stage, by_tag)
    _end_by_hand(stage, by_hand)
    _check_others(stage, others)
    _check_rest(stage, before, {by_tag.connection, by_hand.connection}, {by_tag.requester.id})


def _add_others(stage: Stage, request: Request) -> Others:
    requester, accepter = request.requester, request.accepter
    group, block = next(iter(accepter.groups.values())), describe.cidrs(stage.aws, requester)[0]
    stage.aws.ec2(requester.place).create_route(
        RouteTableId=requester.main_table, DestinationCidrBlock=_BY_HAND, VpcPeeringConnectionId=request.connection
    )
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": block}]}
    stage.aws.ec2(accepter.place).authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    stage.report.progress(f"somebody else made a route and a security group rule for {request.name}")
    route = Route(requester.main_table, _BY_HAND, "blackhole")
    return Others(request, route, Rule(group, "ingress", "tcp", 22, 22, block))


def _end_tagged(stage: Stage, request: Request) -> None:
    web, ours = request.requester, _ours(stage, request)
    stage.aws.ec2(web.place).delete_tags(Resources=[web.id], Tags=[{"Key": ASK_TAG}])
    stage.report.progress(f"the tag {ASK_TAG} of web was removed")
    stage.report.tell("asks", f"{story.end(stage, web)} loses the tag {ASK_TAG}")
    removed = _check_removal(stage, request, ours, _UNTAGGED)
    _check_order(stage, removed)
    _check_status_tags(stage, web)


def _end_by_hand(stage: Stage, request: Request) -> None:
    data, ours = request.accepter, _ours(stage, request)
    stage.aws.ec2(data.place).delete_vpc_peering_connection(VpcPeeringConnectionId=request.connection)
    stage.report.progress(f"the owner of data deleted {request.connection}")
    stage.report.tell("does", f"the owner of {story.end(stage, data)} deletes {request.connection}, {request.name}")
    _check_removal(stage, request, ours, _DELETED)


def _check_removal(stage: Stage, request: Request, ours: tuple[set[Route], set[Rule]], ending: Ending) -> list[dict]:
    """Waits until everything of ours is gone; returns the calls by which the functions removed it."""
    began = stage.aws.last_call(ending.call)
    entry = stage.hub.becomes(request.connection, "ended")
    stage.hub.wait_until_idle()
    _check_state(stage, request)
    left = _ours(stage, request)
    gone = tuple(there - still for there, still in zip(ours, left, strict=True))
    state = describe.state(stage.aws, request.requester.place, request.connection)
    stage.report.tell("undone", f"{_counts(gone)} of ours, at both ends; {request.connection} is {state}")
    stage.report.check(
        f"{_counts(ours)} of ours were there, and none is left at either end",
        all(ours) and not any(left),
        _counts(left),
    )
    reasons = "; ".join(entry.get("reasons", []))
    stage.report.check(
        f"the ledger says ended, and why: {ending.why}",
        entry.get("status") == "ended" and ending.in_ledger in reasons,
        f"{entry.get('status')}: {reasons}",
    )
    removed = writes(stage.hub.calls_since(began))
    if removed:
        figure = f"from {ending.what} to the last change"
        stage.report.figure(figure, seconds_between(began, removed[-1]["time"]))
    return removed


def _check_state(stage: Stage, request: Request) -> None:
    def states() -> list[str]:
        ends = (request.requester, request.accepter)
        return [describe.state(stage.aws, vpc.place, request.connection) for vpc in ends]

    # Across Regions the state is "deleting" for a moment.
    deleted = bool(eventually(lambda: states() == ["deleted"] * 2, seconds=10))
    stage.report.check(f"{request.name} is deleted: both accounts see that", deleted, " and ".join(states()))


def _ours(stage: Stage, request: Request) -> tuple[set[Route], set[Rule]]:
    """Our routes and security group rules at both ends of a connection."""
    routes, rules = set(), set()
    for vpc in (request.requester, request.accepter):
        over = describe.routes_over(stage.aws, vpc, request.connection)
        routes |= {route for route in over if route.destination != _BY_HAND}
        rules |= describe.rules_in(stage.aws, vpc, request.connection)
    return routes, rules


def _counts(things: tuple[set[Route], set[Rule]]) -> str:
    routes, rules = things
    return f"{plural(len(routes), 'route')} and {plural(len(rules), 'security group rule')}"


def _check_order(stage: Stage, removed: list[dict]) -> None:
    actions = [call["action"] for call in removed]
    ours = [at for at, action in enumerate(actions) if action in _REMOVALS]
    deleted = [at for at, action in enumerate(actions) if action == _DELETE_CONNECTION]
    stage.report.check(
        "they were removed first, and then the connection",
        len(deleted) == 1 and ours and ours[-1] < deleted[0],
        ", ".join(actions),
    )


def _check_status_tags(stage: Stage, web: Vpc) -> None:
    tags = describe.tags_of_vpc(stage.aws, web)
    left = tags.keys() & {STATUS_TAG, RULE_TAG}
    stage.report.check("our status tags on web are gone", not left, ", ".join(sorted(left)) or "gone")


def _check_others(stage: Stage, others: list[Others]) -> None:
    """Checks that they are still there. The routes are black holes now, which is EC2's doing."""
    missing = [one.request.name for one in others if not _is_there(stage, one)]
    kept = [_told(one) for one in others if one.request.name not in missing]
    stage.report.tell("kept", "what somebody else made for these connections:", *kept)
    stage.report.check(
        "the routes and rules that somebody else made for both are still there",
        not missing,
        ", ".join(missing) or "all of them",
    )


def _told(others: Others) -> str:
    route, rule = others.route, others.rule
    return f"a route to {route.destination} in {route.table}, a rule for {rule.protocol} {rule.from_port} in {rule.group}"


def _is_there(stage: Stage, others: Others) -> bool:
    requester, accepter = others.request.requester, others.request.accepter
    routes = describe.routes_over(stage.aws, requester, others.request.connection)
    return others.route in routes and others.rule in describe.rules_in(stage.aws, accepter)


def _check_rest(stage: Stage, before: dict[str, list], connections: set[str], asking: set[str]) -> None:
    shown = (before, describe.everything(stage.aws))
    changed = describe.differences(*(elsewhere.apart_from(one, connections, asking) for one in shown))
    stage.report.check(
        "no other connection, route, rule or tag of any account changed",
        not changed,
        ", ".join(changed) or "all as before",
    )
