"""Two hubs in one account, apart by the parameter `Prefix`: each has its own tables, queues and roles, and decides by its own allowlist."""

import json
import subprocess

import pytest
from actor import ALL_TABLES
from session import is_denied

from peerwright_client.hub import ROLE_PATH
from peerwright_local import packages
from peerwright_local.deploy import deploy_member
from peerwright_local.state import EXTERNAL_ID

SECOND = "second"


class Tool:
    """The operator's tool for one of the hubs."""

    def __init__(self, world, prefix: str):
        self.world, self.prefix = world, prefix

    def __call__(self, role: str, *arguments: object, status: int = 0) -> dict:
        program, environment = self.world.command(*arguments)
        session = self.world.session(self.world.aws.hub, f"{self.prefix}-{role}")
        finished = subprocess.run(
            [*program, "--prefix", self.prefix, "--json"],
            env={**environment, **session.environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert finished.returncode == status, finished
        return json.loads(finished.stdout)


@pytest.mark.long
def test_each_of_two_hubs_decides_by_its_own_allowlist_with_its_own_roles(two_hubs):
    world = two_hubs
    first, second = Tool(world, "peerwright"), Tool(world, SECOND)
    ends = world.vpc(world.a), world.vpc(world.b)
    file = world.file({"rules": [world.rule(*ends, routes=ALL_TABLES)]})
    second("allowlist", "allowlist", "apply", "-f", file, "--yes")
    connection = world.ask(*ends)
    world.until(lambda: reached(second, connection, "converged"))
    world.until(lambda: first("explain", "list")["connections"])
    world.quiet()
    told = first("explain", "show", connection)
    assert told["status"] in ("held", "unmanaged") and told["rules"] == [], told
    changes = [call for call in world.aws.calls() if call["action"] in ("AcceptVpcPeeringConnection", "CreateRoute")]
    assert {call["role"] for call in changes} == {f"{SECOND}-member-accept", f"{SECOND}-member-configure"}


def reached(tool: Tool, connection: str, status: str) -> bool:
    return (connection, status) in {(one["connection"], one["status"]) for one in tool("explain", "list")["connections"]}


@pytest.mark.long
def test_an_account_outside_the_organization_is_a_strangers_whatever_roles_it_has(two_hubs):
    world, second = two_hubs, Tool(two_hubs, SECOND)
    stranger, accepter = world.vpc(world.stranger), world.vpc(world.b)
    # The stranger deploys our own template, which trusts our hub's roles.
    template = packages.template_without_functions("member.yaml", world.artifacts)
    cloudformation = world.aws.client("cloudformation", world.stranger)
    deploy_member(cloudformation, template, *world.aws.hub, SECOND)
    file = world.file({"rules": [world.rule(stranger, accepter, routes=ALL_TABLES)]})
    second("allowlist", "allowlist", "apply", "-f", file, "--yes")
    connection = world.ask(stranger, accepter)
    world.until(lambda: reached(second, connection, "one-sided"))
    world.quiet()
    assert not [call for call in world.aws.calls() if call["account"] == world.stranger.account and call["role"]]
    thief = world.session(world.aws.hub, f"{SECOND}-allowlist")
    role = f"{ROLE_PATH}{SECOND}-member-read"
    assert is_denied(lambda: thief.assume(world.stranger, role, ExternalId=EXTERNAL_ID))
    assert not is_denied(lambda: thief.assume(world.b, role, ExternalId=EXTERNAL_ID))


@pytest.mark.long
def test_a_hub_sweeps_every_account_of_its_organization_in_its_regions(two_hubs):
    places = Tool(two_hubs, SECOND)("explain", "members", "list")["places"]
    swept = {(place["account"], place["region"]) for place in places}
    assert {(place.account, place.region) for place in (two_hubs.a, two_hubs.b)} <= swept, swept
    assert two_hubs.stranger.account not in {account for account, _ in swept}


@pytest.mark.long
def test_no_role_of_one_hub_reads_or_wakes_the_other(two_hubs):
    world = two_hubs
    session = world.session(world.aws.hub, "peerwright-operate")
    for service, call, arguments in (
        ("dynamodb", "scan", {"TableName": f"{SECOND}-connections"}),
        ("sqs", "send_message", {"QueueUrl": world.queue_url(f"{SECOND}-accept"), "MessageBody": "{}"}),
    ):
        client = session.client(service, world.aws.hub)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied|not authorized"):
            getattr(client, call)(**arguments)
