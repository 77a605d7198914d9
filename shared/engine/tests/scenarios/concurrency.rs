//! Two at once: two deliveries, two functions, somebody else.

use std::cell::RefCell;
use std::time::Duration;

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::owned::OwnedRoute;
use peerwright_core::plan::Limits;
use peerwright_core::world::PeeringState;
use peerwright_engine::accept::{OnDeny, accept};
use peerwright_engine::configure::configure;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{FakeTable, FakeVpc, Fault, Lag, Operation, Task, Turn, World, interleave, place, simulate};

use crate::demo::{self, A, B, DB, IRELAND, WEB, WEB_AND_DB, WEB_TO_DB, accepted, world};

/// More calls than any function makes here.
const CALLS: usize = 100;

/// The first runs for so many calls, then the second to its end; and strictly by turns, either one beginning.
fn schedules() -> impl Iterator<Item = Vec<Turn>> {
    let overtaking = (0..CALLS).map(|calls| [vec![Turn::First; calls], vec![Turn::Second]].concat());
    let by_turns = [[Turn::First, Turn::Second], [Turn::Second, Turn::First]].map(|pair| pair.repeat(CALLS));
    overtaking.chain(by_turns)
}

fn assert_converged(world: &World, id: &PcxId, turns: &[Turn]) {
    let entry = world.ledger.entry(id);
    assert_eq!(world.snapshot().made_for(id), WEB_AND_DB, "{turns:?}");
    assert_eq!((entry.status.as_str(), &entry.rules[..]), ("converged", &["web-to-db".to_owned()][..]), "{turns:?}");
    for (table, block) in world.snapshot().routes_over(id) {
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

/// How two that work on one connection get on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leases {
    /// Whoever comes second waits.
    Given,
    /// Nobody gets one, and all go on without.
    Failing,
}

/// A world for each schedule and both ways to get on. Whatever holds must hold without leases too: they spare work, and nothing else.
fn each_way(allowlist: &str, mut check: impl FnMut(&World, Leases, &[Turn])) {
    for leases in [Leases::Given, Leases::Failing] {
        for turns in schedules() {
            let world = world(allowlist);
            if leases == Leases::Failing {
                world.fail(Fault::next(Operation::Lease, Class::Throttled).for_good());
            }
            check(&world, leases, &turns);
        }
    }
}

/// Leases keep the two apart: each step was tried by one of them. Without, both may switch the same option on.
fn assert_nothing_twice(world: &World, leases: Leases, turns: &[Turn]) {
    if leases == Leases::Failing {
        return;
    }
    let steps = [Operation::Accept, Operation::CreateRoute, Operation::AuthorizeRules, Operation::EnableDnsResolution];
    let made = world.writes().into_iter().filter(|write| steps.contains(write)).count();
    assert_eq!(made, 12, "the acceptance, 7 routes, 2 calls for rules, 2 options: {turns:?}");
    let history = world.ledger.history(&world.connections()[0].0);
    assert_eq!(history, ["accepting", "accepted", "planned", "converged"], "{turns:?}");
}

#[test]
fn two_deliveries_of_a_request_at_once_accept_it_once() {
    each_way(WEB_TO_DB, |world, _, turns| {
        let id = world.request(WEB, DB);
        let (hint, one, other) = (world.requested(&id), world.ports(), world.ports());
        let (one, other) = interleave(turns, accept(&hint, OnDeny::Hold, &one), accept(&hint, OnDeny::Hold, &other));
        let outcomes = [demo::of(one, &id), demo::of(other, &id)];
        let accepts = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
        assert_eq!(accepts, 1, "{outcomes:?} {turns:?}");
        assert_eq!(world.ledger.history(&id), ["accepting", "accepted"], "{turns:?}");
        assert_settled_request(world, &id, turns);
    });
}

/// A further delivery of the request has nothing to do.
fn assert_settled_request(world: &World, id: &PcxId, turns: &[Turn]) {
    let before = world.writes();
    demo::accept(world, &world.requested(id)).expect("there is nothing to do");
    assert_eq!(world.writes(), before, "{turns:?}");
}

#[test]
fn two_deliveries_of_an_acceptance_at_once_converge() {
    each_way(WEB_TO_DB, |world, leases, turns| {
        let id = accepted(world, WEB, DB);
        let (hint, one, other) = (world.accepted(&id), world.ports(), world.ports());
        let (one, other) = interleave(turns, configure(&hint, Limits::NONE, &one), configure(&hint, Limits::NONE, &other));
        let outcomes = [demo::of(one, &id), demo::of(other, &id)];
        let converged = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Converged(_))).count();
        let waiting = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Waiting { .. })).count();
        assert_eq!(converged + waiting, 2, "{outcomes:?} {turns:?}");
        assert!(converged == 2 || leases == Leases::Given && converged == 1, "{outcomes:?} {turns:?}");
        assert_converged(world, &id, turns);
        assert_nothing_twice(world, leases, turns);
        assert_settled(world, &id, turns);
    });
}

