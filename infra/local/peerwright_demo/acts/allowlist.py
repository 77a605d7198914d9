"""The platform team applies the allowlist."""

import os
import string
import subprocess
import time
from pathlib import Path

from peerwright_client.hub import ALLOWLIST
from peerwright_client.vpcs import Vpc
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
    file = stage.directory / "allowlist.yaml"
    file.write_text(string.Template(_FILE.read_text()).substitute(_ids(stage.vpcs)))
    stage.report.progress(f"peerwright allowlist apply -f {file}")
    stage.report.tell("does", f"peerwright allowlist apply -f {file.name}")
    first = _apply(stage, file)
    stage.report.check("`peerwright allowlist apply` accepts the file", first.returncode == 0, _said(first))
    stage.report.includes(f"the table {ALLOWLIST} holds its rules and aliases", _KEYS, stage.hub.allowlist())
    second = _apply(stage, file)
    stage.report.check(
        "applying it once more changes nothing", "0 written, 6 unchanged" in second.stdout, _said(second)
    )
    stage.report.tell("made", *_entries(stage))
    _wait_for_sweep(stage)


def _entries(stage: Stage) -> list[str]:
    """The rules and the aliases that the table holds."""
    keys = stage.hub.allowlist()
    rules, aliases = ([entry for kind, entry in keys if (kind == "alias") == is_alias] for is_alias in (False, True))
    return [f"the rules {', '.join(rules)}", f"the aliases {', '.join(aliases)}"]


def _wait_for_sweep(stage: Stage) -> None:
    """Its calls would be counted among those of the next act."""
    began = time.monotonic()
    stage.report.progress("the table has changed: a sweep reads every account and Region")
    stage.hub.wait_until_idle()
    took = time.monotonic() - began
    stage.report.tell(
        "then",
        "the change starts a sweep of every account and Region, for requests that wait for such rules: "
        f"{took:.1f} s, nearly all the time of this act",
    )


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
