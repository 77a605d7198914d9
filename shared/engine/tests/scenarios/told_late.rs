//! Events that come behind a look that saw what they tell: CloudTrail's are minutes late, and each is delivered at least once.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::event::Cause;
use peerwright_core::ids::PcxId;
use peerwright_core::plan::Limits;
use peerwright_engine::configure::configure;
use peerwright_engine::outcome::{Outcome, Recipient, Report};
use peerwright_engine::ports::{Clock, Cloud};
use peerwright_testkit::{World, run};

use crate::demo::{DB, WEB, WEB_TO_DB, accepted, converged, world};
use crate::hub::{Hub, assert_quiet};

/// What comes of an event about something that happened then, and the calls that it cost.
fn told(world: &World, id: &PcxId, cause: Cause) -> (Report, u64) {
    let mut ports = world.ports();
    ports.cause = cause;
    let report = run(configure(&world.accepted(id), Limits::NONE, &ports)).expect("no failure");
    (report, ports.cloud.calls())
}

fn at(moment: Timestamp) -> Cause {
    Cause { at: Some(moment), ..Cause::default() }
}

#[test]
fn the_event_of_an_acceptance_that_was_configured_already_costs_no_call() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let accepted_at = world.clock.now();
    world.clock.advance(Duration::from_secs(1));
    run(configure(&world.accepted(&id), Limits::NONE, &world.ports())).expect("it is active");
    let before = world.writes();
    world.clock.advance(Duration::from_mins(3));
    let cause = Cause { accepted_by: Some("peerwright".to_owned()), ..at(accepted_at) };
    let (report, calls) = told(&world, &id, cause);
    assert!(matches!(&report.outcomes[..], [(_, Outcome::Nothing(why))] if why.contains("was seen at")), "{report:?}");
    assert_eq!(calls, 0);
    assert_eq!(world.ledger.entry(&id).accepted_by.as_deref(), Some("peerwright"), "who accepted it is known by nothing else");
    let cause = Cause { accepted_by: Some("peerwright".to_owned()), ..at(accepted_at) };
    assert_eq!(told(&world, &id, cause).1, 0);
    assert_eq!(world.writes()[before.len()..], [peerwright_testkit::Operation::SaveEntry], "once");
}

#[test]
fn what_came_together_with_an_acceptance_may_not_have_been_shown_yet_when_that_was() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let cause = |events: &[&str]| {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        Cause { accepted_by: Some("peerwright".to_owned()), events, ..at(world.clock.now()) }
    };
    let (alone, together) = (cause(&["acceptance"]), cause(&["acceptance", "a new block"]));
    world.clock.advance(Duration::from_secs(1));
    run(configure(&world.accepted(&id), Limits::NONE, &world.ports())).expect("it is active");
    assert_eq!(told(&world, &id, alone).1, 0);
    assert!(told(&world, &id, together).1 > 0);
}

#[test]
fn who_asked_is_known_also_where_a_sweep_was_quicker_than_the_event() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    let hub = Hub::new(&world).deaf();
    world.clock.advance(Duration::from_secs(1));
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).asked_by, None);
    let cause = Cause { principal: Some("jo".to_owned()), ..at(world.clock.now()) };
    for _ in 0..2 {
        Hub::new(&world).because_of(cause.clone()).send(Recipient::Accept, &world.requested(&id)).expect("no failure");
    }
    assert_eq!(world.ledger.entry(&id).asked_by.as_deref(), Some("jo"));
    assert_eq!(world.ledger.history(&id).iter().filter(|what| *what == "caller told").count(), 1);
}

#[test]
fn ten_events_of_what_changed_together_are_one_run() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.clock.advance(Duration::from_mins(10));
    let events: Vec<Cause> = (0..10).map(|second| at(world.clock.now() + Duration::from_secs(second))).collect();
    world.associate(WEB, "10.3.0.0/16");
    world.clock.advance(Duration::from_mins(2));
    let calls: Vec<u64> = events.into_iter().map(|event| told(&world, &id, event).1).collect();
    assert!(calls[0] > 0, "{calls:?}");
    assert_eq!(&calls[1..], [0; 9]);
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&Hub::new(&world));
}

#[test]
fn what_may_have_happened_behind_the_last_look_is_looked_at() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let looked_at = world.clock.now();
    // EC2's answers lag behind: what happened just before the look may not have been seen.
    let just_before = looked_at - Duration::from_secs(5);
    for cause in [at(looked_at), at(just_before), Cause::default()] {
        let (report, calls) = told(&world, &id, cause.clone());
        assert!(calls > 0, "{cause:?} {report:?}");
    }
}

#[test]
fn what_has_drifted_since_is_looked_at_however_old_the_event() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let long_ago = world.clock.now() - Duration::from_mins(10);
    world.remove_route(DB, "10.1.0.0/16");
    let ports = world.ports();
    let place = peerwright_core::event::Hint::Place(world.ends(&id).accepter.place);
    run(peerwright_engine::sweep::sweep(&place, &BTreeSet::new(), None, &ports)).expect("a sweep");
    assert_eq!(world.ledger.entry(&id).status, "drifted");
    assert!(told(&world, &id, at(long_ago)).1 > 0);
    assert_eq!(world.ledger.entry(&id).status, "converged");
}
