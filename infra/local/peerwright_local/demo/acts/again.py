"""EventBridge delivers at least once, in any order."""

from peerwright_local.demo import verify
from peerwright_local.demo.hub import writes
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import ASK_TAG

TITLE = "the events of the second and the fourth act come three more times, out of order"


def play(stage: Stage) -> None:
    connection = stage.requests["one Region"].connection
    asked, accepted = (stage.aws.event(verb, connection)["id"] for verb in ("Create", "Accept"))
    tagged = stage.aws.tag_event(stage.requests["by tag"].requester.id, ASK_TAG)["id"]
    before, ledger = verify.everything(stage.aws), _ledger(stage)
    calls = len(stage.aws.calls())
    again = [accepted, tagged, asked, tagged, accepted, accepted, asked, tagged, asked]
    stage.report.progress(f"delivering {len(again)} events again")
    stage.aws.redeliver(again)
    idle = stage.hub.wait_until_idle()
    since = [call for call in stage.aws.calls()[calls:] if call["role"]]
    stage.report.check(
        "the functions take every one of them, and read",
        idle and _delivered(stage, asked, accepted, tagged) == {4} and since != [],
        f"{len(since)} calls, {'no message left' if idle else 'messages left'}",
    )
    made = writes([call for call in since if call["action"] != "AssumeRole"])
    stage.report.check("and write nothing", not made, f"{len(made)} calls that changed something")
    changed = verify.differences(before, verify.everything(stage.aws))
    stage.report.check(
        "every Describe call says what it said before", not changed, ", ".join(changed) or "all as before"
    )
    stage.report.check(
        "the ledger too", _ledger(stage) == ledger, "as before" if _ledger(stage) == ledger else "changed"
    )


def _delivered(stage: Stage, *ids: str) -> set[int]:
    return {event["delivered"] for event in stage.aws.events() if event["id"] in ids}


def _ledger(stage: Stage) -> list:
    return [(stage.hub.entry(row["id"]), stage.hub.history(row["id"])) for row in stage.rows]
