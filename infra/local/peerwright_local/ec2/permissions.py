"""Which permissions a call of EC2 needs: its action on each resource that AWS authorizes it on, and those to tag what it creates.

By the Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2". A call that is missing here is
refused to every role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..policies import Permission
from .errors import ApiError
from .resources import EVERYTHING, Resource, Resources

CREATE_TAGS = "CreateTags"
# What a call creates, and may tag while it does so: it is then authorized on that as well, and so is ec2:CreateTags.
CREATED = {
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "CreateVpcPeeringConnection": "vpc-peering-connection",
}
LISTS = (
    "DescribeManagedPrefixLists",
    "DescribeRouteTables",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeStaleSecurityGroups",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
)


def _connection(resources: Resources, params: Mapping) -> list[Resource]:
    return [resources.connection(params["VpcPeeringConnectionId"])]


def _accepted(resources: Resources, params: Mapping) -> list[Resource]:
    return [*_connection(resources, params), *resources.accepter_of(params["VpcPeeringConnectionId"])]


def _route_table(resources: Resources, params: Mapping) -> list[Resource]:
    return [resources.route_table(params["RouteTableId"])]


def _group(resources: Resources, params: Mapping) -> list[Resource]:
    return [resources.group(params.get("GroupId") or params.get("GroupName") or "*")]


def _tagged(resources: Resources, params: Mapping) -> list[Resource]:
    return [resources.named(one) for one in params["Resources"]]


AUTHORIZED_ON: Mapping[str, Callable[[Resources, Mapping], list[Resource]]] = {
    **dict.fromkeys(LISTS, lambda resources, params: [EVERYTHING]),
    "DescribeSecurityGroupReferences": lambda resources, params: [resources.group(one) for one in params["GroupId"]],
    "DescribeVpcAttribute": lambda resources, params: [resources.vpc(params["VpcId"])],
    "GetManagedPrefixListEntries": lambda resources, params: [resources.prefix_list(params["PrefixListId"])],
    "AcceptVpcPeeringConnection": _accepted,
    "CreateVpcPeeringConnection": lambda resources, params: [resources.vpc(params["VpcId"])],
    "DeleteVpcPeeringConnection": _connection,
    "ModifyVpcPeeringConnectionOptions": _connection,
    "RejectVpcPeeringConnection": _connection,
    "CreateRoute": _route_table,
    "DeleteRoute": _route_table,
    "ReplaceRoute": _route_table,
    "AuthorizeSecurityGroupEgress": _group,
    "AuthorizeSecurityGroupIngress": _group,
    "RevokeSecurityGroupEgress": _group,
    "RevokeSecurityGroupIngress": _group,
    "CreateTags": _tagged,
    "DeleteTags": _tagged,
}


def needed(account: str, region: str, action: str, params: Mapping) -> Iterator[Permission]:
    """The permissions that a call needs, all of them."""
    if action not in AUTHORIZED_ON:
        raise ApiError(
            "UnauthorizedOperation",
            f"The local AWS does not know which resources AWS authorizes ec2:{action} on, and so refuses it to every role: add it"
            " to peerwright_local/ec2/permissions.py",
            403,
        )
    resources = Resources(account, region)
    request = {"ec2:region": region}
    sent = _tag_keys(params.get("Tags", ()) if action in (CREATE_TAGS, "DeleteTags") else ())
    for resource in AUTHORIZED_ON[action](resources, params):
        yield Permission(f"ec2:{action}", resource.arn, {**resource.keys, **request, **sent}, resource.exists)
    if action in CREATED:
        yield from _creating(resources, request, action, params)


def _creating(resources: Resources, request: Mapping, action: str, params: Mapping) -> Iterator[Permission]:
    new = resources.new(CREATED[action])
    tags = [tag for one in params.get("TagSpecifications", ()) for tag in one.get("Tags", ())]
    keys = {**request, **_tag_keys(tags)}
    if action == "CreateVpcPeeringConnection":
        ends = params["VpcId"], params.get("PeerVpcId", ""), params.get("PeerOwnerId"), params.get("PeerRegion")
        keys |= resources.requested_ends(*ends)
    # Of a new rule, the policies are asked only if it is to have tags.
    if tags or action == "CreateVpcPeeringConnection":
        yield Permission(f"ec2:{action}", new.arn, keys)
    if tags:
        yield Permission(f"ec2:{CREATE_TAGS}", new.arn, {**keys, "ec2:createaction": action})


def _tag_keys(tags: list[Mapping]) -> dict[str, object]:
    """The keys of the tags in a request. One that is to be removed whatever its value is has no aws:RequestTag."""
    if not tags:
        return {}
    values = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags if tag.get("Value") is not None}
    return {"aws:tagkeys": [tag["Key"] for tag in tags], **values}
