"""The acts of the demo, in their order."""

from pathlib import Path

from peerwright_demo import world
from peerwright_demo.acts import (
    again,
    allowlist,
    by_tag,
    drift,
    ended,
    handshakes,
    held,
)
from peerwright_demo.network import network
from peerwright_demo.peak import Peak
from peerwright_demo.report import Report, final_rows
from peerwright_demo.stage import Stage

ACTS = (
    ("the platform team says who may peer with whom", allowlist.play),
    ("a team tags its VPC, and nobody does anything else", by_tag.play),
    ("another team asks by a call of EC2, as always", handshakes.within_a_region),
    ("and once more, across Regions", handshakes.across_regions),
    ("a stranger asks, and a VPC in quarantine: neither gets in", held.play),
    ("events come again, three times and out of order", again.play),
    ("somebody removes one of our routes, and no event reports it", drift.play),
    ("two connections are not wanted any more", ended.play),
)


def play(directory: Path, cli: Path) -> bool:
    """Plays all acts; returns whether every expectation was met."""
    report = Report()
    stage = Stage.set_up(directory, cli, report)
    world.make(stage)
    peak = Peak(stage)
    for number, (title, act) in enumerate(ACTS, start=1):
        report.act(number, title)
        act(stage)
        peak.look()
    report.drawn(peak.map)
    shown = network(stage.aws, stage.hub)
    report.result(final_rows(stage.rows, shown), shown, stage.vpcs["web"].id)
    return report.failed == 0
