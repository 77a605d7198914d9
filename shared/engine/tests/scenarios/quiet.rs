//! What a sweep of the schedule leaves out, and what keeps a place from being left out.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::event::Hint;
use peerwright_core::ids::Place;
use peerwright_core::plan::Limits;
use peerwright_engine::accept::{OnDeny, accept};
use peerwright_engine::configure::configure;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Cloud;
use peerwright_engine::sweep::{Schedule, sweep};
use peerwright_testkit::{Fault, Operation, Turn, World, interleave, place, run};

use crate::demo::{A, B, DB, FAR, FRANKFURT, IRELAND, ODD, STRANGER_TO_DB, WEB, WEB_TO_DB, converged, world};
use crate::hub::Hub;

/// How long a quiet place is left alone here: so long that none comes due in a test by itself.
const FOR_LONG: Duration = Duration::from_hours(24 * 365 * 20);
const HALF_A_DAY: Duration = Duration::from_hours(12);
const TICK: Duration = Duration::from_mins(20);

fn everywhere() -> BTreeSet<Place> {
    [(A, IRELAND), (B, IRELAND), (B, FRANKFURT)].into_iter().map(|(account, region)| place(account, region)).collect()
}

/// The places that a sweep of the schedule leaves a message for.
fn due(world: &World, quiet: Duration) -> BTreeSet<Place> {
    let schedule = Some(Schedule { quiet, backlog: false });
    let report = run(sweep(&Hint::Everywhere, &BTreeSet::new(), schedule, &world.ports())).expect("a sweep");
    let place = |(to, hint)| match (to, hint) {
        (Recipient::Sweep, Hint::Place(place)) => place,
        other => panic!("{other:?}"),
    };
    report.hints.into_iter().map(place).collect()
}

/// Which of the usual places are looked at by the schedule once all of them were looked at.
fn due_after_a_look(world: &World, hub: &Hub<'_>) -> BTreeSet<Place> {
    world.clock.advance(Duration::from_mins(5));
    hub.sweep();
    due(world, FOR_LONG)
}

fn looks_at(world: &World, place: &Place) -> u64 {
    let (calls, _) = world.metered_calls();
    calls.iter().filter(|((at, action), _)| at == place && *action == "DescribeVpcs").map(|(_, count)| count).sum()
}

#[test]
fn a_quiet_place_costs_no_call_until_it_is_looked_at_again() {
    let world = world(WEB_TO_DB).metered(Duration::ZERO);
    converged(&world, WEB, DB);
    Hub::new(&world).sweep();
    let hub = Hub::new(&world).scheduled(HALF_A_DAY);
    let (busy, quiet) = (place(B, IRELAND), place(B, FRANKFURT));
    let (mut seen, mut looks) = (Vec::new(), 0);
    for tick in 0..72 {
        world.clock.advance(TICK);
        let before = (looks_at(&world, &busy), looks_at(&world, &quiet));
        hub.sweep();
        let after = (looks_at(&world, &busy), looks_at(&world, &quiet));
        looks += after.0 - before.0;
        seen.extend((after.1 > before.1).then_some(tick));
    }
    assert_eq!(looks, 72, "where something of ours is, every sweep looks");
    assert!(matches!(seen[..], [first, second] if second - first == 36), "elsewhere, once in half a day: {seen:?}");
}

#[test]
fn whoever_else_wants_a_sweep_looks_everywhere() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    assert_eq!(due(&world, FOR_LONG), everywhere(), "nothing was looked at yet");
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
    assert_eq!(due(&world, Duration::ZERO), everywhere(), "none is left out");
    assert_eq!(hub.sweep().messages(Recipient::Sweep), 1 + 3, "a person, or a change of the allowlist");
}

#[test]
fn a_place_that_is_looked_at_by_itself_is_looked_at_however_quiet_it_is() {
    let world = world(WEB_TO_DB);
    due_after_a_look(&world, &Hub::new(&world));
    world.fail(Fault::next(Operation::Inventory, Class::Unexpected));
    run(sweep(&Hint::Place(place(B, FRANKFURT)), &BTreeSet::new(), None, &world.ports())).expect_err("it is asked");
}

