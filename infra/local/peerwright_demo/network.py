"""The network as Describe calls show it, and why connections are held or have ended, as the ledger records it."""

from collections import Counter

from peerwright_client.aws import Aws, Place
from peerwright_client.describe import OWNER_TAG, associated_cidrs
from peerwright_client.hub import Hub
from peerwright_demo.story import NAMES

SIDES = ("RequesterVpcInfo", "AccepterVpcInfo")
# The ledger's statuses for a request that stays pending.
HELD = ("held", "denied")
# EC2's states of a connection that will never be active again.
ENDED = ("deleting", "deleted", "rejected", "expired", "failed")


def network(aws: Aws, hub: Hub) -> dict:
    """The VPCs and connections of every account and Region."""
    names = {account: NAMES[name] for name, account in aws.accounts.items()}
    vpcs = [_vpc(place, names[place.account], found) for place in aws.places() for found in _vpcs(aws, place)]
    return {"vpcs": vpcs, "connections": _connections(aws, hub, {vpc["vpc"]: vpc["name"] for vpc in vpcs})}


def _vpcs(aws: Aws, place: Place) -> list[dict]:
    return aws.ec2(place).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]


def _vpc(place: Place, account_name: str, found: dict) -> dict:
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    return {
        "account": place.account,
        "account_name": account_name,
        "region": place.region,
        "vpc": found["VpcId"],
        "name": tags.get("Name", found["VpcId"]),
        "cidrs": associated_cidrs(found),
    }


def _connections(aws: Aws, hub: Hub, names: dict[str, str]) -> list[dict]:
    """Each connection once, although both sides see it; the views of an id are those of its two sides."""
    views: dict[str, list[dict]] = {}
    routes, rules = Counter(), Counter()
    for place in aws.places():
        ec2 = aws.ec2(place)
        for one in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
            views.setdefault(one["VpcPeeringConnectionId"], []).append(one)
        routes.update(_peerings_of_routes(ec2))
        rules.update(_peerings_of_rules(ec2))
    return [
        {
            **_connection(seen, names),
            **_reasons(hub, connection, seen[0]["Status"]),
            "routes": routes[connection],
            "rules": rules[connection],
        }
        for connection, seen in views.items()
    ]


def _connection(views: list[dict], names: dict[str, str]) -> dict:
    requester, accepter = (views[0][side]["VpcId"] for side in SIDES)
    return {
        "id": views[0]["VpcPeeringConnectionId"],
        "name": f"{names.get(requester, requester)} → {names.get(accepter, accepter)}",
        "requester": requester,
        "accepter": accepter,
        "state": views[0]["Status"]["Code"],
        "dns": all(any(_resolves(view[side]) for view in views) for side in SIDES),
    }


def _peerings_of_routes(ec2) -> list[str]:
    routes = [route for table in ec2.describe_route_tables()["RouteTables"] for route in table["Routes"]]
    return [
        route["VpcPeeringConnectionId"]
        for route in routes
        if "VpcPeeringConnectionId" in route and route["State"] == "active"
    ]


def _peerings_of_rules(ec2) -> list[str]:
    tags = [tag for rule in ec2.describe_security_group_rules()["SecurityGroupRules"] for tag in rule.get("Tags", [])]
    return [tag["Value"] for tag in tags if tag["Key"] == OWNER_TAG]


def _reasons(hub: Hub, connection: str, status: dict) -> dict[str, str | list[str] | None]:
    """The ledger's word for it, and why it is held or denied, or has ended: EC2's message, and those of the ledger's reasons that do not only repeat the state."""
    entry = hub.entry(connection)
    reasons, word = entry.get("reasons", []), entry.get("status")
    if status["Code"] in ENDED:
        own = [reason for reason in reasons if not reason.startswith("it is ")]
        return {"status": word, "held": [], "ended": [status.get("Message") or status["Code"], *own]}
    return {"status": word, "held": reasons if word in HELD else [], "ended": []}


def _resolves(side: dict) -> bool:
    """EC2 shows the options of a side only to its own account."""
    return side.get("PeeringOptions", {}).get("AllowDnsResolutionFromRemoteVpc", False)
