"""IAM decides each call of EC2 by a role's session: on which resources, under which conditions, and how it refuses."""

import pytest
from aws_world import document
from ec2_world import CENTRAL, HUB, WEST, A, B, code_of, error_of, statement

PCX, SGR = "vpc-peering-connection", "security-group-rule"
FORBIDDEN = ("UnauthorizedOperation", 403)


def arn(kind, resource="*", account=A, region=WEST):
    return f"arn:aws:ec2:{region}:{account}:{kind}/{resource}"


def session(world, *allowed, account=A, region=WEST, boundary=None, narrowed=None):
    """A client with a session of a role that may do this."""
    role = world.role(account, allowed=list(allowed), boundary=boundary)
    more = {} if narrowed is None else {"Policy": document(*narrowed)}
    return world.ec2_as(world.assume(HUB, role, **more), region)


def specification(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def tag(world, resource, account=A, region=WEST, **tags):
    tags = [{"Key": key, "Value": value} for key, value in tags.items()]
    world.ec2(account, region).create_tags(Resources=[resource], Tags=tags)


def pending(world):
    """A request that B has not answered, and the VPCs."""
    requester, accepter = world.vpc(A), world.vpc(B)
    return world.request(requester, accepter), requester, accepter


def table_of(world, vpc):
    return world.main_table(vpc)["RouteTableId"]


def group_of(world, vpc):
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    return world.ec2().describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]


def open_port(ec2, group, port, **more):
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    return ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule], **more)["SecurityGroupRules"][0]


def test_an_accounts_own_key_may_do_anything(world):
    world.role(allowed=[])
    assert world.vpc(A)


def test_a_role_without_policies_may_do_nothing_and_is_told_in_the_words_of_aws(world):
    code, message, status = error_of(session(world).describe_vpcs)
    assert (code, status) == FORBIDDEN
    assert message == (
        "You are not authorized to perform this operation. "
        f"User: arn:aws:sts::{A}:assumed-role/peerwright-member/hub is not authorized to perform: ec2:DescribeVpcs on resource: *"
        " because no identity-based policy allows the ec2:DescribeVpcs action"
    )


def test_the_control_api_lists_what_was_refused_to_a_role(world):
    before = len(world.get("refusals"))
    code_of(session(world).describe_vpcs)
    told = world.get("refusals")[before:]
    assert [one["code"] for one in told] == ["UnauthorizedOperation"] and "ec2:DescribeVpcs on resource: *" in told[0]["message"]


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        ({"narrowed": [statement("ec2:CreateTags")]}, "because no session policy allows the ec2:DescribeVpcs action"),
        ({"boundary": [statement("ec2:CreateTags")]}, "because no permissions boundary allows the ec2:DescribeVpcs action"),
        (
            {"narrowed": [statement("*"), statement("ec2:Describe*", effect="Deny")]},
            "with an explicit deny in a session policy",
        ),
        (
            {"boundary": [statement("*"), statement("ec2:Describe*", effect="Deny")]},
            "with an explicit deny in a permissions boundary",
        ),
    ],
)
def test_a_session_policy_and_a_boundary_only_take_away(world, policies, reason):
    _, message, _ = error_of(session(world, statement("ec2:*"), **policies).describe_vpcs)
    assert message.endswith(reason)
    given = {name: [statement("*")] for name in policies}
    assert error_of(session(world, statement("ec2:CreateTags"), **given).describe_vpcs)[::2] == FORBIDDEN
    session(world, statement("ec2:DescribeVpcs"), **given).describe_vpcs()


def test_a_deny_wins_over_an_allow(world):
    ec2 = session(world, statement("ec2:*"), statement("ec2:DescribeVpcs", effect="Deny"))
    assert error_of(ec2.describe_vpcs)[1].endswith("with an explicit deny in an identity-based policy")
    ec2.describe_subnets()


