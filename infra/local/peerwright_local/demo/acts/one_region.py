"""Two accounts, one Region."""

from peerwright_local.demo import handshake, verify
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import Rule

TITLE = "app asks shared-services, an account in the same Region"


def play(stage: Stage) -> None:
    app, shared = stage.vpcs["app"], stage.vpcs["shared-services"]
    stage.requests["one Region"] = request = handshake.make(stage, "app", "shared-services")
    app_group, db, api = app.groups["app"], shared.groups["db"], shared.groups["api"]
    promise = handshake.Promise(
        rule="dev-to-shared-services",
        requester_tables=app.all_tables,
        accepter_tables=list(shared.tables.values()),
        rules={
            "group db lets in tcp 5432 from the other account's group app, by reference": {
                Rule(db, "ingress", "tcp", 5432, 5432, f"{app.place.account}/{app_group}")
            },
            "group app lets out tcp 5432 to the other account's group db, by reference": {
                Rule(app_group, "egress", "tcp", 5432, 5432, f"{shared.place.account}/{db}")
            },
            "group api lets in tcp 443 from each CIDR block of app": {
                Rule(api, "ingress", "tcp", 443, 443, block) for block in verify.cidrs(stage.aws, app)
            },
            "group app lets out tcp 443 to each CIDR block of shared-services": {
                Rule(app_group, "egress", "tcp", 443, 443, block) for block in verify.cidrs(stage.aws, shared)
            },
        },
    )
    handshake.check(stage, request, promise)
