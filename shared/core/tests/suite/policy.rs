//! What the decision promises, a sentence a test.

mod conditions;
mod denies;
mod doubts;
mod forbidding;
mod neighbour;
mod pains;
mod reasons;
mod units;
mod words;

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::policy::decide;
use serde_json::json;
use words::{a_asks_b, body, decision, in_words, items, now, rule_for, verdict};

#[test]
fn nothing_allows_means_held_not_allowed() {
    verdict("rules: []", "held");
    assert_eq!(in_words(&decide(&a_asks_b(), &StoredAllowlist::default(), now()).verdict), "held");
}

#[test]
fn a_rule_that_matches_in_every_condition_allows() {
    let all = r#"{ accounts: ["111111111111"], regions: [eu-west-1], vpcs: [vpc-a0000000], cidrs: [10.0.0.0/8, "fd00::/8"], tags: { env: dev } }"#;
    verdict(&rule_for(all), "allowed r");
}

#[test]
fn a_vpc_that_is_only_shared_with_an_account_is_never_judged_as_its_own() {
    let mut vpcs = a_asks_b();
    vpcs.requester.owner = "333333333333".parse().expect("an account");
    let decision = decision(&vpcs, &items(&[body("ok", "allow", &json!({ "accounts": ["111111111111"] }))]));
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(decision.reasons, ["vpc-a0000000 belongs to 333333333333 and is shared with 111111111111: only its owner can peer it"]);
    let words: Vec<String> = decision.findings[0].checks.iter().map(ToString::to_string).collect();
    assert_eq!(words[0], "requester.accounts is not met (it is 333333333333)");
}

#[test]
fn deny_wins_over_any_number_of_allows_wherever_it_stands() {
    let allow = |id: &str| body(id, "allow", &json!({ "accounts": ["111111111111"] }));
    let deny = body("never", "deny", &json!({ "tags": { "env": "dev" } }));
    for position in 0..=2 {
        let mut rules = vec![allow("a"), allow("z")];
        rules.insert(position, deny.clone());
        assert_eq!(in_words(&decision(&a_asks_b(), &items(&rules)).verdict), "denied never");
    }
}

#[test]
fn a_deny_rule_that_does_not_match_denies_nothing() {
    let rules =
        [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), body("no-prod", "deny", &json!({ "tags": { "env": "prod" } }))];
    assert_eq!(in_words(&decision(&a_asks_b(), &items(&rules)).verdict), "allowed ok");
}

#[test]
fn every_rule_that_allows_is_named_in_the_order_of_ids() {
    let rules = ["c", "a", "b"].map(|id| body(id, "allow", &json!({ "accounts": ["111111111111"] })));
    let decision = decision(&a_asks_b(), &items(&rules));
    assert_eq!(in_words(&decision.verdict), "allowed a b c");
    assert_eq!(decision.reasons, ["rule a allows it", "rule b allows it", "rule c allows it"]);
}

#[test]
fn two_rules_of_one_id_are_told_alike_whichever_is_listed_first() {
    let narrow = body("r", "allow", &json!({ "regions": ["eu-west-1"] }));
    let wide = body("r", "allow", &json!({ "regions": ["eu-west-1", "us-east-1"] }));
    let one_way = decision(&a_asks_b(), &items(&[narrow.clone(), wide.clone()]));
    assert_eq!(in_words(&one_way.verdict), "allowed r r");
    assert_eq!(one_way, decision(&a_asks_b(), &items(&[wide, narrow])));
}

#[test]
fn every_rule_that_denies_is_named() {
    let rules = ["y", "x"].map(|id| body(id, "deny", &json!({ "accounts": ["111111111111"] })));
    let decision = decision(&a_asks_b(), &items(&rules));
    assert_eq!(in_words(&decision.verdict), "denied x y");
    assert_eq!(decision.reasons, ["rule x denies it", "rule y denies it"]);
}

#[test]
fn an_expired_deny_rule_denies_nothing() {
    let mut deny = body("never", "deny", &json!({ "accounts": ["111111111111"] }));
    deny["not_after"] = json!("2025-12-31T23:59:59Z");
    let rules = [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), deny];
    assert_eq!(in_words(&decision(&a_asks_b(), &items(&rules)).verdict), "allowed ok");
}
