"""The acts, in their order."""

from pathlib import Path

from peerwright_local.demo import final
from peerwright_local.demo.acts import again, allowlist, by_tag, drift, ended, held, one_region, two_regions
from peerwright_local.demo.network import network
from peerwright_local.demo.report import Report
from peerwright_local.demo.stage import Stage

ACTS = (allowlist, one_region, two_regions, by_tag, held, again, drift, ended)


def play(directory: Path, cli: Path) -> bool:
    """Plays them all; whether every expectation was met."""
    report = Report()
    stage = Stage.set_up(directory, cli, report)
    for number, act in enumerate(ACTS, start=1):
        report.act(number, act.TITLE)
        act.play(stage)
    shown = network(stage.aws, stage.hub)
    report.result(final.rows(stage.rows, shown), shown)
    return report.failed == 0