def test_a_session_may_do_what_its_roles_policies_allow_at_the_time_of_the_call(world):
    ec2 = session(world, statement("ec2:DescribeVpcs"))
    ec2.describe_vpcs()
    world.role(allowed=[])
    assert error_of(ec2.describe_vpcs)[::2] == FORBIDDEN


def test_a_functions_own_session_may_do_what_its_role_may(world):
    role = world.role(HUB, "peerwright-sweep", allowed=[statement("ec2:DescribeVpcs")])
    own = f"arn:aws:sts::{HUB}:assumed-role/peerwright-sweep/peerwright-sweep"
    world.principals["ASIAFUNCTION00000001"] = {"account": HUB, "role": role, "arn": own}
    keys = {"AccessKeyId": "ASIAFUNCTION00000001", "SecretAccessKey": "x", "SessionToken": "y"}
    world.ec2_as(keys).describe_vpcs()
    assert error_of(world.ec2_as(keys).describe_subnets)[::2] == FORBIDDEN


def test_a_call_whose_resources_are_not_known_here_is_refused_to_every_role(world):
    code, message, status = error_of(session(world, statement("*")).create_vpc, CidrBlock="10.0.0.0/16")
    assert (code, status) == FORBIDDEN
    assert "does not know which resources AWS authorizes ec2:CreateVpc on" in message and "permissions.py" in message


def test_a_dry_run_tells_who_is_allowed_from_who_is_not(world):
    connection, *_ = pending(world)
    asked = {"VpcPeeringConnectionId": connection, "DryRun": True}
    allowed = session(world, statement("ec2:AcceptVpcPeeringConnection"), account=B)
    assert code_of(allowed.accept_vpc_peering_connection, **asked) == "DryRunOperation"
    assert code_of(session(world, account=B).accept_vpc_peering_connection, **asked) == "UnauthorizedOperation"
    assert world.state(connection) == "pending-acceptance"


def test_a_region_that_is_off_and_empty_buckets_are_told_before_what_is_not_allowed(world):
    forbidden = session(world)
    world.settings.change({"regions_off": f"{A}/{WEST}"})
    assert code_of(forbidden.describe_vpcs) == "OptInRequired"
    world.settings.change({"regions_off": "", "throttling": True})
    codes = {code_of(forbidden.describe_vpcs) for _ in range(300)}
    assert codes == {"UnauthorizedOperation", "RequestLimitExceeded"}
    world.advance(3600)


def test_lists_are_allowed_on_everything_or_not_at_all(world):
    assert error_of(session(world, statement("ec2:Describe*", arn("vpc"))).describe_vpcs)[::2] == FORBIDDEN
    session(world, statement("ec2:Describe*")).describe_vpcs()


def test_a_condition_may_name_the_region(world):
    here = statement("ec2:Describe*", StringEquals={"ec2:Region": WEST})
    session(world, here).describe_vpcs()
    assert error_of(session(world, here, region=CENTRAL).describe_vpcs)[::2] == FORBIDDEN


def test_the_attribute_of_a_vpc_is_allowed_on_the_vpc(world):
    first, second = world.vpc(A), world.vpc(A)
    ec2 = session(world, statement("ec2:DescribeVpcAttribute", arn("vpc", first)))
    ec2.describe_vpc_attribute(VpcId=first, Attribute="enableDnsSupport")
    assert code_of(ec2.describe_vpc_attribute, VpcId=second, Attribute="enableDnsSupport") == "UnauthorizedOperation"


