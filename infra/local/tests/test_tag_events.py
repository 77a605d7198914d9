"""The event `Tag Change on Resource`."""

import time

import pytest
from ec2_world import CENTRAL, A, B, code_of, wait_for

KIND = "Tag Change on Resource"


def tags(**values):
    return [{"Key": key.replace("_", ":"), "Value": value} for key, value in values.items()]


def told(world, resource):
    """The events in the order of the changes; they may be delivered in another order."""
    found = [one for one in world.events(KIND) if one["resources"][0].endswith(f"/{resource}")]
    return sorted(found, key=lambda event: event["detail"]["version"])


def last(world, resource):
    return told(world, resource)[-1]["detail"]


def test_a_tag_on_a_vpc_has_the_event_that_aws_documents(world):
    vpc = world.vpc(B, CENTRAL)
    world.ec2(B, CENTRAL).create_tags(Resources=[vpc], Tags=tags(env="dev"))
    (event,) = told(world, vpc)
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }
    assert (event["source"], event["account"], event["region"]) == ("aws.tag", B, CENTRAL)
    assert event["resources"] == [f"arn:aws:ec2:{CENTRAL}:{B}:vpc/{vpc}"]
    detail = event["detail"]
    optional = {"tag-policy-compliant", "version-timestamp"}
    assert set(detail) - optional == {"changed-tag-keys", "tags", "service", "resource-type", "version"}
    assert (detail["service"], detail["resource-type"]) == ("ec2", "vpc")
    assert (detail["changed-tag-keys"], detail["tags"]) == (["env"], {"env": "dev"})


def test_added_changed_and_removed_keys_are_in_the_event_with_all_tags_that_are_left(world):
    vpc = world.vpc(A)
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(kept="1", changed="1", removed="1"))
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(kept="1", changed="2", added="1"))
    assert sorted(last(world, vpc)["changed-tag-keys"]) == ["added", "changed"]
    assert last(world, vpc)["tags"] == {"kept": "1", "changed": "2", "removed": "1", "added": "1"}
    world.ec2(A).delete_tags(Resources=[vpc], Tags=[{"Key": "removed"}])
    assert last(world, vpc)["changed-tag-keys"] == ["removed"]
    assert last(world, vpc)["tags"] == {"kept": "1", "changed": "2", "added": "1"}


def test_tags_given_at_creation_have_an_event_and_no_create_tags_record(world):
    specification = [{"ResourceType": "vpc", "Tags": tags(env="dev", peerwright_mesh="blue")}]
    vpc = world.ec2(A).create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=specification)["Vpc"]["VpcId"]
    (event,) = told(world, vpc)
    assert sorted(event["detail"]["changed-tag-keys"]) == ["env", "peerwright:mesh"]
    assert world.events("CreateTags") == []


def test_the_tags_of_a_subnet_have_an_event_and_those_of_a_peering_connection_have_none(world):
    connection, vpc, _ = world.active()
    cidr = world.ec2(A).describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"].replace("/16", "/24")
    subnet = world.ec2(A).create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    world.ec2(A).create_tags(Resources=[subnet, connection], Tags=tags(env="dev"))
    assert last(world, subnet)["resource-type"] == "subnet"
    assert told(world, connection) == []


def test_a_call_that_changes_nothing_or_fails_has_no_event(world):
    vpc = world.vpc(A)
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(env="dev"))
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(env="dev"))
    world.ec2(A).delete_tags(Resources=[vpc], Tags=[{"Key": "other"}])
    both = world.ec2(A).create_tags
    assert code_of(both, Resources=[vpc, "vpc-0123456789abcdef0"], Tags=tags(env="x")) == "InvalidVpcID.NotFound"
    assert code_of(both, Resources=[vpc], Tags=tags(env="y"), DryRun=True) == "DryRunOperation"
    assert len(told(world, vpc)) == 1


def test_deleting_without_tags_deletes_all(world):
    vpc = world.vpc(A)
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(one="1", two="2"))
    world.ec2(A).delete_tags(Resources=[vpc])
    assert last(world, vpc)["tags"] == {}
    assert sorted(last(world, vpc)["changed-tag-keys"]) == ["one", "two"]


def test_the_version_is_a_number_that_grows_and_is_not_always_written_as_an_integer(world):
    vpc, other = world.vpc(A), world.vpc(A)
    for number in range(20):
        world.ec2(A).create_tags(Resources=[vpc], Tags=tags(number=str(number)))
    details = [one["detail"] for one in told(world, vpc)]
    versions = [detail["version"] for detail in details]
    assert len(set(versions)) == 20
    assert {type(version) for version in versions} == {int, float}
    for field in ("tag-policy-compliant", "version-timestamp"):
        values = [detail[field] for detail in details if field in detail]
        assert 0 < len(values) < 20
        assert all(isinstance(value, str) for value in values)
    world.ec2(A).create_tags(Resources=[other], Tags=tags(env="dev"))
    assert last(world, other)["version"] < 3


def test_no_trail_is_needed_but_one_switch_stops_both_kinds_and_both_can_come_again(world):
    vpc = world.vpc(A)
    world.wait_for_deliveries()
    world.settings.change({"delivery": False})
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(env="dev"))
    record, change = world.get("events")[-2:]
    assert (record["name"], record["kind"]) == ("CreateTags", "AWS API Call via CloudTrail")
    assert (change["name"], change["kind"], change["error"]) == (KIND, KIND, None)
    assert world.events("CreateTags") == told(world, vpc) == []
    assert world.post("redeliver", {"ids": [change["id"]]})[0] == 200
    assert told(world, vpc) == [change["envelope"]]


def test_tag_events_have_a_lag_of_their_own(world):
    vpc = world.vpc(A)
    world.settings.change({"tag_lag_seconds": 0.3})
    called = time.monotonic()
    world.ec2(A).create_tags(Resources=[vpc], Tags=tags(env="dev"))
    names = lambda: [one["detail-type"] for one in world.delivered]  # noqa: E731
    wait_for(lambda: len(names()) == 2 or KIND in names())
    assert KIND not in names()
    wait_for(lambda: KIND in names())
    assert time.monotonic() - called >= 0.3


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [("k" * 129, "", "Tag key exceeds"), ("k", "v" * 257, "Tag value exceeds"), ("aws:k", "", "reserved")],
)
def test_a_tag_that_aws_does_not_accept_is_refused(world, key, value, part):
    vpc = world.vpc(A)
    with pytest.raises(Exception, match=part):
        world.ec2(A).create_tags(Resources=[vpc], Tags=[{"Key": key, "Value": value}])


def test_the_longest_tag_is_accepted(world):
    vpc = world.vpc(A)
    world.ec2(A).create_tags(Resources=[vpc], Tags=[{"Key": "k" * 128, "Value": "v" * 256}])
    assert last(world, vpc)["tags"] == {"k" * 128: "v" * 256}
