//! What the decision promises, a sentence a test.

#[path = "common/allowlist.rs"]
mod common;

use common::{a_asks_b, allowlist, decision, in_words, now, party};
use peerwright_core::allowlist::{ANY_KEY, Stored, StoredAllowlist, account_key};
use peerwright_core::ids::Sides;
use peerwright_core::policy::{Outcome, Verdict, decide};
use peerwright_core::world::{Fact, Party};
use serde_json::{Value, json};

/// Asserts the verdict about A's request to B.
#[track_caller]
fn verdict(yaml: &str, expected: &str) {
    verdict_about(&a_asks_b(), yaml, expected);
}

#[track_caller]
fn verdict_about(parties: &Sides<Party>, yaml: &str, expected: &str) {
    assert_eq!(in_words(&decision(parties, &allowlist(yaml)).verdict), expected, "{yaml}");
}

/// An allow rule `r` about the requester, whose accepter is always B.
fn rule_for(requester: &str) -> String {
    format!("rules: [{{ id: r, effect: allow, requester: {requester}, accepter: {{ accounts: [\"222222222222\"] }} }}]")
}

/// Items under the key of every accepter, as any client of the table may write them.
fn items(bodies: &[Value]) -> StoredAllowlist {
    let stored = |body: &Value| Stored {
        accepter: ANY_KEY.to_owned(),
        id: body["id"].as_str().unwrap_or("nameless").to_owned(),
        body: body.clone(),
    };
    StoredAllowlist::read(&bodies.iter().map(stored).collect::<Vec<_>>())
}

fn body(id: &str, effect: &str, requester: &Value) -> Value {
    json!({ "id": id, "effect": effect, "requester": requester, "accepter": { "accounts": ["222222222222"] } })
}

fn tags_unknown() -> Sides<Party> {
    let mut parties = a_asks_b();
    parties.requester.tags = Fact::Unknown("no role in account 111111111111".to_owned());
    parties
}

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
fn every_rule_that_denies_is_named() {
    let rules = ["y", "x"].map(|id| body(id, "deny", &json!({ "accounts": ["111111111111"] })));
    let decision = decision(&a_asks_b(), &items(&rules));
    assert_eq!(in_words(&decision.verdict), "denied x y");
    assert_eq!(decision.reasons, ["rule x denies it", "rule y denies it"]);
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
    let asks = |blocks: &[&str]| Sides { requester: party("111111111111", "eu-west-1", "vpc-a0000000", blocks, &[]), ..a_asks_b() };
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
    let asks = Sides { requester: party("111111111111", "eu-west-1", "vpc-a0000000", &[], &[]), ..a_asks_b() };
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
    let mut parties = a_asks_b();
    parties.accepter.cidrs = Fact::Unknown("the connection does not show them".to_owned());
    let mut deny = body("no-ten", "deny", &json!({ "accounts": ["111111111111"] }));
    deny["accepter"] = json!({ "cidrs": ["10.0.0.0/8"] });
    let rules = [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), deny];
    let decision = decision(&parties, &items(&rules));
    assert_eq!(in_words(&decision.verdict), "held");
    assert_eq!(
        decision.reasons,
        ["rule no-ten might deny it: accepter.cidrs is not met because unknown (the connection does not show them)"]
    );
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

#[test]
fn an_expired_deny_rule_denies_nothing() {
    let mut deny = body("never", "deny", &json!({ "accounts": ["111111111111"] }));
    deny["not_after"] = json!("2025-12-31T23:59:59Z");
    let rules = [body("ok", "allow", &json!({ "accounts": ["111111111111"] })), deny];
    assert_eq!(in_words(&decision(&a_asks_b(), &items(&rules)).verdict), "allowed ok");
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
fn a_deny_rule_under_the_key_of_one_accepter_that_speaks_of_two_holds() {
    let mut deny = body("never", "deny", &json!({ "accounts": ["333333333333"] }));
    deny["accepter"] = json!({ "accounts": ["222222222222", "444444444444"] });
    let account = "222222222222".parse().expect("an account");
    let stored = Stored { accepter: account_key(&account), id: "never".to_owned(), body: deny };
    let decision = decision(&a_asks_b(), &StoredAllowlist::read(&[stored]));
    assert_eq!(in_words(&decision.verdict), "held");
    assert!(decision.reasons[0].contains("is stored under `account#222222222222`, where it does not speak of every accepter it names"));
}

#[test]
fn an_alias_that_cant_be_read_makes_the_rules_that_use_it_unreadable() {
    let alias = Stored {
        accepter: "alias".to_owned(),
        id: "shared".to_owned(),
        body: json!({ "account": 222_222_222_222_u64, "region": "eu-central-1", "vpc": "vpc-b0000000" }),
    };
    let mut rule = body("r", "allow", &json!({ "accounts": ["111111111111"] }));
    rule["accepter"] = json!({ "alias": "shared" });
    let rule = Stored { accepter: ANY_KEY.to_owned(), id: "r".to_owned(), body: rule };
    assert_eq!(in_words(&decision(&a_asks_b(), &StoredAllowlist::read(&[rule, alias])).verdict), "held");
}

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

/// Four faults found in the approval rules of another automation of this kind (a transit gateway's), which ours must not have.
mod faults_of_a_neighbour {
    use super::*;

    fn verdict_of(parties: &Sides<Party>, bodies: &[Value]) -> Verdict {
        decision(parties, &items(bodies)).verdict
    }

    fn rule(id: &str, accepter_vpc: &str, env: &str) -> Value {
        json!({ "id": id, "effect": "allow", "requester": { "tags": { "env": env } }, "accepter": { "vpcs": [accepter_vpc] } })
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
}
