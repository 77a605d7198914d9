import json

import pytest
from aws_world import document
from ec2_world import HUB, STRANGER, A, B, error_of, statement

from peerwright_local.state import ORGANIZATION_ID

ROLE = f"arn:aws:iam::{A}:role/peerwright-member"
SECRET = {"StringEquals": {"sts:ExternalId": "s3cret"}}


def trusting(world, principal, condition=None, effect="Allow", path="/"):
    trust = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        trust["Condition"] = condition
    world.role(trust=[trust], path=path)
    return [trust]


def target(world, trusted):
    """A role in another account that trusts one principal; returns its ARN."""
    return world.role(B, "target", trust=[{"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:*"}])


def sts_as(world, session):
    keys = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": "x", "aws_session_token": "y"}
    return world.client("sts", "", **keys)


def refused(world, caller=HUB, role=ROLE, **more):
    sts = world.client("sts", caller)
    return error_of(sts.assume_role, RoleArn=role, RoleSessionName="hub", **more)


def test_a_twelve_digit_access_key_is_that_account(world):
    identity = world.client("sts", B).get_caller_identity()
    assert identity["Account"] == B
    assert identity["Arn"] == f"arn:aws:iam::{B}:user/local"


def test_a_session_acts_in_the_roles_account(world):
    trusting(world, {"AWS": f"arn:aws:iam::{HUB}:root"})
    session = world.assume(HUB, ROLE)
    vpc = world.vpc(A)
    assert world.ec2_as(session).describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["OwnerId"] == A
    identity = sts_as(world, session).get_caller_identity()
    assert identity["Account"] == A
    assert identity["Arn"] == f"arn:aws:sts::{A}:assumed-role/peerwright-member/hub"


def test_a_role_that_does_not_exist_is_refused_with_the_words_of_aws(world):
    code, message, status = refused(world)
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        f"User: arn:aws:iam::{HUB}:user/local is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    )


def test_a_role_under_another_path_is_another_role(world):
    trusting(world, {"AWS": HUB}, path="/teams/")
    assert refused(world)[0] == "AccessDenied"


def test_the_external_id_must_be_given_and_be_right(world):
    trusting(world, {"AWS": HUB}, SECRET)
    assert refused(world)[0] == "AccessDenied"
    assert refused(world, ExternalId="wrong")[0] == "AccessDenied"
    assert world.assume(HUB, ROLE, ExternalId="s3cret")["AccessKeyId"].startswith("ASIA")


@pytest.mark.parametrize(
    ("principal", "condition", "trusted"),
    [
        ({"AWS": HUB}, None, True),
        ({"AWS": f"arn:aws:iam::{HUB}:root"}, None, True),
        ({"AWS": [f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{HUB}:root"]}, None, True),
        ({"AWS": f"arn:aws:iam::{STRANGER}:root"}, None, False),
        ({"AWS": f"arn:aws:iam::{HUB}:role/peerwright-accept"}, None, True),
        ({"AWS": f"arn:aws:iam::{STRANGER}:role/peerwright-accept"}, None, False),
        ({"Service": "ec2.amazonaws.com"}, None, False),
        ("*", None, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/peerwright-*"}}, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:*:iam::{HUB}:role/peerwright-*"}}, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:role/peerwright-*"}}, False),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": HUB}}, True),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": STRANGER}}, False),
        ({"AWS": HUB}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"AWS": HUB}, {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID}}, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:*:{HUB}:role/peerwright-*"}}, False),
        ({"AWS": HUB}, {"NumericEquals": {"sts:ExternalId": "1"}}, False),
        ({"AWS": HUB}, {"StringLike": {"sts:RoleSessionName": "h?b"}}, True),
        ({"AWS": HUB}, {"Null": {"sts:ExternalId": "true"}}, True),
    ],
)
def test_the_trust_policy_decides(world, principal, condition, trusted):
    trusting(world, principal, condition)
    if trusted:
        assert world.assume(HUB, ROLE)
    else:
        assert refused(world)[0] == "AccessDenied"


def test_a_deny_wins(world):
    statements = trusting(world, {"AWS": HUB})
    denial = {"StringNotEquals": {"sts:ExternalId": "s3cret"}}
    statements += trusting(world, "*", denial, effect="Deny")
    world.roles[A, "peerwright-member"]["trust_policy"]["Statement"] = statements
    assert refused(world, ExternalId="wrong")[0] == "AccessDenied"
    assert world.assume(HUB, ROLE, ExternalId="s3cret")


def test_a_stranger_is_in_no_organization(world):
    trusting(world, "*", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID}})
    assert world.assume(HUB, ROLE)
    assert refused(world, caller=STRANGER)[0] == "AccessDenied"


def test_a_session_is_only_the_role_that_it_is_of(world):
    trusting(world, {"AWS": HUB})
    sts = sts_as(world, world.assume(HUB, ROLE))
    chained = {"RoleArn": target(world, ROLE), "RoleSessionName": "chain"}
    assert sts.assume_role(**chained)["Credentials"]
    assert error_of(sts.assume_role, **chained, DurationSeconds=7200)[0] == "ValidationError"
    target(world, f"arn:aws:iam::{A}:role/other")
    assert error_of(sts.assume_role, **chained)[0] == "AccessDenied"


