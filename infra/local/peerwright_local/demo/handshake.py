"""One request, from the asking to the last route, and whether AWS shows what the rule promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peerwright_local.demo import verify
from peerwright_local.demo.hub import counted, seconds_between, writes
from peerwright_local.demo.verify import RULE_TAG, STATUS_TAG, Route, Rule
from peerwright_local.demo.world import Vpc, ask

if TYPE_CHECKING:
    from peerwright_local.demo.stage import Stage


@dataclass(frozen=True)
class Request:
    requester: Vpc
    accepter: Vpc
    connection: str
    asked_at: str
    # What somebody did, and nobody did anything else.
    asked_by: str = "request"

    @property
    def name(self) -> str:
        return f"{self.requester.name} → {self.accepter.name}"


@dataclass(frozen=True)
class Promise:
    """What an allowlist rule promises for a request; `rules` with the words for each handful of them."""

    rule: str
    requester_tables: list[str]
    accepter_tables: list[str]
    rules: dict[str, set[Rule]]


def make(stage: Stage, requester: str, accepter: str) -> Request:
    """One team asks; nobody does anything else."""
    vpcs = stage.vpcs[requester], stage.vpcs[accepter]
    connection = ask(stage.aws, *vpcs)
    request = Request(*vpcs, connection, stage.aws.last_call("CreateVpcPeeringConnection"))
    stage.report.progress(f"{requester} asked for {connection} to {accepter}")
    return request


def check(stage: Stage, request: Request, promise: Promise) -> None:
    """Waits until the ledger has nothing more to come, then asks AWS on both sides. The figures go into the result."""
    stage.hub.settled(request.connection)
    stage.hub.wait_until_idle()
    entry = stage.hub.entry(request.connection)
    calls = stage.hub.calls_since(request.asked_at)
    failed = stage.report.failed
    _check_state(stage, request, promise, entry)
    routes = _check_routes(stage, request, promise)
    rules = _check_rules(stage, request, promise)
    dns = _check_dns(stage, request)
    _check_tags(stage, request, promise)
    spent, made = entry.get("ec2_calls"), len(counted(calls))
    stage.report.check(
        "the ledger counts the EC2 calls of accept and configure as EC2 does", spent == made, f"{spent} and {made}"
    )
    seconds = None
    # Only what converged has a time to converge in.
    if stage.report.failed == failed:
        seconds = seconds_between(request.asked_at, writes(calls)[-1]["time"])
        stage.report.figure(f"{request.name}, from the {request.asked_by} to the last change", seconds)
    stage.rows.append(
        {
            "name": request.name,
            "id": request.connection,
            "state": verify.state(stage.aws, request.requester.place, request.connection),
            "rule": ", ".join(entry.get("rules", [])) or None,
            "routes": routes,
            "rules": rules,
            "dns": dns,
            "seconds": seconds,
            "ec2_calls": None if spent is None else int(spent),
            "held": [],
            "ended": [],
        }
    )


def _check_state(stage: Stage, request: Request, promise: Promise, entry: dict) -> None:
    states = [verify.state(stage.aws, vpc.place, request.connection) for vpc in (request.requester, request.accepter)]
    stage.report.check(
        "the request was accepted: both accounts see it active", states == ["active"] * 2, " and ".join(states)
    )
    ground = f"{entry.get('status', 'nothing')} by {', '.join(entry.get('rules', [])) or 'no rule'}"
    stage.report.check(
        f"the ledger says so, and by which rule: {promise.rule}", ground == f"converged by {promise.rule}", ground
    )


def _check_routes(stage: Stage, request: Request, promise: Promise) -> list[int]:
    done = of = 0
    sides = [
        (request.requester, request.accepter, promise.requester_tables),
        (request.accepter, request.requester, promise.accepter_tables),
    ]
    for vpc, peer, tables in sides:
        blocks = verify.cidrs(stage.aws, peer)
        wanted = {Route(table, block, "active") for table in tables for block in blocks}
        found = verify.routes_over(stage.aws, vpc, request.connection)
        which = "all" if len(tables) == len(vpc.all_tables) else "only the selected"
        words = f"{which} {len(tables)} route tables of {vpc.name} lead to {', '.join(blocks)}: {len(wanted)} routes"
        stage.report.same(words, wanted, found)
        done, of = done + len(wanted & found), of + len(wanted)
    return [done, of]


def _check_rules(stage: Stage, request: Request, promise: Promise) -> list[int]:
    found = {
        one
        for vpc in (request.requester, request.accepter)
        for one in verify.rules_in(stage.aws, vpc, request.connection)
    }
    for words, wanted in promise.rules.items():
        stage.report.includes(words, wanted, found)
    wanted = set().union(*promise.rules.values())
    stage.report.same("these are all the security group rules that bear the connection's tag", wanted, found)
    return [len(wanted & found), len(wanted)]


def _check_dns(stage: Stage, request: Request) -> str:
    requester, accepter = (
        verify.resolves(stage.aws, vpc, request.connection) for vpc in (request.requester, request.accepter)
    )
    words = {(True, True): "both", (True, False): "requester", (False, True): "accepter", (False, False): "off"}
    dns = words[requester, accepter]
    stage.report.check("DNS resolution is on for both sides", dns == "both", dns)
    return dns


def _check_tags(stage: Stage, request: Request, promise: Promise) -> None:
    wanted = {STATUS_TAG: "converged", RULE_TAG: promise.rule}
    ends = (request.requester, request.accepter)
    told = [verify.tags_of_connection(stage.aws, vpc.place, request.connection) for vpc in ends]
    stage.report.check(
        f"the connection's tags {STATUS_TAG} and {RULE_TAG} tell it in both accounts",
        all(wanted.items() <= tags.items() for tags in told),
        " and ".join(map(str, told)),
    )
