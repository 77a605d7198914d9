"""Two accounts, two Regions."""

from peerwright_local.demo import handshake, verify
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import Rule

TITLE = "app asks data, an account in another Region"


def play(stage: Stage) -> None:
    app, data = stage.vpcs["app"], stage.vpcs["data"]
    stage.requests["two Regions"] = request = handshake.make(stage, "app", "data")
    app_group, broker = app.groups["app"], data.groups["broker"]
    app_blocks, data_blocks = verify.cidrs(stage.aws, app), verify.cidrs(stage.aws, data)
    promise = handshake.Promise(
        rule="app-to-data",
        requester_tables=app.all_tables,
        accepter_tables=data.all_tables,
        rules={
            "group broker lets in tcp 9092-9094 from app's CIDR blocks, because no reference crosses Regions": {
                Rule(broker, "ingress", "tcp", 9092, 9094, block) for block in app_blocks
            },
            "group broker lets in icmp from app's IPv4 blocks": {
                Rule(broker, "ingress", "icmp", -1, -1, block) for block in app_blocks if ":" not in block
            },
            "group app lets out tcp 9092-9094 to data's CIDR blocks": {
                Rule(app_group, "egress", "tcp", 9092, 9094, block) for block in data_blocks
            },
        },
    )
    handshake.check(stage, request, promise)