def test_a_function_is_the_role_that_it_runs_as(world):
    role = world.role(HUB, "peerwright-accept")
    session = f"arn:aws:sts::{HUB}:assumed-role/peerwright-accept/peerwright-accept"
    world.principals["ASIAFUNCTION00000000"] = {"account": HUB, "role": role, "arn": session}
    keys = {"aws_access_key_id": "ASIAFUNCTION00000000", "aws_secret_access_key": "x", "aws_session_token": "y"}
    sts = world.client("sts", "", **keys)
    assert sts.get_caller_identity()["Arn"] == session
    asked = {"RoleArn": ROLE, "RoleSessionName": "hub"}
    for pattern in (f"arn:aws:iam::{HUB}:role/peerwright-configure", session, "arn:*:role/peerwright-*"):
        trusting(world, {"AWS": HUB}, {"ArnLike": {"aws:PrincipalArn": pattern}})
        code, message, _ = error_of(sts.assume_role, **asked)
        assert (code, message.split(" ")[1]) == ("AccessDenied", session)
    trusting(world, {"AWS": HUB}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/peerwright-*"}})
    assert sts.assume_role(**asked)["Credentials"]
    for principal in (role, session):
        trusting(world, {"AWS": principal})
        assert sts.assume_role(**asked)["Credentials"]


@pytest.mark.parametrize(
    ("allowed", "ends_well"),
    [
        (statement("sts:AssumeRole", f"arn:aws:iam::{B}:role/target"), True),
        (statement("sts:AssumeRole", f"arn:aws:iam::{B}:role/other"), False),
        (statement("ec2:*"), False),
        (statement("sts:*", StringEquals={"aws:ResourceAccount": [B, HUB]}), True),
        (statement("sts:*", StringEquals={"aws:ResourceAccount": [HUB]}), False),
        (statement("sts:*", StringEquals={"aws:ResourceOrgID": ORGANIZATION_ID}), True),
        (statement("sts:*", StringEquals={"aws:ResourceOrgID": "o-somebodyelse"}), False),
        (statement("sts:*", StringEquals={"sts:ExternalId": "s3cret"}), False),
    ],
)
def test_a_role_must_be_allowed_to_assume_another_as_well_as_be_trusted_by_it(world, allowed, ends_well):
    sts = sts_as(world, world.assume(HUB, world.role(allowed=[allowed])))
    asked = {"RoleArn": target(world, ROLE), "RoleSessionName": "chain"}
    if ends_well:
        assert sts.assume_role(**asked)["Credentials"]
    else:
        assert error_of(sts.assume_role, **asked)[0] == "AccessDenied"


def test_an_account_outside_the_organization_is_not_one_of_its_resources(world):
    in_organization = statement("sts:*", StringEquals={"aws:ResourceOrgID": ORGANIZATION_ID})
    sts = sts_as(world, world.assume(HUB, world.role(allowed=[in_organization])))
    trust = [{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"}]
    outside = world.role(STRANGER, "target", trust=trust)
    assert error_of(sts.assume_role, RoleArn=outside, RoleSessionName="chain")[0] == "AccessDenied"


def test_a_session_policy_narrows_which_roles_are_assumed(world):
    session = world.assume(HUB, world.role(), Policy=document(statement("ec2:*")))
    asked = {"RoleArn": target(world, ROLE), "RoleSessionName": "chain"}
    assert error_of(sts_as(world, session).assume_role, **asked)[0] == "AccessDenied"


def test_a_session_policy_is_accepted_and_a_broken_one_refused(world):
    trusting(world, {"AWS": HUB})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
    assert world.assume(HUB, ROLE, Policy=json.dumps(policy))
    assert refused(world, Policy="{")[0] == "MalformedPolicyDocument"
    assert refused(world, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])[0] == "ValidationError"
    assert refused(world, Policy=json.dumps(policy) + " " * 2048)[0] == "ValidationError"


def test_an_unknown_access_key_is_refused(world):
    ec2 = world.client("ec2", "", aws_access_key_id="AKIAUNKNOWN000000000", aws_secret_access_key="x")
    assert error_of(ec2.describe_vpcs)[::2] == ("AuthFailure", 401)


def test_a_session_of_a_role_that_is_gone_may_do_nothing_until_the_role_is_back(world):
    trusting(world, {"AWS": HUB})
    session = world.ec2_as(world.assume(HUB, ROLE))
    session.describe_vpcs()
    role = world.roles.pop((A, "peerwright-member"))
    code, message, status = error_of(session.describe_vpcs)
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert f"arn:aws:sts::{A}:assumed-role/peerwright-member/hub" in message
    assert refused(world)[0] == "AccessDenied"
    world.roles[A, "peerwright-member"] = role
    session.describe_vpcs()


def test_the_control_api_lists_what_was_refused_and_to_whom(world):
    trusting(world, {"AWS": f"arn:aws:iam::{B}:root"})
    before = len(world.get("refusals"))
    refused(world)

    [told] = world.get("refusals")[before:]

    assert (told["code"], told["who"]) == ("AccessDenied", f"arn:aws:iam::{HUB}:user/local")
    assert "AssumeRole" in told["message"] and ROLE in told["message"]
