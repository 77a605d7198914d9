"""The EC2 calls on peering connections."""

from __future__ import annotations

import re

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.utils import random_vpc_peering_connection_id

from .errors import ApiError, invalid_value, missing_parameter, not_permitted
from .listing import check_filters, matches, page
from .peering import LIVING, OPTIONS, MissingVpc, PeeringConnection

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


def create(response) -> ActionResult:
    backend, params = response.ec2_backend, response.params
    requester = backend.get_vpc(params["VpcId"])
    accepter = _accepter_vpc(response)
    is_second = _is_second(backend, requester, accepter)
    _require_requests(backend, requester)
    connection = PeeringConnection(backend.settings, random_vpc_peering_connection_id(), requester, accepter)
    connection.failing |= is_second
    for side in (requester, accepter):
        ec2_backends[side.owner_id][side.region].vpc_pcxs[connection.id] = connection
    tags = response._parse_tag_specification().get("vpc-peering-connection", {})
    if tags:
        backend.create_tags([connection.id], tags)
    return ActionResult({"VpcPeeringConnection": _seen(backend, connection)})


def accept(response) -> ActionResult:
    connection = _for_accepter(response, "accept", "accepted")
    _require(connection, ("pending-acceptance",), "provisioning")
    for vpc in (connection.vpc, connection.peer_vpc):
        _require_room(vpc)
    connection.accept()
    return ActionResult({"VpcPeeringConnection": _seen(response.ec2_backend, connection)})


def reject(response) -> ActionResult:
    connection = _for_accepter(response, "reject", "accepted or rejected")
    _require(connection, ("pending-acceptance",), "rejected")
    connection.finish("rejected", response.current_account, response.region)
    return ActionResult({"Return": True})


def delete(response) -> ActionResult:
    connection = lookup(response.ec2_backend, response.params["VpcPeeringConnectionId"])
    _require(connection, LIVING, "deleting")
    account, region = response.current_account, response.region
    if connection.code == "pending-acceptance" and account != connection.vpc.owner_id:
        raise not_permitted(f"User ({account}) cannot delete peering {connection.id}")
    connection.finish("deleted", account, region)
    return ActionResult({"Return": True})


def describe(response) -> ActionResult:
    backend, params = response.ec2_backend, response.params
    filters = response._filters_from_querystring()
    check_filters(filters, FILTERS)
    wanted = params.get("VpcPeeringConnectionIds")
    connections = [lookup(backend, one) for one in wanted] if wanted else visible(backend)
    seen = [_seen(backend, connection) for connection in connections]
    found = [one for one in seen if all(_matches(one, name, values) for name, values in filters.items())]
    items, token = page(found, params, 5, 1000)
    return ActionResult({"VpcPeeringConnections": items, "NextToken": token})


def deleting_vpc(delete_vpc):
    """AWS documents this for the console. Its steps for the API do not mention connections, so they can't be in the way there."""

    def delete(backend, vpc_id: str):
        connections = [one for one in backend.vpc_pcxs.values() if _has(one, vpc_id) and one.code in LIVING]
        for connection in connections:
            if connection.code == "pending-acceptance" and connection.vpc.id != vpc_id and not connection.same_account:
                raise ApiError(
                    "DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted: {connection.id}"
                )
        vpc = delete_vpc(backend, vpc_id)
        for connection in connections:
            connection.finish("deleted", backend.account_id, backend.region_name)
        return vpc

    return delete


def modify_options(response) -> ActionResult:
    connection = lookup(response.ec2_backend, response.params["VpcPeeringConnectionId"])
    sides = {
        "RequesterPeeringConnectionOptions": (connection.requester_options, connection.is_requester),
        "AccepterPeeringConnectionOptions": (connection.accepter_options, connection.is_accepter),
    }
    wanted = {name: response.params[name] for name in sides if response.params.get(name)}
    if not wanted:
        raise missing_parameter(" or ".join(sides))
    if not connection.is_active:
        raise not_permitted(
            f"Peering {connection.id} is not active. Peering options can be added only to active peerings."
        )
    for name in wanted:
        if not sides[name][1](response.current_account, response.region):
            raise not_permitted(
                f"User {response.current_account} cannot modify {name} of peering {connection.id} in {response.region}"
            )
    _require_dns(connection, wanted)
    for name, options in wanted.items():
        sides[name][0].update({option: options[option] for option in OPTIONS if option in options})
    return ActionResult(wanted)


