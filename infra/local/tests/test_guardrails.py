"""The service control policies deny what they are for, let everything else be, and contain nothing that no case here needs."""

import copy
import re

import pytest
from guardrails import ACCOUNT, NAMES, Call, made_by_template, policy, properties_of, text
from ministack.core.iam_evaluator import validate_policy_document

# AWS's limit, white space included where a policy is not written in the console.
LARGEST = 5120

OWNER = "role/application/admin"
ROOT_USER = "root"
ADMINISTRATOR = "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_NetworkAdministrator_0123456789abcdef"
PIPELINE = "role/network-pipelines/vpc"
DEPLOYER = "role/stacksets-exec-0123456789abcdef0123456789abcdef"
# Another path: no administrator and no deployer, whatever the last part of the name.
IMPOSTORS = ("role/x/stacksets-exec-1", "role/x/peerwright-member-accept", "role/AWSReservedSSO_NetworkAdministrator_1")


def member(function: str) -> str:
    return f"role/peerwright/peerwright-member-{function}"


def ec2(kind: str) -> str:
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:{kind}/{kind}-1"


def iam(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{role}"


VPC, PCX, RULE = ec2("vpc"), ec2("vpc-peering-connection"), ec2("security-group-rule")
SELECTED = [VPC, ec2("subnet"), ec2("route-table"), ec2("security-group")]
FORWARD = [f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/peerwright-forward{end}" for end in ("", "-tags", "-vpc-tags")]
STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/StackSet-peerwright-member-1/2"
TAGGING = ["ec2:CreateTags", "ec2:DeleteTags"]
OF_VPCS = ["peerwright:connection", "peerwright:created-for", "peerwright:rule", "peerwright:status"]
ROLE_CHANGES = [
    f"iam:{name}"
    for name in (
        *("AttachRolePolicy", "CreateRole", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy"),
        *("PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole"),
    )
]
POLICY_CHANGES = [
    f"iam:{name}"
    for name in (
        *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion"),
        *("SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy"),
    )
]
RULE_CHANGES = [f"events:{name}" for name in ("DeleteRule", "DisableRule", "EnableRule", "PutRule", "PutTargets", "RemoveTargets")]
STACK_CHANGES = [
    f"cloudformation:{name}"
    for name in (
        *("CancelUpdateStack", "ContinueUpdateRollback", "CreateChangeSet", "DeleteStack", "ExecuteChangeSet", "RollbackStack"),
        *("SetStackPolicy", "UpdateStack", "UpdateTerminationProtection"),
    )
]


def calls(whos, actions, whats, **keys) -> list[Call]:
    return [Call(who, action, what, **keys) for who in whos for action in actions for what in whats]


DENIED = {
    "protect-tags": [
        *calls([OWNER, ROOT_USER, *IMPOSTORS], TAGGING, [PCX, RULE], tags=("Name", "peerwright:connection")),
        *calls([OWNER, DEPLOYER, PIPELINE], TAGGING, [PCX, RULE], tags=("peerwright:anything",)),
        *(call for key in OF_VPCS for call in calls([OWNER], TAGGING, [VPC], tags=("peerwright:peer-with", key))),
        *calls([OWNER, member("request")], ["ec2:DeleteTags"], [VPC, PCX, RULE]),
    ],
    "protect-selecting-tags": [
        *(call for key in ("env", "role", "tier") for call in calls([OWNER, *IMPOSTORS], TAGGING, SELECTED, tags=("Name", key))),
        *calls([OWNER], ["ec2:DeleteTags"], SELECTED),
    ],
    "protect-roles": [
        *calls([OWNER, ROOT_USER, ADMINISTRATOR, *IMPOSTORS], ROLE_CHANGES, [iam(member("read")), iam("role/peerwright/new")]),
        *calls([OWNER], ROLE_CHANGES, [iam(DEPLOYER), iam(ADMINISTRATOR), iam(PIPELINE)]),
        *calls([OWNER, ADMINISTRATOR], POLICY_CHANGES, [iam("policy/peerwright/peerwright-member-read")]),
        *calls([OWNER, ADMINISTRATOR], RULE_CHANGES, FORWARD),
        *calls([OWNER, ADMINISTRATOR], STACK_CHANGES, [STACK]),
    ],
    "protect-network": [
        *calls([OWNER, member("configure"), *IMPOSTORS], ["ec2:AcceptVpcPeeringConnection"], [PCX]),
        *calls([OWNER, member("request")], ["ec2:DeleteVpcPeeringConnection"], [PCX], bears=("peerwright:created-for",)),
        *calls([OWNER, member("cleanup")], ["ec2:ModifySecurityGroupRules"], [RULE], bears=("peerwright:connection",)),
    ],
}

ALLOWED = {
    "protect-tags": [
        *calls([OWNER], TAGGING, [VPC], tags=("Name", "peerwright:peer-with", "peerwright:mesh")),
        *calls([OWNER], TAGGING, [VPC, PCX, RULE], tags=("Name", "owner")),
        # The owner's word on what Peerwright may change.
        *calls([OWNER], TAGGING, [ec2("route-table"), ec2("security-group")], tags=("peerwright:manage",)),
        *calls([OWNER], ["ec2:DeleteTags"], [ec2("instance")]),
        *calls([OWNER], ["ec2:DescribeTags"], ["*"]),
        *calls([member("accept"), ADMINISTRATOR], TAGGING, [VPC, PCX], tags=("peerwright:status", "peerwright:rule")),
        *calls([member("configure"), ADMINISTRATOR], TAGGING, [RULE], tags=("peerwright:connection",)),
        *calls([ADMINISTRATOR], ["ec2:DeleteTags"], [VPC, PCX, RULE]),
    ],
    "protect-selecting-tags": [
        *calls([OWNER], TAGGING, SELECTED, tags=("Name", "peerwright:manage", "Env", "environment")),
        *calls([OWNER], TAGGING, [ec2("instance")], tags=("env",)),
        *calls([ADMINISTRATOR, PIPELINE], TAGGING, SELECTED, tags=("env", "role", "tier")),
        *calls([OWNER], ["ec2:DeleteTags"], [ec2("instance")]),
        *calls([ADMINISTRATOR, PIPELINE], ["ec2:DeleteTags"], SELECTED),
        *calls([member("accept")], TAGGING, [VPC], tags=("peerwright:status", "peerwright:rule")),
    ],
    "protect-roles": [
        *calls([DEPLOYER], ROLE_CHANGES, [iam(member("read"))]),
        *calls([DEPLOYER], POLICY_CHANGES, [iam("policy/peerwright/peerwright-member-read")]),
        *calls([OWNER], POLICY_CHANGES, [iam("policy/application")]),
        *calls([DEPLOYER], RULE_CHANGES, FORWARD),
        *calls([DEPLOYER], STACK_CHANGES, [STACK]),
        *calls([OWNER], ROLE_CHANGES, [iam("role/application/peerwright"), iam("role/x/stacksets-exec-1")]),
        *calls([OWNER], RULE_CHANGES, [f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/nightly"]),
        *calls([OWNER], STACK_CHANGES, [f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/application/2"]),
        *calls([OWNER], ["iam:GetRole", "iam:ListRolePolicies"], [iam(member("read"))]),
        *calls([OWNER], ["events:DescribeRule"], FORWARD),
    ],
    "protect-network": [
        *calls([member("accept"), ADMINISTRATOR], ["ec2:AcceptVpcPeeringConnection"], [PCX, VPC]),
        *calls([OWNER], ["ec2:RejectVpcPeeringConnection", "ec2:CreateVpcPeeringConnection"], [PCX]),
        *calls([member("cleanup"), ADMINISTRATOR], ["ec2:DeleteVpcPeeringConnection"], [PCX], bears=("peerwright:created-for",)),
        *calls([OWNER], ["ec2:DeleteVpcPeeringConnection"], [PCX], bears=("peerwright:status",)),
        *calls([ADMINISTRATOR], ["ec2:ModifySecurityGroupRules"], [RULE], bears=("peerwright:connection",)),
        *calls([OWNER], ["ec2:ModifySecurityGroupRules"], [RULE], bears=("Name",)),
        # What no condition can tell apart from the owner's own (README.md).
        *calls([OWNER], ["ec2:CreateRoute", "ec2:DeleteRoute", "ec2:ReplaceRoute"], [ec2("route-table")], bears=("peerwright:manage",)),
        *calls([OWNER], ["ec2:RevokeSecurityGroupIngress"], [ec2("security-group")], bears=("peerwright:manage",)),
    ],
}


def wrong(name: str, changed: dict) -> list[Call]:
    """Calls on which the policy, as changed, says something else than it should."""
    denied = [call for call in DENIED[name] if call.allowed_under(changed)]
    return denied + [call for call in ALLOWED[name] if not call.allowed_under(changed)]


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_fits_into_what_organizations_takes(name):
    assert len(text(name)) <= LARGEST
    document = policy(name)
    assert validate_policy_document(document) is None
    assert {statement["Effect"] for statement in document["Statement"]} == {"Deny"}
    assert all(re.fullmatch("[A-Za-z0-9]+", statement["Sid"]) for statement in document["Statement"])


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_denies_what_it_is_for_and_nothing_else(name):
    assert wrong(name, policy(name)) == []


def test_together_they_hinder_none_that_one_of_them_exempts():
    together = [policy(name) for name in NAMES]
    ours = [call for name in NAMES for call in ALLOWED[name] if "peerwright-member" in call.who or call.who == DEPLOYER]
    assert len(ours) > 20
    assert [call for call in ours if not call.allowed_under(*together)] == []


def test_all_of_the_member_template_that_something_depends_on_is_guarded():
    given = {"HubAccount": "999999999999", "HubRegion": "eu-west-1", "RoleRegion": "eu-west-1", "ExternalId": "an-id"}
    made = properties_of("member.yaml", ["Name", "RoleName", "ManagedPolicyName", "Path"], **given).values()
    changes = {
        "AWS::Events::Rule": lambda one: ("events:PutRule", f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/{one['Name']}"),
        "AWS::IAM::ManagedPolicy": lambda one: ("iam:DeletePolicy", iam(f"policy{one['Path']}{one['ManagedPolicyName']}")),
        "AWS::IAM::Role": lambda one: ("iam:PutRolePolicy", iam(f"role{one['Path']}{one.get('RoleName', 'named-by-the-stack')}")),
    }
    # Nothing depends on what could not be forwarded, which the queue keeps for whoever wants to know.
    free = ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy")
    calls = [Call(OWNER, *changes[kind](one)) for kind, one in made if kind not in free]
    assert [call for call in calls if call.allowed_under(policy("protect-roles"))] == []
    # The roles that the policies exempt by their names are there.
    roles = {f"role{one['Path']}{one['RoleName']}" for kind, one in made if kind == "AWS::IAM::Role" and "RoleName" in one}
    assert {member(function) for function in ("read", "accept", "configure", "cleanup", "request")} == roles


def smaller(document: dict):
    """The policy with one statement, one action, one resource, one condition or one value less."""
    for place, statement in enumerate(document["Statement"]):
        less = copy.deepcopy(document)
        del less["Statement"][place]
        yield f"without {statement['Sid']}", less
        parts = [(key,) for key in ("Action", "Resource")]
        parts += [("Condition", operator, key) for operator, keys in statement["Condition"].items() for key in keys]
        for part in parts:
            for value in values(statement, part):
                less = copy.deepcopy(document)
                remove(less["Statement"][place], part, value)
                yield f"{statement['Sid']} without {value} in {' '.join(part)}", less


def values(statement: dict, part: tuple) -> list:
    for key in part:
        statement = statement[key]
    return statement if isinstance(statement, list) else [statement]


def remove(statement: dict, part: tuple, value: str) -> None:
    """Takes the value away; a condition without values goes as well. What names no action or resource is about nothing."""
    left = [one for one in values(statement, part) if one != value]
    if part[0] == "Condition" and not left:
        del statement["Condition"][part[1]]
    elif part[0] == "Condition":
        statement["Condition"][part[1]][part[2]] = left
    else:
        statement[part[0]] = left or ["nothing:Nothing"]


@pytest.mark.parametrize(
    ("name", "less"), [pytest.param(name, less, id=f"{name}: {what}") for name in NAMES for what, less in smaller(policy(name))]
)
def test_no_part_of_a_policy_can_be_left_out(name, less):
    assert wrong(name, less)


def test_the_template_makes_the_same_policies():
    made = made_by_template(TargetIds="ou-ab12-11111111", SelectingTagKeys="env,role,tier")
    assert made == {f"peerwright-{name}": policy(name) for name in NAMES}


def test_the_template_takes_other_names_and_other_people():
    made = made_by_template(
        TargetIds="ou-ab12-11111111,222222222222",
        Prefix="net",
        RolePath="/platform/net/",
        NetworkAdministrators="arn:*:iam::*:role/network/*,arn:*:iam::222222222222:role/breakglass",
        TagSetters="arn:*:iam::*:role/pipeline",
        Deployers="arn:*:iam::*:role/deployer",
        SelectingTagKeys="zone",
    )
    tags, selecting, roles, network = made.values()
    own, other = "role/platform/net/net-member-accept", member("accept")
    assert Call(own, "ec2:AcceptVpcPeeringConnection", PCX).allowed_under(network)
    assert not Call(other, "ec2:AcceptVpcPeeringConnection", PCX).allowed_under(network)
    assert Call(own, "ec2:CreateTags", PCX, tags=("peerwright:status",)).allowed_under(tags)
    assert Call("role/network/anna", "ec2:CreateTags", PCX, tags=("peerwright:status",)).allowed_under(tags)
    assert not Call(other, "ec2:CreateTags", PCX, tags=("peerwright:status",)).allowed_under(tags)
    assert Call("role/pipeline", "ec2:CreateTags", VPC, tags=("zone",)).allowed_under(selecting)
    assert not Call(OWNER, "ec2:CreateTags", VPC, tags=("zone",)).allowed_under(selecting)
    protected = [own, "role/deployer", "role/network/anna", "role/pipeline"]
    assert not any(Call(OWNER, "iam:CreateRole", iam(role)).allowed_under(roles) for role in protected)
    assert all(Call("role/deployer", "iam:CreateRole", iam(role)).allowed_under(roles) for role in protected)
    assert not Call(OWNER, "events:PutRule", FORWARD[0].replace("peerwright", "net")).allowed_under(roles)


def test_the_template_lets_owners_accept_by_hand_only_where_it_is_told_to():
    made = made_by_template(TargetIds="r-ab12", SelectingTagKeys="env", AcceptByHand="true")
    network = made["peerwright-protect-network"]
    assert Call(OWNER, "ec2:AcceptVpcPeeringConnection", PCX).allowed_under(network)
    assert not Call(OWNER, "ec2:DeleteVpcPeeringConnection", PCX, bears=("peerwright:created-for",)).allowed_under(network)
