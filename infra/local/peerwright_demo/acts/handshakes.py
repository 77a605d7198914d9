"""A request between two accounts, within one Region and across two."""

from peerwright_client import describe
from peerwright_client.describe import Rule
from peerwright_demo import handshake, promises
from peerwright_demo.stage import Stage


def within_a_region(stage: Stage) -> None:
    stage.requests["one Region"] = request = handshake.make(stage, "app", "shared-services")
    handshake.check(stage, request, promises.shared_services(stage, request.requester))


def across_regions(stage: Stage) -> None:
    app, data = stage.vpcs["app"], stage.vpcs["data"]
    stage.requests["two Regions"] = request = handshake.make(stage, "app", "data")
    app_group, broker = app.groups["app"], data.groups["broker"]
    app_blocks, data_blocks = describe.cidrs(stage.aws, app), describe.cidrs(stage.aws, data)
    promise = handshake.Promise(
        rule="app-to-data",
        requester_tables=app.all_tables,
        accepter_tables=data.all_tables,
        rules={
            "group broker lets in tcp 9092-9094 from app's CIDR blocks, because references do not cross Regions": {
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
