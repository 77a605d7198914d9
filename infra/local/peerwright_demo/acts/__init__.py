"""The acts of the demo, in their order."""

from pathlib import Path

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
    ("the platform team applies the allowlist: two rules that allow, one that denies", allowlist.play),
    ("app asks shared-services, an account in the same Region", handshakes.within_a_region),
    ("app asks data, an account in another Region", handshakes.across_regions),
    ("web gets the tag peerwright:peer-with = shared-services, and nothing else is done", by_tag.play),
    ("a stranger asks, and a VPC in quarantine: both requests stay pending", held.play),
    ("the events of the second and the fourth act are delivered three more times, out of order", again.play),
    ("somebody removes one of our routes by hand, and no event reports it", drift.play),
    ("web's tag is removed, and the owner of data deletes the connection to app", ended.play),
)


def play(directory: Path, cli: Path) -> bool:
    """Plays all acts; returns whether every expectation was met."""
    report = Report()
    stage = Stage.set_up(directory, cli, report)
    peak = Peak(stage)
    for number, (title, act) in enumerate(ACTS, start=1):
        report.act(number, title)
        act(stage)
        peak.look()
    report.drawn(peak.map)
    shown = network(stage.aws, stage.hub)
    report.result(final_rows(stage.rows, shown), shown)
    return report.failed == 0
