"""Two requests that no rule allows."""

from peerwright_client import describe
from peerwright_client.aws import eventually
from peerwright_client.describe import STATUS_TAG
from peerwright_client.hub import writes
from peerwright_demo import handshake
from peerwright_demo.stage import Request, Stage

# The requests are new, and their tags say why they are held.
_NEW = ("VpcPeeringConnections", "Tags")


def play(stage: Stage) -> None:
    before = describe.everything(stage.aws)
    stranger = handshake.make(stage, "who-knows", "shared-services")
    quarantined = handshake.make(stage, "lab", "shared-services")
    _sweep(stage, stranger)
    _check_pending(stage, stranger, "held", stranger.requester.place.account)
    _check_pending(stage, quarantined, "denied", "nothing-from-quarantine")
    stage.hub.wait_until_idle()
    for request in (stranger, quarantined):
        _tell(stage, request)
    _check_status_tags(stage, [(stranger, "held"), (quarantined, "denied")])
    written = [
        call["action"] for call in writes(stage.hub.calls_since(stranger.asked_at)) if call["action"] != "CreateTags"
    ]
    stage.report.check("nothing but tags was written for either", not written, ", ".join(written) or "nothing")
    changed = [name for name in describe.differences(before, describe.everything(stage.aws)) if not name.endswith(_NEW)]
    stage.report.check(
        "no route, group or rule of any account changed", not changed, ", ".join(changed) or "all as before"
    )


def _tell(stage: Stage, request: Request) -> None:
    accepter = request.accepter
    state = describe.state(stage.aws, accepter.place, request.connection)
    status = describe.tags_of_connection(stage.aws, accepter.place, request.connection).get(STATUS_TAG)
    stage.report.tell("held", f"{request.connection}, {request.name}: {state}")
    stage.report.tell("why", f"on it, in the account of {accepter.name}:", f"{STATUS_TAG} = {status}")


def _sweep(stage: Stage, request: Request) -> None:
    """The stranger's account forwards no events: the next sweep finds its request, once both ends are shown it."""
    places = [request.requester.place, request.accepter.place]
    eventually(
        lambda: (
            describe.is_known(stage.aws, places, request.connection)
            and describe.state(stage.aws, places[0], request.connection) == "pending-acceptance"
        ),
        seconds=10,
    )
    stage.hub.sweep()
    stage.report.progress("a sweep reads every account and Region")


def _check_pending(stage: Stage, request: Request, status: str, cause: str) -> None:
    entry = stage.hub.settled(request.connection)
    states = {describe.state(stage.aws, vpc.place, request.connection) for vpc in (request.requester, request.accepter)}
    stage.report.check(
        f"{request.name} stays pending in both accounts", states == {"pending-acceptance"}, ", ".join(sorted(states))
    )
    reasons = entry.get("reasons", [])
    saw = f"{entry.get('status', 'no entry')}: {'; '.join(reasons)}"
    stage.report.check(
        f"the ledger says {status}, and names the reason: {cause}",
        entry.get("status") == status and any(cause in reason for reason in reasons),
        saw,
    )
    stage.rows.append(
        {
            "name": request.name,
            "id": request.connection,
            "state": describe.state(stage.aws, request.accepter.place, request.connection),
            "rule": ", ".join(entry.get("rules", [])) or None,
            "routes": [0, 0],
            "rules": [0, 0],
            "dns": "-",
            "seconds": None,
            "status": entry.get("status"),
            "held": reasons,
            "ended": [],
        }
    )


def _check_status_tags(stage: Stage, requests: list[tuple[Request, str]]) -> None:
    """Checks the end where we have a role."""
    told = [
        describe.tags_of_connection(stage.aws, request.accepter.place, request.connection).get(STATUS_TAG, "")
        for request, _ in requests
    ]
    stage.report.check(
        f"the tag {STATUS_TAG} of both requests says why, to the owner of shared-services",
        all(found.startswith(f"{status}: ") for found, (_, status) in zip(told, requests, strict=True)),
        "; ".join(told),
    )
