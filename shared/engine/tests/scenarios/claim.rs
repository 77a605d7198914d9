//! One connection for two VPCs, whoever asks, how often, and whoever dies over it.

use std::time::Duration;

use peerwright_core::ask::{ASK_TAG, MESH_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_engine::request::request;
use peerwright_testkit::{Fault, Operation, Turn, World, interleave};

use crate::demo::{DB, WEB, WEB_AND_DB, WEB_TO_DB, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{EITHER, TO_DB, living, only, status};

/// More calls than a request makes here.
const CALLS: usize = 60;

fn schedules() -> impl Iterator<Item = Vec<Turn>> {
    let overtaking = (0..CALLS).map(|calls| [vec![Turn::First; calls], vec![Turn::Second]].concat());
    let twice = (0..CALLS).step_by(5).flat_map(|calls| {
        (1..CALLS).step_by(6).map(move |more| [vec![Turn::First; calls], vec![Turn::Second; more], vec![Turn::First]].concat())
    });
    let by_turns = [[Turn::First, Turn::Second], [Turn::Second, Turn::First]].map(|pair| pair.repeat(CALLS));
    overtaking.chain(twice).chain(by_turns)
}

/// Two requests at once make one connection, which ends as if there had been one.
fn assert_one(build: impl Fn() -> World, one: &str, other: &str) {
    for turns in schedules() {
        let world = build();
        let hub = Hub::new(&world);
        let (first, second) = (Hint::Vpc(world.vpc_ref(one)), Hint::Vpc(world.vpc_ref(other)));
        let (ports, others) = (world.ports(), world.ports());
        let (a, b) = interleave(&turns, request(&first, &ports), request(&second, &others));
        for result in [a, b] {
            result.unwrap_or_else(|failure| panic!("{}: {turns:?}", failure.explain()));
        }
        let id = only(&world);
        hub.deliver([(Recipient::Accept, world.requested(&id)), (Recipient::Request, first), (Recipient::Request, second)]);
        hub.sweep_until_quiet();
        assert_eq!(only(&world), id);
        let entry = world.ledger.entry(&id);
        assert_eq!((entry.status.as_str(), entry.created_for.is_some()), ("converged", true), "{turns:?}");
        assert_quiet(&hub);
    }
}

#[test]
fn two_vpcs_that_name_each_other_at_once_make_one_connection() {
    let naming = || {
        let world = world(EITHER);
        world.tag(WEB, ASK_TAG, "database");
        world.tag(DB, ASK_TAG, "vpc-0000000a/111111111111");
        world
    };
    assert_one(naming, WEB, DB);
}

#[test]
fn two_events_of_one_tag_at_once_make_one_connection() {
    let asking = || {
        let world = world(EITHER);
        world.tag(WEB, ASK_TAG, "database");
        world
    };
    assert_one(asking, WEB, WEB);
}

#[test]
fn two_vpcs_that_join_a_mesh_at_once_make_one_connection() {
    for turns in schedules() {
        let world = world(EITHER);
        world.tag(WEB, MESH_TAG, "core");
        world.tag(DB, MESH_TAG, "core");
        let hub = Hub::new(&world);
        let (first, second) = (Hint::Vpc(world.vpc_ref(WEB)), Hint::Vpc(world.vpc_ref(DB)));
        let (ports, others) = (world.ports(), world.ports());
        let (a, b) = interleave(&turns, request(&first, &ports), request(&second, &others));
        for result in [a, b] {
            result.unwrap_or_else(|failure| panic!("{}: {turns:?}", failure.explain()));
        }
        hub.sweep_until_quiet();
        let id = only(&world);
        for (vpc, other) in [(WEB, DB), (DB, WEB)] {
            assert_eq!(status(&world, vpc), format!("{other} active {id} converged"), "{turns:?}");
        }
        assert_quiet(&hub);
    }
}

/// The world after the process died behind so many writes; none where it did not die any more.
fn crash(writes: usize, at_once: bool) -> Option<World> {
    let world = world(WEB_TO_DB);
    world.tag(WEB, ASK_TAG, TO_DB);
    let hub = Hub::new(&world);
    world.crash_after(writes);
    drop(hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))));
    let died = if at_once { world.restart_at_once() } else { world.restart() };
    died.then_some(world)
}

/// However it went on: one connection, known as ours, configured.
fn assert_ours(world: &World, when: &str) -> PcxId {
    let [id] = &living(world)[..] else { panic!("{when}: {:?}", world.connections()) };
    let entry = world.ledger.entry(id);
    assert_eq!(entry.created_for, Some(world.vpc_ref(WEB)), "{when}");
    assert_eq!(entry.status, "converged", "{when}");
    assert_eq!(world.snapshot().made_for(id), WEB_AND_DB, "{when}");
    id.clone()
}

#[test]
fn after_a_crash_behind_any_write_there_is_one_connection_and_it_is_known_as_ours() {
    for at_once in [true, false] {
        for writes in 0.. {
            let when = format!("after write {writes}, at once: {at_once}");
            let Some(world) = crash(writes, at_once) else {
                assert_eq!(writes, 6, "the claim, the connection, the claim again, the ledger, the tag, and none");
                break;
            };
            let hub = Hub::new(&world);
            let log = hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(WEB)))]);
            assert!(log.dead.is_empty(), "{when}: {:?}", log.dead);
            hub.sweep_until_quiet();
            let id = assert_ours(&world, &when);
            assert_eq!(only(&world), id, "{when}");
            assert_quiet(&hub);
            hub.untag(WEB, ASK_TAG);
            assert_eq!(living(&world), [], "{when}");
        }
    }
}

