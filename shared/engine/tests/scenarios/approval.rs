//! Requests that a rule leaves to a person.

use std::time::Duration;

use peerwright_core::event::{Cause, Hint};
use peerwright_core::ids::PcxId;
use peerwright_core::world::PeeringState;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::manual_decision::ApprovalDecision;
use peerwright_engine::operator::{approve, awaiting, freeze, reject, retry};
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_testkit::{World, parse, run};

use crate::demo::{DB, WEB, WEB_AND_DB, WEB_TO_DB, accept, converged, of, world};
use crate::hub::{Hub, assert_quiet};

pub(crate) fn manual() -> String {
    WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual")
}

const WHO: &str = "arn:aws:sts::333333333333:assumed-role/ops/jo";

/// A person decides about what they are shown; whom to wake, and with what.
fn decide(world: &World, id: &PcxId, answer: ApprovalDecision) -> Result<(Recipient, Hint), Failure> {
    let ports = world.ports();
    match answer {
        ApprovalDecision::Approved => {
            let shown = run(awaiting(&ports.ledger, id))?;
            run(approve(&ports.ledger, &ports.clock, id, &shown, WHO, "ticket 4711"))
        }
        ApprovalDecision::Rejected => run(reject(&ports.ledger, &ports.clock, id, WHO, "ticket 4711")),
    }
}

