"""What the emulators are told of a role."""

import json

from aws_world import HUB, document

READ = {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
WRITE = {"Effect": "Allow", "Action": "ec2:CreateRoute", "Resource": "*"}
ALL = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}


def test_a_role_has_its_inline_policies_the_attached_ones_and_its_boundary(local_aws):
    iam, name = local_aws.client("iam"), local_aws.unique("member")
    local_aws.role(HUB, name, "lambda.amazonaws.com", [READ])
    attached, boundary = [
        iam.create_policy(PolicyName=local_aws.unique("policy"), PolicyDocument=document(one))["Policy"]["Arn"]
        for one in (WRITE, ALL)
    ]
    assert statements_of(local_aws, name) == ([READ], None)

    iam.attach_role_policy(RoleName=name, PolicyArn=attached)
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)

    assert statements_of(local_aws, name) == ([READ, WRITE], [ALL])


def statements_of(local_aws, name):
    role = local_aws.ask_ec2("/role", HUB, name)
    of = lambda policy: json.loads(policy)["Statement"]  # noqa: E731
    return [one for policy in role["policies"] for one in of(policy)], role["boundary"] and of(role["boundary"])
