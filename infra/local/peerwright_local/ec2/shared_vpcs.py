"""VPCs that their owner shares with other accounts, as Resource Access Manager does by sharing subnets."""

from __future__ import annotations

import copy
from collections import defaultdict

from moto.ec2.models import ec2_backends
from moto.ec2.models.vpcs import VPC
from moto.ec2.utils import generic_filter

# The owner of each VPC that an account is shown in a Region, by account and Region.
_shared: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)


class SharedVpc(VPC):
    """A VPC as a participant sees it: it belongs to its owner, and bears the participant's own tags."""

    owner: str

    @property
    def owner_id(self) -> str:
        return self.owner


def share(vpc_id: str, region: str, participant: str) -> dict:
    """The owner of a VPC shares it with another account."""
    owners = [account for account, regions in ec2_backends.items() if vpc_id in regions[region].vpcs]
    if not owners or owners == [participant]:
        raise ValueError(f"no account but {participant} has {vpc_id} in {region}")
    _shared[participant, region][vpc_id] = owners[0]
    return {"vpc": vpc_id, "owner": owners[0], "participant": participant}


def owner_of(vpc_id: str, account: str, region: str) -> str:
    """Whose a VPC is that an account names: of its own, or of one that is shared with it."""
    return _shared.get((account, region), {}).get(vpc_id, account)


def describing_vpcs(describe_vpcs):
    def describe(backend, vpc_ids: list[str] | None = None, filters=None) -> list[VPC]:
        shared = {vpc.id: vpc for vpc in _visible(backend)}
        wanted = list(shared.values()) if not vpc_ids else [shared[one] for one in vpc_ids if one in shared]
        own = [one for one in vpc_ids or () if one not in shared]
        found = [] if vpc_ids and not own else describe_vpcs(backend, own, filters)
        return [*found, *(generic_filter(filters, wanted) if filters else wanted)]

    return describe


def requiring_resources(do_resources_exist):
    """A participant tags a VPC that is shared with it."""

    def require(backend, resource_ids: list[str]) -> bool:
        shared = _shared[backend.account_id, backend.region_name]
        return do_resources_exist(backend, [one for one in resource_ids if one not in shared])

    return require


def describing_groups(describe_security_groups):
    """The owner of a VPC is shown the groups that participants have made in it, without their tags."""

    def describe(backend, group_ids: list[str] | None = None, groupnames=None, filters=None):
        participants = {group.id: group for group in _groups_of_participants(backend)}
        own = [one for one in group_ids or () if one not in participants]
        found = [] if group_ids and not own else describe_security_groups(backend, own, groupnames, filters)
        wanted = [group for group in participants.values() if not group_ids or group.id in group_ids]
        shown = [] if groupnames else [group for group in wanted if not filters or group.matches_filters(filters)]
        return [*found, *shown]

    return describe


def _visible(backend) -> list[SharedVpc]:
    region = backend.region_name
    owned = _shared[backend.account_id, region].items()
    vpcs = [ec2_backends[owner][region].vpcs.get(vpc_id) for vpc_id, owner in owned]
    return [_as_seen_by(backend, vpc) for vpc in vpcs if vpc is not None]


def _as_seen_by(backend, vpc: VPC) -> SharedVpc:
    seen = copy.copy(vpc)
    seen.__class__ = SharedVpc
    seen.owner, seen.ec2_backend = vpc.owner_id, backend
    return seen


def _groups_of_participants(owner) -> list:
    groups = []
    for (participant, region), vpcs in list(_shared.items()):
        for vpc_id in vpcs if region == owner.region_name else ():
            if vpc_id in owner.vpcs:
                groups += ec2_backends[participant][region].groups.get(vpc_id, {}).values()
    return [_without_tags(group, owner) for group in groups]


def _without_tags(group, owner):
    """Tags are looked up where the group is shown, and the owner has set none."""
    seen = copy.copy(group)
    seen.ec2_backend = owner
    return seen
