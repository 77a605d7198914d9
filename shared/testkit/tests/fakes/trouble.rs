//! Faults, crashes, and two at once.

use std::sync::Mutex;
use std::time::Duration;

use peerwright_engine::failure::Class;
use peerwright_engine::ports::{Allowlist, Clock, Cloud, Ledger};
use peerwright_testkit::{FakeClock, Fault, Operation, Turn, interleave, parse, run};

use crate::common::{A, ASKED, B, connection, pending, places, refusal, world};

#[test]
fn a_fault_comes_after_its_calls_lasts_for_its_times_and_stays_in_its_account() {
    let world = world();
    let id = pending(&world, ASKED);
    world.fail(Fault::next(Operation::DescribeConnection, Class::Throttled).after(1).times(2).at(B));
    let [requester, accepter] = places();
    let describe = |place| run(world.ports().cloud.connection(place, &id)).err().map(|failure| failure.class);
    assert_eq!([describe(&requester), describe(&requester)], [None, None]);
    assert_eq!(
        [describe(&accepter), describe(&accepter), describe(&accepter), describe(&accepter)],
        [None, Some(Class::Throttled), Some(Class::Throttled), None]
    );
}

#[test]
fn a_fault_for_good_lasts_until_faults_are_cleared() {
    let world = world();
    world.fail(Fault::next(Operation::ReadAllowlist, Class::Denied).for_good());
    let read = || run(world.allowlist.rules_for(&parse(A)));
    assert!((0..50).all(|_| refusal(read()).0 == Class::Denied));
    world.clear_faults();
    read().expect("the fault is over");
}

#[test]
fn after_a_crash_every_call_fails_until_the_restart() {
    let world = world();
    let id = pending(&world, ASKED);
    let found = connection(&world, &id);
    world.crash_after(1);
    let ports = world.ports();
    run(ports.cloud.accept(&found)).expect("the first write still happens");
    assert_eq!(refusal(run(ports.cloud.connection(&found.ends.accepter.place, &id))).0, Class::Unexpected);
    assert_eq!(refusal(run(ports.allowlist.rules_for(&parse(B)))).0, Class::Unexpected);
    assert_eq!(refusal(run(ports.ledger.load(&id))).0, Class::Unexpected);
    assert!(world.restart(), "it had died");
    run(ports.ledger.load(&id)).expect("it runs again");
}

#[test]
fn a_process_that_wrote_less_has_not_died() {
    let world = world();
    world.crash_after(1);
    assert!(!world.restart());
}

/// Writes its letters, with a call after each.
async fn spell(letters: &str, clock: FakeClock, page: &Mutex<String>) {
    for letter in letters.chars() {
        page.lock().expect("nobody panics").push(letter);
        clock.sleep(Duration::ZERO).await;
    }
}

#[test]
fn two_futures_take_turns_at_their_calls_and_the_last_turn_lasts() {
    let order = |turns: &[Turn]| {
        let (clock, page) = (FakeClock::default(), Mutex::default());
        interleave(turns, spell("abc", clock.clone(), &page), spell("xyz", clock.clone(), &page));
        page.into_inner().expect("nobody panics")
    };
    assert_eq!(order(&[Turn::First]), "abcxyz");
    assert_eq!(order(&[Turn::Second]), "xyzabc");
    assert_eq!(order(&[Turn::First, Turn::Second, Turn::Second, Turn::First]), "axybcz");
}
