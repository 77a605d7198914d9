"""Routes: which calls are refused, and the state of a route."""

from __future__ import annotations

import ipaddress

from moto.core.responses import ActionResult
from moto.ec2.models.route_tables import Route, RouteTable

from .errors import ApiError, invalid_value
from .peering import place_of
from .peering_api import lookup

FILTERS = (
    "association.gateway-id",
    "association.main",
    "association.route-table-association-id",
    "association.route-table-id",
    "association.subnet-id",
    "owner-id",
    "route-table-id",
    "route.destination-cidr-block",
    "route.destination-ipv6-cidr-block",
    "route.destination-prefix-list-id",
    "route.egress-only-internet-gateway-id",
    "route.gateway-id",
    "route.instance-id",
    "route.nat-gateway-id",
    "route.origin",
    "route.state",
    "route.transit-gateway-id",
    "route.vpc-peering-connection-id",
    "tag-key",
    "vpc-id",
)
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def creating(create):
    def create_route(response):
        destination = _canonical_destination(response.params)
        table = response.ec2_backend.get_route_table(response.params["RouteTableId"])
        # The VPC's own block has its local route, which comes before what is inside the VPC (terraform-provider-aws #23866).
        if there := _find(table, destination):
            if response.ec2_backend.settings.identical_route == "success" and _is_identical(there, response.params):
                return ActionResult({"Return": True})
            raise ApiError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
        _refuse_inside_vpc(response, table, destination)
        _refuse_gateway_table(response, table)
        _require_own_peering(response, table)
        _require_room(response.ec2_backend.settings, table, destination)
        result = create(response)
        route = _find(table, destination)
        route.readable_at = response.ec2_backend.settings.now() + response.ec2_backend.settings.describe_lag_seconds
        return result

    return create_route


def replacing(replace):
    def replace_route(response):
        destination = _canonical_destination(response.params)
        table = response.ec2_backend.get_route_table(response.params["RouteTableId"])
        _refuse_inside_vpc(response, table, destination)
        _refuse_gateway_table(response, table)
        _require_own_peering(response, table)
        return replace(response)

    return replace_route


def associating(associate):
    def associate_route_table(response):
        table = response.ec2_backend.get_route_table(response.params["RouteTableId"])
        if response.params.get("GatewayId") and any(route.vpc_pcx for route in table._routes.values()):
            raise invalid_value(
                f"route table {table.id} has a route over a peering connection and can't be associated with a gateway"
            )
        return associate(response)

    return associate_route_table


def deleting(delete):
    def delete_route(response):
        destination = _canonical_destination(response.params)
        table = response.ec2_backend.get_route_table(response.params["RouteTableId"])
        route = _find(table, destination)
        if route and route.local:
            raise invalid_value(f"cannot remove local route {destination} in route table {table.id}")
        return delete(response)

    return delete_route


def state(route) -> str:
    place = place_of(route.route_table.ec2_backend)
    return "blackhole" if route.vpc_pcx and not route.vpc_pcx.is_active(place) else "active"


def readable(table: RouteTable) -> list:
    now = table.ec2_backend.settings.now()
    return [route for route in table._routes.values() if getattr(route, "readable_at", 0) <= now]


def filter_value(moto_filter_value):
    def get_filter_value(table: RouteTable, name: str, method: str | None = None):
        kind, _, key = name.partition(".")
        if name == "association.gateway-id":
            return list(table._associations.values())
        if kind != "route":
            return moto_filter_value(table, name, method)
        values = [getattr(route, key.replace("-", "_")) for route in readable(table)]
        return [value for value in values if value is not None]

    return get_filter_value


def _canonical_destination(params: dict) -> str:
    """The destination in canonical form, in which AWS stores it; the parameters are changed to it."""
    given = [name for name in DESTINATIONS if params.get(name)]
    if len(given) != 1:
        raise invalid_value("Exactly one of destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId")
    name = given[0]
    if name == "DestinationPrefixListId":
        return params[name]
    network = ipaddress.IPv4Network if name == "DestinationCidrBlock" else ipaddress.IPv6Network
    try:
        params[name] = str(network(params[name], strict=False))
    except ValueError:
        raise invalid_value(
            f"Value ({params[name]}) for parameter {name[0].lower()}{name[1:]} is invalid. "
            "This is not a valid CIDR block."
        ) from None
    return params[name]


def _find(table: RouteTable, destination: str):
    return table._routes.get(f"{table.id}~{destination}")


def _is_identical(route: Route, params: dict) -> bool:
    return bool(route.vpc_pcx) and route.vpc_pcx.id == params.get("VpcPeeringConnectionId")


def _refuse_inside_vpc(response, table: RouteTable, destination: str) -> None:
    if destination.startswith("pl-") or not response.params.get("VpcPeeringConnectionId"):
        return
    wanted = ipaddress.ip_network(destination)
    for route in table._routes.values():
        own = route.destination_cidr_block or route.destination_ipv6_cidr_block
        if not route.local or not own:
            continue
        local = ipaddress.ip_network(own, strict=False)
        if local.version == wanted.version and wanted.subnet_of(local):
            raise invalid_value(
                f"The destination CIDR block {destination} is equal to or more specific than one of this VPC's "
                "CIDR blocks. This route can target only an interface or an instance."
            )


def _refuse_gateway_table(response, table: RouteTable) -> None:
    """The words are not AWS's, which are not known."""
    connection_id = response.params.get("VpcPeeringConnectionId")
    serves_gateway = any(str(one).startswith(("igw-", "vgw-")) for one in table._associations.values())
    if connection_id and serves_gateway:
        raise invalid_value(
            f"invalid target {connection_id}: route table {table.id} is associated with a gateway and takes only interfaces,"
            " Gateway Load Balancer endpoints and local as targets"
        )


def _require_own_peering(response, table: RouteTable) -> None:
    connection_id = response.params.get("VpcPeeringConnectionId")
    if not connection_id:
        return
    connection = lookup(response.ec2_backend, connection_id)
    place = place_of(response.ec2_backend)
    sides = ((connection.vpc, connection.requester), (connection.peer_vpc, connection.accepter))
    own = [vpc.id for vpc, side in sides if side == place]
    if table.vpc_id not in own or connection.code_in(place) not in ("pending-acceptance", "provisioning", "active"):
        raise invalid_value(f"route table {table.id} and network gateway {connection.id} belong to different networks")


def _require_room(settings, table: RouteTable, destination: str) -> None:
    ipv6 = ":" in destination
    count = sum(
        1 for route in table._routes.values() if not route.local and bool(route.destination_ipv6_cidr_block) == ipv6
    )
    if count >= settings.routes_per_table:
        raise ApiError(
            "RouteLimitExceeded",
            f"You've reached the limit on the number of routes ({settings.routes_per_table}) "
            f"that you can add to route table {table.id}.",
        )
