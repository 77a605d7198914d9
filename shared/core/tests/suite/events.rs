//! Events: what is read from them, what is ignored, and what is said of those that can't be read.
//!
//! The events are those of `tests/fixtures/events` at the top of the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peerwright_core::event::{Cause, Hint, MalformedEvent, Parsed, parse, read};
use peerwright_core::ids::{Place, VpcRef};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The connection that the fixtures are about.
const CONNECTION: &str = "pcx-0c4f1d20aa83b76e5";
const REQUESTER: (&str, &str) = ("210987654321", "eu-north-1");
const ACCEPTER: (&str, &str) = ("345678901234", "us-east-2");
/// The VPCs that the fixtures are about: the requester's and the accepter's.
const VPC: &str = "vpc-04b1e8a97d3c2f605";
const OTHER_VPC: &str = "vpc-0e75c09b3a1d84f26";

macro_rules! fixtures {
    ($($name:literal),+ $(,)?) => {
        /// Every fixture with its name.
        const FIXTURES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../tests/fixtures/events/", $name, ".json")))),+];
    };
}

fixtures!(
    "accept",
    "accept-dry-run",
    "accept-not-found",
    "associate-cidr-block",
    "associate-ipv6-block",
    "associate-route-table",
    "create",
    "create-refused",
    "create-route",
    "create-route-table",
    "create-same-account",
    "create-security-group",
    "create-security-group-in-default-vpc",
    "create-subnet",
    "create-tags",
    "create-tags-on-an-instance",
    "create-without-regions",
    "delete",
    "delete-tags",
    "disassociate-cidr-block",
    "disassociate-not-found",
    "disassociate-route-table",
    "instance-state-change",
    "modify-options",
    "reject",
    "replace-route-table-association",
    "tag-change",
    "tag-change-of-a-subnet",
    "tag-change-of-another-key",
    "tag-change-of-the-answer",
    "tag-change-takes-the-ask-away",
);

fn fixture(name: &str) -> Value {
    let (_, text) = FIXTURES.iter().find(|(known, _)| *known == name).expect("a fixture of this name");
    serde_json::from_str(text).expect("a fixture is JSON")
}

fn place((account, region): (&str, &str)) -> Place {
    Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") }
}

fn connection(id: &str, places: &[(&str, &str)]) -> Hint {
    Hint::Connection { id: id.parse().expect("a connection id"), places: places.iter().copied().map(place).collect() }
}

fn vpc(vpc: &str, there: (&str, &str)) -> Hint {
    Hint::Vpc(VpcRef { place: place(there), vpc: vpc.parse().expect("a VPC id") })
}

