"""Somebody removes what is ours."""

from peerwright_local.demo import verify
from peerwright_local.demo.aws import eventually
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import Route

TITLE = "somebody removes a route of ours by hand, and no event tells of it"


def play(stage: Stage) -> None:
    request = stage.requests["one Region"]
    app, block = request.requester, verify.cidrs(stage.aws, request.accepter)[0]
    lost = Route(app.main_table, block, "active")
    before = verify.everything(stage.aws)
    stage.aws.ec2(app.place).delete_route(RouteTableId=lost.table, DestinationCidrBlock=block)
    gone = lost not in verify.routes_over(stage.aws, app, request.connection)
    stage.report.check(f"the main route table of app leads to {block} no more", gone, "gone" if gone else "there")
    stage.hub.sweep()
    stage.report.progress("a sweep looks at every account and Region")
    back = eventually(lambda: lost in verify.routes_over(stage.aws, app, request.connection), seconds=30)
    stage.hub.wait_until_idle()
    stage.report.check("the next sweep notices, and it is back", back, "back" if back else "gone")
    _check_ledger(stage, request.connection, lost)
    changed = verify.differences(before, verify.everything(stage.aws))
    stage.report.check(
        "every Describe call says what it said before the removal", not changed, ", ".join(changed) or "all as before"
    )


def _check_ledger(stage: Stage, connection: str, lost: Route) -> None:
    """The history says what was missing."""
    drifts = [change["details"] for change in stage.hub.history(connection) if change["what"] == "drifted"]
    told = (
        len(drifts) == 1
        and len(drifts[0]) == 1
        and all(word in drifts[0][0] for word in (lost.table, lost.destination))
    )
    stage.report.check("the ledger's history says what was missing: this route, and nothing else", told, drifts)
