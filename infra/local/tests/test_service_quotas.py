"""Service Quotas: the quotas that were raised."""

import pytest
from ec2_world import HUB, A, code_of, error_of, statement

PEERINGS = {"ServiceCode": "vpc", "QuotaCode": "L-7E9ECCDB"}


def as_session(world, session):
    return world.client(
        "service-quotas",
        "",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def test_a_quota_that_was_raised_is_returned_and_holds(world):
    world.settings.change({"connections_per_vpc": 125})
    quota = world.client("service-quotas", A).get_service_quota(**PEERINGS)["Quota"]
    assert (quota["QuotaName"], quota["Value"]) == ("Active VPC peering connections per VPC", 125.0)
    assert quota["QuotaArn"] == f"arn:aws:servicequotas:eu-west-1:{A}:vpc/L-7E9ECCDB"


@pytest.mark.parametrize("asked", [PEERINGS, {**PEERINGS, "QuotaCode": "L-2AFB9258"}, {**PEERINGS, "ServiceCode": "ec2"}])
def test_a_quota_that_was_not_raised_is_not_found(world, asked):
    assert code_of(world.client("service-quotas", A).get_service_quota, **asked) == "NoSuchResourceException"


def test_a_session_of_the_member_role_is_answered_until_the_role_is_gone(world):
    world.settings.change({"routes_per_table": 1000})
    role = world.role()
    session = world.assume(HUB, role)
    quotas = as_session(world, session)
    asked = {"ServiceCode": "vpc", "QuotaCode": "L-93826ACB"}
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 1000
    world.roles.clear()
    assert code_of(quotas.get_service_quota, **asked) == "AccessDeniedException"


def test_no_other_call_is_known(world):
    assert code_of(world.client("service-quotas", A).list_services) == "UnknownOperationException"


def test_a_session_needs_the_permission_of_service_quotas(world):
    world.settings.change({"routes_per_table": 1000})
    asked = {"ServiceCode": "vpc", "QuotaCode": "L-93826ACB"}
    quota = f"arn:aws:servicequotas:eu-west-1:{A}:vpc/L-93826ACB"
    for allowed, ends_well in (
        (statement("servicequotas:GetServiceQuota"), True),
        (statement("servicequotas:*", quota, StringEquals={"servicequotas:service": "vpc"}), True),
        (statement("servicequotas:*", quota, StringEquals={"servicequotas:service": "ec2"}), False),
        (statement("ec2:*"), False),
    ):
        quotas = as_session(world, world.assume(HUB, world.role(allowed=[allowed])))
        if ends_well:
            assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 1000
        else:
            code, message, status = error_of(quotas.get_service_quota, **asked)
            assert (code, status) == ("AccessDeniedException", 400)
            assert f"servicequotas:GetServiceQuota on resource: {quota} because no identity-based policy" in message
