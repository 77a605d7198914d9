"""Service Quotas: the quotas that were raised."""

import pytest
from ec2_world import HUB, A, code_of

PEERINGS = {"ServiceCode": "vpc", "QuotaCode": "L-7E9ECCDB"}


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
    role = f"arn:aws:iam::{A}:role/peerwright-member"
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}}
    world.roles[A, "peerwright-member"] = {"arn": role, "trust_policy": trust}
    session = world.assume(HUB, role)
    quotas = world.client(
        "service-quotas",
        "",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    asked = {"ServiceCode": "vpc", "QuotaCode": "L-93826ACB"}
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] == 1000
    world.roles.clear()
    assert code_of(quotas.get_service_quota, **asked) == "AccessDeniedException"


def test_no_other_call_is_known(world):
    assert code_of(world.client("service-quotas", A).list_services) == "UnknownOperationException"
