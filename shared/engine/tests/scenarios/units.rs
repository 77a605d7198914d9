//! Rules about organizational units.

use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{Fault, Operation, World};

use crate::demo::{A, DB, ODD, STRANGER_TO_DB, WEB, WEB_TO_DB, accept, accepted, configure, of, world};
use crate::hub::Hub;

fn by_unit(unit: &str) -> World {
    let rules =
        WEB_TO_DB.replace("requester: { accounts: [\"111111111111\"] }", &format!("requester: {{ organizational_units: [{unit}] }}"));
    world(&rules).in_unit(A, "Root/Workloads/Dev")
}

#[test]
fn an_account_is_let_in_by_a_unit_above_it() {
    for unit in ["Root/Workloads", "ou-ab12-00000002"] {
        accepted(&by_unit(unit), WEB, DB);
    }
}

#[test]
fn an_account_of_another_unit_is_held_and_told_where_it_is() {
    let world = by_unit("Root/Prod");
    let id = world.request(WEB, DB);
    let reason = "rule web-to-db does not match: requester.organizational_units is not met (it is in Root/Workloads/Dev)";
    assert_eq!(of(accept(&world, &world.requested(&id)), &id), Outcome::Held(vec![reason.to_owned()]));
}

#[test]
fn a_strangers_access_ends_with_its_rule_although_other_rules_speak_of_units() {
    let of_unit =
        "  - { id: ours, effect: allow, requester: { organizational_units: [Root/Workloads] }, accepter: { vpcs: [vpc-0000000b] } }\n";
    let vendor = STRANGER_TO_DB.replace("    routes", "    on_revoke: isolate\n    routes");
    let world = world(&format!("{vendor}{of_unit}"));
    let id = accepted(&world, ODD, DB);
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::OneSided(_)));
    assert_ne!(world.snapshot().made_for(&id), Vec::<String>::new());
    world.allowlist.replace(&format!("rules:\n{of_unit}"));
    Hub::new(&world).sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "isolated", "the stranger is known to be in no unit");
}

#[test]
fn a_rule_about_the_organization_lets_in_its_accounts_and_no_stranger() {
    let rules = |account| WEB_TO_DB.replace(&format!("requester: {{ accounts: [\"{account}\"] }}"), "requester: { organization: true }");
    let ours = world(&rules(A)).in_unit(A, "Root");
    accepted(&ours, WEB, DB);
    let id = ours.request(ODD, DB);
    let reason = "rule web-to-db does not match: requester.organization is not met (it is outside the organization)";
    assert_eq!(of(accept(&ours, &ours.requested(&id)), &id), Outcome::Held(vec![reason.to_owned()]));
}

#[test]
fn an_organization_that_refuses_to_answer_lets_nobody_in() {
    let world = by_unit("Root/Workloads");
    world.fail(Fault::next(Operation::ReadUnits, Class::Denied).for_good());
    let id = world.request(WEB, DB);
    let Outcome::Held(reasons) = of(accept(&world, &world.requested(&id)), &id) else { panic!("it must be held") };
    assert!(reasons[0].contains("requester.organizational_units is not met because unknown (can't ReadUnits"), "{reasons:?}");
}

#[test]
fn an_organization_that_is_busy_is_asked_again() {
    let world = by_unit("Root/Workloads");
    world.fail(Fault::next(Operation::ReadUnits, Class::Throttled));
    let id = world.request(WEB, DB);
    assert_eq!(accept(&world, &world.requested(&id)).expect_err("it passes by itself").class, Class::Throttled);
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Accepted(_)));
}

#[test]
fn the_organization_is_not_asked_where_no_rule_speaks_of_units() {
    let world = world(WEB_TO_DB);
    world.fail(Fault::next(Operation::ReadUnits, Class::Throttled).for_good());
    accepted(&world, WEB, DB);
}
