"""A member account that takes its role away, and gives it back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from peerwright_client.aws import Place
from peerwright_client.hub import MEMBER_ROLE
from world import World


@contextmanager
def without_role(world: World, place: Place) -> Iterator[None]:
    """For a while, an account without the member role: sessions of it that were given out are worth nothing either."""
    iam = world.aws.client("iam", place)
    role = iam.get_role(RoleName=MEMBER_ROLE)["Role"]
    names = iam.list_role_policies(RoleName=MEMBER_ROLE)["PolicyNames"]
    policies = {name: iam.get_role_policy(RoleName=MEMBER_ROLE, PolicyName=name)["PolicyDocument"] for name in names}
    world.denials.expect(place.account, MEMBER_ROLE)
    for name in names:
        iam.delete_role_policy(RoleName=MEMBER_ROLE, PolicyName=name)
    iam.delete_role(RoleName=MEMBER_ROLE)
    try:
        yield
    finally:
        trust = json.dumps(role["AssumeRolePolicyDocument"])
        iam.create_role(RoleName=MEMBER_ROLE, Path=role["Path"], AssumeRolePolicyDocument=trust)
        for name, policy in policies.items():
            iam.put_role_policy(RoleName=MEMBER_ROLE, PolicyName=name, PolicyDocument=json.dumps(policy))
