//! Events: what is read from them, what is ignored, and what is said of those that can't be read.
//!
//! The events are those of `tests/fixtures/events` at the top of the repository.

use peerwright_core::event::{Hint, MalformedEvent, parse, read};
use peerwright_core::ids::Place;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The connection that the fixtures are about.
const CONNECTION: &str = "pcx-0c4f1d20aa83b76e5";
const REQUESTER: (&str, &str) = ("210987654321", "eu-north-1");
const ACCEPTER: (&str, &str) = ("345678901234", "us-east-2");

macro_rules! fixtures {
    ($($name:literal),+ $(,)?) => {
        /// Every fixture with its name.
        const FIXTURES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../tests/fixtures/events/", $name, ".json")))),+];
    };
}

fixtures!(
    "accept",
    "accept-dry-run",
    "accept-not-found",
    "create",
    "create-refused",
    "create-route",
    "create-same-account",
    "create-without-regions",
    "delete",
    "instance-state-change",
    "modify-options",
    "reject",
    "tag-change",
);

fn fixture(name: &str) -> Value {
    let (_, text) = FIXTURES.iter().find(|(known, _)| *known == name).expect("a fixture of this name");
    serde_json::from_str(text).expect("a fixture is JSON")
}

fn connection(id: &str, places: &[(&str, &str)]) -> Hint {
    let place = |&(account, region): &(&str, &str)| Place {
        account: account.parse().expect("an account"),
        region: region.parse().expect("a Region"),
    };
    Hint::Connection { id: id.parse().expect("a connection id"), places: places.iter().map(place).collect() }
}

/// Asserts what a fixture points at.
#[track_caller]
fn points_at(name: &str, expected: &Hint) {
    assert_eq!(read(&fixture(name)).as_ref(), Ok(expected), "{name}");
}

/// Asserts which field of an event is complained of, and how.
#[track_caller]
fn malformed(event: &Value, expected: &str) {
    match read(event) {
        Err(error) => assert_eq!(error.to_string(), expected, "{event}"),
        Ok(hint) => panic!("{event} was read as {hint:?}"),
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
fn a_request_is_looked_for_in_the_requesters_place_first_and_then_in_the_accepters() {
    points_at("create", &connection(CONNECTION, &[REQUESTER, ACCEPTER]));
}

#[test]
fn a_request_within_one_account_and_region_is_looked_for_in_one_place() {
    points_at("create-same-account", &connection("pcx-7be20f94", &[("210987654321", "cn-north-1")]));
}

#[test]
fn a_vpc_without_a_region_is_in_the_region_of_the_event() {
    points_at("create-without-regions", &connection(CONNECTION, &[REQUESTER, ("345678901234", "eu-north-1")]));
}

#[test]
fn an_acceptance_is_looked_for_in_the_accepters_place_first_and_then_in_the_requesters() {
    points_at("accept", &connection(CONNECTION, &[ACCEPTER, REQUESTER]));
}

#[test]
fn a_rejection_names_the_connection_and_only_the_place_of_the_call() {
    points_at("reject", &connection(CONNECTION, &[ACCEPTER]));
}

#[test]
fn a_deletion_names_the_connection_and_only_the_place_of_the_call() {
    points_at("delete", &connection(CONNECTION, &[REQUESTER]));
}

#[test]
fn a_change_of_options_is_wrapped_in_its_request() {
    points_at("modify-options", &connection(CONNECTION, &[REQUESTER]));
}

#[test]
fn calls_that_failed_are_ignored_with_their_code() {
    let ignored = |name| read(&fixture(name)).expect("an event");
    assert_eq!(
        ignored("create-refused"),
        Hint::Ignored("CreateVpcPeeringConnection that failed with Client.UnauthorizedOperation".to_owned())
    );
    assert_eq!(
        ignored("accept-not-found"),
        Hint::Ignored("AcceptVpcPeeringConnection that failed with Client.InvalidVpcPeeringConnectionID.NotFound".to_owned())
    );
    assert_eq!(ignored("accept-dry-run"), Hint::Ignored("AcceptVpcPeeringConnection that failed with Client.DryRunOperation".to_owned()));
}

#[test]
fn events_about_other_things_are_ignored_by_their_name() {
    points_at("tag-change", &Hint::Ignored("aws.tag Tag Change on Resource".to_owned()));
    points_at("instance-state-change", &Hint::Ignored("aws.ec2 EC2 Instance State-change Notification".to_owned()));
    points_at("create-route", &Hint::Ignored("CreateRoute".to_owned()));
}

#[test]
fn events_that_nobody_has_heard_of_are_ignored() {
    assert_eq!(read(&json!({ "source": "com.example", "detail-type": "Hello" })), Ok(Hint::Ignored("com.example Hello".to_owned())));
    assert_eq!(read(&json!({ "source": "com.example" })), Ok(Hint::Ignored("com.example event".to_owned())));
    let renamed = changed("create", "/detail/eventName", Some(json!("CreateVpcPeeringConnectionV2")));
    assert_eq!(read(&renamed), Ok(Hint::Ignored("CreateVpcPeeringConnectionV2".to_owned())));
    let elsewhere = changed("create", "/source", Some(json!("aws.s3")));
    assert_eq!(read(&elsewhere), Ok(Hint::Ignored("aws.s3 AWS API Call via CloudTrail".to_owned())));
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
        assert_eq!(read(&event), Ok(connection(CONNECTION, &[REQUESTER])), "{event}");
    }
    let event = changed("create", info, None);
    assert_eq!(read(&event), Ok(connection(CONNECTION, &[REQUESTER])));
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
fn an_event_without_its_place_or_name_is_malformed_and_the_field_is_named() {
    malformed(&changed("delete", "/account", None), "`account` of the event is missing or not text");
    malformed(&changed("delete", "/region", None), "`region` of the event is missing or not text");
    malformed(
        &changed("delete", "/account", Some(json!("21098765432"))),
        "`account` of the event is wrong: `21098765432` is not an account id (12 digits, in quotes)",
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
    assert_eq!(read(&request), Ok(connection(CONNECTION, &[ACCEPTER])));
}

#[test]
fn a_person_points_at_a_place_and_means_all_that_is_pending_there() {
    let Hint::Connection { places, .. } = connection(CONNECTION, &[ACCEPTER]) else { unreachable!("a connection") };
    for request in [
        json!({ "account": "345678901234", "region": "us-east-2" }),
        json!({ "connection": null, "account": "345678901234", "region": "us-east-2" }),
    ] {
        assert_eq!(read(&request), Ok(Hint::Pending(places[0].clone())));
    }
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
            prop::collection::btree_map("source|detail-type|detail|account|region|connection|[a-z]{1,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
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
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_end_in_a_hint_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_json_ends_in_a_hint_or_an_error(event in arbitrary_json()) {
        let _ = read(&event);
    }

    #[test]
    fn an_event_with_any_value_changed_points_at_its_connection_or_nowhere(
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
        if let (Ok(Hint::Connection { id, .. }), Ok(Hint::Connection { id: was, .. })) = (read(&event), original) {
            prop_assert_eq!(id, was);
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