/// What reading an event comes to.
type Read = Result<Parsed, MalformedEvent>;

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what was read")]
fn hint(hint: Hint) -> Read {
    Ok(Parsed::Hint(hint))
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what was read")]
fn ignored(what: &str) -> Read {
    Ok(Parsed::Ignored(what.to_owned()))
}

/// Asserts what a fixture points at.
#[track_caller]
fn points_at(name: &str, expected: Hint) {
    assert_eq!(read(&fixture(name)), hint(expected), "{name}");
}

/// Asserts that a fixture is not for us, and what it is called.
#[track_caller]
fn is_ignored(name: &str, what: &str) {
    assert_eq!(read(&fixture(name)), ignored(what), "{name}");
}

/// Asserts which field of an event is complained of, and how.
#[track_caller]
fn malformed(event: &Value, expected: &str) {
    match read(event) {
        Err(error) => assert_eq!(error.to_string(), expected, "{event}"),
        Ok(read) => panic!("{event} was read as {read:?}"),
    }
}

/// A fixture with one field changed, or taken out where the value is `None`.
fn changed(name: &str, pointer: &str, value: Option<Value>) -> Value {
    let mut event = fixture(name);
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = event.pointer_mut(parent).and_then(Value::as_object_mut).expect("the field's parent");
    assert!(parent.contains_key(key), "{name} has no {pointer}");
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    event
}

#[test]
fn a_request_is_looked_for_in_the_accepters_place_first_and_then_in_the_requesters() {
    points_at("create", connection(CONNECTION, &[ACCEPTER, REQUESTER]));
}

#[test]
fn a_request_within_one_account_and_region_is_looked_for_in_one_place() {
    points_at("create-same-account", connection("pcx-7be20f94", &[("210987654321", "cn-north-1")]));
}

#[test]
fn a_vpc_without_a_region_is_in_the_region_of_the_event() {
    points_at("create-without-regions", connection(CONNECTION, &[("345678901234", "eu-north-1"), REQUESTER]));
}

#[test]
fn an_acceptance_is_looked_for_in_the_accepters_place_first_and_then_in_the_requesters() {
    points_at("accept", connection(CONNECTION, &[ACCEPTER, REQUESTER]));
}

#[test]
fn a_rejection_names_the_connection_and_only_the_place_of_the_call() {
    points_at("reject", connection(CONNECTION, &[ACCEPTER]));
}

#[test]
fn a_deletion_names_the_connection_and_only_the_place_of_the_call() {
    points_at("delete", connection(CONNECTION, &[REQUESTER]));
}

#[test]
fn a_change_of_options_is_wrapped_in_its_request() {
    points_at("modify-options", connection(CONNECTION, &[REQUESTER]));
}

#[test]
fn a_block_that_a_vpc_gets_points_at_the_vpc() {
    points_at("associate-cidr-block", vpc(VPC, REQUESTER));
    points_at("associate-ipv6-block", vpc(OTHER_VPC, ACCEPTER));
}

#[test]
fn a_block_that_a_vpc_loses_points_at_the_vpc_that_the_response_alone_names() {
    points_at("disassociate-cidr-block", vpc(VPC, REQUESTER));
}

#[test]
fn what_is_made_in_a_vpc_points_at_the_vpc() {
    for name in ["create-route-table", "create-subnet", "create-security-group"] {
        points_at(name, vpc(VPC, REQUESTER));
    }
}

#[test]
fn a_group_in_the_default_vpc_names_none_and_points_at_its_place() {
    points_at("create-security-group-in-default-vpc", Hint::Place(place(REQUESTER)));
}

#[test]
fn other_changes_of_what_plans_select_point_at_their_place() {
    for name in ["associate-route-table", "disassociate-route-table", "replace-route-table-association", "create-tags", "delete-tags"] {
        points_at(name, Hint::Place(place(REQUESTER)));
    }
}

#[test]
fn tags_on_what_no_plan_selects_are_ignored() {
    is_ignored("create-tags-on-an-instance", "CreateTags on nothing that is selected by tags");
    let items = "/detail/requestParameters/resourcesSet/items";
    for other in ["vpc-04b1e8a97d3c2f605", "pcx-0c4f1d20aa83b76e5", "sgr-0a0a0a0a", "eni-0a0a0a0a"] {
        let event = changed("delete-tags", items, Some(json!([{ "resourceId": other }, { "resourceId": "i-0a0a0a0a" }])));
        assert_eq!(read(&event), ignored("DeleteTags on nothing that is selected by tags"), "{other}");
    }
    for selected in ["rtb-0a0a0a0a", "subnet-0a0a0a0a", "sg-0a0a0a0a"] {
        let event = changed("create-tags", items, Some(json!([{ "resourceId": "i-0a0a0a0a" }, { "resourceId": selected }])));
        assert_eq!(read(&event), hint(Hint::Place(place(REQUESTER))), "{selected}");
    }
}

#[test]
fn tags_on_what_is_not_told_point_at_their_place() {
    let there = hint(Hint::Place(place(REQUESTER)));
    assert_eq!(read(&changed("create-tags-on-an-instance", "/detail/requestParameters", None)), there);
    assert_eq!(read(&changed("create-tags-on-an-instance", "/detail/requestParameters/resourcesSet", Some(json!("")))), there);
    let items = "/detail/requestParameters/resourcesSet/items";
    for untold in [json!({ "resourceId": "i-0a0a0a0a" }), json!([{ "resourceId": 7 }]), json!([{}])] {
        assert_eq!(read(&changed("create-tags-on-an-instance", items, Some(untold.clone()))), there, "{untold}");
    }
}

#[test]
fn a_wrapped_record_is_read_whatever_became_of_its_other_values() {
    let response = "/detail/responseElements/AssociateVpcCidrBlockResponse";
    for (name, pointer, value) in [
        // A list of one is its only item, an empty one is a text.
        ("associate-cidr-block", format!("{response}/cidrBlockAssociation"), json!({ "item": { "cidrBlock": "10.73.0.0/16" } })),
        ("associate-cidr-block", format!("{response}/cidrBlockAssociation"), json!({ "item": [{ "cidrBlock": 10 }, {}] })),
        ("associate-cidr-block", format!("{response}/cidrBlockAssociation"), json!("")),
        // Values are guessed at.
        ("associate-cidr-block", "/detail/userIdentity/accountId".to_owned(), json!(210_987_654_321_u64)),
        ("associate-cidr-block", "/detail/recipientAccountId".to_owned(), json!(210_987_654_321_u64)),
        ("associate-cidr-block", "/detail/requestParameters/AssociateVpcCidrBlockRequest/CidrBlock".to_owned(), json!(true)),
        ("associate-cidr-block", "/detail/responseElements".to_owned(), json!(null)),
        ("disassociate-cidr-block", "/detail/requestParameters".to_owned(), json!(null)),
        (
            "disassociate-cidr-block",
            "/detail/responseElements/DisassociateVpcCidrBlockResponse/cidrBlockAssociation".to_owned(),
            json!({ "ownerId": 210_987_654_321_u64, "item": "" }),
        ),
    ] {
        assert_eq!(read(&changed(name, &pointer, Some(value))), hint(vpc(VPC, REQUESTER)), "{name} {pointer}");
    }
}

#[test]
fn tags_of_a_vpc_that_change_point_at_the_vpc() {
    points_at("tag-change", vpc(VPC, REQUESTER));
    points_at("tag-change-of-another-key", vpc(VPC, REQUESTER));
}

#[test]
fn an_ask_that_is_taken_away_points_at_the_vpc_as_well() {
    points_at("tag-change-takes-the-ask-away", vpc(VPC, REQUESTER));
}

#[test]
fn answers_that_we_set_ourselves_point_nowhere_and_asks_beside_them_do() {
    is_ignored("tag-change-of-the-answer", "tags that we set");
    let keys = "/detail/changed-tag-keys";
    for (changed_keys, ours) in [
        (json!(["peerwright:status"]), true),
        (json!(["peerwright:rule"]), true),
        (json!(["peerwright:something-new"]), true),
        (json!(["peerwright:status", "peerwright:peer-with"]), false),
        (json!(["peerwright:mesh"]), false),
        (json!(["peerwright:rule", "env"]), false),
        (json!(["Peerwright:status"]), false),
        (json!(["peerwright"]), false),
        (json!(["peerwright:status", 7]), false),
        // What changed is not told: it may be anything.
        (json!([]), false),
        (json!("peerwright:status"), false),
        (json!(null), false),
    ] {
        let expected = if ours { ignored("tags that we set") } else { hint(vpc(VPC, REQUESTER)) };
        assert_eq!(read(&changed("tag-change", keys, Some(changed_keys.clone()))), expected, "{changed_keys}");
    }
    assert_eq!(read(&changed("tag-change", keys, None)), hint(vpc(VPC, REQUESTER)));
}

#[test]
fn tags_of_other_things_are_ignored_by_their_kind() {
    is_ignored("tag-change-of-a-subnet", "tags of ec2 subnet");
    let of = |service: &str, kind: &str| {
        let mut event = fixture("tag-change");
        event["detail"]["service"] = json!(service);
        event["detail"]["resource-type"] = json!(kind);
        read(&event)
    };
    assert_eq!(of("ec2", "vpc-peering-connection"), ignored("tags of ec2 vpc-peering-connection"));
    assert_eq!(of("rds", "vpc"), ignored("tags of rds vpc"));
}

#[test]
fn versions_and_newer_fields_of_a_tag_event_make_no_difference() {
    let version = "/detail/version";
    for number in [json!(4), json!(4.0), json!(1e300), json!("4"), json!(null)] {
        assert_eq!(read(&changed("tag-change", version, Some(number.clone()))), hint(vpc(VPC, REQUESTER)), "{number}");
    }
    for field in ["version", "version-timestamp", "tag-policy-compliant", "tags"] {
        assert_eq!(read(&changed("tag-change", &format!("/detail/{field}"), None)), hint(vpc(VPC, REQUESTER)), "{field}");
    }
    let mut event = fixture("tag-change");
    event["detail"]["a-field-of-next-year"] = json!("true");
    assert_eq!(read(&event), hint(vpc(VPC, REQUESTER)));
}

#[test]
fn the_arn_of_any_partition_names_its_vpc() {
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-eusc"] {
        let arn = format!("arn:{partition}:ec2:eu-north-1:210987654321:vpc/{VPC}");
        assert_eq!(read(&changed("tag-change", "/resources", Some(json!([arn])))), hint(vpc(VPC, REQUESTER)));
    }
}

