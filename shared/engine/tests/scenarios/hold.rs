//! Requests that stay pending, and those that are rejected.

use peerwright_core::allowlist::Stored;
use peerwright_core::event::Hint;
use peerwright_core::world::PeeringState;
use peerwright_engine::accept::{self, OnDeny};
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{Operation, place, run};
use serde_json::json;

use crate::demo::{B, DB, FAR, IRELAND, ODD, WEB, WEB_TO_DB, accept, of, world};

const ONLY_PROD: &str = r#"
rules:
  - id: prod-to-db
    effect: allow
    requester: { accounts: ["111111111111"], tags: { env: prod } }
    accepter: { accounts: ["222222222222"] }
"#;

const NO_DEV: &str = r#"
rules:
  - id: all
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
  - id: no-dev
    effect: deny
    requester: { tags: { env: dev } }
    accepter: { accounts: ["222222222222"] }
"#;

#[test]
fn a_request_that_no_rule_allows_stays_pending_with_its_reasons_in_the_ledger() {
    let world = world(ONLY_PROD);
    let id = world.request(WEB, DB);
    let reasons = vec!["rule prod-to-db does not match: requester.tags is not met (env is dev)".to_owned()];
    assert_eq!(of(accept(&world, &world.requested(&id)), &id), Outcome::Held(reasons.clone()));
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.reasons), ("held", reasons.clone()));
    assert_eq!(world.ledger.changes(&id)[0].details, reasons);
}

#[test]
fn a_held_request_is_reported_once_however_often_it_is_seen() {
    let world = world(ONLY_PROD);
    let id = world.request(WEB, DB);
    for hint in [world.requested(&id), Hint::Pending(place(B, IRELAND)), world.requested(&id)] {
        assert!(matches!(of(accept(&world, &hint), &id), Outcome::Held(_)));
    }
    assert_eq!(world.ledger.history(&id), ["held"]);
    assert_eq!(world.writes(), [Operation::SaveEntry, Operation::Tag, Operation::Tag], "written down, and told on the tags of both sides");
}

#[test]
fn a_held_request_is_reported_again_when_the_reasons_change() {
    let world = world(ONLY_PROD);
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("held");
    world.allowlist.replace(&ONLY_PROD.replace("env: prod", "env: test"));
    accept(&world, &world.requested(&id)).expect("the same reason in the same words");
    assert_eq!(world.ledger.history(&id), ["held"], "the VPC is still `dev`, whatever the rule wants instead");
    world.allowlist.replace(&ONLY_PROD.replace("env: prod", "team: web"));
    accept(&world, &world.requested(&id)).expect("another reason");
    assert_eq!(world.ledger.history(&id), ["held", "held"]);
    assert_eq!(world.ledger.entry(&id).reasons, ["rule prod-to-db does not match: requester.tags is not met (it has no tag team)"]);
}

#[test]
fn a_held_request_is_accepted_once_a_rule_allows_it() {
    let world = world(ONLY_PROD);
    let id = world.request(WEB, DB);
    accept(&world, &world.requested(&id)).expect("held");
    world.allowlist.replace(WEB_TO_DB);
    assert!(matches!(of(accept(&world, &Hint::Pending(place(B, IRELAND))), &id), Outcome::Accepted(_)));
    assert_eq!(world.ledger.history(&id), ["held", "accepting", "accepted"]);
}

#[test]
fn a_denied_request_stays_pending_and_is_reported_once() {
    let world = world(NO_DEV);
    let id = world.request(WEB, DB);
    for _ in 0..3 {
        let outcome = of(accept(&world, &world.requested(&id)), &id);
        assert_eq!(outcome, Outcome::Denied(vec!["rule no-dev denies it".to_owned()]));
    }
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    assert_eq!(world.ledger.history(&id), ["denied"]);
    assert_eq!(world.ledger.entry(&id).rules, ["no-dev"]);
}

