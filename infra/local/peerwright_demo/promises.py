"""What the allowlist's rules promise for the demo's VPCs."""

from peerwright_client import describe
from peerwright_client.describe import Rule
from peerwright_client.vpcs import Vpc
from peerwright_demo.handshake import Promise
from peerwright_demo.stage import Stage


def shared_services(stage: Stage, requester: Vpc) -> Promise:
    """For any VPC that requests shared-services: each has a group of its own name."""
    shared, name = stage.vpcs["shared-services"], requester.name
    own, db, api = requester.groups[name], shared.groups["db"], shared.groups["api"]
    return Promise(
        rule="dev-to-shared-services",
        requester_tables=requester.all_tables,
        accepter_tables=list(shared.tables.values()),
        rules={
            f"group db lets in tcp 5432 from the other account's group {name}, by reference": {
                Rule(db, "ingress", "tcp", 5432, 5432, f"{requester.place.account}/{own}")
            },
            f"group {name} lets out tcp 5432 to the other account's group db, by reference": {
                Rule(own, "egress", "tcp", 5432, 5432, f"{shared.place.account}/{db}")
            },
            f"group api lets in tcp 443 from each CIDR block of {name}": {
                Rule(api, "ingress", "tcp", 443, 443, block) for block in describe.cidrs(stage.aws, requester)
            },
            f"group {name} lets out tcp 443 to each CIDR block of shared-services": {
                Rule(own, "egress", "tcp", 443, 443, block) for block in describe.cidrs(stage.aws, shared)
            },
        },
    )
