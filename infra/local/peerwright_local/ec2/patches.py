"""Every change made to moto, each with the AWS fact it stands for."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Network
from typing import NamedTuple

import moto.core.responses
from moto.ec2.models import EC2Backend, vpcs
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response
from moto.sts.responses import TokenResponse

from .. import sts
from ..settings import Settings
from . import peering_api, routes, security_groups, tag_changes
from . import security_group_references as references
from .listing import paged


class Patch(NamedTuple):
    target: object
    name: str
    replacement: object
    fact: str
    lacking: bool = False  # moto has nothing of the name


def _patches() -> list[Patch]:
    describe_rules = security_groups.describe_rules(EC2Response.describe_security_group_rules)
    describe_groups = security_groups.describe_groups(EC2Response.describe_security_groups)
    return [
        Patch(
            TokenResponse,
            "assume_role",
            sts.assume_role,
            "AssumeRole needs a role that exists, trusts the caller and gets its external id; else AccessDenied.",
        ),
        Patch(
            TokenResponse,
            "get_caller_identity",
            sts.get_caller_identity,
            "GetCallerIdentity names the user or the session of the role.",
        ),
        Patch(
            EC2Response,
            "create_vpc_peering_connection",
            peering_api.create,
            "A request begins as initiating-request; overlap or a missing VPC ends it as failed; a second one for a "
            "living pair, in either direction, is VpcPeeringConnectionAlreadyExists, or fails if the VPCs are in two Regions; "
            "a VPC has at most 25 unanswered.",
        ),
        Patch(
            EC2Response,
            "accept_vpc_peering_connection",
            peering_api.accept,
            "Only the accepter, in its Region, accepts, and only what is pending; provisioning passes into active; "
            "a VPC has at most 50 connections.",
        ),
        Patch(
            EC2Response,
            "reject_vpc_peering_connection",
            peering_api.reject,
            "Only the accepter, in its Region, rejects, and only what is pending.",
        ),
        Patch(
            EC2Response,
            "delete_vpc_peering_connection",
            peering_api.delete,
            "Either owner deletes an active connection, only the requester a pending one, nobody an ended one.",
        ),
        Patch(
            EC2Response,
            "describe_vpc_peering_connections",
            peering_api.describe,
            "Filters, 5 to 1000 a page; tags and options are per side; the other side's CIDRs show once it is "
            "established; ended connections stay visible for 2 hours or 2 days.",
        ),
        Patch(
            EC2Response,
            "modify_vpc_peering_connection_options",
            peering_api.modify_options,
            "Options are set on an active connection, by the owner of that side in its Region, with DNS hostnames "
            "and support on in both VPCs.",
        ),
        Patch(
            EC2Backend,
            "get_vpc_peering_connection",
            peering_api.lookup,
            "An unknown connection is InvalidVpcPeeringConnectionID.NotFound, with a capital D.",
        ),
        Patch(
            EC2Backend,
            "delete_vpc",
            peering_api.deleting_vpc(EC2Backend.delete_vpc),
            "The connections of a VPC and the requests it made are deleted with it; a request from another account that "
            "it has not answered keeps it from being deleted.",
        ),
        Patch(
            vpcs,
            "random_ipv6_cidr",
            lambda random=vpcs.random_ipv6_cidr: str(IPv6Network(random())),
            "An IPv6 block is written without leading zeros, in the VPC as in the routes that lead to it.",
        ),
        Patch(
            EC2Response,
            "create_route",
            routes.creating(EC2Response.create_route),
            "A destination inside the VPC, a second route for a destination, a connection of another VPC and more "
            "routes than the quota are refused; CIDRs are stored canonical.",
        ),
        Patch(
            EC2Response,
            "replace_route",
            routes.replacing(EC2Response.replace_route),
            "ReplaceRoute refuses what CreateRoute refuses of a target.",
        ),
        Patch(
            EC2Response,
            "delete_route",
            routes.deleting(EC2Response.delete_route),
            "A local route can't be deleted.",
        ),
        Patch(
            Route,
            "state",
            property(routes.state),
            "A route to a connection that is not active is a blackhole.",
        ),
        Patch(
            RouteTable,
            "routes",
            property(routes.readable),
            "A new route may not be readable for a while.",
        ),
        Patch(
            RouteTable,
            "get_filter_value",
            routes.filter_value(RouteTable.get_filter_value),
            "Route tables are filtered by any property of their routes, such as route.state.",
        ),
        Patch(
            EC2Response,
            "describe_route_tables",
            paged(EC2Response.describe_route_tables, "RouteTables", 5, 100, routes.FILTERS),
            "DescribeRouteTables gives 5 to 100 a page.",
        ),
        Patch(
            EC2Response,
            "authorize_security_group_ingress",
            security_groups.authorize_ingress,
            "All rules of a call or none; a group of the peer VPC may be named over an active peering in the Region.",
        ),
        Patch(
            EC2Response,
            "authorize_security_group_egress",
            security_groups.authorize_egress,
            "As for ingress.",
        ),
        Patch(
            EC2Response,
            "revoke_security_group_ingress",
            security_groups.revoke_ingress,
            "All rules of a call or none; an unknown rule id is InvalidSecurityGroupRuleId.NotFound; a rule can be "
            "revoked after the group it names is gone.",
        ),
        Patch(
            EC2Response,
            "revoke_security_group_egress",
            security_groups.revoke_egress,
            "As for ingress.",
        ),
        Patch(
            SecurityGroupRule,
            "__eq__",
            security_groups.rules_equal,
            "A rule is known by protocol, ports and source; its description does not count.",
        ),
        Patch(
            SecurityGroupRule,
            "description",
            property(security_groups.description),
            "A rule that names a group has a description too.",
        ),
        Patch(
            EC2Response,
            "describe_security_group_rules",
            paged(describe_rules, "SecurityGroupRules", 5, 1000, security_groups.RULE_FILTERS),
            "ReferencedGroupInfo names the peering and its status; 5 to 1000 a page.",
        ),
        Patch(
            EC2Response,
            "describe_security_groups",
            paged(describe_groups, "SecurityGroups", 5, 1000, security_groups.GROUP_FILTERS),
            "UserIdGroupPairs name the peering and its status; 5 to 1000 a page.",
        ),
        Patch(
            EC2Response,
            "describe_security_group_references",
            references.describe_references,
            "DescribeSecurityGroupReferences names the VPCs at the far end of a peering that use our groups.",
            lacking=True,
        ),
        Patch(
            EC2Response,
            "describe_stale_security_groups",
            paged(references.describe_stale, "StaleSecurityGroupSet", 5, 255),
            "A rule is stale when it names a group that is gone, or one over a peering that has ended.",
            lacking=True,
        ),
        Patch(
            EC2Response,
            "describe_vpcs",
            paged(EC2Response.describe_vpcs, "Vpcs", 5, 1000),
            "DescribeVpcs gives 5 to 1000 a page.",
        ),
        Patch(
            EC2Response,
            "describe_subnets",
            paged(EC2Response.describe_subnets, "Subnets", 5, 1000),
            "DescribeSubnets gives 5 to 1000 a page.",
        ),
        Patch(
            EC2Backend,
            "create_tags",
            tag_changes.creating(EC2Backend.create_tags),
            "A tag's key has at most 128 characters, its value at most 256; keys that begin with aws: are AWS's own.",
        ),
        Patch(
            EC2Backend,
            "delete_tags",
            tag_changes.deleting(EC2Backend.delete_tags),
            "DeleteTags without tags deletes all tags of the resource.",
        ),
        Patch(
            TaggedEC2Resource,
            "get_tags",
            tag_changes.get_tags,
            "No AWS fact: moto looks through the tags of all resources for those of each.",
        ),
        Patch(
            EC2Response,
            "describe_tags",
            paged(EC2Response.describe_tags, "Tags", 5, 1000, ("key", "resource-id", "resource-type", "value")),
            "DescribeTags gives 5 to 1000 a page.",
        ),
        Patch(
            moto.core.responses,
            "method_names_from_class",
            cache(moto.core.responses.method_names_from_class),
            "No AWS fact: moto looks up the 600 names of EC2 on every call.",
        ),
    ]


_installed: list[Patch] = []


def install(settings: Settings) -> None:
    """Once a process: moto's backends are globals, so the last server's settings hold."""
    EC2Backend.settings = settings
    if not _installed:
        _installed.extend(_patches())
        for patch in _installed:
            if hasattr(patch.target, patch.name) is patch.lacking:
                raise RuntimeError(f"{patch.name}: not the moto that infra/local/requirements.txt pins")
            setattr(patch.target, patch.name, patch.replacement)