#[test]
fn where_a_rule_lets_a_stranger_in_every_sweep_looks_and_finds_its_request() {
    let world = world(STRANGER_TO_DB);
    let hub = Hub::new(&world);
    assert_eq!(due_after_a_look(&world, &hub), [place(B, IRELAND)].into());
    let id = world.request(ODD, DB);
    world.clock.advance(TICK);
    hub.scheduled(FOR_LONG).sweep();
    assert_eq!(world.ledger.entry(&id).status, "one-sided");
}

#[test]
fn a_rule_that_comes_to_let_a_stranger_in_counts_at_once() {
    let world = world(WEB_TO_DB);
    assert_eq!(due_after_a_look(&world, &Hub::new(&world)), BTreeSet::new());
    world.allowlist.replace(STRANGER_TO_DB);
    assert_eq!(due(&world, FOR_LONG), [place(B, IRELAND)].into(), "though nobody looked since");
    world.allowlist.replace("rules: []");
    assert_eq!(due(&world, FOR_LONG), BTreeSet::new());
}

#[test]
fn a_connection_that_comes_into_a_quiet_place_ends_its_quiet_at_both_ends() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
    converged(&world, WEB, FAR);
    assert_eq!(due(&world, FOR_LONG), [place(A, IRELAND), place(B, FRANKFURT)].into());
    world.remove_route(FAR, "10.1.0.0/16");
    let hub = hub.scheduled(FOR_LONG);
    world.clock.advance(TICK);
    hub.sweep();
    assert_eq!(world.snapshot().routes_over(&world.connections()[0].0).count(), 4, "the drift is repaired");
    hub.delete(&world.connections()[0].0.clone(), peerwright_core::ids::Side::Requester);
    world.clock.advance(TICK);
    hub.sweep();
    world.clock.advance(TICK);
    hub.sweep();
    assert_eq!(due(&world, FOR_LONG), BTreeSet::new(), "what is over concerns nobody");
}

#[test]
fn a_vpc_that_asks_keeps_its_place_from_being_quiet_whatever_the_answer() {
    let world = world("rules: []");
    let hub = Hub::new(&world);
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
    hub.tag(WEB, ASK_TAG, "nobody-knows");
    assert_eq!(due(&world, FOR_LONG), [place(A, IRELAND)].into(), "the event tells");
    assert_eq!(due_after_a_look(&world, &hub), [place(A, IRELAND)].into(), "and each look");
    hub.untag(WEB, ASK_TAG);
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
}

