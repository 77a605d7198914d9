//! Every small rule leaves just those places open to requests that nobody tells us of by which the decision could allow one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, Stored, StoredAllowlist, account_key};
use peerwright_core::ids::{Place, Sides, VpcId, VpcRef};
use peerwright_core::organization::Unit;
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::strangers::OpenToStrangers;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Map, Value, json};

/// Has places in the west and in the north, which are swept.
const OURS: &str = "111111111111";
/// The two accounts that are asked.
const ASKED: [&str; 2] = ["222222222222", "333333333333"];
/// No place of it is swept.
const STRANGER: &str = "999999999999";
const WEST: &str = "eu-west-1";
const NORTH: &str = "eu-north-1";
const EAST: &str = "us-east-1";

fn place(account: &str, region: &str) -> Place {
    format!("{account}/{region}").parse().expect("a place")
}

/// The places that are asked, each with its VPCs.
fn asked() -> BTreeMap<Place, BTreeSet<VpcId>> {
    let vpcs = |ids: &[&str]| ids.iter().map(|id| id.parse().expect("an id")).collect();
    BTreeMap::from([
        (place(ASKED[0], WEST), vpcs(&["vpc-0000000a"])),
        (place(ASKED[0], NORTH), vpcs(&["vpc-0000000b"])),
        (place(ASKED[1], WEST), vpcs(&[])),
    ])
}

fn swept() -> BTreeSet<Place> {
    asked().into_keys().chain([place(OURS, WEST), place(OURS, NORTH)]).collect()
}

/// Every way to choose one value of each key; null leaves the key out.
fn selectors(keys: &[(&str, Vec<Value>)]) -> Vec<Value> {
    let none = vec![Map::new()];
    let all = keys.iter().fold(none, |sofar, (key, values)| {
        let with = |chosen: &Map<String, Value>, value: &Value| {
            let mut chosen = chosen.clone();
            if !value.is_null() {
                chosen.insert((*key).to_owned(), value.clone());
            }
            chosen
        };
        sofar.iter().flat_map(|chosen| values.iter().map(|value| with(chosen, value)).collect::<Vec<_>>()).collect()
    });
    all.into_iter().filter(|chosen| !chosen.is_empty()).map(Value::Object).collect()
}

fn requesters() -> Vec<Value> {
    let mut all = selectors(&[
        ("accounts", vec![Value::Null, json!([OURS]), json!([STRANGER]), json!([OURS, STRANGER])]),
        ("regions", vec![Value::Null, json!([WEST]), json!([EAST]), json!([WEST, EAST])]),
        ("vpcs", vec![Value::Null, json!(["vpc-0000000f"])]),
        ("organization", vec![Value::Null, json!(true)]),
        ("tags", vec![Value::Null, json!({ "env": "dev" })]),
        ("cidrs", vec![Value::Null, json!(["10.9.0.0/16"])]),
    ]);
    all.extend(["ours", "strangers"].map(|name| json!({ "alias": name })));
    all.push(json!({ "organizational_units": ["Root/Dev"] }));
    all
}

fn accepters() -> Vec<Value> {
    let mut all = selectors(&[
        ("accounts", vec![Value::Null, json!([ASKED[0]]), json!([ASKED[1]]), json!(ASKED)]),
        ("regions", vec![Value::Null, json!([WEST]), json!([NORTH])]),
        ("vpcs", vec![Value::Null, json!(["vpc-0000000a"]), json!(["vpc-0000000a", "vpc-0000000b"])]),
        ("organization", vec![Value::Null, json!(true)]),
        ("tags", vec![Value::Null, json!({ "env": "dev" })]),
        ("cidrs", vec![Value::Null, json!(["10.9.0.0/16"])]),
    ]);
    all.push(json!({ "alias": "asked" }));
    all.push(json!({ "organizational_units": ["Root/Dev"] }));
    all
}

/// The one text of a list.
fn only(list: &Value) -> Option<&str> {
    let [one] = &list.as_array()?[..] else { return None };
    one.as_str()
}

fn allowlist(requester: &Value, accepter: &Value, more: &Value) -> StoredAllowlist {
    let alias = |name: &str, account: &str, vpc: &str| Stored {
        accepter: ALIAS_KEY.to_owned(),
        id: name.to_owned(),
        body: json!({ "account": account, "region": WEST, "vpc": vpc }),
    };
    let mut body = json!({ "id": "rule", "effect": "allow", "requester": requester, "accepter": accepter });
    body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    let account = if accepter.get("alias").is_some() { Some(ASKED[0]) } else { accepter.get("accounts").and_then(only) };
    let key = account
        .filter(|_| body["effect"] == "allow")
        .map_or(ANY_KEY.to_owned(), |account| account_key(&account.parse().expect("an account")));
    let rule = Stored { accepter: key, id: "rule".to_owned(), body };
    let aliases =
        [alias("ours", OURS, "vpc-0000000e"), alias("strangers", STRANGER, "vpc-0000000f"), alias("asked", ASKED[0], "vpc-0000000a")];
    StoredAllowlist::read(aliases.iter().chain([&rule]))
}

