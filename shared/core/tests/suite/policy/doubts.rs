//! What can't be known or read never opens anything.

use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, Stored, StoredAllowlist, account_key};
use peerwright_core::world::Fact;
use serde_json::{Value, json};

use super::words::{a_asks_b, allowlist, body, decision, in_words, items, rule_for, tags_unknown, verdict_about};

#[test]
fn a_condition_on_tags_that_cant_be_read_is_not_met_because_unknown() {
    let decision = decision(&tags_unknown(), &allowlist(&rule_for(r#"{ accounts: ["111111111111"], tags: { env: dev } }"#)));
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(decision.reasons, ["rule r does not match: requester.tags is not met because unknown (no role in account 111111111111)"]);
}

#[test]
fn tags_that_cant_be_read_do_no_harm_where_no_rule_asks_for_them() {
    verdict_about(&tags_unknown(), &rule_for(r#"{ accounts: ["111111111111"] }"#), "allowed r");
}

#[test]
fn a_deny_rule_that_might_match_holds_the_connection_and_says_why() {
    let rules =
        [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), body("no-prod", "deny", &json!({ "tags": { "env": "prod" } }))];
    let decision = decision(&tags_unknown(), &items(&rules));
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(
        decision.reasons,
        ["rule no-prod might deny it: requester.tags is not met because unknown (no role in account 111111111111)"]
    );
}

#[test]
fn a_deny_rule_that_fails_in_a_known_condition_is_no_doubt() {
    let deny = body("no-prod", "deny", &json!({ "accounts": ["333333333333"], "tags": { "env": "prod" } }));
    let rules = [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), deny];
    assert_eq!(in_words(&decision(&tags_unknown(), &items(&rules)).verdict), "allowed ok");
}

#[test]
fn a_certain_deny_is_told_even_where_another_one_is_in_doubt() {
    let rules =
        [body("maybe", "deny", &json!({ "tags": { "env": "prod" } })), body("surely", "deny", &json!({ "accounts": ["111111111111"] }))];
    assert_eq!(in_words(&decision(&tags_unknown(), &items(&rules)).verdict), "denied surely");
}

#[test]
fn blocks_that_cant_be_read_hold_like_tags_do() {
    let mut vpcs = a_asks_b();
    vpcs.accepter.cidrs = Fact::Unknown("the connection does not show them".to_owned());
    let mut deny = body("no-ten", "deny", &json!({ "accounts": ["111111111111"] }));
    deny["accepter"] = json!({ "cidrs": ["10.0.0.0/8"] });
    let rules = [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), deny];
    let decision = decision(&vpcs, &items(&rules));
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(
        decision.reasons,
        ["rule no-ten might deny it: accepter.cidrs is not met because unknown (the connection does not show them)"]
    );
}

#[test]
fn an_unreadable_rule_that_says_allow_allows_nothing_and_is_named() {
    let typo = json!({ "id": "r", "effect": "allow", "requestor": { "accounts": ["111111111111"] }, "accepter": { "accounts": ["222222222222"] } });
    let decision = decision(&a_asks_b(), &items(&[typo]));
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(
        decision.reasons,
        [
            "no rule of the allowlist speaks of these VPCs",
            "rule r allows nothing: it can't be read (r.requestor: is not a key that exists here; did you mean `requester`?; \
             r: lacks the key `requester`; add it)"
        ]
    );
}

#[test]
fn a_rule_that_names_nobody_allows_nothing_even_where_its_reader_let_it_pass() {
    let mut stored = items(&[body("r", "allow", &json!({ "accounts": ["111111111111"], "tags": { "env": "dev" } }))]);
    assert_eq!(in_words(&decision(&a_asks_b(), &stored).verdict), "allowed r");
    if let Ok(rule) = &mut stored.rules[0] {
        rule.ends.requester.accounts.clear();
    }
    let decision = decision(&a_asks_b(), &stored);
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(decision.reasons, ["rule r does not match: requester.identity is not met (the rule does not say who asks)"]);
}

#[test]
fn an_unreadable_rule_that_says_allow_takes_nothing_from_the_others() {
    let rules = [
        body("ok", "allow", &json!({ "accounts": ["111111111111"] })),
        body("broken", "allow", &json!({ "accounts": [111_111_111_111_u64] })),
    ];
    assert_eq!(in_words(&decision(&a_asks_b(), &items(&rules)).verdict), "allowed ok");
}

#[test]
fn an_unreadable_rule_that_may_deny_holds_everything() {
    for effect in [json!("deny"), json!("Allow"), json!("allow "), json!(true), json!(null), json!(["allow"])] {
        let mut broken = body("broken", "deny", &json!({ "acounts": ["333333333333"] }));
        broken["effect"] = effect;
        let decision = decision(&a_asks_b(), &items(&[body("ok", "allow", &json!({ "accounts": ["111111111111"] })), broken.clone()]));
        assert_eq!(in_words(&decision.verdict), "held", "{broken}");
        assert!(decision.reasons[0].starts_with("rule broken might deny it: it can't be read (broken"), "{:?}", decision.reasons);
    }
}

#[test]
fn a_deny_rule_under_the_key_of_one_accepter_holds_for_it_is_not_found_when_the_other_vpc_asks() {
    let mut deny = body("never", "deny", &json!({ "accounts": ["333333333333"] }));
    deny["accepter"] = json!({ "accounts": ["222222222222"] });
    let account = "222222222222".parse().expect("an account");
    let stored = Stored { accepter: account_key(&account), id: "never".to_owned(), body: deny };
    let decision = decision(&a_asks_b(), &StoredAllowlist::read(&[stored]));
    assert_eq!(in_words(&decision.verdict), "held");
    assert!(decision.reasons[0].contains("is stored under `account#222222222222`, where it is not found whichever VPC asks"));
}

#[test]
fn an_alias_that_cant_be_read_makes_the_rules_that_use_it_unreadable() {
    let verdict = |alias: &Value| {
        let alias = Stored { accepter: ALIAS_KEY.to_owned(), id: "shared".to_owned(), body: alias.clone() };
        let mut rule = body("r", "allow", &json!({ "accounts": ["111111111111"] }));
        rule["accepter"] = json!({ "alias": "shared" });
        let rule = Stored { accepter: ANY_KEY.to_owned(), id: "r".to_owned(), body: rule };
        in_words(&decision(&a_asks_b(), &StoredAllowlist::read(&[rule, alias])).verdict)
    };
    assert_eq!(verdict(&json!({ "account": "222222222222", "region": "eu-central-1", "vpc": "vpc-b0000000" })), "allowed r");
    for broken in [
        json!({ "account": 222_222_222_222_u64, "region": "eu-central-1", "vpc": "vpc-b0000000" }),
        json!({ "account": "222222222222", "region": "eu-central-1", "vpc": "vpc-b0000000", "only": "tuesdays" }),
        json!({ "account": "222222222222", "vpc": "vpc-b0000000" }),
        json!("vpc-b0000000"),
    ] {
        assert_eq!(verdict(&broken), "held", "{broken}");
    }
}
