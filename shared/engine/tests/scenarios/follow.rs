//! A person who asked for a look waits for what came of it.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::event::Cause;
use peerwright_core::ids::{PcxId, Side};
use peerwright_engine::failure::Class;
use peerwright_engine::follow::{AskedLook, Followed, follow};
use peerwright_engine::operator::retry;
use peerwright_engine::ports::Clock;
use peerwright_testkit::{Fault, Operation, World, run};

use crate::demo::{A, DB, WEB, WEB_TO_DB, accept, accepted, configure, converged, world};
use crate::hub::Hub;
use crate::request::{TO_DB, only};

/// The id of the message by which a person asks.
const ASKED: &str = "retry-1";

/// What is followed after the functions have done what a person asked for.
fn retried(world: &World, id: &PcxId) -> Followed {
    let before = world.ledger.entry(id).version;
    let hub = Hub::new(world).because_of(Cause { retry: true, events: vec![ASKED.to_owned()], ..Cause::default() });
    hub.deliver(run(retry(&world.ledger, id)).expect("it is known"));
    awaited(world, id, before)
}

fn awaited(world: &World, id: &PcxId, version: u64) -> Followed {
    let at = world.clock.now() - Duration::from_mins(1);
    let asked = AskedLook { version, event: ASKED, at, until: world.clock.now() + Duration::from_secs(5) };
    run(follow(&world.ledger, &world.clock, id, asked, |_| {})).expect("the ledger can be read")
}

fn settled(followed: &Followed) -> String {
    match followed {
        Followed::Settled(entry) => entry.status.to_string(),
        Followed::StillUnderWay(entry) => panic!("{entry:?}"),
    }
}

#[test]
fn a_look_that_finds_nothing_to_do_is_told_as_well() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    assert_eq!(settled(&retried(&world, &id)), "converged");
    world.allowlist.replace("rules: [{ id: no, effect: deny, requester: { vpcs: [vpc-0000000a] }, accepter: { vpcs: [vpc-0000000b] } }]");
    Hub::new(&world).sweep_until_quiet();
    assert_eq!(settled(&retried(&world, &id)), "isolated");
}

#[test]
fn what_is_refused_again_is_told_as_not_done() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    configure(&world, &world.accepted(&id)).expect("the rest is made");
    assert_eq!(settled(&retried(&world, &id)), "blocked");
    world.clear_faults();
    assert_eq!(settled(&retried(&world, &id)), "converged");
}

#[test]
fn what_a_look_of_somebody_else_writes_meanwhile_is_no_answer() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.ledger.entry(&id).version;
    configure(&world, &world.accepted(&id)).expect("an earlier message");
    let Followed::StillUnderWay(Some(entry)) = awaited(&world, &id, before) else { panic!("it is not what was asked for") };
    assert_eq!(entry.status, "converged");
}

#[test]
fn a_request_that_somebody_else_accepted_meanwhile_is_followed_to_its_end() {
    let world = world(WEB_TO_DB);
    world.allowlist.replace("rules: []");
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("it is held");
    world.allowlist.replace(WEB_TO_DB);
    world.accept_by_hand(&id);
    assert_eq!(settled(&retried(&world, &id)), "converged");
}

#[test]
fn a_request_that_somebody_else_rejected_meanwhile_is_followed_to_its_end() {
    let world = world("rules: []");
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("it is held");
    world.reject_by_hand(&id);
    assert_eq!(settled(&retried(&world, &id)), "ended");
}

#[test]
fn a_retry_comes_to_an_end_though_each_of_two_functions_wakes_the_other() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    // The VPC still asks for what somebody has deleted, and AWS refuses to take away what is ours on it.
    world.fail(Fault::next(Operation::DeleteRoute, Class::Denied).for_good().at(A));
    hub.delete(&id, Side::Accepter);
    assert_eq!(world.ledger.entry(&id).status, "blocked");
    let before = world.ledger.history(&id).len();
    assert_eq!(settled(&retried(&world, &id)), "blocked");
    assert!(world.ledger.history(&id).len() <= before + 2, "{:?}", world.ledger.history(&id));
}

#[test]
fn without_a_look_within_the_time_that_is_told() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let version = world.ledger.entry(&id).version;
    let Followed::StillUnderWay(Some(entry)) = awaited(&world, &id, version) else { panic!("nobody looked") };
    assert_eq!(entry.status, "converged");
}
