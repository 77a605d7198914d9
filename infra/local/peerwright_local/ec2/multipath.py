"""Multipath resilience of a connection between two Regions, which costs money and needs the consent of both sides.

The pinned botocore does not know these members of the API, so the model by which moto reads requests and writes answers gets
them here. A client with an older model sends the parameters by hand (`PeeringConnectionOptions.AllowMultipathResilience=true`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from moto.core.utils import get_service_model

from .errors import ApiError, invalid_value

ALLOW, MODE = "AllowMultipathResilience", "MultipathResilienceMode"
MODES = ("always-on",)
SIDES = ("RequesterPeeringConnectionOptions", "AccepterPeeringConnectionOptions")
_REQUESTED = {ALLOW: {"shape": "Boolean"}, MODE: {"shape": "String"}}
_ANSWERED = {name: {**member, "locationName": name[0].lower() + name[1:]} for name, member in _REQUESTED.items()}
# The members by which newer versions of the API extend these structures.
_MEMBERS = {
    "CreatePeeringConnectionOptionsRequest": _REQUESTED,
    "CreateVpcPeeringConnectionRequest": {"PeeringConnectionOptions": {"shape": "CreatePeeringConnectionOptionsRequest"}},
    "PeeringConnectionOptionsRequest": _REQUESTED,
    "PeeringConnectionOptions": _ANSWERED,
    "VpcPeeringConnection": {"MultipathResilienceStatus": {"shape": "String", "locationName": "multipathResilienceStatus"}},
}


@dataclass
class Resilience:
    """Which sides allow it."""

    requester: bool = False
    accepter: bool = False

    @property
    def status(self) -> str:
        return ("disabled", "pending", "enabled")[self.requester + self.accepter]

    def accept(self) -> None:
        """Accepting a request that allows it is the consent of the accepter, too."""
        self.accepter = self.requester

    def modify(self, side: str, options: dict) -> None:
        if ALLOW in options:
            setattr(self, "requester" if side == SIDES[0] else "accepter", options[ALLOW])


def extend_model() -> None:
    shapes = get_service_model("ec2")._service_description["shapes"]
    for shape, members in _MEMBERS.items():
        known = shapes.setdefault(shape, {"type": "structure", "members": {}})["members"]
        known.update({name: member for name, member in members.items() if name not in known})


def require(options: Iterable[dict], same_region: bool) -> None:
    """Refuses what AWS does not support. The words are not AWS's, which are not known."""
    for one in options:
        if one.get(ALLOW) and same_region:
            raise invalid_value(f"{ALLOW} is supported only for inter-Region VPC peering connections")
        if MODE in one and not one.get(ALLOW):
            raise ApiError("InvalidParameterCombination", f"{MODE} can be specified only if {ALLOW} is true")
        if MODE in one and one[MODE] not in MODES:
            raise invalid_value(f"Value ({one[MODE]}) for parameter {MODE} is invalid. Valid values: {', '.join(MODES)}")
