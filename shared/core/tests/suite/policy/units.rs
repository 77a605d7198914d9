//! Organizational units.

use peerwright_core::ids::Sides;
use peerwright_core::organization::Unit;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::json;

use super::words::{a_asks_b, body, decision, in_words, items, rule_for, verdict_about};

/// A's request to B, with A's account in `Root/Workloads/Dev`.
pub(crate) fn from_dev() -> Sides<VpcFacts> {
    let ids = ["r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"];
    let names = ["Root", "Workloads", "Dev"];
    let line = ids.into_iter().zip(names).map(|(id, name)| (id.parse().expect("an id"), name.to_owned()));
    let mut vpcs = a_asks_b();
    vpcs.requester.units = Fact::Known(Unit::line(line));
    vpcs
}

fn allows(units: &str) -> bool {
    let yaml = rule_for(&format!("{{ organizational_units: [{units}] }}"));
    in_words(&decision(&from_dev(), &super::words::allowlist(&yaml)).verdict) == "allowed r"
}

#[test]
fn an_account_is_in_every_unit_above_it_by_id_or_path() {
    for above in ["Root", "Root/Workloads", "Root/Workloads/Dev", "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"] {
        assert!(allows(above), "{above}");
    }
    assert!(allows("Root/Sandbox, ou-ab12-11111111"), "any of the values will do");
}

#[test]
fn a_unit_beside_or_below_is_another_even_if_its_name_begins_alike() {
    for other in ["Root/Work", "Root/Workloads/Dev/Team", "Root/Workloads/De", "Root/Dev", "ou-ab12-33333333", "r-cd34"] {
        assert!(!allows(other), "{other}");
    }
}

#[test]
fn units_that_can_not_be_read_meet_no_condition_and_the_reason_says_why() {
    let mut vpcs = a_asks_b();
    vpcs.requester.units = Fact::Unknown("Organizations refuses ListParents".to_owned());
    let rules = [body("r", "allow", &json!({ "organizational_units": ["Root/Workloads"] }))];
    assert_eq!(
        decision(&vpcs, &items(&rules)).reasons,
        ["rule r does not match: requester.organizational_units is not met because unknown (Organizations refuses ListParents)"]
    );
}

#[test]
fn a_deny_rule_about_units_that_can_not_be_read_holds() {
    let mut vpcs = a_asks_b();
    vpcs.requester.units = Fact::Unknown("Organizations refuses ListParents".to_owned());
    let rules = [
        body("ok", "allow", &json!({ "accounts": ["111111111111"] })),
        body("no-sandbox", "deny", &json!({ "organizational_units": ["Root/Sandbox"] })),
    ];
    assert_eq!(in_words(&decision(&vpcs, &items(&rules)).verdict), "held");
}

#[test]
fn an_account_outside_the_organization_is_known_to_be_in_no_unit() {
    let mut vpcs = a_asks_b();
    vpcs.requester.units = Fact::Known(Vec::new());
    let rules = [
        body("ok", "allow", &json!({ "accounts": ["111111111111"] })),
        body("no-sandbox", "deny", &json!({ "organizational_units": ["Root/Sandbox"] })),
    ];
    vpcs.accepter.units = from_dev().requester.units;
    assert_eq!(in_words(&decision(&vpcs, &items(&rules)).verdict), "allowed ok");
    let dev = [body("dev", "allow", &json!({ "organizational_units": ["Root/Workloads"] }))];
    assert_eq!(
        decision(&vpcs, &items(&dev)).reasons,
        ["rule dev does not match: requester.organizational_units is not met (it is outside the organization)"]
    );
    assert!(decision(&vpcs, &items(&dev)).forbids(), "a vendor's access can be revoked while rules about units exist");
}

#[test]
fn a_rule_about_the_organization_lets_in_every_account_of_it_and_no_other() {
    let rule = [body("ours", "allow", &json!({ "organization": true }))];
    assert_eq!(in_words(&decision(&from_dev(), &items(&rule)).verdict), "allowed ours");
    let mut outside = a_asks_b();
    outside.requester.units = Fact::Known(Vec::new());
    let decided = decision(&outside, &items(&rule));
    assert_eq!(decided.reasons, ["rule ours does not match: requester.organization is not met (it is outside the organization)"]);
    assert!(decided.forbids());
    outside.requester.units = Fact::Unknown("Organizations refuses ListParents".to_owned());
    assert!(!decision(&outside, &items(&rule)).forbids());
}

#[test]
fn the_units_of_one_end_say_nothing_about_the_other() {
    let mut turned = from_dev();
    std::mem::swap(&mut turned.requester.units, &mut turned.accepter.units);
    verdict_about(&turned, &rule_for("{ organizational_units: [Root/Workloads] }"), "held");
}

#[test]
fn only_rules_about_units_of_an_end_ask_for_them() {
    use peerwright_core::ids::Side::{Accepter, Requester};
    let asks = super::words::allowlist(&rule_for("{ organizational_units: [Root/Workloads] }"));
    assert!(asks.asks_for_units(Requester) && !asks.asks_for_units(Accepter));
    let ours = super::words::allowlist(&rule_for("{ organization: true }"));
    assert!(ours.asks_for_units(Requester) && !ours.asks_for_units(Accepter));
    let deny = items(&[body("never", "deny", &json!({ "organizational_units": ["Root/Sandbox"] }))]);
    assert!(deny.asks_for_units(Requester) && deny.asks_for_units(Accepter), "a deny rule is about both, whichever asks");
    assert!(!super::words::allowlist(&rule_for("{ regions: [eu-west-1] }")).asks_for_units(Requester));
}
