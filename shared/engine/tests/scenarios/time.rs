//! Runs that take longer than they may, and AWS that asks for a slower pace: what is done is written down, and the rest follows.

use std::time::Duration;

use peerwright_engine::failure::Class;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_engine::ports::Clock;
use peerwright_testkit::{FakeTable, Fault, Operation, World};

use crate::demo::{DB, WEB, WEB_TO_DB, accepted, configure, db, of, world};
use crate::hub::{Hub, assert_quiet};

/// How long a call takes, and a run may.
const LATENCY: Duration = Duration::from_millis(200);
const LIMIT: Duration = Duration::from_secs(45);
/// What a run does beside its steps: it looks, writes down, and shows the status.
const AROUND: Duration = Duration::from_secs(10);

/// B's VPC has so many tables for private subnets, each of which gets three routes.
fn world_with(tables: usize) -> World {
    let many = (0..tables).fold(db(), |vpc, number| vpc.table(FakeTable::new(&format!("rtb-0000c{number:03}")).tag("tier", "private")));
    world(WEB_TO_DB).vpc(many)
}

#[test]
fn a_run_ends_in_time_with_what_it_did_written_down_and_the_next_one_goes_on() {
    let world = world_with(200).slow(LATENCY, LIMIT);
    let id = accepted(&world, WEB, DB);
    let began = world.clock.now();
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert!(matches!(&outcome, Outcome::Unfinished(why) if why.contains("left for the next run")), "{outcome:?}");
    let took = world.clock.now().duration_since(began).unsigned_abs();
    assert!(took <= LIMIT + AROUND, "{took:?}");
    assert!(world.snapshot().routes_over(&id).count() > 100, "{}", world.snapshot().routes_over(&id).count());
    assert_eq!(world.ledger.entry(&id).status, "waiting");
    let hub = Hub::new(&world);
    let log = hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    assert_eq!((world.ledger.entry(&id).status.as_str(), log.dead.len()), ("converged", 0));
    assert_quiet(&hub);
}

#[test]
fn what_is_large_takes_time_in_proportion_however_many_runs_it_takes() {
    let seconds = |tables: usize| {
        let world = world_with(tables).slow(LATENCY, LIMIT);
        let id = accepted(&world, WEB, DB);
        let began = world.clock.now();
        Hub::new(&world).deliver([(Recipient::Configure, world.accepted(&id))]);
        assert_eq!(world.ledger.entry(&id).status, "converged");
        world.clock.now().duration_since(began).as_secs_f64()
    };
    let (small, large) = (seconds(200), seconds(800));
    assert!(large < 4.2 * small, "{small} s and {large} s");
}

#[test]
fn a_throttle_ends_the_run_and_nothing_that_was_done_is_lost() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Throttled).after(3));
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert!(matches!(&outcome, Outcome::Unfinished(why) if why.contains("left for the next run")), "{outcome:?}");
    assert_eq!(world.snapshot().routes_over(&id).count(), 3);
    let hub = Hub::new(&world);
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}