def test_the_entries_of_a_prefix_list_are_allowed_on_the_list(world):
    made = world.ec2().create_managed_prefix_list(PrefixListName="n", MaxEntries=1, AddressFamily="IPv4")
    prefixes = made["PrefixList"]["PrefixListId"]
    session(world, statement("ec2:Get*", arn("prefix-list", prefixes))).get_managed_prefix_list_entries(PrefixListId=prefixes)
    elsewhere = session(world, statement("ec2:Get*", arn("prefix-list", "pl-0")))
    assert code_of(elsewhere.get_managed_prefix_list_entries, PrefixListId=prefixes) == "UnauthorizedOperation"


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [(None, None), ("vpc", "vpc/"), (PCX, f"{PCX}/")],
)
def test_accepting_needs_the_connection_and_the_accepters_vpc(world, lacking, missing):
    connection, _, accepter = pending(world)
    kinds = {"vpc": accepter, PCX: connection}
    resources = [arn(kind, one, B) for kind, one in kinds.items() if kind != lacking]
    ec2 = session(world, statement("ec2:AcceptVpcPeeringConnection", resources), account=B)
    if lacking is None:
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
        return
    code, message, _ = error_of(ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=connection)
    assert code == "UnauthorizedOperation" and f"on resource: {arn(lacking, kinds[lacking], B)} because" in message


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"ArnLike": {"ec2:RequesterVpc": f"arn:aws:ec2:*:{A}:vpc/*"}}, True),
        ({"ArnLike": {"ec2:RequesterVpc": f"arn:aws:ec2:*:{HUB}:vpc/*"}}, False),
        ({"ArnEquals": {"ec2:AccepterVpc": f"arn:aws:ec2:{WEST}:{B}:vpc/*"}}, True),
        ({"ArnEquals": {"ec2:AccepterVpc": f"arn:aws:ec2:{CENTRAL}:{B}:vpc/*"}}, False),
        # Each side has its own tags.
        ({"StringEquals": {"aws:ResourceTag/of": "accepter"}}, True),
        ({"StringEquals": {"ec2:ResourceTag/of": "accepter"}}, True),
        ({"StringEquals": {"aws:ResourceTag/of": "requester"}}, False),
    ],
)
@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_an_answer_may_depend_on_the_vpcs_and_tags_of_a_request(world, verb, condition, allowed):
    connection, *_ = pending(world)
    tag(world, connection, A, of="requester")
    tag(world, connection, B, of="accepter")
    action = f"ec2:{verb.title()}VpcPeeringConnection"
    policy = statement(action, arn(PCX, account=B), **condition), statement(action, arn("vpc", account=B))
    answer = getattr(session(world, *policy, account=B), f"{verb}_vpc_peering_connection")
    if allowed:
        answer(VpcPeeringConnectionId=connection)
    else:
        assert code_of(answer, VpcPeeringConnectionId=connection) == "UnauthorizedOperation"


def test_the_accepters_vpc_may_have_to_bear_a_tag(world):
    connection, _, accepter = pending(world)
    tagged = statement("ec2:Accept*", arn("vpc", account=B), StringEquals={"aws:ResourceTag/peered": "yes"})
    ec2 = session(world, tagged, statement("ec2:Accept*", arn(PCX, account=B)), account=B)
    assert code_of(ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=connection) == "UnauthorizedOperation"
    tag(world, accepter, B, peered="yes")
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)


def request(ec2, requester, accepter, **tags):
    more = {"TagSpecifications": specification(PCX, **tags)} if tags else {}
    return ec2.create_vpc_peering_connection(VpcId=requester, PeerVpcId=accepter, PeerOwnerId=B, **more)


CREATE = "ec2:CreateVpcPeeringConnection"
FROM_ANY = [statement(CREATE, arn("vpc"))]


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ([statement(CREATE)], True),
        ([statement(CREATE, [arn("vpc"), arn(PCX)])], True),
        (FROM_ANY, False),
        ([statement(CREATE, arn(PCX))], False),
        (FROM_ANY + [statement(CREATE, arn(PCX), ArnLike={"ec2:AccepterVpc": arn("vpc", account=B)})], True),
        (FROM_ANY + [statement(CREATE, arn(PCX), ArnLike={"ec2:AccepterVpc": arn("vpc", account=HUB)})], False),
        (FROM_ANY + [statement(CREATE, arn(PCX), ArnLike={"ec2:RequesterVpc": arn("vpc")})], True),
        (FROM_ANY + [statement(CREATE, arn(PCX), ArnLike={"ec2:RequesterVpc": arn("vpc", account=B)})], False),
    ],
)
def test_a_request_needs_the_requesters_vpc_and_a_connection_to_be(world, policy, allowed):
    requester, accepter = world.vpc(A), world.vpc(B)
    ec2 = session(world, *policy)
    if allowed:
        request(ec2, requester, accepter)
    else:
        assert code_of(lambda: request(ec2, requester, accepter)) == "UnauthorizedOperation"


