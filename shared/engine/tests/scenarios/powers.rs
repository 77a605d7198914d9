//! Entries are the functions' to write; decisions and freezes are persons'. Neither can do the other's part.

use std::time::Duration;

use peerwright_core::allowlist::Allowlist;
use peerwright_core::ids::PcxId;
use peerwright_core::wish::Wish;
use peerwright_core::world::PeeringState;
use peerwright_engine::entry::Entry;
use peerwright_engine::failure::Class;
use peerwright_engine::manual_decision::{Approval, ApprovalDecision};
use peerwright_engine::operator::{approve, awaiting, freeze, reject, retry};
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_engine::ports::{Clock, Decisions};
use peerwright_testkit::{Fault, Operation, Turn, World, interleave, run};
use serde_json::{Value, json};

use crate::approval::{OPEN_WITH_A_WORD, converged_but_for, manual, opened, waiting};
use crate::demo::{DB, FAR, WEB, WEB_AND_DB, WEB_TO_DB, accepted, converged, world};
use crate::hub::{Hub, assert_quiet};
use crate::stop::changes;

const WHY: &str = "ticket 4711";

fn approve_all(world: &World, id: &PcxId) -> Result<(), peerwright_engine::failure::Failure> {
    let shown = run(awaiting(&world.ledger, id))?;
    run(approve(&world.ledger, &world.clock, id, &shown, "jo", WHY)).map(drop)
}

/// Everything that an entry of any release may say of an approval, and more.
fn forge_approval(world: &World, id: &PcxId, rules: &str) {
    let read = Allowlist::from_yaml(rules, world.clock.now()).expect("a valid allowlist");
    let digests = |wishes: Vec<Wish<'_>>| wishes.iter().map(Wish::digest).map(|digest| json!(digest)).collect::<Value>();
    let approvals: Value = read.rules.iter().map(|(rule, _)| (rule.id.to_string(), digests(rule.wishes()))).collect();
    let by_hand =
        Approval { decision: ApprovalDecision::Approved, by: "nobody".to_owned(), at: world.clock.now(), reason: "none".to_owned() };
    world.ledger.forge(id, |entry| {
        entry.approval = Some(by_hand);
        entry.awaiting.clear();
        entry.other.insert("approvals".to_owned(), approvals);
    });
}

#[test]
fn nothing_that_a_function_may_write_about_a_request_approves_it() {
    let world = world(&manual());
    let id = waiting(&world);
    forge_approval(&world, &id, &manual());
    let hub = Hub::new(&world);
    hub.deliver([(Recipient::Accept, world.requested(&id)), (Recipient::Configure, world.accepted(&id))]);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.approval, entry.awaiting.len()), ("awaiting-approval", None, 1));
    assert_quiet(&hub);
}

#[test]
fn nothing_that_a_function_may_write_about_a_connection_opens_what_waits_for_a_person() {
    let world = world(OPEN_WITH_A_WORD);
    let hub = Hub::new(&world);
    let id = converged_but_for(&world, &hub);
    forge_approval(&world, &id, OPEN_WITH_A_WORD);
    for to in [Recipient::Accept, Recipient::Configure, Recipient::Cleanup] {
        hub.deliver([(to, world.accepted(&id))]);
    }
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!((opened(&world, &id), entry.status.as_str(), entry.awaiting.len()), (Vec::new(), "partial", 1));
    assert_quiet(&hub);
}

#[test]
fn words_that_stand_beside_the_digest_of_another_wish_are_not_approved() {
    let world = world(OPEN_WITH_A_WORD);
    let id = converged_but_for(&world, &Hub::new(&world));
    world.ledger.forge(&id, |entry| "accepter: DNS resolution for the peer".clone_into(&mut entry.awaiting[0].wishes[0].words));
    let refused = approve_all(&world, &id).expect_err("it is not what it says");
    assert!(refused.class == Class::Refused && refused.explain().contains("is another's"), "{}", refused.explain());
    assert_eq!(run(world.ledger.decisions(&id)).expect("they can be read").0, []);
}

#[test]
fn what_persons_do_leaves_the_entry_alone_and_is_found_by_the_next_look() {
    let world = world(OPEN_WITH_A_WORD);
    let hub = Hub::new(&world);
    let id = converged_but_for(&world, &hub);
    let (before, writes) = (world.ledger.entry(&id), world.writes().len());
    approve_all(&world, &id).expect("it waits");
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", WHY)).expect("it is known");
    run(retry(&world.ledger, &id)).expect("it is not over");
    run(freeze(&world.ledger, &world.clock, &id, false, "ines", WHY)).expect("it is known");
    assert_eq!(world.writes()[writes..], [Operation::WriteDecision, Operation::WriteStop, Operation::WriteStop]);
    assert_eq!(world.ledger.entry(&id), before);
    assert_eq!(world.ledger.history(&id)[before_hand(&world, &id)..], ["approved by hand", "frozen by hand", "thawed by hand"]);
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!(
        (opened(&world, &id).len(), entry.awaiting.len(), entry.approval.map(|approval| approval.by)),
        (3, 0, Some("jo".to_owned()))
    );
    assert_quiet(&hub);
}

fn before_hand(world: &World, id: &PcxId) -> usize {
    world.ledger.history(id).iter().position(|what| what.ends_with("by hand")).expect("somebody did something")
}

