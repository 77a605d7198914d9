"""What EC2 shows: every function here reads by Describe calls in the account and Region that it is about."""

from typing import NamedTuple

from peerwright_client.aws import Aws, Place
from peerwright_client.vpcs import Vpc

OWNER_TAG = "peerwright:connection"
# A VPC requests connections by the first; Peerwright reports by the next two, and puts the last on what it creates.
ASK_TAG, STATUS_TAG, RULE_TAG = "peerwright:peer-with", "peerwright:status", "peerwright:rule"
MESH_TAG = "peerwright:mesh"
CREATED_TAG = "peerwright:created-for"


class Route(NamedTuple):
    table: str
    destination: str
    state: str


class Rule(NamedTuple):
    """A security group rule; `peer` is a CIDR block, or account/group."""

    group: str
    direction: str
    protocol: str
    from_port: int
    to_port: int
    peer: str


def connection_seen_by(aws: Aws, place: Place, connection: str) -> dict:
    return aws.ec2(place).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])[
        "VpcPeeringConnections"
    ][0]


def state(aws: Aws, place: Place, connection: str) -> str:
    return connection_seen_by(aws, place, connection)["Status"]["Code"]


def is_known(aws: Aws, places: list[Place], connection: str) -> bool:
    """Whether both sides are shown the same state: what one side does is known to the other one later."""
    by_id = [{"Name": "vpc-peering-connection-id", "Values": [connection]}]
    states = set()
    for place in places:
        found = aws.ec2(place).describe_vpc_peering_connections(Filters=by_id)["VpcPeeringConnections"]
        states.update([one["Status"]["Code"] for one in found] or ["unknown"])
    # A request that has failed is never shown to the accepter.
    return len(states) < 2 or "failed" in states


def between(aws: Aws, one: Vpc, other: Vpc) -> list[str]:
    """The connections of two VPCs in either direction and any state, as the first one's account sees them."""
    found = aws.ec2(one.place).describe_vpc_peering_connections()["VpcPeeringConnections"]
    ends = {one.id, other.id}
    return [
        peering["VpcPeeringConnectionId"]
        for peering in found
        if {peering["RequesterVpcInfo"]["VpcId"], peering["AccepterVpcInfo"]["VpcId"]} == ends
    ]


def tags_of_connection(aws: Aws, place: Place, connection: str) -> dict[str, str]:
    """The tags of a connection: each account, in each Region, has its own."""
    return tags(connection_seen_by(aws, place, connection))


def tags_of_vpc(aws: Aws, vpc: Vpc) -> dict[str, str]:
    return tags(aws.ec2(vpc.place).describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0])


def tags(found: dict) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def cidrs(aws: Aws, vpc: Vpc) -> list[str]:
    """The VPC's blocks, IPv4 and IPv6, as its own account sees them."""
    return associated_cidrs(aws.ec2(vpc.place).describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0])


def associated_cidrs(found: dict) -> list[str]:
    ipv4 = [(block["CidrBlock"], block["CidrBlockState"]) for block in found["CidrBlockAssociationSet"]]
    ipv6 = [
        (block["Ipv6CidrBlock"], block["Ipv6CidrBlockState"]) for block in found.get("Ipv6CidrBlockAssociationSet", [])
    ]
    return [block for block, its_state in ipv4 + ipv6 if its_state["State"] == "associated"]


def routes_over(aws: Aws, vpc: Vpc, connection: str) -> set[Route]:
    """The routes of a VPC's tables whose target is a connection."""
    found = set()
    for table in _in_vpc(aws, vpc, "describe_route_tables", "RouteTables"):
        for route in table["Routes"]:
            if route.get("VpcPeeringConnectionId") == connection:
                found.add(Route(table["RouteTableId"], destination(route), route["State"]))
    return found


def destination(route: dict) -> str:
    return route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]


def rules_in(aws: Aws, vpc: Vpc, connection: str | None = None) -> set[Rule]:
    """The rules of a VPC's security groups: those with the tag of a connection, or all of them."""
    groups = [group["GroupId"] for group in _in_vpc(aws, vpc, "describe_security_groups", "SecurityGroups")]
    filters = [{"Name": "group-id", "Values": groups}]
    if connection:
        filters.append({"Name": f"tag:{OWNER_TAG}", "Values": [connection]})
    return {
        _rule(one) for one in _pages(aws, vpc.place, "describe_security_group_rules", "SecurityGroupRules", filters)
    }


def resolves(aws: Aws, vpc: Vpc, connection: str) -> bool:
    """Whether a VPC lets the other one resolve its DNS names, as its own account sees it."""
    seen = connection_seen_by(aws, vpc.place, connection)
    sides = [seen["RequesterVpcInfo"], seen["AccepterVpcInfo"]]
    own = next(side for side in sides if side["VpcId"] == vpc.id)
    return own.get("PeeringOptions", {}).get("AllowDnsResolutionFromRemoteVpc", False)


def everything(aws: Aws) -> dict[str, list]:
    """Everything that Peerwright could change, in every account and Region."""
    kinds = {
        "describe_vpcs": "Vpcs",
        "describe_vpc_peering_connections": "VpcPeeringConnections",
        "describe_route_tables": "RouteTables",
        "describe_security_groups": "SecurityGroups",
        "describe_security_group_rules": "SecurityGroupRules",
        "describe_tags": "Tags",
    }
    return {f"{place} {key}": _pages(aws, place, verb, key) for place in aws.places() for verb, key in kinds.items()}


def differences(before: dict[str, list], after: dict[str, list]) -> list[str]:
    """The keys whose lists changed. Their order does not count: a route that was created again comes last."""
    return [name for name in before if _unordered(before[name]) != _unordered(after.get(name))]


def _unordered(found):
    if isinstance(found, dict):
        return {key: _unordered(value) for key, value in found.items()}
    if isinstance(found, list):
        return sorted(map(_unordered, found), key=repr)
    return found


def _in_vpc(aws: Aws, vpc: Vpc, verb: str, key: str) -> list[dict]:
    return _pages(aws, vpc.place, verb, key, [{"Name": "vpc-id", "Values": [vpc.id]}])


def _pages(aws: Aws, place: Place, verb: str, key: str, filters: list[dict] | None = None) -> list[dict]:
    pages = aws.ec2(place).get_paginator(verb).paginate(Filters=filters or [])
    return [one for page in pages for one in page[key]]


def _rule(found: dict) -> Rule:
    reference = found.get("ReferencedGroupInfo")
    peer = (
        f"{reference['UserId']}/{reference['GroupId']}" if reference else found.get("CidrIpv4") or found.get("CidrIpv6")
    )
    direction = "egress" if found["IsEgress"] else "ingress"
    return Rule(found["GroupId"], direction, found["IpProtocol"], found["FromPort"], found["ToPort"], peer)
