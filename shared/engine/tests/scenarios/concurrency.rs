//! Two at once: two deliveries, two functions, somebody else.

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::owned::OwnedRoute;
use peerwright_core::plan::Limits;
use peerwright_engine::accept::{OnDeny, accept};
use peerwright_engine::configure::configure;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{Turn, World, interleave};

use crate::demo::{self, DB, WEB, WEB_AND_DB, WEB_TO_DB, accepted, world};

/// More calls than any function makes here.
const CALLS: usize = 70;

/// The first runs for so many calls, then the second to its end; and strictly by turns, either one beginning.
fn schedules() -> impl Iterator<Item = Vec<Turn>> {
    let overtaking = (0..CALLS).map(|calls| [vec![Turn::First; calls], vec![Turn::Second]].concat());
    let by_turns = [[Turn::First, Turn::Second], [Turn::Second, Turn::First]].map(|pair| pair.repeat(CALLS));
    overtaking.chain(by_turns)
}

fn assert_converged(world: &World, id: &PcxId, turns: &[Turn]) {
    let entry = world.ledger.entry(id);
    assert_eq!(world.picture().made_for(id), WEB_AND_DB, "{turns:?}");
    assert_eq!((entry.status.as_str(), &entry.rules[..]), ("converged", &["web-to-db".to_owned()][..]), "{turns:?}");
    for (table, block) in world.picture().routes_over(id) {
        let owned = entry.owned.routes.iter().any(|route| route.table == *table && route.destination == *block);
        assert!(owned, "nobody owns {table} {block}: {turns:?}");
    }
}

/// Nothing is left to do, and nothing left to write down.
fn assert_settled(world: &World, id: &PcxId, turns: &[Turn]) {
    let before = world.writes();
    demo::accept(world, &world.requested(id)).expect("there is nothing to do");
    demo::configure(world, &world.accepted(id)).expect("there is nothing to do");
    assert_eq!(world.writes(), before, "{turns:?}");
}

#[test]
fn two_deliveries_of_a_request_at_once_accept_it_once() {
    for turns in schedules() {
        let world = world(WEB_TO_DB);
        let id = world.request(WEB, DB);
        let (hint, one, other) = (world.requested(&id), world.ports(), world.ports());
        let (one, other) = interleave(&turns, accept(&hint, OnDeny::Hold, &one), accept(&hint, OnDeny::Hold, &other));
        let outcomes = [demo::of(one, &id), demo::of(other, &id)];
        let accepts = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
        assert_eq!(accepts, 1, "{outcomes:?} {turns:?}");
        assert_eq!(world.ledger.history(&id), ["accepted"], "{turns:?}");
    }
}

#[test]
fn two_deliveries_of_an_acceptance_at_once_converge() {
    for turns in schedules() {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        let (hint, one, other) = (world.accepted(&id), world.ports(), world.ports());
        let (one, other) = interleave(&turns, configure(&hint, Limits::NONE, &one), configure(&hint, Limits::NONE, &other));
        for outcome in [demo::of(one, &id), demo::of(other, &id)] {
            assert!(matches!(outcome, Outcome::Converged(_)), "{outcome:?} {turns:?}");
        }
        assert_converged(&world, &id, &turns);
        assert_settled(&world, &id, &turns);
    }
}

#[test]
fn a_configure_that_overtakes_the_accept_it_follows_leaves_a_converged_connection() {
    for turns in schedules() {
        let world = world(WEB_TO_DB);
        let id = world.request(WEB, DB);
        let (requested, answered) = (world.requested(&id), world.accepted(&id));
        let (one, other) = (world.ports(), world.ports());
        let (first, second) = interleave(&turns, accept(&requested, OnDeny::Hold, &one), configure(&answered, Limits::NONE, &other));
        assert!(matches!(demo::of(first, &id), Outcome::Accepted(_)), "{turns:?}");
        if matches!(demo::of(second, &id), Outcome::Waiting { .. }) {
            demo::configure(&world, &answered).expect("it is accepted by now");
        }
        assert_converged(&world, &id, &turns);
        assert_settled(&world, &id, &turns);
        let history = world.ledger.history(&id);
        assert!(history.contains(&"accepted".to_owned()), "{history:?} {turns:?}");
    }
}

#[test]
fn a_hold_that_is_late_does_not_hide_what_came_after() {
    for turns in schedules() {
        let world = world("rules: []");
        let id = world.request(WEB, DB);
        let (requested, one) = (world.requested(&id), world.ports());
        let late = accept(&requested, OnDeny::Hold, &one);
        let newer = async {
            world.allowlist.replace(WEB_TO_DB);
            let ports = world.ports();
            accept(&requested, OnDeny::Hold, &ports).await.map(drop)?;
            configure(&world.accepted(&id), Limits::NONE, &ports).await
        };
        let (_, newer) = interleave(&turns, late, newer);
        if matches!(demo::of(newer, &id), Outcome::Waiting { .. } | Outcome::Nothing(_)) {
            demo::configure(&world, &world.accepted(&id)).expect("it is accepted by now");
        }
        assert_converged(&world, &id, &turns);
    }
}

#[test]
fn somebody_elses_write_to_the_ledger_is_kept() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let theirs = OwnedRoute {
        side: Side::Accepter,
        table: "rtb-00000099".parse().expect("an id"),
        destination: "10.99.0.0/16".parse().expect("a destination"),
    };
    let route = theirs.clone();
    world.ledger.rival(move |entry| {
        entry.owned.routes.insert(route);
    });
    demo::configure(&world, &world.accepted(&id)).expect("the write is tried again");
    let entry = world.ledger.entry(&id);
    assert!(entry.owned.routes.contains(&theirs), "{:?}", entry.owned.routes);
    assert_converged(&world, &id, &[]);
}

#[test]
fn a_first_entry_that_somebody_else_wrote_meanwhile_is_kept() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.ledger.rival(|entry| entry.ec2_calls = 1000);
    demo::accept(&world, &world.requested(&id)).expect("the write is tried again");
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.version), ("accepted", 2));
    assert!(entry.ec2_calls > 1000, "{}", entry.ec2_calls);
}

#[test]
fn a_ledger_that_somebody_else_writes_without_end_is_given_up() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    for _ in 0..10 {
        world.ledger.rival(|_| {});
    }
    let failure = demo::configure(&world, &world.accepted(&id)).expect_err("somebody else was always quicker");
    assert_eq!(failure.class, Class::Stale);
    assert_eq!(world.picture().made_for(&id), Vec::<String>::new(), "nothing is made that is not written down");
}
