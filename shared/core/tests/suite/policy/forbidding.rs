//! When it is certain that nothing allows a connection: only then may anything be taken away.

use peerwright_core::allowlist::OnRevoke::{self, Delete, Isolate, Keep};
use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::ids::Sides;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Value, json};

use super::words::{a_asks_b, body, decision, items, tags_unknown};

fn forbids(vpcs: &Sides<VpcFacts>, rules: &[Value]) -> bool {
    decision(vpcs, &items(rules)).forbids()
}

fn from_a() -> Value {
    body("from-a", "allow", &json!({ "accounts": ["111111111111"] }))
}

fn from_dev() -> Value {
    body("from-dev", "allow", &json!({ "tags": { "env": "dev" } }))
}

#[test]
fn what_is_allowed_is_not_forbidden() {
    assert!(!forbids(&a_asks_b(), &[from_a()]));
}

#[test]
fn what_is_denied_is_forbidden_whatever_else_allows_it_or_is_in_doubt() {
    let deny = body("never", "deny", &json!({ "vpcs": ["vpc-a0000000"] }));
    assert!(forbids(&a_asks_b(), &[from_a(), deny.clone()]));
    assert!(forbids(&tags_unknown(), &[from_dev(), deny.clone()]));
    assert!(forbids(&a_asks_b(), &[deny, json!({ "id": "broken" })]));
}

#[test]
fn a_rule_that_plainly_speaks_of_others_leaves_the_connection_forbidden() {
    assert!(forbids(&a_asks_b(), &[body("from-c", "allow", &json!({ "accounts": ["333333333333"] }))]));
    assert!(forbids(&a_asks_b(), &[body("from-prod", "allow", &json!({ "tags": { "env": "prod" } }))]));
}

#[test]
fn an_allowlist_without_rules_forbids() {
    assert!(decision(&a_asks_b(), &StoredAllowlist::default()).forbids());
}

#[test]
fn a_rule_whose_time_is_over_allows_no_longer_and_that_is_certain() {
    let mut rule = from_a();
    for (not_after, over) in [("2025-12-31T23:59:59Z", true), ("2026-01-01T00:00:00Z", true), ("2026-01-01T00:00:01Z", false)] {
        rule["not_after"] = json!(not_after);
        assert_eq!(forbids(&a_asks_b(), std::slice::from_ref(&rule)), over, "{not_after}");
    }
}

#[test]
fn a_rule_whose_time_is_over_is_no_doubt_even_where_its_tags_can_not_be_read() {
    let mut rule = from_dev();
    assert!(!forbids(&tags_unknown(), std::slice::from_ref(&rule)));
    rule["not_after"] = json!("2025-12-31T23:59:59Z");
    assert!(forbids(&tags_unknown(), &[rule]));
}

#[test]
fn tags_that_can_not_be_read_forbid_nothing() {
    assert!(!forbids(&tags_unknown(), &[from_dev()]));
}

#[test]
fn tags_that_can_not_be_read_are_no_doubt_where_another_condition_is_plainly_unmet() {
    assert!(forbids(&tags_unknown(), &[body("from-c", "allow", &json!({ "accounts": ["333333333333"], "tags": { "env": "dev" } }))]));
    assert!(forbids(&tags_unknown(), &[body("from-c", "allow", &json!({ "accounts": ["333333333333"] }))]));
}

/// An ended connection shows no blocks, and a stranger's account no units.
#[test]
fn blocks_and_units_that_are_not_shown_forbid_nothing() {
    let by_block = body("ten", "allow", &json!({ "cidrs": ["10.0.0.0/8"] }));
    let mut vpcs = a_asks_b();
    vpcs.requester.cidrs = Fact::Known([].into_iter().collect());
    assert!(!forbids(&vpcs, std::slice::from_ref(&by_block)));
    vpcs.requester.cidrs = Fact::Unknown("the connection does not show them".to_owned());
    assert!(!forbids(&vpcs, &[by_block]));
    assert!(!forbids(&a_asks_b(), &[body("dev", "allow", &json!({ "organizational_units": ["Root/Dev"] }))]));
}

