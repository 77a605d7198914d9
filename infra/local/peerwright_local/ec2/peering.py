"""A peering connection: its states over time, and what each side sees of it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import product

from ..settings import Settings

HOUR = 3600
DAY = 24 * HOUR
PENDING_FOR = 7 * DAY
LIVING = ("initiating-request", "pending-acceptance", "provisioning", "active")
ESTABLISHED = ("provisioning", "active", "deleting")
OPTIONS = (
    "AllowEgressFromLocalClassicLinkToRemoteVpc",
    "AllowEgressFromLocalVpcToRemoteClassicLink",
    "AllowDnsResolutionFromRemoteVpc",
)


@dataclass(frozen=True)
class MissingVpc:
    """A VPC of another account or Region that a request names and that does not exist."""

    id: str
    owner_id: str
    region: str


@dataclass(frozen=True)
class End:
    code: str
    at: float
    account: str
    region: str
    settled_at: float


def cidrs(vpc, ipv6: bool = False) -> list[str]:
    if isinstance(vpc, MissingVpc):
        return []
    associations = vpc.get_cidr_block_association_set(ipv6=ipv6)
    return [block["cidr_block"] for block in associations if block["cidr_block_state"]["state"] == "associated"]


def overlap(one, other) -> bool:
    pairs = [pair for ipv6 in (False, True) for pair in product(cidrs(one, ipv6), cidrs(other, ipv6))]
    return any(ipaddress.ip_network(a, False).overlaps(ipaddress.ip_network(b, False)) for a, b in pairs)


@dataclass(eq=False)
class PeeringConnection:
    """`vpc` is the requester's and `peer_vpc` the accepter's: moto's routes expect these names."""

    settings: Settings
    id: str
    vpc: object
    peer_vpc: object
    requester_options: dict = field(default_factory=lambda: dict.fromkeys(OPTIONS, False))
    accepter_options: dict = field(default_factory=lambda: dict.fromkeys(OPTIONS, False))

    def __post_init__(self):
        self.created_at = self.settings.now()
        self.initiated_at = self.created_at + self.settings.initiating_seconds
        self.expires_at = self.created_at + PENDING_FOR
        self.failing = isinstance(self.peer_vpc, MissingVpc) or overlap(self.vpc, self.peer_vpc)
        self.active_at: float | None = None
        self.end: End | None = None

    @property
    def code(self) -> str:
        now = self.settings.now()
        if self.end:
            return self.end.code if now >= self.end.settled_at else "deleting"
        if self.active_at is not None:
            return "active" if now >= self.active_at else "provisioning"
        if now < self.initiated_at:
            return "initiating-request"
        if self.failing:
            return "failed"
        return "pending-acceptance" if now < self.expires_at else "expired"

    @property
    def message(self) -> str:
        return {
            "initiating-request": f"Initiating Request to {self.peer_vpc.owner_id}",
            "pending-acceptance": f"Pending Acceptance by {self.peer_vpc.owner_id}",
            "provisioning": "Provisioning",
            "active": "Active",
            "failed": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
            "expired": "Expired",
            "deleting": "Deleting",
            "deleted": f"Deleted by {self.end.account}" if self.end else "",
            "rejected": f"Rejected by {self.end.account}" if self.end else "",
        }[self.code]

    @property
    def is_active(self) -> bool:
        return self.code == "active"

    @property
    def same_account(self) -> bool:
        return self.vpc.owner_id == self.peer_vpc.owner_id

    @property
    def same_region(self) -> bool:
        return self.vpc.region == self.peer_vpc.region

    def joins(self, vpc_id: str, other_id: str) -> bool:
        return {self.vpc.id, self.peer_vpc.id} == {vpc_id, other_id}

    def is_requester(self, account: str, region: str) -> bool:
        return (self.vpc.owner_id, self.vpc.region) == (account, region)

    def is_accepter(self, account: str, region: str) -> bool:
        return (self.peer_vpc.owner_id, self.peer_vpc.region) == (account, region)

    def accept(self) -> None:
        self.active_at = self.settings.now() + self.settings.provisioning_seconds

    def finish(self, code: str, account: str, region: str) -> None:
        now = self.settings.now()
        passing = code == "deleted" and self.code == "active" and not self.same_region
        self.end = End(code, now, account, region, now + self.settings.provisioning_seconds if passing else now)

    def visible_to(self, account: str, region: str) -> bool:
        now = self.settings.now()
        if now - self.created_at < self.settings.describe_lag_seconds:
            return False
        code = self.code
        if code in LIVING or code == "deleting":
            return code != "initiating-request" or self.is_requester(account, region)
        return now - self._ended_at(code) < self._visible_for(code, account, region)

    def gone(self) -> bool:
        """Whether neither side will see it again."""
        code = self.code
        return code not in LIVING and code != "deleting" and self.settings.now() - self._ended_at(code) >= 2 * DAY

    def _ended_at(self, code: str) -> float:
        return self.end.at if self.end else self.initiated_at if code == "failed" else self.expires_at

    def _visible_for(self, code: str, account: str, region: str) -> float:
        if code == "failed":
            return 2 * HOUR if self.is_requester(account, region) else 0
        if code == "expired":
            return 2 * DAY
        if self.same_account:
            return 2 * HOUR
        ended_here = (account, region) == (self.end.account, self.end.region)
        return 2 * HOUR if ended_here else 2 * DAY

    def seen_from(self, account: str, region: str, tags: dict[str, str]) -> dict:
        code = self.code
        established = code in ESTABLISHED
        own_requester, own_accepter = account == self.vpc.owner_id, account == self.peer_vpc.owner_id
        seen = {
            "VpcPeeringConnectionId": self.id,
            "RequesterVpcInfo": _side(
                self.vpc, established or own_requester, self.requester_options if own_requester else None
            ),
            "AccepterVpcInfo": _side(
                self.peer_vpc, established, self.accepter_options if own_accepter and established else None
            ),
            "Status": {"Code": code, "Message": self.message},
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        if code in ("initiating-request", "pending-acceptance"):
            seen["ExpirationTime"] = datetime.fromtimestamp(int(self.expires_at), timezone.utc)
        return seen


def _side(vpc, with_cidrs: bool, options: dict | None) -> dict:
    side = {"OwnerId": vpc.owner_id, "VpcId": vpc.id, "Region": vpc.region}
    if with_cidrs and not isinstance(vpc, MissingVpc):
        side["CidrBlock"] = vpc.cidr_block
        side["CidrBlockSet"] = [{"CidrBlock": cidr} for cidr in cidrs(vpc)]
        if ipv6 := cidrs(vpc, ipv6=True):
            side["Ipv6CidrBlockSet"] = [{"Ipv6CidrBlock": cidr} for cidr in ipv6]
    if options is not None:
        side["PeeringOptions"] = options
    return side