#[test]
fn a_tag_event_without_its_vpc_is_malformed_and_the_field_is_named() {
    for resources in [json!([]), json!([7]), json!({}), json!(null)] {
        malformed(&changed("tag-change", "/resources", Some(resources)), "`resources[0]` of the event is missing or not text");
    }
    malformed(&changed("tag-change", "/resources", None), "`resources[0]` of the event is missing or not text");
    for (arn, id) in [
        (format!("arn:aws:ec2:eu-north-1:210987654321:{VPC}"), ""),
        ("arn:aws:ec2:eu-north-1:210987654321:vpc/".to_owned(), ""),
        ("arn:aws:ec2:eu-north-1:210987654321:subnet/subnet-0ab4c7719e83f2d50".to_owned(), "subnet-0ab4c7719e83f2d50"),
        (String::new(), ""),
    ] {
        malformed(
            &changed("tag-change", "/resources", Some(json!([arn]))),
            &format!("`resources[0]` of the event is wrong: `{id}` is not a VPC id (vpc- and 8 or 17 hexadecimal digits)"),
        );
    }
    for field in ["service", "resource-type"] {
        malformed(
            &changed("tag-change", &format!("/detail/{field}"), None),
            &format!("`detail.{field}` of the event is missing or not text"),
        );
    }
    malformed(&changed("tag-change", "/region", None), "`region` of the event is missing or not text");
}