#[test]
fn one_doubt_is_enough_among_rules_that_plainly_do_not_match() {
    let others = body("from-c", "allow", &json!({ "accounts": ["333333333333"] }));
    assert!(!forbids(&tags_unknown(), &[others.clone(), from_dev(), others]));
}

#[test]
fn a_deny_rule_in_doubt_forbids_nothing_that_is_allowed_otherwise() {
    let deny = body("no-prod", "deny", &json!({ "tags": { "env": "prod" } }));
    assert!(!forbids(&tags_unknown(), &[from_a(), deny]));
}

#[test]
fn a_rule_that_can_not_be_read_forbids_nothing_whatever_it_says() {
    for effect in [json!("allow"), json!("deny"), json!("alow"), json!(null)] {
        let mut broken = body("broken", "allow", &json!({ "acounts": ["333333333333"] }));
        broken["effect"] = effect;
        assert!(!forbids(&a_asks_b(), std::slice::from_ref(&broken)), "{broken}");
    }
}

/// aws-solutions/network-orchestration-for-aws-transit-gateway#61: a tag that was taken away again changed nothing.
#[test]
fn a_tag_that_was_taken_away_forbids_what_it_allowed() {
    let mut vpcs = a_asks_b();
    assert!(!forbids(&vpcs, &[from_dev()]));
    vpcs.requester.tags = Fact::Known(std::collections::BTreeMap::new());
    assert!(forbids(&vpcs, &[from_dev()]));
}

/// What a rule of each kind may wish, and what the rules that are gone may have wished.
fn wishes() -> impl Iterator<Item = (Option<OnRevoke>, Option<OnRevoke>, OnRevoke)> {
    const ANY: [Option<OnRevoke>; 4] = [None, Some(Keep), Some(Isolate), Some(Delete)];
    let pairs = ANY.into_iter().flat_map(|deny| ANY.map(|allow| (deny, allow)));
    pairs.flat_map(|(deny, allow)| [Keep, Isolate, Delete].map(|last| (deny, allow, last)))
}

fn wishing(mut rule: Value, wish: Option<OnRevoke>) -> Value {
    if let Some(wish) = wish {
        rule["on_revoke"] = json!(wish);
    }
    rule
}

#[test]
fn of_the_reasons_why_a_permission_ends_the_strictest_counts() {
    for (denied, allow) in [(false, "gone"), (false, "expired"), (true, "gone"), (true, "expired"), (true, "in force")] {
        for (deny_wish, allow_wish, last) in wishes() {
            let (mut rules, mut calls) = (Vec::new(), Vec::new());
            if denied {
                rules.push(wishing(body("never", "deny", &json!({ "vpcs": ["vpc-a0000000"] })), deny_wish));
                calls.push(deny_wish.unwrap_or(Isolate));
            }
            if allow == "gone" {
                calls.push(last);
            } else {
                rules.push(wishing(from_a(), allow_wish));
            }
            if allow == "expired" {
                rules.last_mut().expect("the rule")["not_after"] = json!("2025-12-31T23:59:59Z");
                calls.extend([allow_wish.unwrap_or(Isolate), last]);
            }
            let found = decision(&a_asks_b(), &items(&rules));
            assert!(found.forbids());
            let carried_by = ["from-a".to_owned()];
            assert_eq!(Some(found.end_of_permission(last, &carried_by)), calls.into_iter().max(), "{rules:?}, last {last:?}");
        }
    }
}

#[test]
fn a_rule_that_was_over_long_before_is_no_reason_to_take_anything_away() {
    let mut rule = from_a();
    rule["not_after"] = json!("2024-06-30T00:00:00Z");
    let found = decision(&a_asks_b(), &items(&[rule]));
    assert_eq!(found.end_of_permission(Keep, &["another".to_owned()]), Keep);
    assert_eq!(found.end_of_permission(Keep, &["from-a".to_owned()]), Isolate);
}
