import pytest
from ec2_world import CENTRAL, WEST, A, B, code_of, error_of

TCP = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}


def group(world, vpc, account=A, region=WEST):
    ec2 = world.ec2(account, region)
    return ec2.create_security_group(GroupName=f"db-{vpc}", Description="db", VpcId=vpc)["GroupId"]


def rules(world, group_id, account=A, region=WEST, egress=False):
    filters = [{"Name": "group-id", "Values": [group_id]}]
    answer = world.ec2(account, region).describe_security_group_rules(Filters=filters)
    return [rule for rule in answer["SecurityGroupRules"] if rule["IsEgress"] is egress]


def test_a_peer_group_is_named_over_an_active_peering(world):
    connection, requester, accepter = world.active()
    own, peer = group(world, requester), group(world, accepter, B)
    pair = {"GroupId": peer, "UserId": B, "Description": "app of b"}
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "peerwright", "Value": connection}]}]
    answer = world.ec2(A).authorize_security_group_ingress(
        GroupId=own, IpPermissions=[{**TCP, "UserIdGroupPairs": [pair]}], TagSpecifications=tags
    )
    (made,) = answer["SecurityGroupRules"]
    (rule,) = rules(world, own)
    assert made["SecurityGroupRuleId"] == rule["SecurityGroupRuleId"]
    assert rule["ReferencedGroupInfo"] == {
        "GroupId": peer,
        "UserId": B,
        "VpcId": accepter,
        "VpcPeeringConnectionId": connection,
        "PeeringStatus": "active",
    }
    assert rule["Description"] == "app of b"
    assert rule["Tags"] == [{"Key": "peerwright", "Value": connection}]
    (shown,) = world.ec2(A).describe_security_groups(GroupIds=[own])["SecurityGroups"]
    (shown_pair,) = shown["IpPermissions"][0]["UserIdGroupPairs"]
    assert shown_pair["VpcPeeringConnectionId"] == connection
    world.ec2(B).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert rules(world, own)[0]["ReferencedGroupInfo"]["PeeringStatus"] == "deleted"
    world.ec2(A).revoke_security_group_ingress(GroupId=own, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert rules(world, own) == []


def test_a_reference_lives_again_over_a_new_peering_of_the_same_vpcs(world):
    connection, requester, accepter = world.active()
    own, peer = group(world, requester), group(world, accepter, B)
    permission = {**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=[permission])
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    again = world.request(requester, accepter)
    world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=again)
    reference = rules(world, own)[0]["ReferencedGroupInfo"]
    assert (reference["VpcPeeringConnectionId"], reference["PeeringStatus"]) == (again, "active")


def test_a_group_of_another_vpc_of_the_same_account_needs_a_peering_too(world):
    one, other = world.vpc(A), world.vpc(A)
    own, peer = group(world, one), group(world, other)
    permission = [{**TCP, "UserIdGroupPairs": [{"GroupId": peer}]}]
    authorize = world.ec2(A).authorize_security_group_ingress
    code, message, _ = error_of(authorize, GroupId=own, IpPermissions=permission)
    assert code == "InvalidGroup.NotFound"
    assert message == "You have specified two resources that belong to different networks."
    connection = world.request(one, other, owner=A)
    assert code_of(authorize, GroupId=own, IpPermissions=permission) == "InvalidGroup.NotFound"
    world.ec2(A).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    authorize(GroupId=own, IpPermissions=permission)


def test_a_group_of_the_peer_can_be_named_a_moment_after_the_own_side_knows_the_peering_as_active(world):
    requester, accepter = world.vpc(A), world.vpc(B)
    own, peer = group(world, requester), group(world, accepter, B)
    connection = world.request(requester, accepter)
    world.settings.change({"side_lag_seconds": 60, "reference_lag_seconds": 30})
    world.advance(60)
    world.ec2(B).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    naming = {"GroupId": own, "IpPermissions": [{**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}]}
    authorize = world.ec2(A).authorize_security_group_ingress
    for seconds, state in ((0, "pending-acceptance"), (60, "active")):
        world.advance(seconds)
        assert (world.state(connection), code_of(authorize, **naming)) == (state, "InvalidGroup.NotFound")
    world.advance(30)
    authorize(**naming)


def test_over_some_peerings_groups_can_never_be_named(world):
    _, requester, accepter = world.active()
    own, peer = group(world, requester), group(world, accepter, B)
    world.settings.change({"references_never_resolve": True})
    naming = {"GroupId": own, "IpPermissions": [{**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}]}
    world.advance(3600)
    assert code_of(world.ec2(A).authorize_security_group_ingress, **naming) == "InvalidGroup.NotFound"


def test_a_group_in_another_region_cannot_be_named(world):
    _, requester, accepter = world.active((A, WEST), (B, CENTRAL))
    own, peer = group(world, requester), group(world, accepter, B, CENTRAL)
    permission = [{**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}]
    authorize = world.ec2(A).authorize_security_group_ingress
    assert code_of(authorize, GroupId=own, IpPermissions=permission) == "InvalidGroup.NotFound"