/// A request that waits for a person.
pub(crate) fn waiting(world: &World) -> PcxId {
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
    hub.deliver([hint]);
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    let approval = world.ledger.entry(&id).approval.expect("it was approved");
    assert_eq!((approval.by.as_str(), approval.reason.as_str(), approval.decision), (WHO, "ticket 4711", ApprovalDecision::Approved));
    assert!(approval.at.to_string().starts_with("2026-01-01T02:00:0"), "{}", approval.at);
    assert_eq!(world.ledger.history(&id), ["awaiting-approval", "approved by hand", "accepting", "accepted", "planned", "converged"]);
    let accepted = &world.ledger.changes(&id)[2];
    assert!(accepted.details.iter().any(|line| line.starts_with(&format!("{WHO} approved it at 2026-01-01T02:00:0"))), "{accepted:?}");
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn a_frozen_request_is_neither_accepted_nor_rejected_before_it_is_thawed() {
    let rejected = PeeringState::Ended("rejected".to_owned());
    for (answer, state) in [(ApprovalDecision::Approved, PeeringState::Active), (ApprovalDecision::Rejected, rejected)] {
        let world = world(&manual());
        let id = waiting(&world);
        let ports = world.ports();
        run(freeze(&ports.ledger, &ports.clock, &id, true, "ines", "a test")).expect("it is known");
        let hint = decide(&world, &id, answer).expect("it waits for somebody");
        let hub = Hub::new(&world);
        hub.deliver([hint]);
        hub.sweep_until_quiet();
        assert_eq!(world.snapshot().state(&id), PeeringState::Pending, "{answer:?}");
        run(freeze(&ports.ledger, &ports.clock, &id, false, "ines", "a test")).expect("it is known");
        hub.deliver(run(retry(&ports.ledger, &id)).expect("it is not over"));
        assert_eq!(world.snapshot().state(&id), state);
        hub.sweep_until_quiet();
        assert_quiet(&hub);
    }
}

#[test]
fn a_rejected_request_is_rejected_and_the_ledger_says_by_whom_and_why() {
    let world = world(&manual());
    let id = waiting(&world);
    let hint = decide(&world, &id, ApprovalDecision::Rejected).expect("it waits for somebody");
    let hub = Hub::new(&world);
    hub.deliver([hint]);
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
        hub.deliver([hint]);
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
fn a_held_request_may_be_rejected_by_a_person_and_not_approved_in_advance() {
    let world = world("rules: []");
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("it is held");
    let refused = decide(&world, &id, ApprovalDecision::Approved).expect_err("no rule wishes anything");
    assert!(refused.explain().contains("nothing of it waits for approval: the ledger says held"), "{}", refused.explain());
    let hint = decide(&world, &id, ApprovalDecision::Rejected).expect("after second thoughts");
    let hub = Hub::new(&world);
    hub.deliver([hint]);
    assert_eq!(world.snapshot().state(&id), PeeringState::Ended("rejected".to_owned()));
    assert_quiet(&hub);
}

#[test]
fn what_is_approved_twice_is_answered_with_who_approved_it_and_who_looks_next() {
    let world = world(&manual());
    let id = waiting(&world);
    let hint = decide(&world, &id, ApprovalDecision::Approved).expect("it waits for somebody");
    let again = decide(&world, &id, ApprovalDecision::Approved).expect_err("it is approved").explain();
    assert!(again.contains(&format!("it is approved already, by {WHO} at 2026-01-01T")), "{again}");
    assert!(again.ends_with("Z: `accept` is about to look"), "{again}");
    Hub::new(&world).deliver([hint]);
    let late = decide(&world, &id, ApprovalDecision::Approved).expect_err("it is in use").explain();
    assert!(late.ends_with(": the ledger says converged"), "{late}");
}

#[test]
fn whoever_approves_before_a_new_rule_was_looked_at_is_told_to_ask_again() {
    let world = world("rules: []");
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("it is held");
    world.allowlist.replace(&manual());
    let early = decide(&world, &id, ApprovalDecision::Approved).expect_err("nobody has looked").explain();
    assert!(early.contains("If the allowlist has just been changed, ask again in some seconds"), "{early}");
}

#[test]
fn nothing_is_decided_about_connections_that_are_unknown_or_answered() {
    let world = world(WEB_TO_DB);
    let unknown = decide(&world, &parse("pcx-0000dead"), ApprovalDecision::Approved).expect_err("nobody knows it");
    assert!(unknown.explain().starts_with("can't approve pcx-0000dead: the ledger does not know pcx-0000dead: "), "{}", unknown.explain());
    let id = converged(&world, WEB, DB);
    let before = world.writes();
    let answered = decide(&world, &id, ApprovalDecision::Rejected).expect_err("it is in use");
    assert_eq!((unknown.class, answered.class), (Class::Refused, Class::Refused));
    assert!(answered.explain().contains("it is no request that waits: the ledger says converged"), "{}", answered.explain());
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

/// Routes without asking anybody; the database's port only with a person's word.
pub(crate) const OPEN_WITH_A_WORD: &str = r#"
rules:
  - id: connect
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    routes: { requester: { tables: all }, accepter: { tables: all } }
  - id: open
    effect: allow
    approval: manual
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    security_groups:
      accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }] }]
"#;

pub(crate) fn opened(world: &World, id: &PcxId) -> Vec<String> {
    world.snapshot().made_for(id).into_iter().filter(|line| line.contains("ingress")).collect()
}

#[test]
fn what_a_manual_rule_wishes_is_made_only_when_a_person_approved_it_whatever_other_rules_allow() {
    let world = world(OPEN_WITH_A_WORD);
    let hub = Hub::new(&world);
    let id = converged_but_for(&world, &hub);
    assert_eq!(opened(&world, &id), [""; 0]);
    let told = world.ledger.last_published();
    assert_eq!((told.kind, told.detail["status"].as_str()), ("Approval Needed", Some("partial")));
    let wish = "rule open: accepter: groups role=db ingress tcp/5432 from the peer VPC";
    assert!(told.detail["awaiting"].as_array().expect("a list").iter().any(|words| words == wish), "{:?}", told.detail);
    hub.sweep_until_quiet();
    assert_eq!(opened(&world, &id), [""; 0]);
    let hint = decide(&world, &id, ApprovalDecision::Approved).expect("it waits for somebody");
    assert_eq!(hint.0, Recipient::Configure);
    hub.deliver([hint]);
    assert_eq!(opened(&world, &id).len(), 3);
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

/// Asked for, accepted and configured as far as no person is needed.
pub(crate) fn converged_but_for(world: &World, hub: &Hub<'_>) -> PcxId {
    let id = world.request(WEB, DB);
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "partial", "{:?}", world.ledger.entry(&id).reasons);
    id
}