#[test]
fn calls_that_failed_are_ignored_with_their_code() {
    for (name, what) in [
        ("create-refused", "CreateVpcPeeringConnection that failed with Client.UnauthorizedOperation"),
        ("accept-not-found", "AcceptVpcPeeringConnection that failed with Client.InvalidVpcPeeringConnectionID.NotFound"),
        ("accept-dry-run", "AcceptVpcPeeringConnection that failed with Client.DryRunOperation"),
        ("disassociate-not-found", "DisassociateVpcCidrBlock that failed with Client.InvalidVpcCidrBlockAssociationID.NotFound"),
    ] {
        is_ignored(name, what);
    }
    for name in ["associate-cidr-block", "create-subnet", "associate-route-table", "create-tags"] {
        let mut event = fixture(name);
        event["detail"]["errorCode"] = json!("Client.DryRunOperation");
        let what = format!("{} that failed with Client.DryRunOperation", event["detail"]["eventName"].as_str().expect("a name"));
        assert_eq!(read(&event), Ok(Parsed::Ignored(what)), "{name}");
    }
}

#[test]
fn events_about_other_things_are_ignored_by_their_name() {
    is_ignored("instance-state-change", "aws.ec2 EC2 Instance State-change Notification");
    is_ignored("create-route", "CreateRoute");
    assert_eq!(read(&changed("tag-change", "/detail-type", Some(json!("Tags")))), ignored("aws.tag Tags"));
}

#[test]
fn events_that_nobody_has_heard_of_are_ignored() {
    assert_eq!(read(&json!({ "source": "com.example", "detail-type": "Hello" })), ignored("com.example Hello"));
    assert_eq!(read(&json!({ "source": "com.example" })), ignored("com.example event"));
    let renamed = changed("create", "/detail/eventName", Some(json!("CreateVpcPeeringConnectionV2")));
    assert_eq!(read(&renamed), ignored("CreateVpcPeeringConnectionV2"));
    let elsewhere = changed("create", "/source", Some(json!("aws.s3")));
    assert_eq!(read(&elsewhere), ignored("aws.s3 AWS API Call via CloudTrail"));
}

#[test]
fn nothing_but_the_connection_and_its_places_is_believed() {
    let mut event = fixture("create");
    event["detail"]["responseElements"]["vpcPeeringConnection"]["status"]["code"] = json!("active");
    event["detail"]["responseElements"]["vpcPeeringConnection"]["requesterVpcInfo"]["cidrBlock"] = json!("0.0.0.0/0");
    event["detail"]["userIdentity"] = json!({ "type": "Root" });
    event["time"] = json!("yesterday");
    assert_eq!(read(&event), read(&fixture("create")));
}

#[test]
fn an_end_that_cant_be_read_is_left_out_and_the_event_still_points_somewhere() {
    let info = "/detail/responseElements/vpcPeeringConnection/accepterVpcInfo";
    for (field, value) in [
        ("ownerId", None),
        ("ownerId", Some(json!(345_678_901_234_u64))),
        ("ownerId", Some(json!("me"))),
        ("region", Some(json!("Ohio"))),
        ("region", Some(json!(null))),
        ("region", Some(json!({}))),
    ] {
        let event = changed("create", &format!("{info}/{field}"), value);
        assert_eq!(read(&event), hint(connection(CONNECTION, &[REQUESTER])), "{event}");
    }
    let event = changed("create", info, None);
    assert_eq!(read(&event), hint(connection(CONNECTION, &[REQUESTER])));
}

#[test]
fn an_event_without_its_connection_is_malformed_and_the_field_is_named() {
    for (name, field) in [
        ("create", "detail.responseElements.vpcPeeringConnection.vpcPeeringConnectionId"),
        ("accept", "detail.requestParameters.vpcPeeringConnectionId"),
        ("reject", "detail.requestParameters.vpcPeeringConnectionId"),
        ("delete", "detail.requestParameters.vpcPeeringConnectionId"),
        ("modify-options", "detail.requestParameters.ModifyVpcPeeringConnectionOptionsRequest.VpcPeeringConnectionId"),
    ] {
        let pointer = format!("/{}", field.replace('.', "/"));
        malformed(&changed(name, &pointer, None), &format!("`{field}` of the event is missing or not text"));
        malformed(&changed(name, &pointer, Some(json!(7))), &format!("`{field}` of the event is missing or not text"));
        malformed(
            &changed(name, &pointer, Some(json!("vpc-0123456789abcdef0"))),
            &format!(
                "`{field}` of the event is wrong: `vpc-0123456789abcdef0` is not a peering connection id (pcx- and 8 or 17 hexadecimal digits)"
            ),
        );
    }
}

