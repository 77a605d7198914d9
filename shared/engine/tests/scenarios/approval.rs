//! Requests that a rule leaves to a person.

use std::time::Duration;

use peerwright_core::ids::PcxId;
use peerwright_core::world::PeeringState;
use peerwright_engine::entry::ApprovalDecision;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::operator::decide_request;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_testkit::{World, parse, run};

use crate::demo::{DB, WEB, WEB_AND_DB, WEB_TO_DB, accept, converged, of, world};
use crate::hub::{Hub, assert_quiet};

fn manual() -> String {
    WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual")
}

const WHO: &str = "arn:aws:sts::333333333333:assumed-role/ops/jo";

fn decide(world: &World, id: &PcxId, answer: ApprovalDecision) -> Result<peerwright_core::event::Hint, Failure> {
    let ports = world.ports();
    run(decide_request(&ports.ledger, &ports.clock, id, answer, WHO, "ticket 4711"))
}

/// A request that waits for a person.
fn waiting(world: &World) -> PcxId {
    let id = world.request(WEB, DB);
    assert!(matches!(of(accept(world, &world.requested(&id)), &id), Outcome::AwaitingApproval(_)));
    id
}

#[test]
fn a_manual_request_waits_and_says_with_which_command_to_answer_it() {
    let world = world(&manual());
    let id = waiting(&world);
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    assert_eq!(world.ledger.entry(&id).status, "awaiting-approval");
    let told = world.ledger.last_published();
    assert_eq!(told.kind, "Approval Needed");
    assert_eq!(told.detail["approve"], format!("peerwright approve {id} --reason WHY"));
    assert_eq!(told.detail["reject"], format!("peerwright reject {id} --reason WHY"));
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.published(), ["Approval Needed"], "once");
    assert_quiet(&hub);
}

#[test]
fn an_approved_request_is_accepted_and_the_ledger_says_by_whom_when_and_why() {
    let world = world(&manual());
    let id = waiting(&world);
    world.clock.advance(Duration::from_hours(2));
    let hint = decide(&world, &id, ApprovalDecision::Approved).expect("it waits for somebody");
    let hub = Hub::new(&world);
    hub.settle([(Recipient::Accept, hint)]);
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    let approval = world.ledger.entry(&id).approval.expect("it was approved");
    assert_eq!((approval.by.as_str(), approval.reason.as_str(), approval.decision), (WHO, "ticket 4711", ApprovalDecision::Approved));
    assert!(approval.at.to_string().starts_with("2026-01-01T02:00:0"), "{}", approval.at);
    assert_eq!(world.ledger.history(&id), ["awaiting-approval", "approved by hand", "accepted", "planned", "converged"]);
    let accepted = &world.ledger.changes(&id)[2];
    assert!(accepted.details.iter().any(|line| line.starts_with(&format!("{WHO} approved it at 2026-01-01T02:00:0"))), "{accepted:?}");
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn a_rejected_request_is_rejected_and_the_ledger_says_by_whom_and_why() {
    let world = world(&manual());
    let id = waiting(&world);
    let hint = decide(&world, &id, ApprovalDecision::Rejected).expect("it waits for somebody");
    let hub = Hub::new(&world);
    hub.settle([(Recipient::Accept, hint)]);
    assert_eq!(world.snapshot().state(&id), PeeringState::Ended("rejected".to_owned()));
    assert_eq!(world.ledger.published(), ["Approval Needed", "Peering Rejected", "Peering Removed"]);
    let rejected = world.ledger.changes(&id).into_iter().find(|change| change.what == "rejected").expect("it is in the history");
    assert!(rejected.details[0].starts_with(&format!("{WHO} rejected it")), "{rejected:?}");
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn an_approval_without_its_message_is_found_by_the_sweep() {
    let world = world(&manual());
    let id = waiting(&world);
    decide(&world, &id, ApprovalDecision::Approved).expect("it waits for somebody");
    let hub = Hub::new(&world).deaf();
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

#[test]
fn an_approval_overrides_neither_what_is_in_the_way_nor_a_missing_rule() {
    for missing in [true, false] {
        let world = world(&manual());
        let id = waiting(&world);
        let hint = decide(&world, &id, ApprovalDecision::Approved).expect("it waits for somebody");
        if missing {
            world.allowlist.replace("rules: []");
        } else {
            world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
        }
        let hub = Hub::new(&world);
        hub.settle([(Recipient::Accept, hint)]);
        assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
        assert_eq!(world.ledger.entry(&id).status, "held");
        hub.sweep_until_quiet();
        assert_quiet(&hub);
        if missing {
            world.allowlist.replace(&manual());
        } else {
            world.remove_route(DB, "10.1.0.0/16");
        }
        hub.sweep_until_quiet();
        assert_eq!(world.ledger.entry(&id).status, "converged", "the approval stands");
        assert_quiet(&hub);
    }
}

#[test]
fn a_held_request_may_be_rejected_by_a_person_and_approved_in_advance() {
    let world = world("rules: []");
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("it is held");
    decide(&world, &id, ApprovalDecision::Approved).expect("in advance");
    let hint = decide(&world, &id, ApprovalDecision::Rejected).expect("after second thoughts");
    let hub = Hub::new(&world);
    hub.settle([(Recipient::Accept, hint)]);
    assert_eq!(world.snapshot().state(&id), PeeringState::Ended("rejected".to_owned()));
    assert_quiet(&hub);
}

#[test]
fn nothing_is_decided_about_connections_that_are_unknown_or_answered() {
    let world = world(WEB_TO_DB);
    let unknown = decide(&world, &parse("pcx-0000dead"), ApprovalDecision::Approved).expect_err("nobody knows it");
    assert!(
        unknown.explain().starts_with("can't decide about pcx-0000dead: the ledger does not know the connection"),
        "{}",
        unknown.explain()
    );
    let id = converged(&world, WEB, DB);
    let before = world.writes();
    let answered = decide(&world, &id, ApprovalDecision::Rejected).expect_err("it is in use");
    assert_eq!((unknown.class, answered.class), (Class::Refused, Class::Refused));
    assert!(answered.explain().contains("it does not wait for anybody: the ledger says converged"), "{}", answered.explain());
    assert_eq!(world.writes(), before);
    assert_quiet(&Hub::new(&world));
}

#[test]
fn a_rule_that_lets_us_accept_by_ourselves_makes_a_waiting_request_go_on() {
    let world = world(&manual());
    let id = waiting(&world);
    world.allowlist.replace(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}
