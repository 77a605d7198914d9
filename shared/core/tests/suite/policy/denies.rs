//! A deny rule is about two VPCs, whichever asks, and any address in common is enough.

use peerwright_core::ids::Sides;
use peerwright_core::policy::decide;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Value, json};

use super::words::{a_asks_b, body, decision, in_words, items, now, tags_unknown, vpc_facts};

fn allow_all() -> Value {
    json!({
        "id": "ok",
        "effect": "allow",
        "requester": { "accounts": ["111111111111", "222222222222"] },
        "accepter": { "accounts": ["111111111111", "222222222222"] },
    })
}

fn b_asks_a() -> Sides<VpcFacts> {
    Sides { requester: a_asks_b().accepter, accepter: a_asks_b().requester }
}

fn verdict(vpcs: &Sides<VpcFacts>, rules: &[Value]) -> String {
    in_words(&decision(vpcs, &items(rules)).verdict)
}

#[test]
fn a_pair_that_is_denied_one_way_is_denied_when_the_other_vpc_asks() {
    let rules = [allow_all(), body("never", "deny", &json!({ "vpcs": ["vpc-a0000000"] }))];
    assert_eq!(verdict(&a_asks_b(), &rules), "denied never");
    assert_eq!(verdict(&b_asks_a(), &rules), "denied never");
}

#[test]
fn the_reason_says_which_way_round_a_deny_rule_matches() {
    let rules = items(&[allow_all(), body("never", "deny", &json!({ "vpcs": ["vpc-a0000000"] }))]);
    assert_eq!(decide(&a_asks_b(), &rules, now()).reasons, ["rule never denies it"]);
    let turned = decide(&b_asks_a(), &rules, now());
    assert_eq!(turned.reasons, ["rule never denies it (its requester is the accepter here)"]);
    assert_eq!(turned.findings.iter().map(|finding| finding.turned).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_deny_rule_needs_both_its_ends_in_one_direction() {
    let one_end_each_way = json!({
        "id": "never",
        "effect": "deny",
        "requester": { "accounts": ["111111111111"], "tags": { "env": "prod" } },
        "accepter": { "accounts": ["222222222222"] },
    });
    assert_eq!(verdict(&b_asks_a(), &[allow_all(), one_end_each_way]), "allowed ok");
}

#[test]
fn a_deny_rule_that_might_match_the_other_way_round_holds() {
    let turned = Sides { requester: tags_unknown().accepter, accepter: tags_unknown().requester };
    let rules = [allow_all(), body("no-prod", "deny", &json!({ "accounts": ["111111111111"], "tags": { "env": "prod" } }))];
    assert_eq!(
        decision(&turned, &items(&rules)).reasons,
        ["rule no-prod might deny it (its requester is the accepter here): \
          requester.tags is not met because unknown (no role in account 111111111111)"]
    );
}

#[test]
fn an_allow_rule_is_about_the_one_way_it_is_written() {
    assert_eq!(verdict(&b_asks_a(), &[body("r", "allow", &json!({ "accounts": ["111111111111"] }))]), "held");
}

#[test]
fn a_deny_rule_by_blocks_matches_a_vpc_with_any_address_in_common() {
    let deny = |block: &str| [allow_all(), body("never", "deny", &json!({ "accounts": ["111111111111"], "cidrs": [block] }))];
    let with = |blocks: &[&str]| Sides { requester: vpc_facts("111111111111", "eu-west-1", "vpc-a0000000", blocks, &[]), ..a_asks_b() };
    for blocks in [&["10.10.0.0/16"][..], &["10.10.0.0/16", "100.64.0.0/16"], &["10.10.0.0/16", "fd00:10::/56"], &["10.10.0.0/28"]] {
        assert_eq!(verdict(&with(blocks), &deny("10.10.0.0/20")), "denied never", "{blocks:?}");
    }
    for blocks in [&["10.11.0.0/16"][..], &["fd00:10::/56"], &["10.10.16.0/20", "fd00:10::/56"]] {
        assert_eq!(verdict(&with(blocks), &deny("10.10.0.0/20")), "allowed ok", "{blocks:?}");
    }
    assert_eq!(
        decision(&with(&["10.11.0.0/16", "fd00:10::/56"]), &items(&deny("10.10.0.0/20"))).findings[0].checks[1].to_string(),
        "requester.cidrs is not met (it has 10.11.0.0/16, fd00:10::/56)"
    );
}

#[test]
fn a_deny_rule_by_blocks_names_the_blocks_of_the_vpc_that_it_touches() {
    let reserved = json!({ "cidrs": ["172.17.0.0/16", "10.255.0.0/16"] });
    let rules = items(&[allow_all(), body("never", "deny", &json!({ "accounts": ["111111111111"], "cidrs": reserved["cidrs"] }))]);
    let reasons = |blocks: &[&str], turned: bool| {
        let requester = vpc_facts("111111111111", "eu-west-1", "vpc-a0000000", blocks, &[]);
        let vpcs = Sides { requester, ..a_asks_b() };
        let vpcs = if turned { Sides { requester: vpcs.accepter, accepter: vpcs.requester } } else { vpcs };
        decision(&vpcs, &rules).reasons
    };
    assert_eq!(reasons(&["10.40.0.0/16", "172.17.8.0/22"], false), ["rule never denies it: its cidrs meet 172.17.8.0/22 of the requester"]);
    assert_eq!(reasons(&["172.16.0.0/12"], false), ["rule never denies it: its cidrs meet 172.16.0.0/12 of the requester"]);
    let other_way = "rule never denies it (its requester is the accepter here): its cidrs meet 172.17.8.0/22 of the accepter";
    assert_eq!(reasons(&["10.40.0.0/16", "172.17.8.0/22"], true), [other_way]);
}

#[test]
fn a_deny_rule_by_blocks_may_match_a_vpc_whose_blocks_are_unknown() {
    let rules = [allow_all(), body("never", "deny", &json!({ "accounts": ["111111111111"], "cidrs": ["10.0.0.0/8"] }))];
    for cidrs in [Fact::Unknown("nobody tells".to_owned()), Fact::Known([].into_iter().collect())] {
        let mut vpcs = a_asks_b();
        vpcs.requester.cidrs = cidrs;
        assert_eq!(verdict(&vpcs, &rules), "held");
    }
}

#[test]
fn wildcards_in_the_values_of_tags_stand_for_other_characters() {
    let with = |value: &str| {
        let mut vpcs = a_asks_b();
        vpcs.requester.tags = Fact::Known([("env".to_owned(), value.to_owned())].into());
        vpcs
    };
    let rule = |values: Value| [body("r", "allow", &json!({ "accounts": ["111111111111"], "tags": { "env": values } }))];
    for (pattern, value, matches) in [
        ("dev-*", "dev-eu", true),
        ("dev-*", "dev-", true),
        ("dev-*", "dev", false),
        ("dev-*", "my-dev-eu", false),
        ("*", "", true),
        ("dev?", "dev1", true),
        ("dev?", "dev", false),
        ("dev?", "dev12", false),
        ("*-prod-*", "eu-prod-1", true),
        ("Dev*", "dev1", false),
        ("dev[12]", "dev1", false),
        ("d.v", "dev", false),
    ] {
        let expected = if matches { "allowed r" } else { "held" };
        assert_eq!(verdict(&with(value), &rule(json!([pattern]))), expected, "{pattern} {value}");
        let deny = [allow_all(), body("never", "deny", &json!({ "tags": { "env": ["other", pattern] } }))];
        assert_eq!(verdict(&with(value), &deny), if matches { "denied never" } else { "allowed ok" }, "{pattern} {value}");
    }
}