#[test]
fn a_denied_request_is_rejected_where_that_is_configured() {
    let world = world(NO_DEV);
    let id = world.request(WEB, DB);
    let outcome = of(run(accept::accept(&world.requested(&id), OnDeny::Reject, &world.ports())), &id);
    assert_eq!(outcome, Outcome::Rejected(vec!["rule no-dev denies it".to_owned()]));
    assert_eq!(world.snapshot().state(&id), PeeringState::Ended("rejected".to_owned()));
    assert_eq!(world.writes(), [Operation::Reject, Operation::SaveEntry, Operation::Tag, Operation::Tag]);
    let again = of(run(accept::accept(&world.requested(&id), OnDeny::Reject, &world.ports())), &id);
    assert_eq!(again, Outcome::Nothing("it is rejected".to_owned()));
    assert_eq!(world.ledger.history(&id), ["rejected"]);
}

#[test]
fn a_request_that_nothing_speaks_of_is_held_even_where_denied_ones_are_rejected() {
    let world = world(ONLY_PROD);
    let id = world.request(WEB, DB);
    let outcome = of(run(accept::accept(&world.requested(&id), OnDeny::Reject, &world.ports())), &id);
    assert!(matches!(outcome, Outcome::Held(_)), "{outcome:?}");
}

#[test]
fn a_strangers_tags_can_not_be_read_so_a_rule_about_them_does_not_match() {
    let world = world(&ONLY_PROD.replace("111111111111", "999999999999"));
    let id = world.request(ODD, DB);
    let Outcome::Held(reasons) = of(accept(&world, &world.requested(&id)), &id) else { panic!("it must be held") };
    assert_eq!(
        reasons,
        ["rule prod-to-db does not match: requester.tags is not met because unknown (we hold no role in 999999999999/eu-west-1)"]
    );
}

#[test]
fn a_strangers_blocks_are_not_shown_while_its_request_is_pending_so_a_rule_about_them_does_not_match() {
    let world =
        world(&ONLY_PROD.replace("accounts: [\"111111111111\"], tags: { env: prod }", "accounts: [\"999999999999\"], cidrs: [10.0.0.0/8]"));
    let id = world.request(ODD, DB);
    let Outcome::Held(reasons) = of(accept(&world, &world.requested(&id)), &id) else { panic!("it must be held") };
    assert_eq!(
        reasons,
        ["rule prod-to-db does not match: requester.cidrs is not met because unknown (we hold no role in 999999999999/eu-west-1)"]
    );
}

#[test]
fn a_deny_rule_that_can_not_be_checked_holds_what_another_rule_allows() {
    let stranger = NO_DEV.replace("111111111111", "999999999999");
    let world = world(&stranger);
    let id = world.request(ODD, DB);
    let Outcome::Held(reasons) = of(accept(&world, &world.requested(&id)), &id) else { panic!("it must be held") };
    assert!(reasons[0].starts_with("rule no-dev might deny it"), "{reasons:?}");
}

#[test]
fn a_rule_that_can_not_be_read_holds_everything_it_might_deny() {
    let world = world(WEB_TO_DB);
    world.allowlist.put(Stored { accepter: "any".to_owned(), id: "scribble".to_owned(), body: json!({ "efect": "deny" }) });
    let ids = [world.request(WEB, DB), world.request(WEB, FAR)];
    for id in &ids {
        let Outcome::Held(reasons) = of(accept(&world, &world.requested(id)), id) else { panic!("it must be held") };
        assert!(reasons[0].starts_with("rule scribble might deny it: it can't be read"), "{reasons:?}");
    }
}

#[test]
fn an_allow_rule_that_can_not_be_read_allows_nothing_and_hinders_nothing() {
    let world = world(WEB_TO_DB);
    let body = json!({ "id": "typo", "effect": "allow", "requester": { "acounts": ["999999999999"] }, "accepter": { "accounts": [B] } });
    world.allowlist.put(Stored { accepter: format!("account#{B}"), id: "typo".to_owned(), body });
    let odd = world.request(ODD, DB);
    assert!(matches!(of(accept(&world, &world.requested(&odd)), &odd), Outcome::Held(_)));
    let named = world.request(WEB, FAR);
    assert!(matches!(of(accept(&world, &world.requested(&named)), &named), Outcome::Accepted(_)));
}
