"""The EC2 calls on peering connections."""

from __future__ import annotations

import re

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.utils import random_vpc_peering_connection_id

from . import multipath
from .errors import ApiError, invalid_value, missing_parameter, not_permitted
from .listing import check_filters, page
from .peering import LIVING, OPTIONS, MissingVpc, PeeringConnection, place_of
from .peering_filters import FILTERS, matches_filter


def create(response) -> ActionResult:
    backend, params = response.ec2_backend, response.params
    requester = backend.get_vpc(params["VpcId"])
    accepter = _accepter_vpc(response)
    tags = response._parse_tag_specification().get("vpc-peering-connection", {})
    options = params.get("PeeringConnectionOptions", {})
    multipath.require([options], requester.region == accepter.region)
    first = _living(backend, requester, accepter)
    if first and _other_side_knows(first):
        return ActionResult({"VpcPeeringConnection": _seen(backend, first)})
    _require_requests(backend, requester)
    connection = PeeringConnection(backend.settings, random_vpc_peering_connection_id(), requester, accepter)
    connection.failing |= first is not None
    connection.resilience.modify(multipath.SIDES[0], options)
    for side in (requester, accepter):
        ec2_backends[side.owner_id][side.region].vpc_pcxs[connection.id] = connection
    if tags:
        backend.create_tags([connection.id], tags)
    return ActionResult({"VpcPeeringConnection": _seen(backend, connection)})


def accept(response) -> ActionResult:
    connection = _for_accepter(response, "accept", "accepted")
    _require(connection, ("pending-acceptance",), "provisioning")
    _require_only(connection)
    for vpc in (connection.vpc, connection.peer_vpc):
        _require_room(vpc)
    connection.accept()
    return ActionResult({"VpcPeeringConnection": _seen(response.ec2_backend, connection)})


def reject(response) -> ActionResult:
    connection = _for_accepter(response, "reject", "accepted or rejected")
    _require(connection, ("pending-acceptance",), "rejected")
    connection.finish("rejected", place_of(response.ec2_backend))
    return ActionResult({"Return": True})


def delete(response) -> ActionResult:
    connection = lookup(response.ec2_backend, response.params["VpcPeeringConnectionId"])
    _require(connection, LIVING, "deleting")
    account = response.current_account
    if connection.code == "pending-acceptance" and account != connection.vpc.owner_id:
        raise not_permitted(f"User ({account}) cannot delete peering {connection.id}")
    connection.finish("deleted", place_of(response.ec2_backend))
    return ActionResult({"Return": True})


def describe(response) -> ActionResult:
    backend, params = response.ec2_backend, response.params
    filters = response._filters_from_querystring()
    check_filters(filters, FILTERS)
    wanted = params.get("VpcPeeringConnectionIds")
    connections = [lookup(backend, one) for one in wanted] if wanted else visible(backend)
    seen = [_seen(backend, connection) for connection in connections]
    found = [one for one in seen if all(matches_filter(one, name, values) for name, values in filters.items())]
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
            connection.finish("deleted", place_of(backend))
        return vpc

    return delete


def modify_options(response) -> ActionResult:
    connection, place = lookup(response.ec2_backend, response.params["VpcPeeringConnectionId"]), place_of(response.ec2_backend)
    requester, accepter = multipath.SIDES
    sides = {
        requester: (connection.requester_options, connection.requester),
        accepter: (connection.accepter_options, connection.accepter),
    }
    wanted = {name: response.params[name] for name in sides if response.params.get(name)}
    if not wanted:
        raise missing_parameter(" or ".join(sides))
    if not connection.is_active(place):
        raise not_permitted(
            f"Peering {connection.id} is not active. Peering options can be added only to active peerings."
        )
    for name in wanted:
        if sides[name][1] != place:
            raise not_permitted(f"User {place[0]} cannot modify {name} of peering {connection.id} in {place[1]}")
    _require_dns(connection, wanted)
    multipath.require(wanted.values(), connection.same_region)
    for name, options in wanted.items():
        sides[name][0].update({option: options[option] for option in OPTIONS if option in options})
        connection.resilience.modify(name, options)
    return ActionResult(wanted)


def lookup(backend, vpc_pcx_id: str) -> PeeringConnection:
    """The connection, if this account and Region may see it. moto passes the id by its keyword."""
    if not re.fullmatch(r"pcx-([0-9a-f]{8}|[0-9a-f]{17})", vpc_pcx_id):
        raise ApiError(
            "InvalidVpcPeeringConnectionId.Malformed", f"Invalid id: \"{vpc_pcx_id}\" (expecting \"pcx-...\")"
        )
    connection = backend.vpc_pcxs.get(vpc_pcx_id)
    if connection is None or not connection.visible_in(place_of(backend)):
        raise ApiError(
            "InvalidVpcPeeringConnectionID.NotFound", f"The vpcPeeringConnection ID '{vpc_pcx_id}' does not exist"
        )
    return connection


def visible(backend) -> list[PeeringConnection]:
    for connection in [one for one in backend.vpc_pcxs.values() if one.gone()]:
        del backend.vpc_pcxs[connection.id]
    return [one for one in backend.vpc_pcxs.values() if one.visible_in(place_of(backend))]


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


def _living(backend, requester, accepter) -> PeeringConnection | None:
    """The connection that the first VPC has requested of the second one, if there is one that lives."""
    ends = requester.id, accepter.id
    living = [one for one in backend.vpc_pcxs.values() if one.code in LIVING and not one.failing]
    return next((one for one in living if (one.vpc.id, one.peer_vpc.id) == ends), None)


def _other_side_knows(first: PeeringConnection) -> bool:
    """Whether the accepter's Region knows of a request: until then, the same request makes another one, which fails."""
    return first.same_region or first.known_in(first.accepter)


def _require_only(connection: PeeringConnection) -> None:
    """The VPCs may have requested a connection of each other; only one of the two is ever established."""
    ends = connection.vpc.id, connection.peer_vpc.id
    for other in connection.peer_vpc.ec2_backend.vpc_pcxs.values():
        if other is not connection and other.joins(*ends) and other.code in ("provisioning", "active"):
            raise ApiError(
                "VpcPeeringConnectionAlreadyExists",
                f"A VPC peering connection between {ends[0]} and {ends[1]} already exists: {other.id}",
            )


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
    return connection.seen_in(place_of(backend), tags)
