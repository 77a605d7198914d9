"""References between security groups over a peering: those to our groups, and stale ones of our groups."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from .peering import place_of
from .peering_api import visible
from .security_groups import groups_of, refresh


def describe_references(response) -> ActionResult:
    """The VPCs at the far end of an active peering whose rules name these groups of ours."""
    backend = response.ec2_backend
    ours = {group.id for group in groups_of(backend)} & set(response.params["GroupId"])
    found = []
    for connection in visible(backend):
        if not (connection.is_active(place_of(backend)) and connection.same_region):
            continue
        sides = connection.vpc, connection.peer_vpc
        for vpc, other in (sides, sides[::-1]):
            for group_id in sorted(_named_by(vpc, other) & ours):
                found.append(
                    {"GroupId": group_id, "ReferencingVpcId": vpc.id, "VpcPeeringConnectionId": connection.id}
                )
    return ActionResult({"SecurityGroupReferenceSet": found})


def describe_stale(response) -> ActionResult:
    backend = response.ec2_backend
    vpc = backend.get_vpc(response.params["VpcId"])
    refresh(backend)
    stale = [shown for group in groups_of(backend) if group.vpc_id == vpc.id and (shown := _stale(group))]
    return ActionResult({"StaleSecurityGroupSet": stale})


def _named_by(vpc, other) -> set[str]:
    return {
        rule.source_group["GroupId"]
        for group in groups_of(vpc.ec2_backend)
        if group.vpc_id == vpc.id
        for rule in (*group.ingress_rules, *group.egress_rules)
        if rule.source_group.get("VpcId") == other.id
    }


def _stale(group: SecurityGroup) -> dict | None:
    ingress = [_permission(rule) for rule in group.ingress_rules if _is_stale(rule)]
    egress = [_permission(rule) for rule in group.egress_rules if _is_stale(rule)]
    if not (ingress or egress):
        return None
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "StaleIpPermissions": ingress,
        "StaleIpPermissionsEgress": egress,
    }


def _is_stale(rule: SecurityGroupRule) -> bool:
    source = rule.source_group
    if "VpcPeeringConnectionId" not in source:
        return False
    peers = ec2_backends[source["UserId"]][rule.ec2_backend.region_name]
    return source["PeeringStatus"] != "active" or peers.get_security_group_from_id(source["GroupId"]) is None


def _permission(rule: SecurityGroupRule) -> dict:
    return {
        "IpProtocol": rule.ip_protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "UserIdGroupPairs": [rule.source_group],
    }
