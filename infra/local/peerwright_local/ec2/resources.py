"""The resources of EC2 as IAM sees them: their ARNs, and the condition keys that say more of them.

Types, ARNs and keys are those of the Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moto.ec2.models import ec2_backends
from moto.utilities.utils import get_partition

from .shared_vpcs import owner_of


@dataclass(frozen=True)
class Resource:
    """The keys are in lower case. Keys of what does not exist are absent, as are tags that the caller's account has not set."""

    arn: str
    keys: Mapping[str, object] = field(default_factory=dict)
    exists: bool = True


EVERYTHING = Resource("*")


class Resources:
    """The resources that an account may name in a Region."""

    def __init__(self, account: str, region: str):
        self._account = account
        self._region = region
        self._backend = ec2_backends[account][region]

    def named(self, resource_id: str) -> Resource:
        """The resource of an id, whatever its type is."""
        find = {
            "pcx": self.connection,
            "pl": self.prefix_list,
            "rtb": self.route_table,
            "sg": self.group,
            "sgr": self.rule,
            "subnet": self.subnet,
            "vpc": self.vpc,
        }
        prefix = resource_id.partition("-")[0]
        return find[prefix](resource_id) if prefix in find else self._resource(prefix, resource_id)

    def new(self, resource_type: str) -> Resource:
        """What a call is about to create, and so has no id yet."""
        return Resource(self._arn(resource_type, "*"))

    def vpc(self, vpc_id: str) -> Resource:
        owner = owner_of(vpc_id, self._account, self._region)
        vpc = ec2_backends[owner][self._region].vpcs.get(vpc_id)
        keys = {"ec2:vpcid": vpc_id, "ec2:tenancy": vpc.instance_tenancy if vpc else None}
        return self._resource("vpc", vpc_id, keys, owner, exists=vpc is not None)

    def group(self, name_or_id: str) -> Resource:
        group = self._backend.get_security_group_by_name_or_id(name_or_id)
        found_id = group.id if group else name_or_id
        return self._resource("security-group", found_id, self._in_vpc("securitygroupid", group), exists=group is not None)

    def rule(self, rule_id: str) -> Resource:
        return self._resource("security-group-rule", rule_id)

    def route_table(self, table_id: str) -> Resource:
        table = self._backend.route_tables.get(table_id)
        return self._resource("route-table", table_id, self._in_vpc("routetableid", table), exists=table is not None)

    def subnet(self, subnet_id: str) -> Resource:
        zones = self._backend.subnets.values()
        subnet = next((subnets[subnet_id] for subnets in zones if subnet_id in subnets), None)
        return self._resource("subnet", subnet_id, self._in_vpc("subnetid", subnet), exists=subnet is not None)

    def prefix_list(self, list_id: str) -> Resource:
        found = self._backend.managed_prefix_lists.get(list_id)
        return self._resource("prefix-list", list_id, owner=found.owner_id if found else None)

    def connection(self, connection_id: str) -> Resource:
        connection = self._connection(connection_id)
        keys = {"ec2:vpcpeeringconnectionid": connection_id}
        if connection:
            keys |= self._ends(_place_and_id(connection.vpc), _place_and_id(connection.peer_vpc))
        return self._resource("vpc-peering-connection", connection_id, keys, exists=connection is not None)

    def accepter_of(self, connection_id: str) -> list[Resource]:
        """The VPC that a request is about, unless no such request is known here."""
        connection = self._connection(connection_id)
        if connection is None:
            return []
        account, region, vpc_id = _place_and_id(connection.peer_vpc)
        if (account, region) == (self._account, self._region):
            return [self.vpc(vpc_id)]
        return [Resource(self._arn("vpc", vpc_id, account, region))]

    def requested_ends(self, vpc_id: str, peer_vpc_id: str, peer_owner: str | None, peer_region: str | None) -> dict[str, str]:
        """The keys that name both VPCs of a connection that is asked for."""
        requester = owner_of(vpc_id, self._account, self._region), self._region, vpc_id
        return self._ends(requester, (peer_owner or self._account, peer_region or self._region, peer_vpc_id))

    def _ends(self, requester: tuple[str, str, str], accepter: tuple[str, str, str]) -> dict[str, str]:
        ends = {"ec2:requestervpc": requester, "ec2:acceptervpc": accepter}
        return {key: self._arn("vpc", vpc_id, account, region) for key, (account, region, vpc_id) in ends.items()}

    def _connection(self, connection_id: str):
        connection = self._backend.vpc_pcxs.get(connection_id)
        return connection if connection and connection.visible_in((self._account, self._region)) else None

    def _in_vpc(self, own_key: str, found) -> dict[str, object]:
        if found is None:
            return {}
        owner = owner_of(found.vpc_id, self._account, self._region)
        return {f"ec2:{own_key}": found.id, "ec2:vpc": self._arn("vpc", found.vpc_id, owner)}

    def _resource(
        self,
        resource_type: str,
        resource_id: str,
        keys: Mapping[str, object] | None = None,
        owner: str | None = None,
        exists: bool = True,
    ) -> Resource:
        tags = self._backend.tags.get(resource_id, {}) if exists else {}
        tag_keys = {f"{service}:resourcetag/{key.lower()}": tags[key] for service in ("aws", "ec2") for key in tags}
        return Resource(self._arn(resource_type, resource_id, owner), {**tag_keys, **(keys or {})}, exists)

    def _arn(self, resource_type: str, resource_id: str, account: str | None = None, region: str | None = None) -> str:
        region = region or self._region
        return f"arn:{get_partition(region)}:ec2:{region}:{account or self._account}:{resource_type}/{resource_id}"


def _place_and_id(vpc) -> tuple[str, str, str]:
    return vpc.owner_id, vpc.region, vpc.id