def lookup(backend, vpc_pcx_id: str) -> PeeringConnection:
    """The connection, if this account and Region may see it. moto passes the id by its keyword."""
    if not re.fullmatch(r"pcx-([0-9a-f]{8}|[0-9a-f]{17})", vpc_pcx_id):
        raise ApiError(
            "InvalidVpcPeeringConnectionId.Malformed", f"Invalid id: \"{vpc_pcx_id}\" (expecting \"pcx-...\")"
        )
    connection = backend.vpc_pcxs.get(vpc_pcx_id)
    if connection is None or not connection.visible_to(backend.account_id, backend.region_name):
        raise ApiError(
            "InvalidVpcPeeringConnectionID.NotFound", f"The vpcPeeringConnection ID '{vpc_pcx_id}' does not exist"
        )
    return connection


def visible(backend) -> list[PeeringConnection]:
    for connection in [one for one in backend.vpc_pcxs.values() if one.gone()]:
        del backend.vpc_pcxs[connection.id]
    return [one for one in backend.vpc_pcxs.values() if one.visible_to(backend.account_id, backend.region_name)]


def _accepter_vpc(response):
    if not response.params.get("PeerVpcId"):
        raise missing_parameter("peerVpcId")
    vpc_id = response.params["PeerVpcId"]
    account = response.params.get("PeerOwnerId") or response.current_account
    region = response.params.get("PeerRegion") or response.region
    if not re.fullmatch(r"\d{12}", account):
        raise invalid_value(f"Value ({account}) for parameter peerOwnerId is invalid. Expecting a 12-digit account id.")
    if region not in ec2_backends[account]:
        raise invalid_value(f"Value ({region}) for parameter peerRegion is invalid. There is no such Region.")
    backend = ec2_backends[account][region]
    if backend is response.ec2_backend:
        return backend.get_vpc(vpc_id)
    return backend.vpcs.get(vpc_id) or MissingVpc(vpc_id, account, region)


def _is_second(backend, requester, accepter) -> bool:
    """Whether the VPCs have a connection already: that is an error within a Region, and a request that fails across two."""
    for connection in backend.vpc_pcxs.values():
        if connection.joins(requester.id, accepter.id) and connection.code in LIVING and not connection.failing:
            if connection.same_region:
                raise ApiError(
                    "VpcPeeringConnectionAlreadyExists",
                    f"A VPC peering connection between {requester.id} and {accepter.id} already exists: {connection.id}",
                )
            return True
    return False


def _require_requests(backend, requester) -> None:
    pending = ("initiating-request", "pending-acceptance")
    asked = [one for one in backend.vpc_pcxs.values() if one.vpc.id == requester.id and one.code in pending]
    if len(asked) >= backend.settings.outstanding_requests_per_vpc:
        raise ApiError(
            "OutstandingVpcPeeringConnectionLimitExceeded",
            f"You've reached the limit on the number of VPC peering connection requests of {requester.id}",
        )


def _require_room(vpc) -> None:
    """AWS does not document which side's quota it checks, and when. Here both are checked when a request is accepted."""
    established = [
        one for one in vpc.ec2_backend.vpc_pcxs.values() if _has(one, vpc.id) and one.code in ("provisioning", "active")
    ]
    if len(established) >= vpc.ec2_backend.settings.connections_per_vpc:
        raise ApiError(
            "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
            f"You've reached the limit on the number of active VPC peering connections of {vpc.id}",
        )


def _has(connection: PeeringConnection, vpc_id: str) -> bool:
    return vpc_id in (connection.vpc.id, connection.peer_vpc.id)


def _for_accepter(response, verb: str, participle: str) -> PeeringConnection:
    connection = lookup(response.ec2_backend, response.params["VpcPeeringConnectionId"])
    if response.current_account != connection.peer_vpc.owner_id:
        raise not_permitted(f"User ({response.current_account}) cannot {verb} peering {connection.id}")
    if response.region != connection.peer_vpc.region:
        raise not_permitted(
            f"Incorrect region ({response.region}) specified for this request. "
            f"VPC peering connection {connection.id} must be {participle} in region {connection.peer_vpc.region}"
        )
    return connection


def _require(connection: PeeringConnection, codes: tuple[str, ...], target: str) -> None:
    if connection.code not in codes:
        raise ApiError(
            "InvalidStateTransition",
            f"Invalid state transition for {connection.id}, attempted to transition from {connection.code} to {target}",
        )


def _require_dns(connection: PeeringConnection, wanted: dict) -> None:
    if not any(options.get("AllowDnsResolutionFromRemoteVpc") for options in wanted.values()):
        return
    for vpc in (connection.vpc, connection.peer_vpc):
        if not (_is_true(vpc.enable_dns_hostnames) and _is_true(vpc.enable_dns_support)):
            raise ApiError(
                "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
                f"DNS hostnames and DNS support must be enabled for VPC {vpc.id} of peering {connection.id}",
            )


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _seen(backend, connection: PeeringConnection) -> dict:
    tags = backend.tags[connection.id] if connection.id in backend.tags else {}
    return connection.seen_from(backend.account_id, backend.region_name, tags)


def _matches(seen: dict, name: str, wanted: list[str]) -> bool:
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
