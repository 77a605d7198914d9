"""Two accounts, one Region."""

from peerwright_local.demo import handshake, promises
from peerwright_local.demo.stage import Stage

TITLE = "app asks shared-services, an account in the same Region"


def play(stage: Stage) -> None:
    stage.requests["one Region"] = request = handshake.make(stage, "app", "shared-services")
    handshake.check(stage, request, promises.shared_services(stage, request.requester))
