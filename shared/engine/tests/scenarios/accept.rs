//! Pending requests that a rule allows.

use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::world::PeeringState;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_testkit::{FakeVpc, Operation, World, place};

use crate::demo::{A, B, DB, FAR, FRANKFURT, IRELAND, ODD, STRANGER, STRANGER_TO_DB, WEB, WEB_TO_DB, accept, accepted, nothing, of, world};

fn state(world: &World, id: &PcxId) -> PeeringState {
    world.snapshot().state(id)
}

#[test]
fn an_allowed_request_is_accepted_and_the_ledger_says_by_which_rule() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    let outcome = of(accept(&world, &world.requested(&id)), &id);
    assert_eq!(outcome, Outcome::Accepted(vec!["rule web-to-db allows it".to_owned()]));
    assert_eq!(state(&world, &id), PeeringState::Provisioning);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), &entry.rules[..], entry.version), ("accepted", &["web-to-db".to_owned()][..], 2));
    assert_eq!(entry.ends, world.ends(&id));
    assert!(entry.ec2_calls >= 4, "describe, list, two VPCs, accept: {}", entry.ec2_calls);
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted"]);
}

#[test]
fn a_request_across_regions_is_accepted_in_the_accepters_region() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, FAR);
    assert_eq!(state(&world, &id), PeeringState::Provisioning);
}

#[test]
fn the_second_delivery_of_the_request_writes_nothing() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.writes();
    assert_eq!(of(accept(&world, &world.requested(&id)), &id), Outcome::Nothing("it is provisioning".to_owned()));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(of(accept(&world, &world.requested(&id)), &id), Outcome::Nothing("it is active".to_owned()));
    assert_eq!(world.writes(), before);
}

#[test]
fn a_strangers_request_without_an_event_is_found_when_the_accepters_place_is_looked_at() {
    let world = world(STRANGER_TO_DB);
    let id = world.request(ODD, DB);
    world.clock.advance(Duration::from_secs(1));
    let outcome = of(accept(&world, &Hint::Pending(place(B, IRELAND))), &id);
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

#[test]
fn a_hint_settles_the_request_that_it_names_and_no_other() {
    let world = world(&format!("{WEB_TO_DB}{}", STRANGER_TO_DB.trim_start().trim_start_matches("rules:\n")));
    let odd = world.request(ODD, DB);
    let named = world.request(WEB, DB);
    let report = accept(&world, &world.requested(&named)).expect("it can be settled");
    assert_eq!(report.outcomes.len(), 1, "a hundred requests at once are looked at once each: {report:?}");
    assert!(matches!(of(Ok(report), &named), Outcome::Accepted(_)));
    assert!(world.ledger.ignores(&odd));
}

#[test]
fn a_hint_that_names_a_place_settles_everything_that_is_pending_there() {
    let world = world(&format!("{WEB_TO_DB}{}", STRANGER_TO_DB.trim_start().trim_start_matches("rules:\n")));
    let (odd, web) = (world.request(ODD, DB), world.request(WEB, DB));
    world.clock.advance(Duration::from_secs(1));
    let report = accept(&world, &Hint::Pending(place(B, IRELAND))).expect("both can be settled");
    for id in [&web, &odd] {
        assert!(matches!(of(Ok(report.clone()), id), Outcome::Accepted(_)), "{report:?}");
    }
}

#[test]
fn a_place_with_nothing_pending_has_nothing_to_do() {
    let world = world(WEB_TO_DB);
    let report = accept(&world, &Hint::Pending(place(B, FRANKFURT))).expect("a list");
    assert_eq!(report.outcomes, []);
    assert_eq!(world.writes(), []);
}

#[test]
fn a_request_is_not_looked_for_where_it_can_not_be_accepted() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    for elsewhere in [place(A, IRELAND), place(B, FRANKFURT)] {
        assert_eq!(accept(&world, &Hint::Pending(elsewhere)).expect("a list").outcomes, []);
    }
    assert_eq!(state(&world, &id), PeeringState::Pending);
}

#[test]
fn a_request_between_overlapping_vpcs_has_failed_by_itself() {
    let twin = FakeVpc::new(B, IRELAND, "vpc-0000000e").cidr("10.1.128.0/20");
    let world = world(WEB_TO_DB).vpc(twin);
    let id = world.request(WEB, "vpc-0000000e");
    assert_eq!(of(accept(&world, &world.requested(&id)), &id), Outcome::Nothing("it is failed".to_owned()));
    assert_eq!(world.writes(), []);
}

#[test]
fn a_request_that_expired_is_left_alone() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_hours(7 * 24));
    assert_eq!(of(accept(&world, &world.requested(&id)), &id), Outcome::Nothing("it is expired".to_owned()));
}

#[test]
fn a_request_in_an_account_without_our_role_is_nobodys_business() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, ODD);
    let why = nothing(accept(&world, &world.requested(&id)));
    assert_eq!(why, "we hold no role in 999999999999/eu-west-1, where the request waits for its accepter");
    assert_eq!(world.writes(), []);
}

#[test]
fn a_hint_to_places_without_our_role_is_unreachable() {
    let world = world(WEB_TO_DB);
    world.revoke_role(B);
    let id = world.request(ODD, DB);
    let outcome = of(accept(&world, &world.requested(&id)), &id);
    assert_eq!(outcome, Outcome::Unreachable(format!("we hold no role in {B}/{IRELAND} or we hold no role in {STRANGER}/{IRELAND}")));
    assert_eq!(world.writes(), []);
}

#[test]
fn an_acceptance_that_nobody_lived_to_write_down_was_noted_before() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    // The routes are noted, the acceptance is noted, and made.
    world.crash_after(3);
    accept(&world, &world.requested(&id)).expect_err("it died");
    assert_eq!(state(&world, &id), PeeringState::Provisioning);
    let changes = world.ledger.changes(&id);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].what.as_str(), &changes[0].rules[..]), ("accepting", &["web-to-db".to_owned()][..]));
}

#[test]
fn an_acceptance_wakes_configure_without_waiting_for_its_event() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    let report = accept(&world, &world.requested(&id)).expect("it is allowed");
    assert!(report.hints.contains(&(Recipient::Configure, world.accepted(&id))), "{report:?}");
}

#[test]
fn the_routes_and_the_acceptance_are_noted_then_the_request_accepted_and_nothing_else_is_written() {
    let world = world(WEB_TO_DB);
    accepted(&world, WEB, DB);
    assert_eq!(world.writes(), [Operation::Reserve, Operation::SaveEntry, Operation::Accept, Operation::SaveEntry]);
}