#[test]
fn a_request_of_ours_that_a_stranger_accepts_is_found_though_no_event_tells() {
    let rules = WEB_TO_DB.replace(r#"accepter: { accounts: ["222222222222"] }"#, r#"accepter: { accounts: ["999999999999"] }"#);
    let world = world(&rules);
    let hub = Hub::new(&world);
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
    let id = world.request(WEB, ODD);
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    assert!(world.ledger.ignores(&id), "nobody of ours decides about it");
    assert_eq!(due(&world, FOR_LONG), [place(A, IRELAND)].into());
    assert_eq!(due_after_a_look(&world, &hub), [place(A, IRELAND)].into(), "as long as it is pending");
    world.accept_by_hand(&id);
    world.clock.advance(TICK);
    hub.scheduled(FOR_LONG).sweep();
    assert_eq!(world.ledger.entry(&id).status, "one-sided");
}

#[test]
fn what_could_not_be_done_about_an_event_is_found_by_the_next_sweep() {
    for (to, operation) in [(Recipient::Accept, Operation::DescribePeerings), (Recipient::Configure, Operation::DescribeConnection)] {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        due_after_a_look(&world, &hub);
        let id = world.request(WEB, DB);
        world.clock.advance(Duration::from_secs(5));
        if to == Recipient::Configure {
            world.accept_by_hand(&id);
            world.clock.advance(Duration::from_secs(5));
        }
        world.fail(Fault::next(operation, Class::Unexpected).for_good());
        let hint = world.accepted(&id);
        hub.send(to, &hint).expect_err("nothing can be read");
        world.clear_faults();
        assert!(world.ledger.ignores(&id));
        world.clock.advance(TICK);
        hub.scheduled(FOR_LONG).sweep();
        assert_eq!(world.ledger.entry(&id).status, "converged", "{to:?}");
    }
}

#[test]
fn what_happens_while_a_place_is_read_is_not_overlooked() {
    for calls in 0..12 {
        let world = world("rules: []");
        world.clock.advance(TICK);
        let (at, regions) = (Hint::Place(place(B, IRELAND)), BTreeSet::new());
        let (ports, others) = (world.ports(), world.ports());
        let turns = [vec![Turn::First; calls], vec![Turn::Second]].concat();
        let asking = async {
            let id = world.request(WEB, DB);
            world.clock.advance(Duration::from_secs(5));
            accept(&world.requested(&id), OnDeny::Hold, &others).await
        };
        let (swept, held) = interleave(&turns, sweep(&at, &regions, None, &ports), asking);
        swept.and(held).unwrap_or_else(|failure| panic!("{}", failure.explain()));
        world.allowlist.replace_members(everywhere());
        assert!(due(&world, FOR_LONG).contains(&place(B, IRELAND)), "after {calls} calls");
    }
}

#[test]
fn what_refuses_us_or_can_not_be_read_is_looked_at_each_time() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
    world.revoke_role(B);
    assert_eq!(due_after_a_look(&world, &hub), [place(B, IRELAND), place(B, FRANKFURT)].into());
    world.grant_role(B);
    assert_eq!(due_after_a_look(&world, &hub), BTreeSet::new());
    let id = converged(&world, WEB, DB);
    world.ledger.spoil(&id);
    assert_eq!(due_after_a_look(&world, &hub), [place(A, IRELAND), place(B, IRELAND)].into());
}

#[test]
fn what_is_rearranged_where_no_connection_of_ours_is_costs_no_call() {
    for connected in [false, true] {
        let world = world(WEB_TO_DB);
        if connected {
            converged(&world, WEB, DB);
        }
        let calls = |to: Recipient, hint: &Hint, rearranged: bool| {
            let mut ports = world.ports();
            ports.cause.rearranged = rearranged;
            let done = run(async {
                match to {
                    Recipient::Configure => configure(hint, Limits::NONE, &ports).await,
                    _ => sweep(hint, &BTreeSet::new(), None, &ports).await,
                }
            });
            done.expect("nothing fails");
            ports.cloud.calls() > 0
        };
        let vpc = world.vpc_ref(DB);
        for (to, hint) in [(Recipient::Configure, Hint::Vpc(vpc.clone())), (Recipient::Sweep, Hint::Place(vpc.place))] {
            assert_eq!(calls(to, &hint, true), connected, "{to:?}");
            assert!(calls(to, &hint, false), "{to:?}: whoever else asks gets an answer");
        }
    }
}

#[test]
fn where_it_can_not_be_read_which_places_are_quiet_the_schedule_looks_everywhere() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    assert!(due_after_a_look(&world, &hub).is_empty());
    world.fail(Fault::next(Operation::ReadQuiet, Class::Denied));
    assert_eq!(due(&world, FOR_LONG), everywhere());
}

#[test]
fn where_it_can_not_be_written_down_that_a_place_is_quiet_it_is_looked_at_again() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    world.fail(Fault::next(Operation::NoteQuiet, Class::Denied).for_good());
    assert_eq!(due_after_a_look(&world, &hub), everywhere());
}

#[test]
fn what_is_found_is_repaired_where_it_can_not_be_written_down_that_the_place_is_busy() {
    let world = world(WEB_TO_DB);
    converged(&world, WEB, DB);
    world.remove_route(DB, "10.1.0.0/16");
    world.fail(Fault::next(Operation::NoteQuiet, Class::Throttled));
    let report = run(sweep(&Hint::Place(place(B, IRELAND)), &BTreeSet::new(), None, &world.ports())).expect("a look");
    assert_eq!(report.hints.len(), 1);
}
