//! What EC2 doesn't show yet.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::world::PeeringState;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_engine::ports::Clock;
use peerwright_testkit::{Lag, World, place};

use crate::demo::{A, B, DB, FAR, IRELAND, ODD, STRANGER_TO_DB, WEB, WEB_AND_DB, WEB_TO_DB, accept, accepted, configure, of, world};
use crate::hub::Hub;

const LONG: Duration = Duration::from_mins(10);
/// When a message that waits comes again.
const COMES_AGAIN: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(100);

fn seconds_since(world: &World, start: Timestamp) -> i64 {
    world.clock.now().duration_since(start).as_secs()
}

fn waiting(outcome: Outcome) -> String {
    match outcome {
        Outcome::Waiting { why, after } => {
            assert_eq!(after, Duration::from_secs(5));
            why
        }
        other => panic!("it must wait, not {other:?}"),
    }
}

#[test]
fn a_request_that_is_not_visible_for_a_while_is_accepted_all_the_same() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    for place in [place(A, IRELAND), place(B, IRELAND)] {
        world.lag(&id, &place, Lag::Absent, 3);
    }
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Accepted(_)));
}

#[test]
fn a_strangers_request_that_our_place_is_not_shown_yet_is_waited_for() {
    let world = world(STRANGER_TO_DB);
    let id = world.request(ODD, DB);
    world.lag(&id, &place(B, IRELAND), Lag::Absent, 3);
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Accepted(_)));
}

#[test]
fn a_request_that_only_the_accepter_is_not_shown_yet_is_waited_for() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.lag(&id, &place(B, IRELAND), Lag::Absent, 7);
    let why = waiting(of(accept(&world, &world.requested(&id)), &id));
    assert_eq!(why, format!("{id} is not shown as pending in {B}/{IRELAND} yet"));
    assert_eq!(world.writes(), []);
    world.clock.advance(COMES_AGAIN);
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Accepted(_)));
}

#[test]
fn a_connection_that_stays_invisible_is_given_back_within_four_seconds() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    for place in [place(A, IRELAND), place(B, IRELAND)] {
        world.lag(&id, &place, Lag::Absent, 1000);
    }
    let start = world.clock.now();
    assert_eq!(waiting(of(accept(&world, &world.requested(&id)), &id)), format!("{id} is not visible yet"));
    assert!((3..4).contains(&seconds_since(&world, start)));
    assert_eq!(world.writes(), []);
}

#[test]
fn a_request_that_is_still_initiating_waits() {
    let world = world(WEB_TO_DB).pace(LONG, SHORT);
    let id = world.request(WEB, DB);
    assert_eq!(waiting(of(accept(&world, &world.requested(&id)), &id)), format!("{id} is not pending yet"));
    world.clock.advance(LONG);
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Accepted(_)));
}

#[test]
fn a_connection_that_is_provisioned_beyond_the_budget_waits() {
    let world = world(WEB_TO_DB).pace(SHORT, LONG);
    let id = accepted(&world, WEB, DB);
    let before = world.writes();
    let start = world.clock.now();
    assert_eq!(waiting(of(configure(&world, &world.accepted(&id)), &id)), format!("{id} is not active yet"));
    assert!((3..4).contains(&seconds_since(&world, start)));
    assert_eq!(world.writes(), before, "waiting is not written down");
    world.clock.advance(LONG);
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(_)));
}

#[test]
fn a_connection_that_still_looks_pending_after_its_acceptance_is_configured_all_the_same() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.lag(&id, &place(B, IRELAND), Lag::Outdated(PeeringState::Pending), 3);
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(_)));
}

#[test]
fn a_request_that_was_accepted_a_moment_ago_and_still_looks_pending_is_looked_at_again() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.writes();
    for place in [place(A, IRELAND), place(B, IRELAND)] {
        world.lag(&id, &place, Lag::Outdated(PeeringState::Pending), 1);
    }
    assert_eq!(waiting(of(accept(&world, &world.requested(&id)), &id)), format!("{id} changed while it was being settled"));
    assert_eq!(world.writes(), before);
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Nothing(_)));
}

#[test]
fn an_active_connection_that_hides_a_strangers_blocks_is_looked_at_again() {
    let world = world(STRANGER_TO_DB);
    let id = accepted(&world, ODD, DB);
    world.lag(&id, &place(B, IRELAND), Lag::WithoutCidrs, 2);
    let why = waiting(of(configure(&world, &world.accepted(&id)), &id));
    assert!(why.contains("does not show the peer's CIDR blocks yet"), "{why}");
    world.clock.advance(COMES_AGAIN);
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert!(matches!(outcome, Outcome::OneSided(_)), "{outcome:?}");
    assert!(world.snapshot().made_for(&id).contains(&"rtb-000000b1 10.40.0.0/16".to_owned()));
}

#[test]
fn blocks_that_the_connection_hides_are_read_from_the_vpcs_where_we_may() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.lag(&id, &place(B, IRELAND), Lag::WithoutCidrs, 1000);
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(_)));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
}

#[test]
fn a_connection_is_active_when_each_ends_own_place_shows_it() {
    for lag in [Lag::Absent, Lag::Outdated(PeeringState::Provisioning), Lag::Outdated(PeeringState::Pending)] {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, FAR);
        world.lag(&id, &place(A, IRELAND), lag.clone(), 12);
        let why = waiting(of(configure(&world, &world.accepted(&id)), &id));
        assert!(why.contains(&format!("in {A}/{IRELAND} yet")), "{why}");
        assert_eq!(world.snapshot().made_for(&id), [""; 0], "{lag:?}");
        world.clock.advance(COMES_AGAIN);
        Hub::new(&world).deliver([(Recipient::Configure, world.accepted(&id))]);
        assert_eq!(world.ledger.entry(&id).status, "converged");
    }
}