@pytest.mark.parametrize(
    ("tagging", "allowed"),
    [
        ([], False),
        ([statement("ec2:CreateTags", arn(PCX))], True),
        ([statement("ec2:CreateTags", arn(PCX), StringEquals={"ec2:CreateAction": "CreateVpcPeeringConnection"})], True),
        ([statement("ec2:CreateTags", arn(PCX), StringEquals={"ec2:CreateAction": "AuthorizeSecurityGroupIngress"})], False),
        ([statement("ec2:CreateTags", arn(PCX), **{"ForAllValues:StringEquals": {"aws:TagKeys": ["by"]}})], True),
        ([statement("ec2:CreateTags", arn(PCX), **{"ForAllValues:StringEquals": {"aws:TagKeys": ["other"]}})], False),
        ([statement("ec2:CreateTags", arn(PCX), StringLike={"aws:RequestTag/by": "us*"})], True),
        ([statement("ec2:CreateTags", arn(PCX), StringLike={"aws:RequestTag/by": "you*"})], False),
    ],
)
def test_tags_of_a_request_need_create_tags_as_well(world, tagging, allowed):
    requester, accepter = world.vpc(A), world.vpc(B)
    ec2 = session(world, statement(CREATE), *tagging)
    if allowed:
        request(ec2, requester, accepter, by="us")
        return
    code, message, _ = error_of(lambda: request(ec2, requester, accepter, by="us"))
    assert code == "UnauthorizedOperation" and f"ec2:CreateTags on resource: {arn(PCX)}" in message


def test_a_request_may_have_to_bear_a_tag(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    marked = statement(CREATE, arn(PCX), Null={"aws:RequestTag/by": "false"})
    ec2 = session(world, marked, statement(CREATE, arn("vpc")), statement("ec2:CreateTags"))
    assert code_of(lambda: request(ec2, requester, accepter)) == "UnauthorizedOperation"
    request(ec2, requester, accepter, by="us")


@pytest.mark.parametrize("verb", ["delete", "modify"])
def test_an_end_and_options_may_depend_on_the_callers_own_tag(world, verb):
    connection, *_ = world.active()
    marked = statement("ec2:*", arn(PCX), Null={"aws:ResourceTag/made-for": "false"})
    ec2 = session(world, marked)
    call = {
        "delete": lambda: ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection),
        "modify": lambda: ec2.modify_vpc_peering_connection_options(
            VpcPeeringConnectionId=connection,
            RequesterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": False},
        ),
    }[verb]
    tag(world, connection, B, **{"made-for": "b"})
    assert code_of(call) == "UnauthorizedOperation"
    tag(world, connection, A, **{"made-for": "a"})
    call()


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({}, True),
        ({"StringEquals": {"aws:ResourceTag/managed": "yes"}}, True),
        ({"StringEquals": {"aws:ResourceTag/managed": "no"}}, False),
        ({"ArnEquals": {"ec2:Vpc": arn("vpc")}}, True),
        ({"ArnEquals": {"ec2:Vpc": arn("vpc", "vpc-0")}}, False),
    ],
)
def test_routes_are_allowed_on_their_table(world, condition, allowed):
    connection, vpc, _ = world.active()
    table = table_of(world, vpc)
    tag(world, table, managed="yes")
    ec2 = session(world, statement(["ec2:CreateRoute", "ec2:DeleteRoute"], arn("route-table", table), **condition))
    route = {"RouteTableId": table, "DestinationCidrBlock": "198.51.100.0/24"}
    if allowed:
        ec2.create_route(**route, VpcPeeringConnectionId=connection)
        ec2.delete_route(**route)
    else:
        assert code_of(ec2.create_route, **route, VpcPeeringConnectionId=connection) == "UnauthorizedOperation"
        assert code_of(ec2.delete_route, **route) == "UnauthorizedOperation"


