"""Roles that somebody lets others assume, for a while."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from world import World

@contextmanager
def trusting(world: World, place, role: str, change) -> Iterator[None]:
    """A role with another trust policy."""
    iam = world.aws.client("iam", place)
    before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(change(json.loads(json.dumps(before)))))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


def for_anybody(policy: dict) -> dict:
    """Adds a statement that lets everybody in."""
    everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    return {**policy, "Statement": [*policy["Statement"], everybody]}


@contextmanager
def policy_of(world: World, place, role: str, change) -> Iterator[None]:
    """A role whose first inline policy says something else."""
    iam = world.aws.client("iam", place)
    name = {"RoleName": role, "PolicyName": iam.list_role_policies(RoleName=role)["PolicyNames"][0]}
    before = iam.get_role_policy(**name)["PolicyDocument"]
    iam.put_role_policy(**name, PolicyDocument=json.dumps(change(json.loads(json.dumps(before)))))
    try:
        yield
    finally:
        iam.put_role_policy(**name, PolicyDocument=json.dumps(before))


def wider(policy: dict) -> dict:
    """Adds a statement that allows to read something."""
    more = {"Sid": "More", "Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}
    return {**policy, "Statement": [*policy["Statement"], more]}
