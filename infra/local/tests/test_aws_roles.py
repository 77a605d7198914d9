"""What the policies of a role let it assume."""

import pytest
from aws_world import HUB, STRANGER, A

from peerwright_local.aws.organization import ORGANIZATION_ID


@pytest.mark.parametrize(
    ("condition", "accounts"),
    [
        pytest.param({}, {A, STRANGER}, id="any account"),
        pytest.param({"StringEquals": {"aws:ResourceAccount": [A, HUB]}}, {A}, id="listed accounts"),
        pytest.param({"StringEquals": {"aws:ResourceOrgID": ORGANIZATION_ID}}, {A}, id="the organization"),
        pytest.param({"StringEquals": {"aws:ResourceOrgID": "o-somebodyelse"}}, set(), id="another organization"),
    ],
)
def test_a_role_assumes_others_only_where_its_policy_says_so(local_aws, condition, accounts):
    allowed = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": "arn:aws:iam::*:role/member",
        "Condition": condition,
    }
    role = local_aws.role(HUB, local_aws.unique("function"), "lambda.amazonaws.com", [allowed])
    may = lambda account, name="member": local_aws.ask_ec2("/may-assume", role, f"arn:aws:iam::{account}:role/{name}")  # noqa: E731
    assert {account for account in (A, STRANGER) if may(account)} == accounts
    assert not may(A, "other")
