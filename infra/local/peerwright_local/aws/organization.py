"""The accounts and Regions of the local AWS."""

HUB = "100000000001"
MEMBER_A = "111111111111"
MEMBER_B = "222222222222"
STRANGER = "999999999999"

ACCOUNTS = {"hub": HUB, "member_a": MEMBER_A, "member_b": MEMBER_B, "stranger": STRANGER}
MEMBERS = (MEMBER_A, MEMBER_B)

REGIONS = ("eu-west-1", "eu-central-1")
HUB_REGION = REGIONS[0]

ORGANIZATION_ID = "o-local00001"
_ORGANIZATION = frozenset({HUB, *MEMBERS})


def organization_of(account: str) -> str | None:
    """The organization that an account belongs to; the stranger belongs to none."""
    return ORGANIZATION_ID if account in _ORGANIZATION else None
