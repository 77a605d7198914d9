"""Two requests that nobody wants."""

from peerwright_local.demo import handshake, verify
from peerwright_local.demo.aws import eventually
from peerwright_local.demo.handshake import Request
from peerwright_local.demo.hub import writes
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import STATUS_TAG

TITLE = "a stranger asks, and a VPC in quarantine: both stay pending"

# The requests themselves are new, and why they are held is told on their tags.
_NEW = ("VpcPeeringConnections", "Tags")


def play(stage: Stage) -> None:
    before = verify.everything(stage.aws)
    stranger = handshake.make(stage, "who-knows", "shared-services")
    quarantined = handshake.make(stage, "lab", "shared-services")
    _sweep(stage, stranger)
    _check(stage, stranger, "held", stranger.requester.place.account)
    _check(stage, quarantined, "denied", "nothing-from-quarantine")
    stage.hub.wait_until_idle()
    _check_answers(stage, [(stranger, "held"), (quarantined, "denied")])
    made = [
        call["action"] for call in writes(stage.hub.calls_since(stranger.asked_at)) if call["action"] != "CreateTags"
    ]
    stage.report.check("nothing else was written for either", not made, ", ".join(made) or "nothing")
    changed = [name for name in verify.differences(before, verify.everything(stage.aws)) if not name.endswith(_NEW)]
    stage.report.check(
        "no route, group or rule of any account changed", not changed, ", ".join(changed) or "all as before"
    )


def _sweep(stage: Stage, request: Request) -> None:
    """The stranger's account forwards no events: its request is found by the next sweep."""
    place = request.requester.place
    eventually(lambda: verify.state(stage.aws, place, request.connection) == "pending-acceptance", seconds=10)
    stage.hub.sweep()
    stage.report.progress("a sweep looks at every account and Region")


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
            "ended": [],
        }
    )


def _check_answers(stage: Stage, requests: list[tuple[Request, str]]) -> None:
    """At the end that we hold a role at."""
    told = [
        verify.tags_of_connection(stage.aws, request.accepter.place, request.connection).get(STATUS_TAG, "")
        for request, _ in requests
    ]
    stage.report.check(
        f"the tag {STATUS_TAG} of both requests says why, to the owner of shared-services",
        all(answer.startswith(f"{status}: ") for answer, (_, status) in zip(told, requests, strict=True)),
        "; ".join(told),
    )
