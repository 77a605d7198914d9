"""What the allowlist's rules promise for the VPCs of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peerwright_local.demo import verify
from peerwright_local.demo.handshake import Promise
from peerwright_local.demo.verify import Rule
from peerwright_local.demo.world import Vpc

if TYPE_CHECKING:
    from peerwright_local.demo.stage import Stage


def shared_services(stage: Stage, requester: Vpc) -> Promise:
    """Many VPCs, one service: each has a group by its own name."""
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
                Rule(api, "ingress", "tcp", 443, 443, block) for block in verify.cidrs(stage.aws, requester)
            },
            f"group {name} lets out tcp 443 to each CIDR block of shared-services": {
                Rule(own, "egress", "tcp", 443, 443, block) for block in verify.cidrs(stage.aws, shared)
            },
        },
    )
