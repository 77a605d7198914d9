//! When a condition is met.

use peerwright_core::ids::Sides;
use serde_json::json;

use super::words::{a_asks_b, body, decision, in_words, items, rule_for, verdict, verdict_about, vpc_facts};

#[test]
fn one_condition_that_fails_is_enough_for_a_rule_not_to_match() {
    for wrong in [
        r#"{ accounts: ["333333333333"], regions: [eu-west-1] }"#,
        r#"{ accounts: ["111111111111"], regions: [eu-central-1] }"#,
        r#"{ accounts: ["111111111111"], vpcs: [vpc-b0000000] }"#,
        r#"{ accounts: ["111111111111"], cidrs: [10.0.0.0/8] }"#,
        r#"{ accounts: ["111111111111"], tags: { env: prod } }"#,
    ] {
        verdict(&rule_for(wrong), "held");
    }
}

#[test]
fn within_a_condition_any_of_its_values_will_do() {
    verdict(&rule_for(r#"{ accounts: ["333333333333", "111111111111"] }"#), "allowed r");
    verdict(&rule_for("{ regions: [us-east-1, eu-west-1] }"), "allowed r");
    verdict(&rule_for("{ vpcs: [vpc-c0000000, vpc-a0000000] }"), "allowed r");
    verdict(&rule_for("{ tags: { env: [test, dev] } }"), "allowed r");
}

#[test]
fn each_end_is_checked_against_its_own_conditions() {
    let swapped = Sides { requester: a_asks_b().accepter, accepter: a_asks_b().requester };
    let yaml = r#"rules: [{ id: r, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] } }]"#;
    verdict(yaml, "allowed r");
    verdict_about(&swapped, yaml, "held");
}

#[test]
fn an_alias_is_one_vpc_of_one_account_in_one_region() {
    let with = |account: &str, region: &str, vpc: &str| {
        format!(
            "aliases: {{ shared: {{ account: \"{account}\", region: {region}, vpc: {vpc} }} }}\n\
             rules: [{{ id: r, effect: allow, requester: {{ accounts: [\"111111111111\"] }}, accepter: {{ alias: shared }} }}]"
        )
    };
    verdict(&with("222222222222", "eu-central-1", "vpc-b0000000"), "allowed r");
    verdict(&with("333333333333", "eu-central-1", "vpc-b0000000"), "held");
    verdict(&with("222222222222", "eu-west-1", "vpc-b0000000"), "held");
    verdict(&with("222222222222", "eu-central-1", "vpc-b0000001"), "held");
}

#[test]
fn every_block_of_a_vpc_must_lie_inside_one_of_the_rules_blocks() {
    let asks = |blocks: &[&str]| Sides { requester: vpc_facts("111111111111", "eu-west-1", "vpc-a0000000", blocks, &[]), ..a_asks_b() };
    let inside = rule_for(r#"{ cidrs: [10.0.0.0/12, "fd00::/8"] }"#);
    verdict_about(&asks(&["10.10.0.0/16"]), &inside, "allowed r");
    verdict_about(&asks(&["10.10.0.0/16", "10.15.255.0/24", "fd00:10::/56"]), &inside, "allowed r");
    verdict_about(&asks(&["10.0.0.0/12"]), &inside, "allowed r");
    verdict_about(&asks(&["10.10.0.0/16", "10.16.0.0/16"]), &inside, "held");
    verdict_about(&asks(&["10.0.0.0/11"]), &inside, "held");
    verdict_about(&asks(&["10.10.0.0/16", "2001:db8::/56"]), &inside, "held");
}

#[test]
fn an_ipv6_block_is_never_inside_an_ipv4_block() {
    verdict(&rule_for("{ cidrs: [0.0.0.0/0] }"), "held");
    verdict(&rule_for(r#"{ cidrs: [0.0.0.0/0, "::/0"] }"#), "allowed r");
}

#[test]
fn a_vpc_that_shows_no_block_meets_no_condition_on_blocks() {
    let asks = Sides { requester: vpc_facts("111111111111", "eu-west-1", "vpc-a0000000", &[], &[]), ..a_asks_b() };
    verdict_about(&asks, &rule_for(r#"{ cidrs: [0.0.0.0/0, "::/0"] }"#), "held");
}

#[test]
fn each_tag_of_a_rule_is_needed_and_further_tags_do_no_harm() {
    verdict(&rule_for("{ tags: { env: dev } }"), "allowed r");
    verdict(&rule_for("{ tags: { env: dev, team: web } }"), "allowed r");
    verdict(&rule_for("{ tags: { env: dev, cost-center: web } }"), "held");
    verdict(&rule_for("{ tags: { Env: dev } }"), "held");
    verdict(&rule_for("{ tags: { env: DEV } }"), "held");
}

#[test]
fn a_rule_matches_until_its_last_moment_and_not_in_it() {
    let with = |not_after: &str| {
        let mut rule = body("r", "allow", &json!({ "accounts": ["111111111111"] }));
        rule["not_after"] = json!(not_after);
        decision(&a_asks_b(), &items(&[rule]))
    };
    assert_eq!(in_words(&with("2026-01-01T00:00:01Z").verdict), "allowed r");
    assert_eq!(in_words(&with("2026-01-01T00:00:00Z").verdict), "held");
    assert_eq!(with("2025-06-30T00:00:00Z").reasons, ["rule r does not match: not_after is not met (it expired at 2025-06-30T00:00:00Z)"]);
}
