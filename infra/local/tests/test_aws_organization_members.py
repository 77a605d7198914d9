"""The hub's organization has the members, in the units that they are moved to, and nobody else."""

import pytest
from aws_world import STRANGER, A, B
from botocore.exceptions import ClientError


@pytest.fixture
def organizations(local_aws):
    return local_aws.client("organizations")


@pytest.fixture
def root(organizations) -> str:
    [root] = organizations.list_roots()["Roots"]
    return root["Id"]


def parent(organizations, child: str) -> str:
    [found] = organizations.list_parents(ChildId=child)["Parents"]
    return found["Id"]


def test_the_members_stand_below_the_root(organizations, root):
    assert parent(organizations, A) == parent(organizations, B) == root
    assert {A, B} <= {account["Id"] for account in organizations.list_accounts()["Accounts"]}


def test_a_member_that_is_moved_stands_in_its_unit_and_stays_there(organizations, root):
    unit = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=A, SourceParentId=root, DestinationParentId=unit)
    try:
        assert (parent(organizations, A), parent(organizations, unit), parent(organizations, B)) == (unit, root, root)
        below = {parent: organizations.list_accounts_for_parent(ParentId=parent)["Accounts"] for parent in (unit, root)}
        assert [one["Id"] for one in below[unit]] == [A]
        assert A not in [one["Id"] for one in below[root]]
    finally:
        organizations.move_account(AccountId=A, SourceParentId=unit, DestinationParentId=root)


def test_a_stranger_is_not_in_the_organization(organizations):
    with pytest.raises(ClientError, match="ChildNotFoundException"):
        organizations.list_parents(ChildId=STRANGER)