#[test]
fn an_event_without_its_vpc_is_malformed_and_the_field_is_named() {
    for (name, field) in [
        ("associate-cidr-block", "detail.requestParameters.AssociateVpcCidrBlockRequest.VpcId"),
        ("disassociate-cidr-block", "detail.responseElements.DisassociateVpcCidrBlockResponse.vpcId"),
        ("create-route-table", "detail.requestParameters.vpcId"),
        ("create-subnet", "detail.requestParameters.vpcId"),
    ] {
        let pointer = format!("/{}", field.replace('.', "/"));
        malformed(&changed(name, &pointer, None), &format!("`{field}` of the event is missing or not text"));
        malformed(&changed(name, &pointer, Some(json!(["vpc-0a0a0a0a"]))), &format!("`{field}` of the event is missing or not text"));
    }
    malformed(
        &changed("create-security-group", "/detail/requestParameters/vpcId", Some(json!("vpc-1"))),
        "`detail.requestParameters.vpcId` of the event is wrong: `vpc-1` is not a VPC id (vpc- and 8 or 17 hexadecimal digits)",
    );
}

#[test]
fn an_event_without_its_place_or_name_is_malformed_and_the_field_is_named() {
    malformed(&changed("delete", "/account", None), "`account` of the event is missing or not text");
    malformed(&changed("delete", "/region", None), "`region` of the event is missing or not text");
    malformed(
        &changed("delete", "/account", Some(json!("21098765432"))),
        "`account` of the event is wrong: `21098765432` is not an account id (12 digits)",
    );
    malformed(
        &changed("delete", "/region", Some(json!("Stockholm"))),
        "`region` of the event is wrong: `Stockholm` is not a Region (such as eu-west-1)",
    );
    malformed(&changed("delete", "/detail/eventName", None), "`detail.eventName` of the event is missing or not text");
    malformed(&changed("delete", "/detail", Some(json!([]))), "`detail.eventName` of the event is missing or not text");
}

#[test]
fn a_person_points_at_a_connection() {
    let request = json!({ "connection": CONNECTION, "account": "345678901234", "region": "us-east-2" });
    assert_eq!(read(&request), hint(connection(CONNECTION, &[ACCEPTER])));
}

#[test]
fn a_connection_may_be_passed_on_with_further_places_none_of_them_twice() {
    let there = |(account, region): (&str, &str)| json!({ "account": account, "region": region });
    let request = |places: &Value| json!({ "connection": CONNECTION, "account": ACCEPTER.0, "region": ACCEPTER.1, "places": places });
    let both = hint(connection(CONNECTION, &[ACCEPTER, REQUESTER]));
    assert_eq!(read(&request(&json!([there(REQUESTER)]))), both);
    assert_eq!(read(&request(&json!([there(ACCEPTER), there(REQUESTER), there(REQUESTER)]))), both);
    for none in [json!([]), json!(null), json!("eu-north-1")] {
        assert_eq!(read(&request(&none)), hint(connection(CONNECTION, &[ACCEPTER])), "{none}");
    }
    malformed(&request(&json!([{ "account": REQUESTER.0 }])), "`region` of the event is missing or not text");
}

#[test]
fn a_person_points_at_a_vpc() {
    let request = json!({ "vpc": VPC, "account": REQUESTER.0, "region": REQUESTER.1 });
    assert_eq!(read(&request), hint(vpc(VPC, REQUESTER)));
}

#[test]
fn a_person_points_at_a_place_and_means_all_that_is_pending_there() {
    for request in [
        json!({ "account": "345678901234", "region": "us-east-2" }),
        json!({ "connection": null, "vpc": null, "sweep": null, "account": "345678901234", "region": "us-east-2" }),
    ] {
        assert_eq!(read(&request), hint(Hint::Pending(place(ACCEPTER))));
    }
}

#[test]
fn a_sweep_goes_to_one_place_or_everywhere_and_to_nothing_in_between() {
    assert_eq!(read(&json!({ "sweep": "all" })), hint(Hint::Everywhere));
    let there = json!({ "account": "345678901234", "region": "us-east-2" });
    assert_eq!(read(&json!({ "sweep": there })), hint(Hint::Place(place(ACCEPTER))));
    for wrong in [json!("All"), json!("everything"), json!(""), json!(true), json!([]), json!({}), json!(["all"])] {
        malformed(
            &json!({ "sweep": wrong, "account": "345678901234", "region": "us-east-2" }),
            "`account` of the event is missing or not text",
        );
    }
    malformed(&json!({ "sweep": { "account": "345678901234" } }), "`region` of the event is missing or not text");
}

