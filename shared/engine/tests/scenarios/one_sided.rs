//! Connections of which only one end is ours.

use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::place;

use crate::demo::{A, B, DB, IRELAND, ODD, STRANGER, STRANGER_TO_DB, WEB, WEB_TO_DB, accept, configure, converged, of, world};

#[test]
fn a_vendors_request_is_accepted_and_our_end_is_done() {
    let world = world(STRANGER_TO_DB);
    let id = world.request(ODD, DB);
    world.clock.advance(Duration::from_secs(1));
    accept(&world, &Hint::Pending(place(B, IRELAND))).expect("a rule allows it");
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert_eq!(outcome, Outcome::OneSided(vec![format!("requester: we hold no role in {STRANGER}/{IRELAND}")]));
    assert_eq!(world.snapshot().made_for(&id), ["rtb-000000b1 10.40.0.0/16", "rtb-000000b2 10.40.0.0/16", "dns accepter"]);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.reasons.len()), ("one-sided", 1));
}

#[test]
fn a_one_sided_connection_is_reported_once() {
    let world = world(STRANGER_TO_DB);
    let id = world.request(ODD, DB);
    accept(&world, &world.requested(&id)).expect("a rule allows it");
    configure(&world, &world.accepted(&id)).expect("our end is done");
    let before = world.writes();
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::OneSided(_)));
    assert_eq!(world.writes(), before);
}

#[test]
fn a_stranger_of_whom_nothing_is_wanted_is_not_waited_for() {
    let world = world(&STRANGER_TO_DB.replace("requester: { tables: all }, accepter", "accepter"));
    let id = converged(&world, ODD, DB);
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn what_a_vendor_accepts_is_configured_on_our_end() {
    let vendor = WEB_TO_DB.replace("\"222222222222\"", "\"999999999999\"");
    let world = world(&vendor);
    let id = world.request(WEB, ODD);
    world.clock.advance(Duration::from_secs(1));
    world.accept_by_hand(&id);
    let hint = Hint::Connection { id: id.clone(), places: vec![place(A, IRELAND)] };
    let outcome = of(configure(&world, &hint), &id);
    assert!(matches!(outcome, Outcome::OneSided(_)), "{outcome:?}");
    let made = world.snapshot().made_for(&id);
    assert_eq!(made, ["rtb-000000a1 10.40.0.0/16", "rtb-000000a2 10.40.0.0/16", "sg-0000000a egress udp/53 10.40.0.0/16", "dns requester"]);
}

#[test]
fn of_a_vendors_block_only_the_parts_that_the_rule_names_are_routed_on_our_end_when_the_vendor_accepts() {
    let rule = r#"
rules:
  - id: us-to-vendor
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { vpcs: [vpc-0000000f] }
    routes: { requester: { tables: { tag: { tier: private } }, destinations: [10.40.16.0/20, 10.40.32.0/20] } }
"#;
    let world = world(rule);
    let id = world.request(WEB, ODD);
    world.clock.advance(Duration::from_mins(10));
    world.accept_by_hand(&id);
    let hint = Hint::Connection { id: id.clone(), places: vec![place(A, IRELAND)] };
    assert!(matches!(of(configure(&world, &hint), &id), Outcome::Converged(2)));
    assert_eq!(world.snapshot().made_for(&id), ["rtb-000000a2 10.40.16.0/20", "rtb-000000a2 10.40.32.0/20"]);
}

#[test]
fn the_other_end_is_done_as_soon_as_its_account_gives_us_the_role() {
    let world = world(STRANGER_TO_DB);
    let id = world.request(ODD, DB);
    accept(&world, &world.requested(&id)).expect("a rule allows it");
    configure(&world, &world.accepted(&id)).expect("our end is done");
    world.grant_role(STRANGER);
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(1));
    assert!(world.snapshot().made_for(&id).contains(&"rtb-000000f1 10.20.0.0/16".to_owned()));
}

#[test]
fn a_role_that_is_taken_away_leaves_a_configured_connection_untouched() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let before = world.snapshot();
    world.revoke_role(A);
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert_eq!(outcome, Outcome::OneSided(vec![format!("requester: we hold no role in {A}/{IRELAND}")]));
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_connection_between_strangers_is_nobodys_business() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.revoke_role(A);
    world.revoke_role(B);
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert_eq!(outcome, Outcome::Unreachable(format!("we hold no role in {B}/{IRELAND} or we hold no role in {A}/{IRELAND}")));
    assert_eq!(world.writes(), []);
}