/// Whatever a VPC may turn out to be: in a unit of the organization or outside, with the tag and the block of the rules or with others.
fn facts(place: &Place, vpc: &str, units: &[Unit]) -> Vec<VpcFacts> {
    let facts = |tag: &str, block: &str| VpcFacts {
        vpc: VpcRef { place: place.clone(), vpc: vpc.parse().expect("an id") },
        owner: place.account.clone(),
        cidrs: Fact::Known([block.parse().expect("a block")].into_iter().collect()),
        tags: Fact::Known([("env".to_owned(), tag.to_owned())].into_iter().collect()),
        units: Fact::Known(units.to_vec()),
    };
    ["dev", "prod"].into_iter().flat_map(|tag| ["10.9.1.0/24", "10.8.0.0/16"].map(|block| facts(tag, block))).collect()
}

/// Who may ask without our being told. An account that is swept somewhere counts as heard elsewhere, unless the rule names the Region.
fn unheard(requester: &Value) -> Vec<VpcFacts> {
    let ids = ["vpc-0000000f", "vpc-00000010"];
    let mut places = vec![place(STRANGER, WEST), place(STRANGER, EAST)];
    places.extend(requester.get("regions").map(|_| place(OURS, EAST)));
    places.iter().flat_map(|place| ids.map(|id| facts(place, id, &[]))).flatten().collect()
}

/// The VPCs of a place, and one that is yet to be made, as every one of them may turn out to be.
fn asked_in(place: &Place, vpcs: &BTreeSet<VpcId>) -> Vec<VpcFacts> {
    let id = |text: &str| text.parse().expect("an id");
    let line = Unit::line([(id("r-ab12"), "Root".to_owned()), (id("ou-ab12-11111111"), "Dev".to_owned())]);
    let ids = vpcs.iter().map(ToString::to_string).chain(["vpc-000000ff".to_owned()]);
    ids.flat_map(|id| [facts(place, &id, &[]), facts(place, &id, &line)]).flatten().collect()
}

fn could_be_allowed(allowlist: &StoredAllowlist, requesters: &[VpcFacts], accepters: &[VpcFacts]) -> bool {
    requesters.iter().any(|requester| {
        accepters.iter().any(|accepter| {
            let vpcs = Sides { requester: requester.clone(), accepter: accepter.clone() };
            matches!(decide(&vpcs, allowlist, Timestamp::UNIX_EPOCH).verdict, Verdict::Allowed(_))
        })
    })
}

/// For each place whether the rule leaves it open, against the decision. Counts both answers.
fn check(requester: &Value, accepter: &Value, more: &Value, answers: &mut [usize; 2]) {
    let allowlist = allowlist(requester, accepter, more);
    let places = swept();
    let open = OpenToStrangers::of(&allowlist, &places, Timestamp::UNIX_EPOCH);
    let unheard = unheard(requester);
    for (place, vpcs) in asked() {
        let reached = open.may_reach(&place, &vpcs);
        assert_eq!(
            reached,
            could_be_allowed(&allowlist, &unheard, &asked_in(&place, &vpcs)),
            "{place}, requester {requester}, accepter {accepter}, {more}"
        );
        answers[usize::from(reached)] += 1;
    }
}

#[test]
fn a_place_is_open_just_where_a_rule_may_allow_what_nobody_tells_us() {
    let mut answers = [0; 2];
    for requester in requesters() {
        check(&requester, &json!({ "accounts": [ASKED[0]] }), &json!({}), &mut answers);
    }
    for accepter in accepters() {
        check(&json!({ "accounts": [STRANGER] }), &accepter, &json!({}), &mut answers);
    }
    assert!(answers[0] > 100 && answers[1] > 100, "{answers:?}");
}

#[test]
fn a_rule_that_denies_or_is_over_leaves_no_place_open() {
    let (requester, accepter) = (json!({ "accounts": [STRANGER] }), json!({ "accounts": [ASKED[0]] }));
    for more in [json!({ "effect": "deny" }), json!({ "not_after": "1969-12-31T23:59:59Z" }), json!({ "nonsense": 1 })] {
        let mut answers = [0; 2];
        check(&requester, &accepter, &more, &mut answers);
        assert_eq!(answers[1], 0, "{more}");
    }
    // One that a person has to approve is told to that person.
    let mut answers = [0; 2];
    check(&requester, &accepter, &json!({ "approval": "manual" }), &mut answers);
    assert_eq!(answers[1], 2, "the places of the account that is asked");
}