#[test]
fn an_approval_while_nothing_waits_is_refused_and_helps_no_later_rule() {
    let automatic = OPEN_WITH_A_WORD.split("  - id: open").next().expect("the first rule");
    let world = world(automatic);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    let refused = decide(&world, &id, ApprovalDecision::Approved).expect_err("nothing waits");
    assert_eq!(refused.class, Class::Refused);
    world.allowlist.replace(OPEN_WITH_A_WORD);
    hub.sweep_until_quiet();
    assert_eq!((opened(&world, &id).len(), world.ledger.entry(&id).status.as_str()), (0, "partial"));
    assert_quiet(&hub);
}

#[test]
fn a_rule_that_grows_keeps_what_was_approved_and_asks_anew_for_what_is_new() {
    let world = world(OPEN_WITH_A_WORD);
    let hub = Hub::new(&world);
    let id = converged_but_for(&world, &hub);
    hub.deliver([decide(&world, &id, ApprovalDecision::Approved).expect("it waits for somebody")]);
    let more = "ingress: [{ protocol: tcp, ports: \"22\", from: peer-vpc }, { protocol: tcp, ports: \"5432\", from: peer-vpc }]";
    let grown = OPEN_WITH_A_WORD.replace("ingress: [{ protocol: tcp, ports: \"5432\", from: peer-vpc }]", more);
    world.allowlist.replace(&grown);
    hub.sweep_until_quiet();
    let open = opened(&world, &id);
    assert!(open.len() == 3 && open.iter().all(|line| line.contains("tcp/5432")), "{open:?}");
    let entry = world.ledger.entry(&id);
    let waiting: Vec<&str> = entry.awaiting.iter().flat_map(|rule| &rule.wishes).map(|wish| wish.words.as_str()).collect();
    assert_eq!(waiting, ["accepter: groups role=db ingress tcp/22 from the peer VPC"]);
    hub.deliver([decide(&world, &id, ApprovalDecision::Approved).expect("the new part waits")]);
    assert_eq!(opened(&world, &id).len(), 6);
    assert_quiet(&hub);
}

#[test]
fn nothing_is_approved_that_changed_after_it_was_shown() {
    let world = world(OPEN_WITH_A_WORD);
    let hub = Hub::new(&world);
    let id = converged_but_for(&world, &hub);
    let shown = world.ledger.entry(&id).awaiting;
    world.allowlist.replace(&OPEN_WITH_A_WORD.replace("ports: \"5432\"", "ports: all"));
    hub.sweep_until_quiet();
    let ports = world.ports();
    let refused = run(approve(&ports.ledger, &ports.clock, &id, &shown, WHO, "ticket 4711")).expect_err("it is something else by now");
    assert!(refused.explain().contains("has changed since it was shown"), "{}", refused.explain());
    assert_eq!(opened(&world, &id), [""; 0]);
}

#[test]
fn an_acceptance_by_hand_is_no_approval_and_the_ledger_says_who_accepted() {
    let world = world(&manual());
    let id = waiting(&world);
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(5));
    let eve = Cause { accepted_by: Some("arn:aws:iam::222222222222:user/eve".to_owned()), ..Cause::default() };
    let hub = Hub::new(&world).because_of(eve);
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    assert_eq!(world.snapshot().made_for(&id), [""; 0]);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.accepted_by.as_deref()), ("awaiting-approval", Some("arn:aws:iam::222222222222:user/eve")));
    assert!(entry.reasons.iter().any(|reason| reason.contains("user/eve accepted it")), "{:?}", entry.reasons);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&id), [""; 0]);
    hub.deliver([decide(&world, &id, ApprovalDecision::Approved).expect("it still waits")]);
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_quiet(&hub);
}
