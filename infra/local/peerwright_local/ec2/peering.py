"""A peering connection: its states over time, and what each side sees of it."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import product

from ..settings import Settings
from .multipath import Resilience

# An account and a Region.
Place = tuple[str, str]
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
    place: Place
    settled_at: float


def place_of(backend) -> Place:
    """The account and Region of one of moto's backends."""
    return backend.account_id, backend.region_name


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
        self.accepted_at: float | None = None
        self.active_at = math.inf
        self.end: End | None = None
        self.resilience = Resilience()

    @property
    def code(self) -> str:
        """The state as it is, of which a place may not know yet."""
        return self._code(None)

    def code_in(self, place: Place) -> str:
        """The state that a place is shown: what was done there at once, and what was done on the other side later."""
        return self._code(place)

    def _code(self, place: Place | None) -> str:
        if self.end and self._known(place, self.end.place) >= self.end.at:
            return self.end.code if self._known(place, self.end.place) >= self.end.settled_at else "deleting"
        if self.accepted_at is not None and self._known(place, self.accepter) >= self.accepted_at:
            return "active" if self.active_for(place) >= 0 else "provisioning"
        known = self._known(place, self.requester)
        if known < self.initiated_at:
            return "initiating-request"
        if self.failing:
            return "failed"
        return "pending-acceptance" if known < self.expires_at or self.accepted_at is not None else "expired"

    def _known(self, place: Place | None, origin: Place) -> float:
        """The moment up to which a place knows what happened at its origin. Without a place, everything is known."""
        now = self.settings.now()
        return now if place in (None, origin) else now - self.settings.side_lag_seconds

    def active_for(self, place: Place | None) -> float:
        """How many seconds the connection has been active for a place; less than zero if it is not yet."""
        return self._known(place, self.accepter) - self.active_at

    @property
    def requester(self) -> Place:
        return self.vpc.owner_id, self.vpc.region

    @property
    def accepter(self) -> Place:
        return self.peer_vpc.owner_id, self.peer_vpc.region

    def message(self, code: str) -> str:
        return {
            "initiating-request": f"Initiating Request to {self.peer_vpc.owner_id}",
            "pending-acceptance": f"Pending Acceptance by {self.peer_vpc.owner_id}",
            "provisioning": "Provisioning",
            "active": "Active",
            "failed": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
            "expired": "Expired",
            "deleting": "Deleting",
            "deleted": f"Deleted by {self.end.place[0]}" if self.end else "",
            "rejected": f"Rejected by {self.end.place[0]}" if self.end else "",
        }[code]

    def is_active(self, place: Place) -> bool:
        return self.code_in(place) == "active"

    @property
    def same_account(self) -> bool:
        return self.vpc.owner_id == self.peer_vpc.owner_id

    @property
    def same_region(self) -> bool:
        return self.vpc.region == self.peer_vpc.region

    def joins(self, vpc_id: str, other_id: str) -> bool:
        return {self.vpc.id, self.peer_vpc.id} == {vpc_id, other_id}

    def accept(self) -> None:
        self.accepted_at = self.settings.now()
        self.active_at = self.accepted_at + self.settings.provisioning_seconds
        self.resilience.accept()

    def finish(self, code: str, place: Place) -> None:
        now = self.settings.now()
        passing = code == "deleted" and self.code == "active" and not self.same_region
        self.end = End(code, now, place, now + self.settings.provisioning_seconds if passing else now)

    def known_in(self, place: Place) -> bool:
        """Whether a place knows that there is such a connection."""
        return self._known(place, self.requester) >= self.created_at

    def visible_in(self, place: Place) -> bool:
        now = self.settings.now()
        if now - self.created_at < self.settings.describe_lag_seconds:
            return False
        if not self.known_in(place):
            return False
        code = self.code_in(place)
        if code in LIVING or code == "deleting":
            return code != "initiating-request" or place == self.requester
        return now - self._ended_at(code) < self._visible_for(code, place)

    def gone(self) -> bool:
        """Whether neither side will see it again."""
        code = self.code
        return code not in LIVING and code != "deleting" and self.settings.now() - self._ended_at(code) >= 2 * DAY

    def _ended_at(self, code: str) -> float:
        return self.end.at if self.end else self.initiated_at if code == "failed" else self.expires_at

    def _visible_for(self, code: str, place: Place) -> float:
        if code == "failed":
            return 2 * HOUR if place == self.requester else 0
        if code == "expired":
            return 2 * DAY
        if self.same_account:
            return 2 * HOUR
        return 2 * HOUR if place == self.end.place else 2 * DAY

    def seen_in(self, place: Place, tags: dict[str, str]) -> dict:
        code, account = self.code_in(place), place[0]
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
            "Status": {"Code": code, "Message": self.message(code)},
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        if code in ("initiating-request", "pending-acceptance"):
            seen["ExpirationTime"] = datetime.fromtimestamp(int(self.expires_at), timezone.utc)
        if not self.same_region:
            seen["MultipathResilienceStatus"] = self.resilience.status
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
