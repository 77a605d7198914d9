"""Somebody removes a route of ours by hand."""

import time

from peerwright_client import describe
from peerwright_client.aws import eventually
from peerwright_client.describe import Route
from peerwright_demo.stage import Stage


def play(stage: Stage) -> None:
    request = stage.requests["one Region"]
    app, block = request.requester, describe.cidrs(stage.aws, request.accepter)[0]
    lost = Route(app.main_table, block, "active")
    before = describe.everything(stage.aws)
    stage.aws.ec2(app.place).delete_route(RouteTableId=lost.table, DestinationCidrBlock=block)
    gone = lost not in describe.routes_over(stage.aws, app, request.connection)
    stage.report.check(f"the main route table of app no longer leads to {block}", gone, "gone" if gone else "there")
    stage.report.tell("does", f"somebody deletes the route to {block} in {lost.table}, the main route table of {app.name}")
    began = time.monotonic()
    stage.hub.sweep()
    stage.report.progress("a sweep reads every account and Region")
    back = eventually(lambda: lost in describe.routes_over(stage.aws, app, request.connection), seconds=30)
    if back:
        took = time.monotonic() - began
        stage.report.tell("made", f"the same route, {took:.1f} s after the next sweep began: the schedule starts one every few minutes")
    stage.hub.wait_until_idle()
    stage.report.check("the next sweep notices, and the route is back", back, "back" if back else "gone")
    _check_ledger(stage, request.connection, lost)
    changed = describe.differences(before, describe.everything(stage.aws))
    stage.report.check(
        "every Describe call returns what it returned before the removal", not changed, ", ".join(changed) or "all as before"
    )


def _check_ledger(stage: Stage, connection: str, lost: Route) -> None:
    """Checks that the history says what was missing."""
    drifts = [change["details"] for change in stage.hub.history(connection) if change["what"] == "drifted"]
    told = (
        len(drifts) == 1
        and len(drifts[0]) == 1
        and all(word in drifts[0][0] for word in (lost.table, lost.destination))
    )
    stage.report.tell("ledger", *(f"drifted: {line}" for details in drifts for line in details))
    stage.report.check("the ledger's history names what was missing: this route, and nothing else", told, drifts)
