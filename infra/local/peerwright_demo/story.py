"""What the acts tell of a connection, read from AWS and in words."""

from ipaddress import ip_network
from itertools import groupby

from peerwright_client import describe
from peerwright_client.aws import Aws
from peerwright_client.describe import RULE_TAG, STATUS_TAG, Rule
from peerwright_client.vpcs import Vpc
from peerwright_demo.report import plural
from peerwright_demo.stage import Request, Stage

NAMES = {"hub": "hub", "member_a": "member A", "member_b": "member B", "stranger": "stranger"}


def end(stage: Stage, vpc: Vpc) -> str:
    """A VPC with its account, and with its Region if that is not the hub's."""
    account = next(NAMES[name] for name, account in stage.aws.accounts.items() if account == vpc.place.account)
    region = "" if vpc.place.region == stage.aws.hub.region else f", {vpc.place.region}"
    return f"{vpc.name} ({account}{region})"


def answer(tags: dict[str, str]) -> list[str]:
    """The tags by which Peerwright answers."""
    return [f"{key} = {tags[key]}" for key in (STATUS_TAG, RULE_TAG) if key in tags]


def made(stage: Stage, request: Request) -> list[str]:
    """The connection and what it has at both ends, one thing a line."""
    sides = [(request.requester, request.accepter), (request.accepter, request.requester)]
    state = describe.state(stage.aws, request.requester.place, request.connection)
    resolving = [vpc.name for vpc, _ in sides if describe.resolves(stage.aws, vpc, request.connection)]
    return [
        f"{request.connection}, {request.name}: {state}",
        *(_routes(stage, request, vpc, peer) for vpc, peer in sides),
        *(line for vpc, peer in sides for line in rules(stage.aws, request.connection, vpc, peer)),
        f"DNS resolution for {' and '.join(resolving) or 'neither side'}",
    ]


def _routes(stage: Stage, request: Request, vpc: Vpc, peer: Vpc) -> str:
    routes = describe.routes_over(stage.aws, vpc, request.connection)
    tables = {route.table for route in routes}
    return f"{plural(len(routes), 'route')} to {peer.name} in {len(tables)} of {plural(len(vpc.all_tables), 'route table')} of {vpc.name}"


def rules(aws: Aws, connection: str, vpc: Vpc, peer: Vpc) -> list[str]:
    """One line for the rules of a group that differ only in their peer."""
    names = {group: name for one in (vpc, peer) for name, group in one.groups.items()}
    found = groupby(sorted(describe.rules_in(aws, vpc, connection)), lambda rule: rule[:5])
    return sorted(_rule([*alike], names) for _, alike in found)


def _rule(alike: list[Rule], names: dict[str, str]) -> str:
    rule = alike[0]
    way, to = ("in", "from") if rule.direction == "ingress" else ("out", "to")
    ports = "-".join(str(port) for port in sorted({rule.from_port, rule.to_port} - {-1}))
    opened = f"{rule.protocol} {ports}".strip()
    return f"group {names[rule.group]} lets {way} {opened} {to} {_peers([one.peer for one in alike], names)}"


def _peers(peers: list[str], names: dict[str, str]) -> str:
    groups = sorted(f"group {names[peer.partition('/')[2]]}" for peer in peers if "/sg-" in peer)
    blocks = [ip_network(peer) for peer in peers if "/sg-" not in peer]
    return ", ".join([*groups, *map(str, sorted(blocks, key=lambda block: (block.version, block)))])
