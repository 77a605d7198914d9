"""One request, from the call to the last route: does AWS show what the rule promises?"""

from dataclasses import dataclass

from peerwright_client import describe
from peerwright_client.aws import eventually
from peerwright_client.describe import RULE_TAG, STATUS_TAG, Route, Rule
from peerwright_client.hub import counted, seconds_between, writes
from peerwright_client.vpcs import request_peering
from peerwright_demo import story
from peerwright_demo.report import plural
from peerwright_demo.stage import Request, Stage


@dataclass(frozen=True)
class Promise:
    """What an allowlist rule promises for a request; `rules` are grouped by a description of the group."""

    rule: str
    requester_tables: list[str]
    accepter_tables: list[str]
    rules: dict[str, set[Rule]]


def make(stage: Stage, requester: str, accepter: str) -> Request:
    """Makes the request; nobody does anything else."""
    vpcs = stage.vpcs[requester], stage.vpcs[accepter]
    connection = request_peering(stage.aws, *vpcs)
    request = Request(*vpcs, connection, stage.aws.last_call("CreateVpcPeeringConnection"))
    stage.report.progress(f"{requester} requested {connection} to {accepter}")
    stage.report.tell("asks", f"{story.end(stage, vpcs[0])} calls CreateVpcPeeringConnection to {story.end(stage, vpcs[1])}")
    return request


def check(stage: Stage, request: Request, promise: Promise) -> None:
    """Waits until the ledger shows a final status, then checks what AWS shows on both sides. The figures go into the result."""
    stage.hub.settled(request.connection)
    stage.hub.wait_until_idle()
    places = [request.requester.place, request.accepter.place]
    eventually(lambda: describe.is_known(stage.aws, places, request.connection), 5)
    entry = stage.hub.entry(request.connection)
    calls = stage.hub.calls_since(request.asked_at)
    stage.report.tell("answer", *_answer(stage, request))
    stage.report.tell("made", *story.made(stage, request))
    failed = stage.report.failed
    _check_state(stage, request, promise, entry)
    routes = _check_routes(stage, request, promise)
    rules = _check_rules(stage, request, promise)
    dns = _check_dns(stage, request)
    _check_tags(stage, request, promise)
    spent, made = entry.get("ec2_calls"), len(counted(calls))
    # What came too early, or found nothing to do, is not written down.
    stage.report.check(
        "the ledger counts the EC2 calls of accept and configure that led to something",
        spent is not None and 0 < spent <= made,
        f"{spent} of {made}",
    )
    seconds = None
    # A time to converge is reported only if it converged.
    if stage.report.failed == failed:
        seconds = seconds_between(request.asked_at, writes(calls)[-1]["time"])
        stage.report.figure(f"from the {request.asked_by} to the last change", seconds)
    stage.rows.append(
        {
            "name": request.name,
            "id": request.connection,
            "state": describe.state(stage.aws, request.requester.place, request.connection),
            "rule": ", ".join(entry.get("rules", [])) or None,
            "routes": routes,
            "rules": rules,
            "dns": dns,
            "seconds": seconds,
            "status": entry.get("status"),
            "held": [],
            "ended": [],
        }
    )


def _answer(stage: Stage, request: Request) -> list[str]:
    """Where it was asked: on the VPC that bears the tag, or on the connection that was requested."""
    if request.asked_by == "tag":
        vpc = request.requester
        return [f"on {vpc.name} itself:", *story.answer(describe.tags_of_vpc(stage.aws, vpc))]
    tags = describe.tags_of_connection(stage.aws, request.requester.place, request.connection)
    return [f"on {request.connection}, in both accounts:", *story.answer(tags)]


def _check_state(stage: Stage, request: Request, promise: Promise, entry: dict) -> None:
    states = [describe.state(stage.aws, vpc.place, request.connection) for vpc in (request.requester, request.accepter)]
    stage.report.check(
        "the request was accepted: both accounts see the connection as active", states == ["active"] * 2, " and ".join(states)
    )
    basis = f"{entry.get('status', 'nothing')} by {', '.join(entry.get('rules', [])) or 'no rule'}"
    stage.report.check(
        f"the ledger says converged, and by which rule: {promise.rule}", basis == f"converged by {promise.rule}", basis
    )


def _check_routes(stage: Stage, request: Request, promise: Promise) -> list[int]:
    done = of = 0
    sides = [
        (request.requester, request.accepter, promise.requester_tables),
        (request.accepter, request.requester, promise.accepter_tables),
    ]
    for vpc, peer, tables in sides:
        blocks = describe.cidrs(stage.aws, peer)
        wanted = {Route(table, block, "active") for table in tables for block in blocks}
        found = describe.routes_over(stage.aws, vpc, request.connection)
        number = "all" if len(tables) == len(vpc.all_tables) else "only the selected"
        where = f"{number} {plural(len(tables), 'route table')} of {vpc.name}"
        expectation = f"{plural(len(wanted), 'route')} from {where} to {', '.join(blocks)}"
        stage.report.same(expectation, wanted, found)
        done, of = done + len(wanted & found), of + len(wanted)
    return [done, of]


def _check_rules(stage: Stage, request: Request, promise: Promise) -> list[int]:
    found = {
        one
        for vpc in (request.requester, request.accepter)
        for one in describe.rules_in(stage.aws, vpc, request.connection)
    }
    for description, wanted in promise.rules.items():
        stage.report.includes(description, wanted, found)
    wanted = set().union(*promise.rules.values())
    stage.report.same("no other security group rule bears the connection's tag", wanted, found)
    return [len(wanted & found), len(wanted)]


def _check_dns(stage: Stage, request: Request) -> str:
    requester, accepter = (
        describe.resolves(stage.aws, vpc, request.connection) for vpc in (request.requester, request.accepter)
    )
    names = {(True, True): "both", (True, False): "requester", (False, True): "accepter", (False, False): "off"}
    dns = names[requester, accepter]
    stage.report.check("DNS resolution is on for both sides", dns == "both", dns)
    return dns


def _check_tags(stage: Stage, request: Request, promise: Promise) -> None:
    wanted = {STATUS_TAG: "converged", RULE_TAG: promise.rule}
    ends = (request.requester, request.accepter)
    told = [describe.tags_of_connection(stage.aws, vpc.place, request.connection) for vpc in ends]
    stage.report.check(
        f"the connection's tags {STATUS_TAG} and {RULE_TAG} say so in both accounts",
        all(wanted.items() <= tags.items() for tags in told),
        " and ".join(map(str, told)),
    )
