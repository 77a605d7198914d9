//! What would be done now: what is foreseen is what the functions then do.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Step;
use peerwright_core::world::PeeringState;
use peerwright_engine::accept::OnDeny;
use peerwright_engine::failure::Class;
use peerwright_engine::forecast::{Fate, Forecast, forecast};
use peerwright_engine::operator::{freeze, reject};
use peerwright_testkit::{Fault, Operation, Snapshot, World, parse, place, run};

use crate::approval::{manual, waiting};
use crate::demo::{A, B, DB, IRELAND, WEB, WEB_TO_DB, accept, configure, converged, world};
use crate::hub::Hub;
use crate::request::{TO_DB, only};

fn foreseen(world: &World, id: &PcxId) -> Forecast {
    let before = world.writes();
    let found = run(forecast(id, &[place(B, IRELAND)], OnDeny::Hold, &world.ports())).expect("it can be read");
    assert_eq!(world.writes(), before, "nothing is changed");
    found
}

/// A request that its accepter can see.
fn asked(world: &World) -> PcxId {
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_mins(1));
    id
}

/// Things that are there afterwards and were not before, and the other way round.
fn difference(before: &Snapshot, after: &Snapshot, id: &PcxId) -> (usize, usize) {
    let (before, after) = (before.made_for(id), after.made_for(id));
    (after.iter().filter(|line| !before.contains(line)).count(), before.iter().filter(|line| !after.contains(line)).count())
}

fn counted(steps: &[Step]) -> (usize, usize) {
    let of = |removes: bool| steps.iter().filter(|step| step.removes() == removes).map(Step::size).sum();
    (of(false), of(true))
}

/// A situation, and what becomes of its connection.
type Situation = (&'static str, Fate, fn(&World, &Hub<'_>) -> PcxId);

const SITUATIONS: [Situation; 8] = [
    ("a request that a rule allows", Fate::Accepted, |world, _| asked(world)),
    ("a route that somebody removed", Fate::Follows, |world, _| {
        let id = converged(world, WEB, DB);
        world.remove_route(WEB, "10.20.0.0/16");
        id
    }),
    ("a rule that wishes less", Fate::Follows, |world, _| {
        let id = converged(world, WEB, DB);
        world.allowlist.replace(&WEB_TO_DB.replace("requester: { tables: all }", "requester: { tables: [rtb-000000a1] }"));
        id
    }),
    ("no rule any more", Fate::Isolated, |world, _| {
        let id = converged(world, WEB, DB);
        world
            .allowlist
            .replace("rules: [{ id: no, effect: deny, requester: { vpcs: [vpc-0000000a] }, accepter: { vpcs: [vpc-0000000b] } }]");
        id
    }),
    ("no rule any more, and its last one was to keep it", Fate::Kept, |world, _| {
        let id = converged(world, WEB, DB);
        world.allowlist.replace("rules: []");
        id
    }),
    ("nobody asks any more", Fate::Deleted, |world, hub| {
        hub.tag(WEB, ASK_TAG, TO_DB);
        world.untag(WEB, ASK_TAG);
        only(world)
    }),
    ("an end that was deleted", Fate::CleanedUp, |world, _| {
        let id = converged(world, WEB, DB);
        world.delete(&id, Side::Accepter);
        id
    }),
    ("nothing", Fate::Follows, |world, _| converged(world, WEB, DB)),
];

#[test]
fn what_is_foreseen_is_what_the_functions_then_do() {
    for (what, fate, arrange) in SITUATIONS {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        let id = arrange(&world, &hub);
        let found = foreseen(&world, &id);
        assert_eq!(found.fate, fate, "{what}: {:?}", found.reasons);
        let before = world.snapshot();
        hub.sweep_until_quiet();
        let after = world.snapshot();
        assert_eq!(counted(&found.plan.steps), difference(&before, &after, &id), "{what}\n{}", found.plan);
        let changed = before != after;
        assert_eq!(found.changes_something(), changed, "{what}");
        assert_eq!(fate == Fate::Deleted, before.state(&id) == PeeringState::Active && after.state(&id) != PeeringState::Active, "{what}");
        assert!(!foreseen(&world, &id).changes_something(), "{what}: and then nothing is left to do");
    }
}

