"""EventBridge delivers events at least once, in any order."""

from peerwright_client import describe
from peerwright_client.describe import ASK_TAG
from peerwright_client.hub import writes
from peerwright_demo.report import plural
from peerwright_demo.stage import Stage


def play(stage: Stage) -> None:
    connection = stage.requests["one Region"].connection
    asked, accepted = (stage.aws.event(verb, connection)["id"] for verb in ("Create", "Accept"))
    tagged = stage.aws.tag_event(stage.requests["by tag"].requester.id, ASK_TAG)["id"]
    before, ledger = describe.everything(stage.aws), _ledger(stage)
    calls = len(stage.aws.calls())
    again = [accepted, tagged, asked, tagged, accepted, accepted, asked, tagged, asked]
    stage.report.progress(f"delivering {plural(len(again), 'event')} again")
    stage.report.tell("does", f"EventBridge delivers {plural(len(again), 'event')} of acts 2 and 3, which it may do at any time")
    stage.aws.redeliver(again)
    idle = stage.hub.wait_until_idle()
    since = [call for call in stage.aws.calls()[calls:] if call["role"]]
    stage.report.check(
        "the functions take each of these events, and read",
        idle and _delivered(stage, asked, accepted, tagged) == {4} and since != [],
        f"{plural(len(since), 'call')}, {'no message left' if idle else 'messages left'}",
    )
    made = writes([call for call in since if call["action"] != "AssumeRole"])
    stage.report.check("they write nothing", not made, f"{plural(len(made), 'call')} that changed something")
    stage.report.tell("made", f"{plural(len(made), 'change') if made else 'no change'}, in {plural(len(since), 'call')} of the functions")
    changed = describe.differences(before, describe.everything(stage.aws))
    stage.report.check(
        "every Describe call returns what it returned before", not changed, ", ".join(changed) or "all as before"
    )
    stage.report.check(
        "the ledger is unchanged", _ledger(stage) == ledger, "as before" if _ledger(stage) == ledger else "changed"
    )


def _delivered(stage: Stage, *ids: str) -> set[int]:
    return {event["delivered"] for event in stage.aws.events() if event["id"] in ids}


def _ledger(stage: Stage) -> list:
    return [(stage.hub.entry(row["id"]), stage.hub.history(row["id"])) for row in stage.rows]