#[test]
fn a_connection_that_a_dead_process_created_ends_when_its_tag_is_gone_before_anybody_looks() {
    for writes in 0..6 {
        let Some(world) = crash(writes, true) else { continue };
        world.untag(WEB, ASK_TAG);
        let hub = Hub::new(&world);
        hub.deliver(hub.retagged(WEB, ASK_TAG));
        hub.sweep_until_quiet();
        assert_eq!(living(&world), [], "after write {writes}");
        // A claim that led nowhere is given up when somebody comes by.
        hub.deliver(hub.retagged(WEB, ASK_TAG));
        assert_quiet(&hub);
    }
}

#[test]
fn an_answer_that_is_lost_leaves_the_claim_and_the_next_run_waits_or_finds_the_connection() {
    for class in [Class::Transient, Class::Unexpected] {
        let world = world(WEB_TO_DB);
        world.tag(WEB, ASK_TAG, TO_DB);
        let hub = Hub::new(&world);
        world.fail(Fault::next(Operation::Create, class));
        let hint = Hint::Vpc(world.vpc_ref(WEB));
        let failure = hub.send(Recipient::Request, &hint).expect_err("nobody knows what came of it");
        assert_eq!(failure.class, class);
        assert_eq!(world.ledger.claims().len(), 1);
        let report = hub.send(Recipient::Request, &hint).expect("it waits");
        assert!(matches!(&report.outcomes[0].1, Outcome::Waiting { why, .. } if why.ends_with("is being asked for")), "{report:?}");
        assert_eq!(world.connections(), [], "not again before the claim is over");
        world.clock.advance(Duration::from_secs(91));
        hub.deliver([(Recipient::Request, hint)]);
        hub.sweep_until_quiet();
        assert_ours(&world, "");
        assert_quiet(&hub);
    }
}

#[test]
fn a_create_that_ec2_plainly_did_not_do_gives_the_claim_up() {
    for class in [Class::Throttled, Class::NoRole] {
        let world = world(WEB_TO_DB);
        world.tag(WEB, ASK_TAG, TO_DB);
        let hub = Hub::new(&world);
        world.fail(Fault::next(Operation::Create, class));
        let hint = Hint::Vpc(world.vpc_ref(WEB));
        assert_eq!(hub.send(Recipient::Request, &hint).expect_err("it failed").class, class);
        assert_eq!(world.ledger.claims(), []);
        hub.deliver([(Recipient::Request, hint)]);
        assert_ours(&world, class.label());
        hub.sweep_until_quiet();
        assert_quiet(&hub);
    }
}

#[test]
fn a_request_that_aws_forbids_is_told_on_the_vpc_and_asked_for_by_a_later_sweep() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    world.fail(Fault::next(Operation::Create, Class::Denied).for_good());
    let log = hub.tag(WEB, ASK_TAG, TO_DB);
    assert_eq!(log.dead.len(), 0, "{log:#?}");
    assert!(status(&world, WEB).contains("give the member role the permission"), "{}", status(&world, WEB));
    assert_eq!((world.connections(), world.ledger.claims()), (vec![], vec![]));
    let log = hub.sweep();
    assert_eq!((log.dead.len(), world.connections()), (0, vec![]), "{log:#?}");
    world.clear_faults();
    hub.sweep_until_quiet();
    assert_ours(&world, "the policy is gone");
    assert_quiet(&hub);
}

#[test]
fn a_quota_that_is_used_up_is_told_and_waited_for() {
    let world = world(WEB_TO_DB);
    world.tag(WEB, ASK_TAG, TO_DB);
    let hub = Hub::new(&world);
    world.fail(Fault::next(Operation::Create, Class::Quota).times(2));
    let report = hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))).expect("it waits");
    assert!(report.again_after().is_some(), "{report:?}");
    assert!(status(&world, WEB).contains("ask for a higher quota"), "{}", status(&world, WEB));
    assert_eq!(world.ledger.claims(), []);
    hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(WEB)))]);
    assert_ours(&world, "room was made");
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn what_ec2_refuses_as_such_is_told_and_does_not_come_again_and_again() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    world.fail(Fault::next(Operation::Create, Class::Refused).for_good());
    let log = hub.tag(WEB, ASK_TAG, TO_DB);
    assert!(log.dead.is_empty());
    assert!(status(&world, WEB).starts_with(TO_DB), "{}", status(&world, WEB));
    assert_eq!((world.connections(), world.ledger.claims()), (vec![], vec![]));
    assert_eq!(log.messages(Recipient::Request), 1);
}

#[test]
fn a_claim_that_somebody_else_holds_is_waited_for_and_taken_over_when_it_is_over() {
    let world = crash(1, true).expect("it died behind the claim");
    let hub = Hub::new(&world);
    let report = hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))).expect("it waits");
    assert!(report.again_after().is_some(), "{report:?}");
    assert_eq!(world.connections(), []);
    world.clock.advance(Duration::from_secs(91));
    hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))).expect("nobody has the claim any more");
    let id = only(&world);
    assert_eq!(world.ledger.claims()[0].created, Some(id));
}