def test_a_group_of_the_same_vpc_needs_no_peering(world):
    vpc = world.vpc(A)
    own, peer = group(world, vpc), world.ec2(A).describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"][0]["GroupId"]
    permission = [{**TCP, "UserIdGroupPairs": [{"GroupId": peer}]}]
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=permission)
    assert rules(world, own)[0]["ReferencedGroupInfo"] == {"GroupId": peer, "UserId": A}


def test_a_call_adds_all_its_rules_or_none(world):
    own = group(world, world.vpc(A))
    authorize = world.ec2(A).authorize_security_group_ingress
    first = {**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "first"}]}
    authorize(GroupId=own, IpPermissions=[first])
    again = {**TCP, "IpRanges": [{"CidrIp": "10.9.9.9/8", "Description": "same rule, other words"}]}
    new = {**TCP, "IpRanges": [{"CidrIp": "192.168.0.0/16"}]}
    assert code_of(authorize, GroupId=own, IpPermissions=[new, again]) == "InvalidPermission.Duplicate"
    assert code_of(authorize, GroupId=own, IpPermissions=[new, new]) == "InvalidPermission.Duplicate"
    assert [rule["CidrIpv4"] for rule in rules(world, own)] == ["10.0.0.0/8"]


def test_a_revoke_removes_all_its_rules_or_none(world):
    own = group(world, world.vpc(A))
    here = {**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    missing = {**TCP, "IpRanges": [{"CidrIp": "192.168.0.0/16"}]}
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=[here])
    revoke = world.ec2(A).revoke_security_group_ingress
    assert code_of(revoke, GroupId=own, IpPermissions=[here, missing]) == "InvalidPermission.NotFound"
    assert len(rules(world, own)) == 1
    assert code_of(revoke, GroupId=own, SecurityGroupRuleIds=["sgr-0123456789abcdef0"]) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )
    revoke(GroupId=own, IpPermissions=[here])
    assert rules(world, own) == []


def test_an_ipv6_egress_rule_is_revoked_in_a_vpc_without_ipv6(world):
    own = group(world, world.vpc(A))
    permission = {**TCP, "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}]}
    world.ec2(A).authorize_security_group_egress(GroupId=own, IpPermissions=[permission])
    world.ec2(A).revoke_security_group_egress(GroupId=own, IpPermissions=[permission])
    assert [rule["CidrIpv4"] for rule in rules(world, own, egress=True)] == ["0.0.0.0/0"]


def test_one_answer_names_the_rules_of_every_permission(world):
    own = group(world, world.vpc(A))
    permissions = [
        {**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "192.168.0.0/16"}]},
        {**TCP, "Ipv6Ranges": [{"CidrIpv6": "fd00::/8", "Description": "six"}]},
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "172.16.0.0/12"}]},
    ]
    answer = world.ec2(A).authorize_security_group_egress(GroupId=own, IpPermissions=permissions)
    assert len(answer["SecurityGroupRules"]) == 4
    by_source = {rule.get("CidrIpv4") or rule.get("CidrIpv6"): rule for rule in rules(world, own, egress=True)}
    assert by_source["fd00::/8"]["Description"] == "six"
    assert by_source["172.16.0.0/12"]["FromPort"] == -1
    assert all(one["SecurityGroupRuleArn"].startswith("arn:aws:ec2:") for one in answer["SecurityGroupRules"])


def test_the_rule_quota_counts_each_family_by_itself(world):
    world.settings.change({"rules_per_group": 1})
    own = group(world, world.vpc(A))
    authorize = world.ec2(A).authorize_security_group_ingress
    authorize(GroupId=own, IpPermissions=[{**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    authorize(GroupId=own, IpPermissions=[{**TCP, "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}]}])
    for more in ({"IpRanges": [{"CidrIp": "11.0.0.0/8"}]}, {"UserIdGroupPairs": [{"GroupId": own}]}):
        assert code_of(authorize, GroupId=own, IpPermissions=[{**TCP, **more}]) == (
            "RulesPerSecurityGroupLimitExceeded"
        )


def test_tcp_without_ports_is_refused(world):
    own = group(world, world.vpc(A))
    permission = {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    authorize = world.ec2(A).authorize_security_group_ingress
    assert code_of(authorize, GroupId=own, IpPermissions=[permission]) == "InvalidParameterValue"


def test_rules_are_filtered_by_tag_and_given_in_pages(world):
    own = group(world, world.vpc(A))
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "ours", "Value": own}]}]
    ranges = [{"CidrIp": f"10.{number}.0.0/16"} for number in range(6)]
    world.ec2(A).authorize_security_group_ingress(
        GroupId=own, IpPermissions=[{**TCP, "IpRanges": ranges}], TagSpecifications=tags
    )
    pages = world.ec2(A).get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "tag:ours", "Values": [own]}], PaginationConfig={"PageSize": 5}
    )
    assert [len(page["SecurityGroupRules"]) for page in pages] == [5, 1]
    everything = [one for page in pages for one in page["SecurityGroupRules"]]
    assert {one["GroupId"] for one in everything} == {own}
    describe = world.ec2(A).describe_security_group_rules
    assert code_of(describe, Filters=[{"Name": "color", "Values": ["red"]}]) == "InvalidParameterValue"
    assert code_of(world.ec2(A).describe_security_groups, Filters=[{"Name": "color", "Values": ["red"]}]) == (
        "InvalidParameterValue"
    )