#[test]
fn a_decision_that_meets_a_write_of_a_function_is_about_what_waits_then() {
    let same: fn(&mut Entry) = |entry| entry.ec2_calls += 1;
    let other: fn(&mut Entry) = |entry| {
        entry.awaiting.clear();
    };
    for (write, is_approved) in [(same, true), (other, false)] {
        let world = world(OPEN_WITH_A_WORD);
        let id = converged_but_for(&world, &Hub::new(&world));
        world.ledger.rival(write);
        assert_eq!(approve_all(&world, &id).is_ok(), is_approved);
        assert_eq!(run(world.ledger.decisions(&id)).expect("they can be read").0.len(), usize::from(is_approved));
    }
}

#[test]
fn of_two_who_decide_at_once_each_knows_of_the_one_before() {
    for calls in 0..8 {
        let world = world(&manual());
        let id = waiting(&world);
        let shown = run(awaiting(&world.ledger, &id)).expect("it is known");
        let first = approve(&world.ledger, &world.clock, &id, &shown, "jo", WHY);
        let second = approve(&world.ledger, &world.clock, &id, &shown, "ines", WHY);
        let turns = [vec![Turn::First; calls], vec![Turn::Second; 20]].concat();
        let (first, second) = interleave(&turns, first, second);
        assert!(first.is_ok() != second.is_ok(), "after {calls} calls: {first:?} {second:?}");
        let late = first.and(second).expect_err("one of them");
        assert!(late.explain().contains("it is approved already, by "), "{}", late.explain());
        run(reject(&world.ledger, &world.clock, &id, "ines", "after second thoughts")).expect("it is still pending");
        let decided = run(world.ledger.decisions(&id)).expect("they can be read");
        assert_eq!((decided.0.len(), decided.last().map(|last| last.decision)), (2, Some(ApprovalDecision::Rejected)));
    }
}

#[test]
fn a_converged_estate_is_swept_without_a_look_at_what_persons_decided_or_froze() {
    let world = world(WEB_TO_DB);
    converged(&world, WEB, DB);
    converged(&world, WEB, FAR);
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    for operation in [Operation::ReadDecisions, Operation::ReadStop] {
        world.fail(Fault::next(operation, Class::Denied).for_good());
    }
    assert!(hub.sweep().dead.is_empty());
}

#[test]
fn what_persons_decided_about_one_connection_and_that_can_not_be_read_keeps_the_sweep_from_no_other() {
    let world = world(OPEN_WITH_A_WORD);
    let hub = Hub::new(&world);
    converged_but_for(&world, &hub);
    let other = world.request(WEB, FAR);
    hub.deliver([(Recipient::Accept, world.requested(&other))]);
    hub.sweep_until_quiet();
    world.remove_route(WEB, "10.30.0.0/16");
    // Of the first connection that the sweep of its place looks at.
    world.fail(Fault::next(Operation::ReadDecisions, Class::Unexpected));
    let log = hub.sweep();
    let told = |outcome: &Outcome| matches!(outcome, Outcome::Failed(why) if why[0].contains("ReadDecisions"));
    assert!(log.done.iter().any(|(_, _, report)| report.outcomes.iter().any(|(_, outcome)| told(outcome))), "{log:#?}");
    assert!(
        world.snapshot().made_for(&other).contains(&"rtb-000000a1 10.30.0.0/16".to_owned()),
        "{:#?}",
        world.snapshot().made_for(&other)
    );
}

#[test]
fn a_run_that_is_under_way_ends_within_seconds_of_the_freeze_of_its_connection_wherever_it_is() {
    let mut frozen_halfway = 0;
    for calls in 0..60 {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        world.clock.advance(Duration::from_secs(1));
        let (hint, ports) = (world.accepted(&id), world.ports());
        let freezing = async {
            let before = changes(&world).len();
            freeze(&world.ledger, &world.clock, &id, true, "ines", "an incident").await.expect("it is known");
            world.clock.advance(Duration::from_secs(3));
            before
        };
        let turns = [vec![Turn::First; calls], vec![Turn::Second; 5], vec![Turn::First]].concat();
        let limits = peerwright_core::plan::Limits::NONE;
        let (report, before) = interleave(&turns, peerwright_engine::configure::configure(&hint, limits, &ports), freezing);
        report.expect("it leaves the rest");
        let after = changes(&world).len();
        assert!(after <= before + 1, "after {calls} calls: {} changes behind the freeze", after - before);
        frozen_halfway += usize::from(before > 1 && world.snapshot().made_for(&id) != WEB_AND_DB);
        run(freeze(&world.ledger, &world.clock, &id, false, "ines", "it is over")).expect("it is known");
        let hub = Hub::new(&world);
        hub.deliver(run(retry(&world.ledger, &id)).expect("it is not over"));
        hub.sweep_until_quiet();
        assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    }
    assert!(frozen_halfway > 5, "{frozen_halfway} runs were in the middle of their steps");
}

#[test]
fn a_freeze_of_one_connection_holds_no_other() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", WHY)).expect("it is known");
    let other = converged(&world, WEB, FAR);
    Hub::new(&world).sweep_until_quiet();
    assert_eq!(world.ledger.entry(&other).status, "converged");
    assert_eq!((world.ledger.entry(&id).status.as_str(), world.snapshot().made_for(&id)), ("frozen", Vec::new()));
}
