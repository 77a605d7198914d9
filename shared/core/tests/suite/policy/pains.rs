//! What users of neighbouring tools suffered from, where the decision is concerned.

use peerwright_core::ids::Sides;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Value, json};

use super::units::from_dev;
use super::words::{a_asks_b, body, decision, in_words, items, vpc_facts};

fn verdict(vpcs: &Sides<VpcFacts>, rules: &[Value]) -> String {
    in_words(&decision(vpcs, &items(rules)).verdict)
}

/// aws-solutions/network-orchestration-for-aws-transit-gateway#107: blocks that came later joined without approval.
#[test]
fn a_block_that_a_vpc_gets_later_is_judged_like_its_first() {
    let rule = [body("ten", "allow", &json!({ "cidrs": ["10.0.0.0/8"] }))];
    let with = |blocks: &[&str]| Sides { requester: vpc_facts("111111111111", "eu-west-1", "vpc-a0000000", blocks, &[]), ..a_asks_b() };
    assert_eq!(verdict(&with(&["10.10.0.0/16"]), &rule), "allowed ten");
    assert_eq!(verdict(&with(&["10.10.0.0/16", "100.64.0.0/16"]), &rule), "held");
}

/// The same, #61: a tag that was taken away again changed nothing.
#[test]
fn a_tag_that_was_taken_away_meets_its_condition_no_longer() {
    let rule = [body("dev", "allow", &json!({ "tags": { "env": "dev" } }))];
    let mut vpcs = a_asks_b();
    assert_eq!(verdict(&vpcs, &rule), "allowed dev");
    vpcs.requester.tags = Fact::Known(std::collections::BTreeMap::new());
    assert_eq!(verdict(&vpcs, &rule), "held");
}

/// The same, #13: only addresses that were given out centrally are to be connected.
#[test]
fn a_rule_may_allow_exactly_the_addresses_that_were_given_out() {
    let pool = |block: &str| [body("pool", "allow", &json!({ "cidrs": [block, "fd00:10::/48"] }))];
    assert_eq!(verdict(&a_asks_b(), &pool("10.10.0.0/16")), "allowed pool");
    assert_eq!(verdict(&a_asks_b(), &pool("10.11.0.0/16")), "held");
}

/// The same, #39: principals outside the organization.
#[test]
fn a_rule_about_units_of_the_organization_lets_no_outsider_in() {
    let rule = [body("ours", "allow", &json!({ "organizational_units": ["Root"] }))];
    assert_eq!(verdict(&from_dev(), &rule), "allowed ours");
    let mut outsider = a_asks_b();
    for units in [Fact::Known(Vec::new()), Fact::Unknown("Organizations refuses ListParents".to_owned())] {
        outsider.requester.units = units;
        assert_eq!(verdict(&outsider, &rule), "held");
    }
}

/// The same, #78: an empty list broke the whole flow.
#[test]
fn a_rule_with_an_empty_list_harms_no_other_rule() {
    let rules = [body("empty", "allow", &json!({ "accounts": [] })), body("ok", "allow", &json!({ "accounts": ["111111111111"] }))];
    assert_eq!(verdict(&a_asks_b(), &rules), "allowed ok");
}

/// aws-controllers-k8s/ec2-controller, pull request 159: lists of whom to accept and of whom to reject, in one place.
#[test]
fn whom_to_accept_and_whom_to_refuse_stand_in_one_list() {
    let rules = [
        body("everybody-in-ireland", "allow", &json!({ "regions": ["eu-west-1"] })),
        body("not-this-one", "deny", &json!({ "vpcs": ["vpc-a0000000"] })),
    ];
    assert_eq!(verdict(&a_asks_b(), &rules), "denied not-this-one");
    let other = Sides { requester: vpc_facts("111111111111", "eu-west-1", "vpc-c0000000", &["10.30.0.0/16"], &[]), ..a_asks_b() };
    assert_eq!(verdict(&other, &rules), "allowed everybody-in-ireland");
}

/// cloudposse/terraform-aws-vpc-peering-multi-account#112: to accept and add nothing.
#[test]
fn a_rule_may_accept_a_connection_and_want_nothing_for_it() {
    use peerwright_core::desired::Desired;
    use peerwright_core::ids::Side;
    use peerwright_core::policy::Verdict;
    let decision = decision(&a_asks_b(), &items(&[body("bare", "allow", &json!({ "accounts": ["111111111111"] }))]));
    let Verdict::Allowed(rules) = decision.verdict else { panic!("it is allowed") };
    let desired = Desired::of(&rules);
    assert!(Side::BOTH.into_iter().all(|side| desired.ends.of(side).routes.is_empty() && desired.ends.of(side).groups.is_empty()));
}
