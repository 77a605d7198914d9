"""Two hubs in one account, apart by the parameter `Prefix`: each has its own tables, queues and roles, and decides by its own allowlist."""

import json
import subprocess

import pytest
from actor import ALL_TABLES

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
    world.until(lambda: converged(second, connection))
    world.until(lambda: first("explain", "list")["connections"])
    world.quiet()
    told = first("explain", "show", connection)
    assert told["status"] in ("held", "unmanaged") and told["rules"] == [], told
    changes = [call for call in world.aws.calls() if call["action"] in ("AcceptVpcPeeringConnection", "CreateRoute")]
    assert {call["role"] for call in changes} == {f"{SECOND}-member-accept", f"{SECOND}-member-configure"}


def converged(tool: Tool, connection: str) -> bool:
    return any(one["connection"] == connection and one["status"] == "converged" for one in tool("explain", "list")["connections"])


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
