//! Items of the allowlist table, which any client may have written.

use jiff::Timestamp;
use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, Allowlist, MEMBER_KEY, Stored, StoredAllowlist, StoredRule, members};
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::world::{Fact, Tags, VpcFacts};
use serde_json::{Value, json};

use super::random::Random;
use super::run::run;
use super::{corpus, mutate};

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

fn items() -> Vec<Vec<Stored>> {
    corpus::allowlists().iter().map(|text| Allowlist::from_yaml(text, now()).expect("a scenario's allowlist").items()).collect()
}

/// Items as one text, so that an input can be kept.
fn written(items: &[Stored]) -> Vec<u8> {
    let items: Vec<Value> = items.iter().map(|item| json!([item.accepter, item.id, item.body])).collect();
    Value::Array(items).to_string().into_bytes()
}

fn read(input: &[u8]) -> Vec<Stored> {
    let items: Vec<(String, String, Value)> = serde_json::from_slice(input).expect("items");
    items.into_iter().map(|(accepter, id, body)| Stored { accepter, id, body }).collect()
}

fn changed(items: &[Stored], random: &mut Random) -> Vec<Stored> {
    let mut items = items.to_vec();
    let at = random.below(items.len());
    let item = &mut items[at];
    match random.below(8) {
        0 => item.accepter = (*random.choose(&[ANY_KEY, ALIAS_KEY, MEMBER_KEY, "account#111111111111", "account#", ""])).to_owned(),
        1 => item.id = (*random.choose(&["", "a-to-b", "a b", "\u{0}", "111111111111/eu-west-1", "111111111111/"])).to_owned(),
        _ => item.body = mutate::tree(&item.body, random),
    }
    items
}

fn vpc_facts(account: &str, vpc: &str, block: &str) -> VpcFacts {
    let vpc: VpcRef = serde_json::from_value(json!({ "account": account, "region": "eu-west-1", "vpc": vpc })).expect("a VPC");
    let cidrs = Fact::Known([block.parse().expect("a block")].into_iter().collect());
    VpcFacts { owner: vpc.place.account.clone(), vpc, cidrs, tags: Fact::Known(Tags::new()), units: Fact::Known(Vec::new()) }
}

/// No rule is lost, none that can't be read allows anything, and none that might forbid is passed over.
fn check(input: &[u8]) {
    let items = read(input);
    let stored = StoredAllowlist::read(&items);
    let rules: Vec<&Stored> = items.iter().filter(|item| item.accepter != ALIAS_KEY && item.accepter != MEMBER_KEY).collect();
    assert_eq!(stored.rules.len(), rules.len(), "each of these is a rule, readable or not");
    let named = |place: &str| items.iter().any(|item| item.accepter == MEMBER_KEY && item.id == place);
    assert!(members(&items).iter().all(|place| named(&place.to_string())), "a place that nobody named");
    for (item, rule) in rules.iter().zip(&stored.rules) {
        match rule {
            Ok(rule) => assert_eq!(rule.id.as_str(), item.id, "a rule under the id of another"),
            Err(unreadable) => {
                assert!(!unreadable.problems.is_empty(), "what can't be read says why");
                assert_eq!(unreadable.may_deny, item.body.get("effect") != Some(&json!("allow")), "only `allow` surely denies nothing");
            }
        }
    }
    let vpcs = Sides {
        requester: vpc_facts("111111111111", "vpc-a0000000", "10.10.0.0/16"),
        accepter: vpc_facts("222222222222", "vpc-b0000000", "10.20.0.0/16"),
    };
    let doubtful = |rule: &StoredRule| rule.as_ref().is_err_and(|unreadable| unreadable.may_deny);
    if stored.rules.iter().any(doubtful) {
        assert!(!matches!(decide(&vpcs, &stored, now()).verdict, Verdict::Allowed(_)), "a rule that might deny was passed over");
    }
}

#[test]
fn an_item_with_another_body_is_a_rule_or_unreadable_and_never_allows_by_mistake() {
    let corpus = items();
    run("allowlist_item", |random| written(&changed(random.choose::<Vec<Stored>>(&corpus), random)), check);
}