#[test]
fn a_persons_mistake_is_named_by_its_field_and_never_widens_the_request() {
    malformed(&json!({ "connection": CONNECTION, "region": "us-east-2" }), "`account` of the event is missing or not text");
    malformed(&json!({ "connection": CONNECTION, "account": "345678901234" }), "`region` of the event is missing or not text");
    malformed(
        &json!({ "connection": CONNECTION, "account": 345_678_901_234_u64, "region": "us-east-2" }),
        "`account` of the event is missing or not text",
    );
    malformed(
        &json!({ "connection": [CONNECTION], "account": "345678901234", "region": "us-east-2" }),
        "`connection` of the event is missing or not text",
    );
    malformed(
        &json!({ "connection": "", "account": "345678901234", "region": "us-east-2" }),
        "`connection` of the event is wrong: `` is not a peering connection id (pcx- and 8 or 17 hexadecimal digits)",
    );
}

#[test]
fn a_vpc_that_is_mistyped_never_widens_the_request_either() {
    malformed(&json!({ "vpc": VPC, "region": "us-east-2" }), "`account` of the event is missing or not text");
    malformed(&json!({ "vpc": [VPC], "account": "345678901234", "region": "us-east-2" }), "`vpc` of the event is missing or not text");
    malformed(
        &json!({ "vpc": "", "account": "345678901234", "region": "us-east-2" }),
        "`vpc` of the event is wrong: `` is not a VPC id (vpc- and 8 or 17 hexadecimal digits)",
    );
}

#[test]
fn a_cause_is_the_event_and_who_asked_for_the_connection() {
    let event = fixture("create");
    let Cause { events, principal, .. } = Cause::read(&event);
    assert_eq!(events, [event["detail"]["eventID"].as_str().expect("an id")]);
    assert_eq!(principal.as_deref(), event["detail"]["userIdentity"]["arn"].as_str());
    assert!(principal.is_some());
}

#[test]
fn whoever_made_another_call_did_not_ask() {
    for name in ["accept", "delete", "modify-options", "create-tags", "create-subnet"] {
        let event = fixture(name);
        assert!(event["detail"]["userIdentity"]["arn"].is_string(), "{name}");
        let id = event["detail"]["eventID"].as_str().expect("an id").to_owned();
        let accepted_by = (name == "accept").then(|| event["detail"]["userIdentity"]["arn"].as_str().expect("an ARN").to_owned());
        let at = event["detail"]["eventTime"].as_str().and_then(|time| time.parse().ok());
        let rearranged = name.starts_with("create");
        assert_eq!(Cause::read(&event), Cause { events: vec![id], accepted_by, at, rearranged, ..Cause::default() }, "{name}");
    }
}

#[test]
fn what_plans_are_made_of_was_rearranged_and_what_decisions_rest_on_was_not() {
    for (name, _) in FIXTURES {
        let event = fixture(name);
        let call = event["detail"]["eventName"].as_str().unwrap_or_default();
        let made = ["CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateTags", "DeleteTags"].contains(&call);
        assert_eq!(Cause::read(&event).rearranged, made || call.ends_with("RouteTable") || call.ends_with("Association"), "{name}");
    }
    assert!(!Cause::read(&json!({ "detail": { "eventName": "CreateSubnet" } })).rearranged, "what AWS did not send");
}

#[test]
fn of_causes_that_are_joined_each_must_tell_of_what_was_rearranged() {
    let event = Cause { rearranged: true, ..Cause::default() };
    for (other, expected) in [(event.clone(), true), (Cause::default(), false)] {
        let (mut one, mut turned) = (event.clone(), other.clone());
        one.join(other);
        turned.join(event.clone());
        assert_eq!((one.rearranged, turned.rearranged), (expected, expected), "a message of a sweep about the same place wants a look");
    }
}

#[test]
fn of_causes_that_are_joined_the_latest_moment_counts_and_none_where_one_has_none() {
    let at = |text: &str| Cause { at: text.parse().ok(), ..Cause::default() };
    let (early, late) = (at("2026-03-16T13:30:02Z"), at("2026-03-16T13:31:00Z"));
    for (mut one, other, expected) in
        [(early.clone(), late.clone(), late.at), (late.clone(), early.clone(), late.at), (early, Cause::default(), None)]
    {
        one.join(other);
        assert_eq!(one.at, expected);
    }
}

