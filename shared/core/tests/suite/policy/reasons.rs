//! How a verdict is explained.

use peerwright_core::policy::Outcome;
use serde_json::json;

use super::words::{a_asks_b, allowlist, body, decision, items, tags_unknown};

#[test]
fn near_misses_are_named_with_what_was_found_instead() {
    let rules = [
        body("by-account", "allow", &json!({ "accounts": ["333333333333"], "regions": ["eu-west-1"] })),
        body("by-blocks", "allow", &json!({ "cidrs": ["10.10.0.0/16"] })),
        body("by-tags", "allow", &json!({ "tags": { "env": "prod", "owner": "me" } })),
        body("far-off", "allow", &json!({ "accounts": ["333333333333"], "regions": ["us-east-1"] })),
    ];
    assert_eq!(
        decision(&a_asks_b(), &items(&rules)).reasons,
        [
            "rule by-account does not match: requester.accounts is not met (it is 111111111111)",
            "rule by-blocks does not match: requester.cidrs is not met (fd00:10::/56 is outside)",
            "rule by-tags does not match: requester.tags is not met (env is dev, it has no tag owner)",
        ]
    );
}

#[test]
fn a_near_miss_names_every_condition_that_fails() {
    let mut rule = body("r", "allow", &json!({ "accounts": ["333333333333"], "regions": ["us-east-1"], "vpcs": ["vpc-c0000000"] }));
    rule["not_after"] = json!("2025-06-30T00:00:00Z");
    assert_eq!(
        decision(&a_asks_b(), &items(&[rule])).reasons,
        ["rule r does not match: requester.accounts is not met (it is 111111111111); requester.regions is not met (it is eu-west-1); \
          requester.vpcs is not met (it is vpc-a0000000); not_after is not met (it expired at 2025-06-30T00:00:00Z)"]
    );
}

#[test]
fn an_alias_that_fails_says_which_vpc_was_found() {
    let yaml = "aliases: { shared: { account: \"222222222222\", region: eu-west-1, vpc: vpc-b0000000 } }\n\
                rules: [{ id: r, effect: allow, requester: { accounts: [\"111111111111\"] }, accepter: { alias: shared } }]";
    assert_eq!(
        decision(&a_asks_b(), &allowlist(yaml)).reasons,
        ["rule r does not match: accepter.alias is not met (222222222222/eu-central-1/vpc-b0000000 is not shared)"]
    );
}

#[test]
fn rules_about_others_are_not_near_misses() {
    let mut other = body("other", "allow", &json!({ "accounts": ["333333333333"] }));
    other["accepter"] = json!({ "accounts": ["444444444444"] });
    assert_eq!(decision(&a_asks_b(), &items(&[other])).reasons, ["no rule of the allowlist speaks of these VPCs"]);
}

#[test]
fn a_deny_rule_that_comes_close_is_no_near_miss() {
    let rules = [
        body("no-prod", "deny", &json!({ "accounts": ["111111111111"], "tags": { "env": "prod" } })),
        body("by-account", "allow", &json!({ "accounts": ["333333333333"] })),
    ];
    assert_eq!(
        decision(&a_asks_b(), &items(&rules)).reasons,
        ["rule by-account does not match: requester.accounts is not met (it is 111111111111)"]
    );
}

#[test]
fn each_rule_has_a_finding_with_each_of_its_conditions() {
    let mut rule = body("r", "allow", &json!({ "accounts": ["111111111111"], "tags": { "env": "dev" } }));
    rule["not_after"] = json!("2027-06-30T00:00:00Z");
    let decision = decision(&tags_unknown(), &items(&[rule]));
    let outcomes: Vec<(String, bool)> =
        decision.findings[0].checks.iter().map(|check| (check.condition.to_string(), check.outcome == Outcome::Met)).collect();
    let expected = [("requester.accounts", true), ("requester.tags", false), ("accepter.accounts", true), ("not_after", true)];
    assert_eq!(outcomes, expected.map(|(condition, met)| (condition.to_owned(), met)));
    let met = decision.findings[0].checks[0].to_string();
    assert_eq!(met, "requester.accounts is met");
}
