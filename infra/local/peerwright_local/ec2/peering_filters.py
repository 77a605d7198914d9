"""The filters of DescribeVpcPeeringConnections."""

from __future__ import annotations

from .listing import matches

FILTERS = (
    "accepter-vpc-info.cidr-block",
    "accepter-vpc-info.owner-id",
    "accepter-vpc-info.vpc-id",
    "expiration-time",
    "requester-vpc-info.cidr-block",
    "requester-vpc-info.owner-id",
    "requester-vpc-info.vpc-id",
    "status-code",
    "status-message",
    "tag-key",
    "vpc-peering-connection-id",
)


def matches_filter(seen: dict, name: str, wanted: list[str]) -> bool:
    return matches(wanted, _values(seen, name))


def _values(seen: dict, name: str) -> list[str]:
    if name.startswith("tag:"):
        return [tag["Value"] for tag in seen["Tags"] if tag["Key"] == name.removeprefix("tag:")]
    if name == "tag-key":
        return [tag["Key"] for tag in seen["Tags"]]
    if name == "vpc-peering-connection-id":
        return [seen["VpcPeeringConnectionId"]]
    if name == "expiration-time":
        return [seen["ExpirationTime"].strftime("%Y-%m-%dT%H:%M:%S.000Z")] if "ExpirationTime" in seen else []
    if name.startswith("status-"):
        return [seen["Status"][name.removeprefix("status-").title()]]
    side, key = name.split(".")
    info = seen["RequesterVpcInfo" if side == "requester-vpc-info" else "AccepterVpcInfo"]
    if key == "cidr-block":
        return [block["CidrBlock"] for block in info.get("CidrBlockSet", [])]
    return [info["OwnerId" if key == "owner-id" else "VpcId"]]