#[test]
fn a_request_with_something_in_the_way_stays_pending_for_that_reason_and_with_no_step() {
    let world = world(WEB_TO_DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    let id = asked(&world);
    let found = foreseen(&world, &id);
    assert_eq!((found.fate, found.plan.is_empty()), (Fate::Held, true));
    assert!(found.reasons[0].contains("tgw-00000001"), "{:?}", found.reasons);
}

#[test]
fn what_waits_for_a_person_shows_what_their_yes_would_lead_to_and_their_no() {
    let world = world(&manual());
    let id = waiting(&world);
    let found = foreseen(&world, &id);
    assert_eq!(found.fate, Fate::AwaitsApproval);
    assert!(found.plan.steps.is_empty() && counted(&found.plan.deferred) == (12, 0), "{}", found.plan);
    assert!(!found.changes_something());
    run(reject(&world.ports().ledger, &world.clock, &id, "ines", "no")).expect("it waits");
    let found = foreseen(&world, &id);
    assert_eq!((found.fate, found.reasons.len()), (Fate::Rejected, 1));
    accept(&world, &world.requested(&id)).expect("it is rejected");
    assert_eq!(world.snapshot().state(&id), PeeringState::Ended("rejected".to_owned()));
}

#[test]
fn a_request_of_a_vpc_that_asks_no_more_is_taken_back() {
    let world = world(&manual());
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    world.untag(WEB, ASK_TAG);
    assert_eq!(foreseen(&world, &id).fate, Fate::Deleted);
}

#[test]
fn what_no_rule_ever_wanted_and_nothing_was_made_for_is_left_alone() {
    let world = world("rules: []");
    let id = asked(&world);
    assert_eq!(foreseen(&world, &id).fate, Fate::Held);
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_mins(1));
    let found = foreseen(&world, &id);
    assert_eq!((found.fate, found.status.is_none(), found.changes_something()), (Fate::LeftAlone, true, false));
}

#[test]
fn what_a_rule_denies_is_rejected_where_the_hub_rejects_what_is_denied() {
    let world = world("rules: [{ id: no, effect: deny, requester: { vpcs: [vpc-0000000a] }, accepter: { vpcs: [vpc-0000000b] } }]");
    let id = asked(&world);
    let fate = |on_deny| run(forecast(&id, &[place(B, IRELAND)], on_deny, &world.ports())).expect("it can be read").fate;
    assert_eq!((fate(OnDeny::Hold), fate(OnDeny::Reject)), (Fate::Held, Fate::Rejected));
}

#[test]
fn what_is_frozen_or_was_refused_a_moment_ago_says_what_holds_it_up() {
    let world = world(WEB_TO_DB);
    let id = crate::demo::accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    configure(&world, &world.accepted(&id)).expect("the rest is made");
    world.clear_faults();
    assert_eq!(foreseen(&world, &id).held_up.len(), 1);
    run(freeze(&world.ports().ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    let found = foreseen(&world, &id);
    assert!(found.held_up[0].contains("frozen by ines") && found.changes_something(), "{:?}", found.held_up);
}

#[test]
fn a_connection_that_nobody_shows_or_knows_is_an_error_and_one_that_the_ledger_knows_is_cleaned_up() {
    let world = world(WEB_TO_DB);
    let id = parse("pcx-0000dead");
    for places in [vec![place(B, IRELAND)], Vec::new()] {
        let failure = run(forecast(&id, &places, OnDeny::Hold, &world.ports())).expect_err("nobody has it");
        assert!(failure.class == Class::Refused && failure.explain().contains("pcx-0000dead"), "{}", failure.explain());
    }
}
