"""The VPCs of the demo, in three accounts and two Regions."""

from peerwright_client.vpcs import Vpc, make_vpc
from peerwright_demo.stage import Stage


def make(stage: Stage) -> None:
    stage.report.prepare("six VPCs in three accounts and two Regions")
    stage.vpcs = {vpc.name: vpc for vpc in _vpcs(stage)}


def _vpcs(stage: Stage) -> list[Vpc]:
    a, b, stranger = (stage.place(name) for name in ("member_a", "member_b", "stranger"))
    private = {f"private-{zone}": {"tier": "private"} for zone in "ab"}
    by_zone = {"zone-a": {}, "zone-b": {}}
    both = {"ipv6": True, "tags": {"env": "dev"}}
    return [
        make_vpc(
            stage.aws,
            a,
            "app",
            ["10.1.0.0/16", "10.11.0.0/16"],
            tables=by_zone,
            groups={"app": {"role": "app"}},
            **both,
        ),
        make_vpc(
            stage.aws,
            b,
            "shared-services",
            ["10.2.0.0/16", "10.12.0.0/16"],
            ipv6=True,
            tables=private,
            groups={"db": {"role": "db"}, "api": {"role": "api"}},
        ),
        make_vpc(
            stage.aws,
            stage.place("member_b", region=1),
            "data",
            ["10.3.0.0/16", "10.13.0.0/16"],
            ipv6=True,
            tables=by_zone,
            groups={"broker": {"role": "broker"}},
        ),
        make_vpc(stage.aws, a, "web", ["10.5.0.0/16"], tables={"zone-a": {}}, groups={"web": {"role": "app"}}, **both),
        make_vpc(stage.aws, a, "lab", ["10.4.0.0/16"], tags={"env": "dev", "quarantine": "true"}),
        make_vpc(stage.aws, stranger, "who-knows", ["10.9.0.0/16"], tags={"env": "dev"}),
    ]