#[test]
fn a_cause_without_a_record_of_cloudtrail_is_the_events_own_id() {
    let cause = Cause::read(&fixture("tag-change"));
    let events = vec!["449274d2-ea59-479a-ad3a-32a86af25748".to_owned()];
    let at = "2026-03-16T13:30:02Z".parse().ok();
    assert_eq!(cause, Cause { events, at, ..Cause::default() });
    assert_eq!(Cause::read(&json!({ "sweep": "all" })), Cause::default());
    assert_eq!(Cause::read(&json!({ "id": 7, "principal": ["me"], "events": "one" })), Cause::default());
}

#[test]
fn a_message_passes_its_causes_on() {
    let message = json!({ "sweep": "all", "events": ["one", 2, "three"], "principal": "arn:aws:iam::210987654321:user/ines" });
    let cause = Cause::read(&message);
    assert_eq!(cause.events, ["one", "three"]);
    assert_eq!(cause.principal.as_deref(), Some("arn:aws:iam::210987654321:user/ines"));
}

#[test]
fn causes_that_are_joined_name_each_event_once_and_whoever_came_first() {
    let cause = |events: &[&str], who: Option<&str>| Cause {
        events: events.iter().map(ToString::to_string).collect(),
        principal: who.map(str::to_owned),
        ..Cause::default()
    };
    let mut sum = cause(&["one", "two"], None);
    sum.join(cause(&["two", "three"], Some("ines")));
    assert_eq!(sum, cause(&["one", "two", "three"], Some("ines")));
    sum.join(cause(&[], Some("joren")));
    assert_eq!(sum, cause(&["one", "two", "three"], Some("ines")));
    sum.join(Cause::default());
    assert_eq!(sum, cause(&["one", "two", "three"], Some("ines")));
}

#[test]
fn a_person_who_wants_it_tried_again_says_so_in_the_message_and_is_not_forgotten_where_it_is_joined() {
    let retry = |event: Value| Cause::read(&event).retry;
    assert!(retry(json!({ "connection": CONNECTION, "retry": true })));
    assert!(![json!({}), json!({ "retry": "true" }), json!({ "retry": null })].into_iter().any(retry));
    let mut sum = Cause::default();
    sum.join(Cause { retry: true, ..Cause::default() });
    sum.join(Cause::default());
    assert!(sum.retry);
}

#[test]
fn a_hint_that_points_nowhere_is_no_message() {
    assert_eq!(connection(CONNECTION, &[]).message(), None);
}

#[test]
fn messages_are_those_that_a_person_may_write() {
    let there = json!({ "account": REQUESTER.0, "region": REQUESTER.1 });
    let message = |hint: Hint| hint.message().expect("a message");
    assert_eq!(message(Hint::Everywhere), json!({ "sweep": "all" }));
    assert_eq!(message(Hint::Place(place(REQUESTER))), json!({ "sweep": there }));
    assert_eq!(message(Hint::Pending(place(REQUESTER))), there);
    assert_eq!(message(vpc(VPC, REQUESTER)), json!({ "vpc": VPC, "account": REQUESTER.0, "region": REQUESTER.1 }));
    let expected = json!({ "connection": CONNECTION, "account": REQUESTER.0, "region": REQUESTER.1, "places": [there] });
    assert_eq!(message(connection(CONNECTION, &[REQUESTER])), expected);
}

