"""The patches of moto, which serves EC2 and STS."""

from __future__ import annotations

from functools import cache, partial
from ipaddress import IPv6Network

import moto.core.responses
from moto.ec2.models import EC2Backend, vpcs
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response
from moto.sts.responses import TokenResponse

from .. import patch, sts
from ..patch import Patch, add, replace, wrap
from ..settings import Settings
from . import multipath, peering_api, routes, security_groups, shared_vpcs, tag_changes
from . import security_group_references as references
from .listing import paged

PATCHES = (
    Patch(
        fact="AssumeRole needs a role that exists, trusts the caller and gets its external id; otherwise AccessDenied."
        " GetCallerIdentity names the user, or the session of the role.",
        lack="moto gives a session of any role to anybody.",
        install=partial(
            replace, TokenResponse, assume_role=sts.assume_role, get_caller_identity=sts.get_caller_identity
        ),
    ),
    Patch(
        fact="A request begins as initiating-request. It becomes failed if the VPCs overlap or the other VPC does not exist."
        " The same request once more, while its connection lives, is no error: it gives the id of that connection, and its tags"
        " are not applied. Across Regions, one that comes before the other Region knows of the first makes another connection,"
        " which fails. A request the other way round makes a connection. A VPC has at most 25 requests that are not answered.",
        lack="moto makes a connection for each request, checks neither overlaps nor quotas, and refuses the call if the other VPC"
        " does not exist.",
        install=partial(replace, EC2Response, create_vpc_peering_connection=peering_api.create),
    ),
    Patch(
        fact="Only the accepter's account, in its Region, accepts or rejects, and only a pending request. An accepted one is"
        " provisioning and then active. If the VPCs are connected already, by a request the other way round, that is"
        " VpcPeeringConnectionAlreadyExists. A VPC has at most 50 connections.",
        lack="moto's connections are active at once, as many as you like, and several between two VPCs.",
        install=partial(
            replace,
            EC2Response,
            accept_vpc_peering_connection=peering_api.accept,
            reject_vpc_peering_connection=peering_api.reject,
        ),
    ),
    Patch(
        fact="Either owner deletes an active connection, only the requester a pending one, and nobody one that has ended.",
        lack="moto lets either owner delete a connection in any state.",
        install=partial(replace, EC2Response, delete_vpc_peering_connection=peering_api.delete),
    ),
    Patch(
        fact="DescribeVpcPeeringConnections has filters, and gives 5 to 1000 connections a page. Each side has its own tags and"
        " sees its own options; it sees the other side's CIDR blocks once the connection is established. Connections that"
        " have ended stay visible for 2 hours or 2 days. What was done on one side is known on the other one later: a new"
        " request, its acceptance, its end.",
        lack="moto shows both sides everything at once and for ever, and knows neither filters nor pages.",
        install=partial(replace, EC2Response, describe_vpc_peering_connections=peering_api.describe),
    ),
    Patch(
        fact="Options are set on an active connection, by the owner of that side in its Region, and only if DNS host names and"
        " DNS support are enabled in both VPCs.",
        lack="moto lets either owner set the options of both sides, in any state.",
        install=partial(replace, EC2Response, modify_vpc_peering_connection_options=peering_api.modify_options),
    ),
    Patch(
        fact="Multipath resilience, between Regions only: a request may allow it, who accepts allows it too, each side"
        " changes its mind by its options, and MultipathResilienceStatus tells whether both, one or no side allows it.",
        lack="The botocore that moto reads requests with does not know the members of the API.",
        install=multipath.extend_model,
    ),
    Patch(
        fact="An unknown connection is InvalidVpcPeeringConnectionID.NotFound, with a capital D.",
        lack="moto writes InvalidVpcPeeringConnectionId.NotFound, and finds connections that AWS no longer shows.",
        install=partial(replace, EC2Backend, get_vpc_peering_connection=peering_api.lookup),
    ),
    Patch(
        fact="The connections of a VPC, and the requests it made, are deleted with it. A request from another account that is"
        " pending keeps the VPC from being deleted.",
        lack="moto deletes the VPC and leaves its connections active.",
        install=partial(wrap, EC2Backend, delete_vpc=peering_api.deleting_vpc),
    ),
    Patch(
        fact="A participant of a shared VPC is shown it with its owner's id and its own tags, and can't peer it. The owner is"
        " shown the groups that participants made in it, without their tags, and can't write them.",
        lack="moto shows an account only what it made.",
        install=partial(
            wrap,
            EC2Backend,
            describe_vpcs=shared_vpcs.describing_vpcs,
            describe_security_groups=shared_vpcs.describing_groups,
            do_resources_exist=shared_vpcs.requiring_resources,
        ),
    ),
    Patch(
        fact="An IPv6 block is written without leading zeros, in the VPC as in the routes to it.",
        lack="moto's random blocks may have leading zeros.",
        install=partial(wrap, vpcs, random_ipv6_cidr=lambda random: lambda: str(IPv6Network(random()))),
    ),
    Patch(
        fact="CreateRoute refuses a destination inside the VPC, a second route for a destination, a connection of another VPC,"
        " and more routes than the quota; sources disagree whether it refuses a route that is there already, or answers as if it"
        " had made it. ReplaceRoute refuses what CreateRoute refuses of a target. A local route can't be"
        " deleted. CIDR blocks are stored in canonical form. The route table of an internet or virtual private gateway takes no"
        " route over a peering connection, and a table with one can't be associated with such a gateway.",
        lack="moto checks only IPv4 destinations, knows no quota, takes any target in the table of a gateway, and stores CIDR"
        " blocks as they are written.",
        install=partial(
            wrap,
            EC2Response,
            associate_route_table=routes.associating,
            create_route=routes.creating,
            replace_route=routes.replacing,
            delete_route=routes.deleting,
        ),
    ),
    Patch(
        fact="A route to a connection that is not active for its side is a blackhole. A new route may not be readable for a"
        " while.",
        lack="moto's routes are always active, and readable at once.",
        install=lambda: (
            replace(Route, state=property(routes.state)),
            replace(RouteTable, routes=property(routes.readable)),
        ),
    ),
    Patch(
        fact="Route tables are filtered by any property of their routes, such as route.state.",
        lack="moto knows some of these filters.",
        install=partial(wrap, RouteTable, get_filter_value=routes.filter_value),
    ),
    Patch(
        fact="A call adds or removes all of its rules or none. A group of the peer VPC may be named if the peering is within the"
        " Region and has been active for a moment: before that, and over some peerings for ever, it is InvalidGroup.NotFound. An"
        " unknown rule id is InvalidSecurityGroupRuleId.NotFound. A rule can be revoked when the group that it names no longer"
        " exists.",
        lack="moto adds rules until one is refused, and does not know groups of another account.",
        install=partial(
            replace,
            EC2Response,
            authorize_security_group_ingress=security_groups.authorize_ingress,
            authorize_security_group_egress=security_groups.authorize_egress,
            revoke_security_group_ingress=security_groups.revoke_ingress,
            revoke_security_group_egress=security_groups.revoke_egress,
        ),
    ),
    Patch(
        fact="Two rules are the same if protocol, ports and source are. A rule that names a group has a description, too.",
        lack="moto compares the description of a rule that names a group, and does not show it.",
        install=partial(
            replace,
            SecurityGroupRule,
            __eq__=security_groups.rules_equal,
            description=property(security_groups.description),
        ),
    ),
    Patch(
        fact="ReferencedGroupInfo and UserIdGroupPairs name the peering connection and its status. Both calls give 5 to 1000 a"
        " page.",
        lack="moto shows neither connection nor status, and knows no pages.",
        install=partial(
            wrap,
            EC2Response,
            describe_security_group_rules=lambda describe: paged(
                security_groups.describe_rules(describe), "SecurityGroupRules", 5, 1000, security_groups.RULE_FILTERS
            ),
            describe_security_groups=lambda describe: paged(
                security_groups.describe_groups(describe), "SecurityGroups", 5, 1000, security_groups.GROUP_FILTERS
            ),
        ),
    ),
    Patch(
        fact="DescribeSecurityGroupReferences names the VPCs at the far end of a peering whose rules name our groups."
        " DescribeStaleSecurityGroups shows rules that name a group that no longer exists, or one over a peering that has ended.",
        lack="moto has neither call.",
        install=partial(
            add,
            EC2Response,
            describe_security_group_references=references.describe_references,
            describe_stale_security_groups=paged(references.describe_stale, "StaleSecurityGroupSet", 5, 255),
        ),
    ),
    Patch(
        fact="DescribeRouteTables gives 5 to 100 a page; DescribeVpcs, DescribeSubnets and DescribeTags give 5 to 1000. A filter"
        " that AWS does not have is refused.",
        lack="moto gives everything at once.",
        install=partial(
            wrap,
            EC2Response,
            describe_route_tables=lambda describe: paged(describe, "RouteTables", 5, 100, routes.FILTERS),
            describe_vpcs=lambda describe: paged(describe, "Vpcs", 5, 1000),
            describe_subnets=lambda describe: paged(describe, "Subnets", 5, 1000),
            describe_tags=lambda describe: paged(describe, "Tags", 5, 1000, tag_changes.FILTERS),
        ),
    ),
    Patch(
        fact="A tag's key has at most 128 characters, its value at most 256. Keys that begin with aws: are reserved. A resource has"
        " at most 50 tags. A tag policy may refuse a value with TagPolicyViolation. What can't have its tags is not created."
        " DeleteTags without tags deletes all tags of the resource.",
        lack="moto accepts any tag, creates a resource before it refuses its tags, and DeleteTags without tags deletes none.",
        install=lambda: (
            wrap(EC2Backend, create_tags=tag_changes.creating, delete_tags=tag_changes.deleting),
            wrap(EC2Response, _parse_tag_specification=tag_changes.parsing),
        ),
    ),
    Patch(
        fact="No fact about AWS: this saves time.",
        lack="moto searches the tags of all resources for those of one, and looks up the 600 names of EC2's calls on every call.",
        install=lambda: (
            replace(TaggedEC2Resource, get_tags=tag_changes.get_tags),
            wrap(moto.core.responses, method_names_from_class=cache),
        ),
    ),
)


def install(settings: Settings) -> None:
    """Installs the patches. moto's backends are global, so the settings of the server that was made last hold."""
    EC2Backend.settings = settings
    _install_once()


@cache
def _install_once() -> None:
    patch.install(PATCHES)