#[test]
fn a_configure_that_overtakes_the_accept_it_follows_leaves_a_converged_connection() {
    each_way(WEB_TO_DB, |world, leases, turns| {
        let id = world.request(WEB, DB);
        let (requested, answered) = (world.requested(&id), world.accepted(&id));
        let (one, other) = (world.ports(), world.ports());
        let (first, second) = interleave(turns, accept(&requested, OnDeny::Hold, &one), configure(&answered, Limits::NONE, &other));
        assert!(matches!(demo::of(first, &id), Outcome::Accepted(_)), "{turns:?}");
        if matches!(demo::of(second, &id), Outcome::Waiting { .. }) {
            world.clock.advance(Duration::from_secs(6));
            demo::configure(world, &answered).expect("it is accepted by now");
        }
        assert_converged(world, &id, turns);
        assert_nothing_twice(world, leases, turns);
        assert_settled(world, &id, turns);
        let history = world.ledger.history(&id);
        assert!(history.contains(&"accepted".to_owned()), "{history:?} {turns:?}");
    });
}

#[test]
fn a_hold_that_is_late_does_not_hide_what_came_after() {
    each_way("rules: []", |world, leases, turns| {
        let id = world.request(WEB, DB);
        let (requested, one) = (world.requested(&id), world.ports());
        let late = accept(&requested, OnDeny::Hold, &one);
        let newer = async {
            world.allowlist.replace(WEB_TO_DB);
            let ports = world.ports();
            let accepted = accept(&requested, OnDeny::Hold, &ports).await?;
            Ok((accepted, configure(&world.accepted(&id), Limits::NONE, &ports).await?))
        };
        let (_, newer) = interleave(turns, late, newer);
        let (accepted, configured) = newer.unwrap_or_else(|failure: Failure| panic!("{}", failure.explain()));
        let waits = |report| matches!(demo::of(Ok(report), &id), Outcome::Waiting { .. } | Outcome::Nothing(_));
        // Only the lease makes it wait for the one that is late; then its message comes again.
        if leases == Leases::Given && waits(accepted) {
            demo::accept(world, &requested).expect("the late one is at its end");
        }
        if waits(configured) {
            demo::configure(world, &world.accepted(&id)).expect("it is accepted by now");
        }
        assert_converged(world, &id, turns);
        if leases == Leases::Failing {
            // The late one may have had the last word on the tags, and the next look repairs that.
            demo::configure(world, &world.accepted(&id)).expect("nothing but an answer is missing");
        }
        assert_settled(world, &id, turns);
    });
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
    assert_eq!((entry.status.as_str(), entry.version), ("accepted", 3));
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
    assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new(), "nothing is made that is not written down");
}

/// B's other VPC, with a block that shares addresses with that of [`DB`].
fn double() -> FakeVpc {
    FakeVpc::new(B, IRELAND, "vpc-0000000d").cidr("10.20.16.0/20").table(FakeTable::new("rtb-000000d1").tag("tier", "private"))
}

#[test]
fn of_two_requests_whose_routes_meet_one_is_accepted_though_both_pass_their_checks_at_the_same_moment() {
    for turns in schedules() {
        let world = world(WEB_TO_DB).vpc(double());
        let (one, other) = (world.request(WEB, DB), world.request(WEB, "vpc-0000000d"));
        world.clock.advance(std::time::Duration::from_secs(1));
        // Whatever is accepted, EC2 shows it to nobody yet.
        for id in [&one, &other] {
            world.lag(id, &place(A, IRELAND), Lag::Outdated(PeeringState::Pending), 1000);
            world.lag(id, &place(B, IRELAND), Lag::Outdated(PeeringState::Pending), 1000);
        }
        let (hints, ports) = ([world.requested(&one), world.requested(&other)], [world.ports(), world.ports()]);
        let (first, second) = interleave(&turns, accept(&hints[0], OnDeny::Hold, &ports[0]), accept(&hints[1], OnDeny::Hold, &ports[1]));
        let outcomes = [demo::of(first, &one), demo::of(second, &other)];
        let accepted = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
        let held = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Held(reasons) => Some(reasons[0].clone()),
            _ => None,
        });
        let winner = if matches!(outcomes[0], Outcome::Accepted(_)) { &one } else { &other };
        assert!(accepted == 1 && held.is_some_and(|why| why.contains(winner.as_str())), "{outcomes:?} {turns:?}");
    }
}

#[test]
fn a_connection_that_replaces_one_which_ended_just_now_is_accepted() {
    let world = world(WEB_TO_DB);
    let first = accepted(&world, WEB, DB);
    world.delete(&first, Side::Accepter);
    let second = world.request(WEB, DB);
    assert!(matches!(demo::of(demo::accept(&world, &world.requested(&second)), &second), Outcome::Accepted(_)));
}

#[test]
fn of_thirty_requests_to_one_vpc_at_once_all_are_accepted_in_their_first_run() {
    let spoke = |number: usize| format!("vpc-a{number:07x}");
    let mut world = world(WEB_TO_DB).metered(Duration::from_millis(10));
    for number in 0..30 {
        let table = FakeTable::new(&format!("rtb-a{number:07x}"));
        world = world.vpc(FakeVpc::new(A, IRELAND, &spoke(number)).cidr(&format!("10.{}.0.0/16", 100 + number)).table(table));
    }
    let requests: Vec<PcxId> = (0..30).map(|number| world.request(&spoke(number), DB)).collect();
    let (world, outcomes) = (&world, RefCell::new(Vec::new()));
    let runs = requests.iter().map(|id| -> Task<'_> {
        let outcomes = &outcomes;
        Box::pin(async move {
            let report = accept(&world.requested(id), OnDeny::Hold, &world.ports()).await.expect("no failure");
            outcomes.borrow_mut().extend(report.outcomes.into_iter().map(|(_, outcome)| outcome));
        })
    });
    simulate(&world.clock, runs);
    let outcomes = outcomes.into_inner();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    assert_eq!(outcomes.len(), 30);
}
