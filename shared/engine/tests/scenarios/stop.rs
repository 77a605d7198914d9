//! The stop switch: nothing is changed anywhere while it is on.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::ids::Side;
use peerwright_core::plan::Limits;
use peerwright_core::world::PeeringState;
use peerwright_engine::configure::configure;
use peerwright_engine::operator::freeze_everything;
use peerwright_testkit::{Operation, Turn, World, interleave, run};

use crate::demo::{DB, FAR, WEB, WEB_AND_DB, WEB_TO_DB, accepted, converged, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{TO_DB, living, status};

fn turn(world: &World, stopped: bool) {
    run(freeze_everything(&world.ledger, &world.clock, stopped, "ines", "an incident")).expect("it is turned");
}

/// What was written in EC2, those tags aside that say how it stands.
pub(crate) fn changes(world: &World) -> Vec<Operation> {
    let beside =
        [Operation::SaveEntry, Operation::Reserve, Operation::Tag, Operation::WriteStop, Operation::WriteMesh, Operation::NoteMember];
    world.writes().into_iter().filter(|operation| !beside.contains(operation)).collect()
}

#[test]
fn while_everything_is_stopped_nothing_is_created_accepted_made_or_taken_away() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let old = converged(&world, WEB, FAR);
    world.associate(FAR, "10.31.0.0/16");
    turn(&world, true);
    let before = changes(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    assert_eq!(living(&world), std::slice::from_ref(&old));
    let words = status(&world, WEB);
    assert!(words.starts_with(&format!("{TO_DB} held: everything is frozen by ines since ")), "{words}");
    hub.untag(WEB, ASK_TAG);
    let pending = world.request(WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().state(&pending), PeeringState::Pending);
    assert!(world.ledger.entry(&pending).reasons[0].ends_with(": an incident"), "{:?}", world.ledger.entry(&pending).reasons);
    world.allowlist.replace("rules: []\n");
    hub.delete(&old, Side::Requester);
    hub.sweep_until_quiet();
    assert_eq!(changes(&world), before);
    world.allowlist.replace(WEB_TO_DB);
    turn(&world, false);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&pending), WEB_AND_DB);
    assert_eq!(world.ledger.entry(&old).status, "ended");
    assert_quiet(&hub);
}

#[test]
fn a_run_that_is_under_way_ends_within_seconds_of_the_stop_wherever_it_is() {
    let mut stopped_halfway = 0;
    for calls in 0..60 {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        world.clock.advance(Duration::from_secs(1));
        let (hint, ports) = (world.accepted(&id), world.ports());
        let stopping = async {
            let before = changes(&world).len();
            freeze_everything(&world.ledger, &world.clock, true, "ines", "an incident").await.expect("it is turned");
            world.clock.advance(Duration::from_secs(3));
            before
        };
        let turns = [vec![Turn::First; calls], vec![Turn::Second; 3], vec![Turn::First]].concat();
        let (report, before) = interleave(&turns, configure(&hint, Limits::NONE, &ports), stopping);
        report.expect("it leaves the rest");
        let after = changes(&world).len();
        assert!(after <= before + 1, "after {calls} calls: {} changes behind the stop", after - before);
        stopped_halfway += usize::from(before > 1 && world.snapshot().made_for(&id) != WEB_AND_DB);
        turn(&world, false);
        let hub = Hub::new(&world);
        hub.sweep_until_quiet();
        assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    }
    assert!(stopped_halfway > 5, "{stopped_halfway} runs were in the middle of their steps");
}
