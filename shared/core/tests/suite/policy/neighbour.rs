//! Four faults found in the approval rules of another automation of this kind (a transit gateway's), which ours must not have.

use peerwright_core::ids::Sides;
use peerwright_core::policy::Verdict;
use peerwright_core::world::VpcFacts;
use serde_json::{Value, json};

use super::units::from_dev;
use super::words::{a_asks_b, body, decision, in_words, items};

fn verdict_of(vpcs: &Sides<VpcFacts>, bodies: &[Value]) -> Verdict {
    decision(vpcs, &items(bodies)).verdict
}

fn rule(id: &str, accepter_vpc: &str, env: &str) -> Value {
    json!({ "id": id, "effect": "allow", "requester": { "accounts": ["111111111111"], "tags": { "env": env } }, "accepter": { "vpcs": [accepter_vpc] } })
}

/// There, rules of one route table leaked into the next, so that the order of an API list decided.
#[test]
fn the_rules_about_one_vpc_say_nothing_about_another() {
    let prod_only = rule("prod-to-b", "vpc-b0000000", "prod");
    let dev_only = rule("dev-to-c", "vpc-c0000000", "dev");
    for rules in [[prod_only.clone(), dev_only.clone()], [dev_only, prod_only]] {
        assert_eq!(in_words(&verdict_of(&a_asks_b(), &rules)), "held");
    }
}

/// There, "in none of these" was computed as "not in one of these": with two values it always matched.
#[test]
fn a_condition_with_two_values_is_met_by_one_of_them_and_by_nothing_else() {
    let deny = |accounts: &Value| {
        let allow = body("ok", "allow", &json!({ "regions": ["eu-west-1"] }));
        in_words(&verdict_of(&a_asks_b(), &[allow, body("never", "deny", &json!({ "accounts": accounts }))]))
    };
    assert_eq!(deny(&json!(["333333333333", "444444444444"])), "allowed ok");
    assert_eq!(deny(&json!(["333333333333", "111111111111"])), "denied never");
}

/// The same with units, where it was found.
#[test]
fn a_deny_rule_about_two_units_denies_in_both_and_nowhere_else() {
    let deny = |units: &Value| {
        let allow = body("ok", "allow", &json!({ "regions": ["eu-west-1"] }));
        in_words(&verdict_of(&from_dev(), &[allow, body("never", "deny", &json!({ "organizational_units": units }))]))
    };
    assert_eq!(deny(&json!(["Root/Prod", "Root/Sandbox"])), "allowed ok");
    assert_eq!(deny(&json!(["Root/Prod", "Root/Workloads"])), "denied never");
}

/// There, numbered rules ended at the first gap, and the default decided, which was to accept.
#[test]
fn a_gap_in_the_numbering_of_rules_hides_none_of_them() {
    let rules = ["02", "05", "09"].map(|id| body(id, "deny", &json!({ "accounts": ["111111111111"] })));
    assert_eq!(in_words(&verdict_of(&a_asks_b(), &rules)), "denied 02 05 09");
}

/// There, a resource without a policy needed no approval at all.
#[test]
fn a_vpc_that_no_rule_speaks_of_is_open_to_nobody() {
    let mut other = body("other", "allow", &json!({ "accounts": ["111111111111"] }));
    other["accepter"] = json!({ "vpcs": ["vpc-c0000000"] });
    assert_eq!(in_words(&verdict_of(&a_asks_b(), &[other])), "held");
    assert_eq!(in_words(&verdict_of(&a_asks_b(), &[])), "held");
}
