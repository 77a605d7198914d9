"""Two requests that nobody wants."""

from peerwright_local.demo import handshake, verify
from peerwright_local.demo.handshake import Request
from peerwright_local.demo.hub import writes
from peerwright_local.demo.stage import Stage

TITLE = "a stranger asks, and a VPC in quarantine: both stay pending"

# The requests themselves are the only change.
_NEW = "VpcPeeringConnections"


def play(stage: Stage) -> None:
    before = verify.everything(stage.aws)
    # The stranger's account forwards no events: its request is found when the next one leads to the same accepter.
    stranger = handshake.make(stage, "who-knows", "shared-services")
    quarantined = handshake.make(stage, "lab", "shared-services")
    _check(stage, stranger, "held", stranger.requester.place.account)
    _check(stage, quarantined, "denied", "nothing-from-quarantine")
    made = writes(stage.hub.calls_since(stranger.asked_at))
    stage.report.check("nothing was written for either", not made, f"{len(made)} calls that changed something")
    changed = [name for name in verify.differences(before, verify.everything(stage.aws)) if not name.endswith(_NEW)]
    stage.report.check(
        "no route, group or rule of any account changed", not changed, ", ".join(changed) or "all as before"
    )


def _check(stage: Stage, request: Request, status: str, ground: str) -> None:
    entry = stage.hub.settled(request.connection)
    states = {verify.state(stage.aws, vpc.place, request.connection) for vpc in (request.requester, request.accepter)}
    stage.report.check(
        f"{request.name} stays pending in both accounts", states == {"pending-acceptance"}, ", ".join(sorted(states))
    )
    reasons = entry.get("reasons", [])
    saw = f"{entry.get('status', 'no entry')}: {'; '.join(reasons)}"
    stage.report.check(
        f"the ledger says {status}, and names the reason: {ground}",
        entry.get("status") == status and any(ground in reason for reason in reasons),
        saw,
    )
    stage.rows.append(
        {
            "name": request.name,
            "id": request.connection,
            "state": verify.state(stage.aws, request.accepter.place, request.connection),
            "rule": ", ".join(entry.get("rules", [])) or None,
            "routes": [0, 0],
            "rules": [0, 0],
            "dns": "-",
            "seconds": None,
            "ec2_calls": int(entry["ec2_calls"]) if entry else None,
            "held": reasons,
        }
    )
