"""The network as Describe calls show it, and why what is held is held, as the ledger tells it."""

from collections import Counter

from peerwright_local.demo.aws import Aws, Place
from peerwright_local.demo.hub import Hub
from peerwright_local.demo.verify import OWNER_TAG, associated_cidrs

# Words of the ledger for a request that stays pending.
_HELD = ("held", "denied")


def network(aws: Aws, hub: Hub) -> dict:
    """VPCs and connections of every account and Region."""
    names = {account: name.replace("member_a", "member A").replace("member_b", "member B") for name, account in aws.accounts.items()}
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
    """Each connection once, though both sides see it; a side's DNS option is what its own account sees."""
    seen: dict[str, list[dict]] = {}
    routes, rules = Counter(), Counter()
    for place in aws.places():
        ec2 = aws.ec2(place)
        for one in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
            seen.setdefault(one["VpcPeeringConnectionId"], []).append(one)
        for table in ec2.describe_route_tables()["RouteTables"]:
            routes.update(route.get("VpcPeeringConnectionId") for route in table["Routes"] if route["State"] == "active")
        for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]:
            rules.update(tag["Value"] for tag in rule.get("Tags", []) if tag["Key"] == OWNER_TAG)
    return [
        {
            "id": id,
            "name": " → ".join(names.get(views[0][side]["VpcId"], "?") for side in ("RequesterVpcInfo", "AccepterVpcInfo")),
            "requester": views[0]["RequesterVpcInfo"]["VpcId"],
            "accepter": views[0]["AccepterVpcInfo"]["VpcId"],
            "state": views[0]["Status"]["Code"],
            "held": _reasons(hub, id),
            "routes": routes[id],
            "rules": rules[id],
            "dns": all(any(_resolves(view[side]) for view in views) for side in ("RequesterVpcInfo", "AccepterVpcInfo")),
        }
        for id, views in seen.items()
    ]


def _reasons(hub: Hub, connection: str) -> list[str]:
    entry = hub.entry(connection)
    return entry["reasons"] if entry.get("status") in _HELD else []


def _resolves(side: dict) -> bool:
    return side.get("PeeringOptions", {}).get("AllowDnsResolutionFromRemoteVpc", False)