def test_rules_are_allowed_on_their_group_and_those_with_tags_as_rules_as_well(world):
    vpc = world.vpc(A)
    group, other = group_of(world, vpc), group_of(world, world.vpc(A))
    ec2 = session(world, statement("ec2:AuthorizeSecurityGroupIngress", arn("security-group", group)))
    open_port(ec2, group, 1)
    assert code_of(lambda: open_port(ec2, other, 1)) == "UnauthorizedOperation"
    _, message, _ = error_of(lambda: open_port(ec2, group, 2, TagSpecifications=specification(SGR, of="us")))
    assert f"ec2:AuthorizeSecurityGroupIngress on resource: {arn(SGR)} because" in message


@pytest.mark.parametrize(
    ("tagging", "allowed"),
    [
        ([], False),
        ([statement("ec2:CreateTags", arn(SGR), StringEquals={"ec2:CreateAction": "AuthorizeSecurityGroupIngress"})], True),
        ([statement("ec2:CreateTags", arn(SGR), StringEquals={"ec2:CreateAction": "AuthorizeSecurityGroupEgress"})], False),
        ([statement("ec2:CreateTags", arn(SGR), StringEquals={"aws:RequestTag/of": "us"})], True),
    ],
)
def test_tags_of_a_rule_need_create_tags_as_well(world, tagging, allowed):
    group = group_of(world, world.vpc(A))
    ec2 = session(world, statement("ec2:Authorize*"), *tagging)
    call = lambda: open_port(ec2, group, 1, TagSpecifications=specification(SGR, of="us"))  # noqa: E731
    assert call()["Tags"] if allowed else code_of(call) == "UnauthorizedOperation"


def test_rules_are_revoked_by_permission_on_their_group(world):
    vpc = world.vpc(A)
    group = group_of(world, vpc)
    first, second = [open_port(world.ec2(), group, port)["SecurityGroupRuleId"] for port in (1, 2)]
    in_vpc = {"ArnEquals": {"ec2:Vpc": arn("vpc", vpc)}}
    ec2 = session(world, statement("ec2:RevokeSecurityGroupIngress", arn("security-group"), **in_vpc))
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[first])
    elsewhere = session(world, statement("ec2:RevokeSecurityGroupEgress"))
    code = code_of(elsewhere.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=[second])
    assert code == "UnauthorizedOperation"


OWN = {"ForAllValues:StringEquals": {"aws:TagKeys": ["status"]}, "Null": {"aws:TagKeys": "false"}}


def test_tags_are_allowed_by_key_and_resource(world):
    vpc, other = world.vpc(A), world.vpc(A)
    ec2 = session(world, statement(["ec2:CreateTags", "ec2:DeleteTags"], arn("vpc", vpc), **OWN))
    status, name = {"Key": "status", "Value": "ok"}, {"Key": "Name", "Value": "n"}
    ec2.create_tags(Resources=[vpc], Tags=[status])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "status"}])
    for resources, tags in (([vpc], [status, name]), ([vpc, other], [status]), ([table_of(world, vpc)], [status])):
        assert code_of(ec2.create_tags, Resources=resources, Tags=tags) == "UnauthorizedOperation"
    # All tags of a resource are removed by a call that names none.
    assert code_of(ec2.delete_tags, Resources=[vpc]) == "UnauthorizedOperation"
    assert code_of(ec2.delete_tags, Resources=[vpc], Tags=[{"Key": "Name"}]) == "UnauthorizedOperation"


def test_tags_that_are_set_later_have_no_create_action(world):
    connection, *_ = pending(world)
    while_asking = statement("ec2:CreateTags", arn(PCX), StringEquals={"ec2:CreateAction": "CreateVpcPeeringConnection"})
    call = {"Resources": [connection], "Tags": [{"Key": "by", "Value": "us"}]}
    assert code_of(session(world, while_asking).create_tags, **call) == "UnauthorizedOperation"