#[test]
fn every_event_of_the_folder_is_read_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/events");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .expect("the folder can be listed")
        .filter_map(|entry| entry.expect("an entry can be read").file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    assert_eq!(files, FIXTURES.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn a_message_that_is_no_object_is_malformed() {
    for event in [json!(null), json!(7), json!("pcx-0c4f1d20aa83b76e5"), json!([]), json!({})] {
        malformed(&event, "`account` of the event is missing or not text");
    }
}

#[test]
fn a_message_that_is_not_json_is_malformed_and_says_where() {
    for bytes in [&b""[..], b"{", b"{\"source\": aws.ec2}", b"\xff\xfe", b"{} {}"] {
        let error = parse(bytes).expect_err("not JSON");
        assert!(matches!(&error, MalformedEvent::NotJson(_)), "{error:?}");
        assert!(error.to_string().starts_with("the message is not JSON: ") && error.to_string().contains("line 1"), "{error}");
    }
}

#[test]
fn bytes_are_read_like_the_json_they_are() {
    for (name, text) in FIXTURES {
        assert_eq!(parse(text.as_bytes()), read(&fixture(name)), "{name}");
    }
}

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                "source|detail-type|detail|account|region|connection|vpc|sweep|places|events|id|[a-z]{1,3}",
                inner,
                0..4
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn some_place() -> impl Strategy<Value = Place> {
    ("[0-9]{12}", prop::sample::select(&["eu-west-1", "us-gov-east-1", "cn-north-1"][..]))
        .prop_map(|(account, region)| place((&account, region)))
}

/// Every hint that points somewhere, with places none of which is there twice.
fn some_hint() -> impl Strategy<Value = Hint> {
    let id = "([0-9a-f]{8}|[0-9a-f]{17})";
    prop_oneof![
        (id, prop::collection::hash_set(some_place(), 1..4)).prop_map(|(id, places)| Hint::Connection {
            id: format!("pcx-{id}").parse().expect("a connection id"),
            places: places.into_iter().collect(),
        }),
        some_place().prop_map(Hint::Pending),
        (id, some_place()).prop_map(|(id, place)| Hint::Vpc(VpcRef { place, vpc: format!("vpc-{id}").parse().expect("a VPC id") })),
        some_place().prop_map(Hint::Place),
        Just(Hint::Everywhere),
    ]
}

/// The pointers to every value of a document, its leaves and its branches.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| pointers(value, &format!("{here}/{key}"), found)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{here}/{index}"), found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn any_bytes_end_in_a_hint_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_json_ends_in_a_hint_or_an_error(event in arbitrary_json()) {
        let _ = read(&event);
    }

    #[test]
    fn any_json_has_a_cause_of_what_stands_in_it(event in arbitrary_json()) {
        let text = event.to_string();
        prop_assert!(Cause::read(&event).events.iter().all(|id| text.contains(&json!(id).to_string())));
    }

    #[test]
    fn a_hint_that_is_passed_on_arrives_as_it_was(hint in some_hint()) {
        let message = hint.message().expect("it points somewhere");
        prop_assert_eq!(read(&message), Ok(Parsed::Hint(hint.clone())));
        prop_assert_eq!(parse(message.to_string().as_bytes()), Ok(Parsed::Hint(hint)));
    }

    #[test]
    fn a_message_may_carry_its_causes_and_means_the_same(hint in some_hint(), events in prop::collection::vec("[a-z0-9-]{1,36}", 0..3)) {
        let mut message = hint.message().expect("it points somewhere");
        message["events"] = json!(events);
        message["principal"] = json!("somebody");
        prop_assert_eq!(read(&message), Ok(Parsed::Hint(hint)));
        prop_assert_eq!(Cause::read(&message), Cause { events, principal: Some("somebody".to_owned()), ..Cause::default() });
    }

    #[test]
    fn an_event_with_any_value_changed_points_where_it_did_or_nowhere(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        with in arbitrary_json(),
    ) {
        let (name, _) = which.get(FIXTURES);
        let mut event = fixture(name);
        let original = read(&event);
        let mut all = Vec::new();
        pointers(&event, "", &mut all);
        let place: &String = place.get(&all);
        *event.pointer_mut(place).expect("one of its own pointers") = with;
        match (read(&event), original) {
            (Ok(Parsed::Hint(Hint::Connection { id, .. })), Ok(Parsed::Hint(Hint::Connection { id: was, .. }))) => prop_assert_eq!(id, was),
            (Ok(Parsed::Hint(Hint::Vpc(vpc))), Ok(Parsed::Hint(Hint::Vpc(was)))) => prop_assert_eq!(vpc, was),
            (Ok(Parsed::Hint(Hint::Place(place))), Ok(Parsed::Hint(Hint::Place(was)))) => prop_assert_eq!(place, was),
            _ => {}
        }
    }

    #[test]
    fn an_event_cut_short_is_malformed(which in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let (_, text) = which.get(FIXTURES);
        let text = text.trim_end().as_bytes();
        let cut = parse(&text[..end.index(text.len())]);
        prop_assert!(matches!(cut, Err(MalformedEvent::NotJson(_))), "{:?}", cut);
    }
}

#[test]
fn what_a_person_wants_tried_now_is_handed_on_for_that_connection_alone() {
    let place: Place = "111111111111/eu-west-1".parse().expect("a place");
    let connection = |id: &str| Hint::Connection { id: id.parse().expect("an id"), places: vec![place.clone()] };
    let vpc = Hint::Vpc("111111111111/eu-west-1/vpc-0000000a".parse().expect("a VPC"));
    let asked = Cause { retry: true, events: vec!["retry-1".to_owned()], ..Cause::default() };
    let (one, other) = (connection("pcx-0000000a"), connection("pcx-0000000b"));
    assert_eq!(asked.handed_on(&one, &one), asked);
    for (from, to) in [(&one, &other), (&one, &vpc), (&vpc, &one), (&vpc, &vpc), (&one, &Hint::Everywhere)] {
        assert_eq!(asked.handed_on(from, to), Cause { retry: false, ..asked.clone() }, "{from:?} {to:?}");
    }
}
