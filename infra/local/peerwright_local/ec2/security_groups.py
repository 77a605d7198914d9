"""Security group rules: references over a peering, when two rules are the same, and calls that add or remove all or none."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterator

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    InvalidPermissionDuplicateError,
    InvalidPermissionNotFoundError,
    InvalidSecurityGroupNotFoundError,
)
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.utilities.utils import get_partition

from .errors import ApiError, invalid_value
from .peering import PeeringConnection, place_of
from .peering_api import visible

RULE_FILTERS = ("group-id", "security-group-rule-id")
GROUP_FILTERS = tuple(
    f"{direction}ip-permission.{part}"
    for direction in ("", "egress.")
    for part in ("cidr", "from-port", "group-id", "group-name", "protocol", "to-port", "user-id")
) + ("description", "group-id", "group-name", "owner-id", "tag-key", "vpc-id")


def authorize_ingress(response) -> ActionResult:
    return _authorize(response, egress=False)


def authorize_egress(response) -> ActionResult:
    return _authorize(response, egress=True)


def _authorize(response, egress: bool) -> ActionResult:
    group = find_group(response)
    own = group.egress_rules if egress else group.ingress_rules
    tags = response._parse_tag_specification().get("security-group-rule", {})
    new = []
    for rule in _rules(response, group, egress, _resolve):
        if rule in own or rule in new:
            raise InvalidPermissionDuplicateError()
        new.append(rule)
    settings = response.ec2_backend.settings
    _require_room(settings, own, new)
    for rule in new:
        rule.readable_at = settings.now() + settings.describe_lag_seconds
        rule.add_tags(tags)
    own.extend(new)
    return ActionResult({"Return": True, "SecurityGroupRules": [_shown(rule) for rule in new]})


def revoke_ingress(response) -> ActionResult:
    return _revoke(response, egress=False)


def revoke_egress(response) -> ActionResult:
    return _revoke(response, egress=True)


def _revoke(response, egress: bool) -> ActionResult:
    group = find_group(response)
    own = group.egress_rules if egress else group.ingress_rules
    if ids := response.params.get("SecurityGroupRuleIds"):
        removed = [_by_id(own, rule_id) for rule_id in ids]
    else:
        # Only the id of a source counts: the group may be gone, or belong to the peer.
        removed = list(_rules(response, group, egress, lambda response, group, pair: pair))
    if not all(rule in own for rule in removed):
        raise InvalidPermissionNotFoundError()
    own[:] = [rule for rule in own if rule not in removed]
    return ActionResult({"Return": True})


def _by_id(rules: list[SecurityGroupRule], rule_id: str) -> SecurityGroupRule:
    for rule in rules:
        if rule.id == rule_id:
            return rule
    raise ApiError("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{rule_id}' does not exist")


def find_group(response) -> SecurityGroup:
    name = response.params.get("GroupId") or response.params.get("GroupName")
    group = response.ec2_backend.get_security_group_by_name_or_id(name) if name else None
    if group is None:
        raise InvalidSecurityGroupNotFoundError(name)
    return group


def rules_equal(rule: SecurityGroupRule, other: object) -> bool:
    return isinstance(other, SecurityGroupRule) and _identity(rule) == _identity(other)


def _identity(rule: SecurityGroupRule) -> tuple:
    source = rule.cidr_ipv4 or rule.cidr_ipv6 or rule.source_group.get("GroupId") or rule.prefix_list_id
    return rule.ip_protocol, rule.from_port, rule.to_port, source


def description(rule: SecurityGroupRule) -> str | None:
    return rule.ip_range.get("Description") or rule.source_group.get("Description")


def describe_rules(describe):
    def describe_fresh(response) -> ActionResult:
        refresh(response.ec2_backend)
        now = response.ec2_backend.settings.now()
        rules = [rule for rule in describe(response).result["SecurityGroupRules"] if _readable(rule, now)]
        return ActionResult({"SecurityGroupRules": [_shown(rule) for rule in rules]})

    return describe_fresh


def describe_groups(describe):
    def describe_fresh(response) -> ActionResult:
        refresh(response.ec2_backend)
        return describe(response)

    return describe_fresh


def refresh(backend) -> None:
    """Updates the PeeringStatus of every reference from its connection, or from a newer one between the same VPCs."""
    between = defaultdict(list)
    for connection in visible(backend):
        ends = frozenset((connection.vpc.id, connection.peer_vpc.id))
        between[ends].append((connection.id, connection.code_in(place_of(backend))))
    for group in groups_of(backend):
        for rule in (*group.ingress_rules, *group.egress_rules):
            source = rule.source_group
            if "VpcPeeringConnectionId" in source:
                source.update(_peering_of(between[frozenset((group.vpc_id, source["VpcId"]))], source))


def _peering_of(joining: list[tuple[str, str]], source: dict) -> dict:
    for connection_id, code in joining:
        if code == "active":
            return {"VpcPeeringConnectionId": connection_id, "PeeringStatus": "active"}
    same = [code for connection_id, code in joining if connection_id == source["VpcPeeringConnectionId"]]
    return {"PeeringStatus": same[0] if same else "deleted"}


def groups_of(backend) -> Iterator[SecurityGroup]:
    for groups in list(backend.groups.values()):
        yield from groups.values()


def _readable(rule: SecurityGroupRule, now: float) -> bool:
    return getattr(rule, "readable_at", 0) <= now


def _rules(response, group: SecurityGroup, egress: bool, resolve: Callable) -> Iterator[SecurityGroupRule]:
    """The rules of a request; they are not added to the group."""
    _canonicalise(response.params)
    for asked in response._process_rules_from_querystring():
        protocol, first, last = asked["ip_protocol"], asked["from_port"], asked["to_port"]
        if str(protocol).lower() in ("tcp", "udp", "6", "17") and (first is None or last is None):
            raise invalid_value("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
        pairs = [resolve(response, group, pair) for pair in asked["source_groups"]]
        if not (asked["ip_ranges"] or pairs or asked["prefix_list_ids"]):
            raise ApiError("MissingParameter", "Source group, CIDR or prefix list missing.")
        yield from response.ec2_backend._iterate_security_rules(
            protocol, group.id, first, last, asked["ip_ranges"], pairs, asked["prefix_list_ids"], is_egress=egress
        )


def _resolve(response, group: SecurityGroup, pair: dict) -> dict:
    """The stored form of a UserIdGroupPair: a group of the same VPC, or of the peer over an active peering."""
    backend = response.ec2_backend
    owner = pair.get("UserId") or backend.account_id
    key = pair.get("GroupId") or pair.get("GroupName")
    found = ec2_backends[owner][backend.region_name].get_security_group_by_name_or_id(key) if key else None
    if found is None and owner == backend.account_id:
        raise InvalidSecurityGroupNotFoundError(key)
    source = {"GroupId": key, "UserId": owner}
    if pair.get("Description"):
        source["Description"] = pair["Description"]
    if found and found.vpc_id == group.vpc_id:
        return {**source, "GroupId": found.id}
    connections = [one for one in visible(backend) if found and one.joins(group.vpc_id, found.vpc_id)]
    active = next((one for one in connections if _carries_references(backend, one)), None)
    if active is None:
        raise ApiError(
            "InvalidGroup.NotFound", "You have specified two resources that belong to different networks."
        )
    return {**source, "VpcId": found.vpc_id, "VpcPeeringConnectionId": active.id, "PeeringStatus": "active"}


def _carries_references(backend, connection: PeeringConnection) -> bool:
    """Whether a group of the peer can be named over the connection. That takes longer than the connection itself."""
    settings, place = backend.settings, place_of(backend)
    if settings.references_never_resolve or not connection.is_active(place):
        return False
    return connection.active_for(place) >= settings.reference_lag_seconds


def _canonicalise(params: dict) -> None:
    ranges = [params] + [
        one
        for permission in params.get("IpPermissions", [])
        for one in (*permission.get("IpRanges", []), *permission.get("Ipv6Ranges", []))
    ]
    for one in ranges:
        for name, network in (("CidrIp", ipaddress.IPv4Network), ("CidrIpv6", ipaddress.IPv6Network)):
            if name not in one:
                continue
            try:
                one[name] = str(network(one[name], strict=False))
            except ValueError:
                raise invalid_value(f"CIDR block {one[name]} is malformed") from None


def _require_room(settings, own: list, new: list) -> None:
    for ipv4 in (True, False):
        count = sum(1 for rule in (*own, *new) if not (rule.cidr_ipv6 if ipv4 else rule.cidr_ipv4))
        if count > settings.rules_per_group and any(not (r.cidr_ipv6 if ipv4 else r.cidr_ipv4) for r in new):
            raise ApiError(
                "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
            )


def _shown(rule: SecurityGroupRule) -> dict:
    backend = rule.ec2_backend
    partition = get_partition(backend.region_name)
    optional = {
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "ReferencedGroupInfo": _reference(rule),
        "Description": description(rule),
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in rule.get_tags()] or None,
    }
    return {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": (
            f"arn:{partition}:ec2:{backend.region_name}:{backend.account_id}:security-group-rule/{rule.id}"
        ),
        "GroupId": rule.group_id,
        "GroupOwnerId": backend.account_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.ip_protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
        **{name: value for name, value in optional.items() if value},
    }


def _reference(rule: SecurityGroupRule) -> dict | None:
    return {name: value for name, value in rule.source_group.items() if name != "Description"}
