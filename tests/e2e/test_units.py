"""Rules about organizational units, which are read from Organizations."""

import pytest
from actor import ALL_TABLES

# Without a tag of their own, these rules would appear in the reasons of other tests' requests.
STAGE = {"stage": "e2e-units"}


@pytest.fixture
def unit(world):
    """The id of a new unit two levels below the root, with member A in it."""
    organizations = world.aws.client("organizations", world.aws.hub)
    [root] = organizations.list_roots()["Roots"]
    workloads = organizations.create_organizational_unit(ParentId=root["Id"], Name="Workloads")["OrganizationalUnit"]["Id"]
    dev = organizations.create_organizational_unit(ParentId=workloads, Name="Dev")["OrganizationalUnit"]["Id"]
    move = {"AccountId": world.a.account, "SourceParentId": root["Id"], "DestinationParentId": dev}
    organizations.move_account(**move)
    yield dev
    organizations.move_account(AccountId=world.a.account, SourceParentId=dev, DestinationParentId=root["Id"])


def test_an_account_is_let_in_by_a_unit_above_it_and_held_by_any_other(world, unit):
    requester, accepter = world.vpc(world.a, tags=STAGE), world.vpc(world.b)
    other = world.vpc(world.b)
    world.allow({"organizational_units": [unit], "tags": STAGE}, accepter, routes=ALL_TABLES)
    world.becomes("converged", world.ask(requester, accepter))
    world.allow({"organizational_units": ["Root/Workloads"], "tags": STAGE}, other, routes=ALL_TABLES)
    third = world.vpc(world.a, tags=STAGE)
    world.becomes("converged", world.ask(third, other))
    elsewhere = world.vpc(world.b)
    rule = world.allow({"organizational_units": ["Root/Prod"], "tags": STAGE}, elsewhere)
    reasons = world.becomes("held", world.ask(requester, elsewhere))["reasons"]
    where = "requester.organizational_units is not met (it is in Root/Workloads/Dev)"
    assert f"rule {rule} does not match: {where}" in reasons


def test_an_account_outside_the_organization_is_known_to_be_in_no_unit(world):
    stranger, accepter = world.vpc(world.stranger), world.vpc(world.b)
    rule = world.allow({"accounts": [world.stranger.account], "organizational_units": ["Root"]}, accepter)
    connection = world.ask_unheard(stranger, accepter)
    world.invoke("accept", world.b._asdict())
    [reason] = [one for one in world.becomes("held", connection)["reasons"] if rule in one]
    where = "requester.organizational_units is not met (it is outside the organization)"
    assert reason == f"rule {rule} does not match: {where}"


def test_a_rule_about_the_organization_lets_in_its_accounts_and_no_other(world):
    requester, stranger, accepter = world.vpc(world.a, tags=STAGE), world.vpc(world.stranger), world.vpc(world.b)
    world.allow({"organization": True}, accepter, routes=ALL_TABLES)
    world.becomes("converged", world.ask(requester, accepter))
    connection = world.ask_unheard(stranger, accepter)
    world.invoke("accept", world.b._asdict())
    reasons = world.becomes("held", connection)["reasons"]
    assert any("requester.organization is not met (it is outside the organization)" in reason for reason in reasons)