def test_a_tag_may_be_changed_only_where_it_was(world):
    group = group_of(world, world.vpc(A))
    ours = open_port(world.ec2(), group, 1, TagSpecifications=specification(SGR, of="pcx-1"))["SecurityGroupRuleId"]
    other = open_port(world.ec2(), group, 2)["SecurityGroupRuleId"]
    like = {"StringLike": {"aws:RequestTag/of": "pcx-*", "aws:ResourceTag/of": "pcx-*"}}
    ec2 = session(world, statement("ec2:CreateTags", arn(SGR), **like))
    ec2.create_tags(Resources=[ours], Tags=[{"Key": "of", "Value": "pcx-2"}])
    for rule, value in ((other, "pcx-2"), (ours, "us")):
        call = {"Resources": [rule], "Tags": [{"Key": "of", "Value": value}]}
        assert code_of(ec2.create_tags, **call) == "UnauthorizedOperation"


def test_a_shared_vpc_is_its_owners_resource_with_the_participants_tags(world):
    vpc = world.vpc(B)
    assert world.post("share", {"vpc": vpc, "region": WEST, "participant": A})[0] == 200
    call = {"Resources": [vpc], "Tags": [{"Key": "status", "Value": "ok"}]}
    tag(world, vpc, B, of="owner")
    assert code_of(session(world, statement("ec2:CreateTags", arn("vpc"))).create_tags, **call) == "UnauthorizedOperation"
    owners = statement("ec2:CreateTags", arn("vpc", account=B), StringEquals={"aws:ResourceTag/of": "owner"})
    assert code_of(session(world, owners).create_tags, **call) == "UnauthorizedOperation"
    session(world, statement("ec2:CreateTags", arn("vpc", account=B))).create_tags(**call)


def test_arns_are_of_the_regions_partition(world):
    china = "cn-north-1"
    ec2 = session(world, statement("ec2:*", f"arn:aws-cn:ec2:{china}:{A}:vpc/*"), region=china)
    vpc = world.vpc(A, china)
    ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")


@pytest.mark.parametrize(
    ("setting", "code"),
    [("forbidden", "UnauthorizedOperation"), ("not-found", "InvalidVpcPeeringConnectionID.NotFound")],
)
def test_what_does_not_exist_has_no_tags_that_a_condition_could_find(world, setting, code):
    world.settings.change({"missing_resource": setting})
    missing = {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"}
    marked = statement("ec2:Delete*", arn(PCX), Null={"aws:ResourceTag/by": "false"})
    assert code_of(session(world, marked).delete_vpc_peering_connection, **missing) == code
    anything = session(world, statement("ec2:Delete*", arn(PCX)))
    assert code_of(anything.delete_vpc_peering_connection, **missing) == "InvalidVpcPeeringConnectionID.NotFound"


def test_nothing_is_made_or_changed_without_permission_because_it_names_what_does_not_exist(world):
    world.settings.change({"missing_resource": "not-found"})
    vpc, ec2 = world.vpc(A), session(world)
    tags = [{"Key": "status", "Value": "ok"}]
    not_found = {
        "InvalidVpcID.NotFound": lambda: ec2.create_tags(Resources=["vpc-0123456789abcdef0", vpc], Tags=tags),
        "InvalidRouteTableID.NotFound": lambda: ec2.create_route(
            RouteTableId="rtb-0123456789abcdef0", DestinationCidrBlock="198.51.100.0/24", GatewayId="igw-1"
        ),
        "InvalidGroup.NotFound": lambda: open_port(ec2, "sg-0123456789abcdef0", 1),
    }
    for code, call in not_found.items():
        assert code_of(call) == code
    assert code_of(ec2.create_tags, Resources=[vpc], Tags=tags) == "UnauthorizedOperation"
    assert code_of(lambda: request(ec2, "vpc-0123456789abcdef0", vpc)) == "InvalidVpcID.NotFound"
    assert not world.ec2().describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc]}])["Tags"]
