//! Whoever works on a connection, works alone.

use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::plan::Limits;
use peerwright_engine::configure as engine;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_engine::ports::{Clock, Lease, Leases};
use peerwright_testkit::{FakePorts, Fault, Operation, World, run};

use crate::demo::{DB, WEB, WEB_AND_DB, WEB_TO_DB, accept, accepted, configure, of, world};
use crate::hub::{Hub, assert_quiet};

/// Somebody else has the lease of a connection for so long.
fn occupy(world: &World, id: &PcxId, seconds: u64) {
    world.ledger.occupy(id, world.clock.now() + Duration::from_secs(seconds));
}

/// Nobody has the lease.
fn is_free(world: &World, id: &PcxId) -> bool {
    let now = world.clock.now();
    let free = run(world.ports().ledger.lease(id, "a test", now, now)).expect("no failure");
    run(world.ports().ledger.release(id, "a test", &Lease::default())).expect("no failure");
    free.is_some()
}

#[test]
fn whoever_finds_a_connection_taken_waits_and_changes_nothing() {
    for to in [Recipient::Accept, Recipient::Configure, Recipient::Cleanup] {
        let world = world(WEB_TO_DB);
        let id = if to == Recipient::Accept { world.request(WEB, DB) } else { accepted(&world, WEB, DB) };
        world.clock.advance(Duration::from_secs(1));
        occupy(&world, &id, 60);
        let before = (world.snapshot(), world.writes());
        let hub = Hub::new(&world);
        let outcome = of(hub.send(to, &world.accepted(&id)), &id);
        assert!(
            matches!(&outcome, Outcome::Waiting { why, .. } if *why == format!("another function works on {id}")),
            "{to:?}: {outcome:?}"
        );
        assert_eq!((world.snapshot(), world.writes()), before);
    }
}

#[test]
fn one_that_is_taken_holds_up_no_other_of_the_place() {
    let world = world(WEB_TO_DB);
    let (near, far) = (world.request(WEB, DB), world.request(WEB, "vpc-0000000c"));
    world.clock.advance(Duration::from_secs(1));
    occupy(&world, &near, 600);
    let hub = Hub::new(&world);
    for place in [world.ends(&near).accepter.place, world.ends(&far).accepter.place] {
        hub.send(Recipient::Accept, &Hint::Pending(place)).expect("no failure");
    }
    assert!(world.ledger.ignores(&near));
    assert_eq!(world.ledger.entry(&far).status, "accepted");
}

#[test]
fn a_lease_that_is_given_back_in_time_is_waited_for() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    occupy(&world, &id, 2);
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(12)));
    assert!(is_free(&world, &id));
}

#[test]
fn a_lease_that_nobody_gives_back_is_taken_over_when_it_is_over() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.crash_after(3);
    drop(configure(&world, &world.accepted(&id)));
    assert!(world.restart_at_once());
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Waiting { .. }), "a dead process has it");
    world.clock.advance(Duration::from_secs(65));
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(_)));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn a_lease_is_given_back_after_the_work_and_after_a_failure() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.fail(Fault::next(Operation::Accept, Class::Unexpected));
    accept(&world, &world.requested(&id)).expect_err("it failed");
    assert!(is_free(&world, &id), "after a failure");
    accept(&world, &world.requested(&id)).expect("it is allowed");
    assert!(is_free(&world, &id), "after accept");
    configure(&world, &world.accepted(&id)).expect("it is allowed");
    assert!(is_free(&world, &id), "after configure");
    Hub::new(&world).send(Recipient::Cleanup, &world.accepted(&id)).expect("nothing to do");
    assert!(is_free(&world, &id), "after cleanup");
}

#[test]
fn the_work_is_done_where_leases_or_their_return_fail() {
    for operation in [Operation::Lease, Operation::Release] {
        let world = world(WEB_TO_DB);
        world.fail(Fault::next(operation, Class::Throttled).times(2));
        let id = accepted(&world, WEB, DB);
        if operation == Operation::Release {
            // It ends by itself.
            world.clock.advance(Duration::from_secs(65));
        }
        configure(&world, &world.accepted(&id)).expect("nothing else fails");
        assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB, "{operation:?}");
    }
}

/// What came of each of so many messages to configure about one connection that are there at once, and of those that they lead to.
fn outcomes_of_messages(world: &World, id: &PcxId, messages: usize) -> Vec<Outcome> {
    let log = Hub::new(world).deaf().deliver(vec![(Recipient::Configure, world.accepted(id)); messages]);
    log.outcomes(id).into_iter().cloned().collect()
}

#[test]
fn of_many_messages_about_a_connection_that_is_not_ready_one_waits() {
    let world = world(WEB_TO_DB).pace(Duration::from_millis(100), Duration::from_mins(2));
    let id = accepted(&world, WEB, DB);
    let outcomes = outcomes_of_messages(&world, &id, 5);
    let ends = |outcome: &&Outcome| matches!(outcome, Outcome::Nothing(why) if why.contains("a message that waits for that comes at"));
    let waits = |outcome: &&Outcome| matches!(outcome, Outcome::Waiting { .. });
    assert_eq!(outcomes.iter().filter(ends).count(), 4, "{outcomes:?}");
    // 5, 10, 20, 40 and 80 seconds between the looks.
    assert_eq!(outcomes.iter().filter(waits).count(), 5, "{outcomes:?}");
    assert!(matches!(outcomes.last(), Some(Outcome::Converged(_))), "{outcomes:?}");
}

/// What comes of a look at a connection, by a message that waited so often or by nobody's.
fn looked(world: &World, id: &PcxId, waits: Option<u32>) -> Outcome {
    let ports = FakePorts { waits, ..world.ports() };
    of(run(engine::configure(&world.accepted(id), Limits::NONE, &ports)), id)
}

#[test]
fn whoever_looks_without_a_message_keeps_no_message_from_waiting() {
    let world = world(WEB_TO_DB).pace(Duration::from_millis(100), Duration::from_hours(2));
    let id = accepted(&world, WEB, DB);
    assert!(matches!(looked(&world, &id, None), Outcome::Waiting { .. }));
    assert!(matches!(looked(&world, &id, Some(0)), Outcome::Waiting { .. }), "nobody else comes again");
    assert!(matches!(looked(&world, &id, None), Outcome::Waiting { .. }), "a person is told how it stands");
    assert!(matches!(looked(&world, &id, Some(0)), Outcome::Nothing(_)), "one waits, whoever looked meanwhile");
}

#[test]
fn a_message_that_comes_long_before_the_one_that_waits_takes_its_place() {
    let world = world(WEB_TO_DB).pace(Duration::from_millis(100), Duration::from_hours(2));
    let id = accepted(&world, WEB, DB);
    let waiting = |waits: u32| looked(&world, &id, Some(waits));
    assert!(matches!(waiting(6), Outcome::Waiting { .. }), "it comes again in five minutes");
    world.clock.advance(Duration::from_mins(1));
    assert!(matches!(waiting(0), Outcome::Waiting { .. }), "something happened: it comes again in five seconds");
    assert!(matches!(waiting(0), Outcome::Nothing(_)), "one message waits, and no more");
    world.clock.advance(Duration::from_secs(6));
    assert!(matches!(waiting(1), Outcome::Waiting { .. }), "the new one goes on");
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(waiting(7), Outcome::Nothing(_)), "the old one ends");
}
