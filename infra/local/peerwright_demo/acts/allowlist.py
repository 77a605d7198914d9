"""The platform team applies the allowlist."""

import os
import string
import subprocess
from pathlib import Path

from peerwright_client.hub import ALLOWLIST
from peerwright_client.vpcs import Vpc, make_vpc
from peerwright_demo.stage import Stage

_FILE = Path(__file__).resolve().parents[2] / "demo" / "allowlist.yaml"
_KEYS = [
    ("account#222222222222", "app-to-data"),
    ("account#222222222222", "dev-to-shared-services"),
    ("alias", "app"),
    ("alias", "data"),
    ("alias", "shared-services"),
    ("any", "nothing-from-quarantine"),
]


def play(stage: Stage) -> None:
    stage.report.progress("creating VPCs in three accounts and two Regions")
    stage.vpcs = {vpc.name: vpc for vpc in _vpcs(stage)}
    file = stage.directory / "allowlist.yaml"
    file.write_text(string.Template(_FILE.read_text()).substitute(_ids(stage.vpcs)))
    stage.report.progress(f"peerwright allowlist apply -f {file}")
    first = _apply(stage, file)
    stage.report.check("`peerwright allowlist apply` accepts the file", first.returncode == 0, _said(first))
    stage.report.includes(f"the table {ALLOWLIST} holds its rules and aliases", _KEYS, stage.hub.allowlist())
    second = _apply(stage, file)
    stage.report.check(
        "applying it once more changes nothing", "0 written, 6 unchanged" in second.stdout, _said(second)
    )
    # The table's stream starts a sweep, whose calls would be counted among those of the next act.
    stage.report.progress("a sweep reads every account and Region")
    stage.hub.wait_until_idle()


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


def _ids(vpcs: dict[str, Vpc]) -> dict[str, str]:
    """The values of the placeholders ${…} in the allowlist."""
    return {
        "app_vpc": vpcs["app"].id,
        "app_group": vpcs["app"].groups["app"],
        "shared_services_vpc": vpcs["shared-services"].id,
        "shared_services_db_group": vpcs["shared-services"].groups["db"],
        "data_vpc": vpcs["data"].id,
        "data_broker_group": vpcs["data"].groups["broker"],
    }


def _apply(stage: Stage, file: Path) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [stage.cli, "allowlist", "apply", "--yes", "--rules-only", "-f", file],
        env={**environment, **stage.aws.environment(stage.aws.hub)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _said(finished: subprocess.CompletedProcess) -> str:
    return f"exit status {finished.returncode}: {' '.join((finished.stdout + finished.stderr).split())}"