@pytest.mark.parametrize("account", [A, B])
def test_references_tell_which_peer_vpcs_use_a_group(world, account):
    connection, requester, accepter = world.active()
    vpcs = {A: requester, B: accepter}
    other = B if account == A else A
    named, naming = group(world, vpcs[account], account), group(world, vpcs[other], other)
    permission = {**TCP, "UserIdGroupPairs": [{"GroupId": named, "UserId": account}]}
    world.ec2(other).authorize_security_group_ingress(GroupId=naming, IpPermissions=[permission])
    answer = world.ec2(account).describe_security_group_references(GroupId=[named])
    assert answer["SecurityGroupReferenceSet"] == [
        {"GroupId": named, "ReferencingVpcId": vpcs[other], "VpcPeeringConnectionId": connection}
    ]


def test_a_rule_over_a_peering_that_has_ended_is_stale(world):
    connection, requester, accepter = world.active()
    own, peer = group(world, requester), group(world, accepter, B)
    permission = {**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=[permission])
    stale = world.ec2(A).describe_stale_security_groups
    assert stale(VpcId=requester)["StaleSecurityGroupSet"] == []
    world.ec2(B).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    (found,) = stale(VpcId=requester)["StaleSecurityGroupSet"]
    assert found["GroupId"] == own
    (pair,) = found["StaleIpPermissions"][0]["UserIdGroupPairs"]
    assert (pair["GroupId"], pair["PeeringStatus"]) == (peer, "deleted")
    assert code_of(stale, VpcId="vpc-0123456789abcdef0") == "InvalidVpcID.NotFound"


def test_a_rule_that_names_a_group_that_is_gone_is_stale_and_can_be_revoked(world):
    _, requester, accepter = world.active()
    own, peer = group(world, requester), group(world, accepter, B)
    permission = {**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=[permission])
    world.ec2(B).delete_security_group(GroupId=peer)
    (found,) = world.ec2(A).describe_stale_security_groups(VpcId=requester)["StaleSecurityGroupSet"]
    assert found["StaleIpPermissions"][0]["UserIdGroupPairs"][0]["PeeringStatus"] == "active"
    world.ec2(A).revoke_security_group_ingress(GroupId=own, IpPermissions=[permission])
    assert rules(world, own) == []


def test_a_new_rule_may_not_be_found_for_a_while(world):
    own = group(world, world.vpc(A))
    world.settings.change({"describe_lag_seconds": 60})
    permission = {**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    world.ec2(A).authorize_security_group_ingress(GroupId=own, IpPermissions=[permission])
    assert rules(world, own) == []
    assert code_of(
        world.ec2(A).authorize_security_group_ingress, GroupId=own, IpPermissions=[permission]
    ) == "InvalidPermission.Duplicate"
    world.advance(61)
    assert len(rules(world, own)) == 1


def test_rules_are_found_by_the_connection_that_their_tag_names(world):
    connection, requester, _ = world.active()
    own = group(world, requester)
    marked = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "peerwright:connection", "Value": connection}]}]
    add = world.ec2(A).authorize_security_group_ingress
    (ours,) = add(
        GroupId=own, IpPermissions=[{**TCP, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}], TagSpecifications=marked
    )["SecurityGroupRules"]
    add(GroupId=own, IpPermissions=[{**TCP, "IpRanges": [{"CidrIp": "10.2.0.0/16"}]}])
    for value in (connection, "*"):
        filters = [{"Name": "tag:peerwright:connection", "Values": [value]}, {"Name": "group-id", "Values": [own]}]
        found = world.ec2(A).describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        assert [one["SecurityGroupRuleId"] for one in found] == [ours["SecurityGroupRuleId"]]
    # Of rules EC2 documents no other filter for tags.
    undocumented = [{"Name": "tag-key", "Values": ["peerwright:connection"]}]
    code = code_of(world.ec2(A).describe_security_group_rules, Filters=undocumented)
    assert code == "InvalidParameterValue"


def test_a_reference_says_deleted_when_nobody_sees_its_connection_any_more(world):
    connection, requester, accepter = world.active()
    own, peer = group(world, requester), group(world, accepter, B)
    world.ec2(A).authorize_security_group_ingress(
        GroupId=own, IpPermissions=[{**TCP, "UserIdGroupPairs": [{"GroupId": peer, "UserId": B}]}]
    )
    world.ec2(A).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    world.advance(3 * 24 * 3600)
    reference = rules(world, own)[0]["ReferencedGroupInfo"]
    assert (reference["VpcPeeringConnectionId"], reference["PeeringStatus"]) == (connection, "deleted")
