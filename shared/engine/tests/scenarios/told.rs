//! What is told to the outside, and what the ledger remembers for later.

use std::time::Duration;

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ask::{ASK_TAG, CREATED_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::event::Cause;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Limits;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{Fault, Operation, World, place};

use crate::demo::{A, B, DB, IRELAND, ODD, STRANGER, STRANGER_TO_DB, WEB, WEB_TO_DB, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{TO_DB, count, only};

/// The tags of a connection that answer, on both sides.
fn answers(world: &World, id: &PcxId) -> [Option<String>; 2] {
    let ends = world.ends(id);
    Side::BOTH.map(|side| world.tags_of(id, &ends.of(side).place).get(STATUS_TAG).cloned())
}

#[test]
fn each_change_is_told_once() {
    let world = world("rules: []");
    let hub = Hub::new(&world);
    let id = world.request(WEB, DB);
    hub.deliver([(Recipient::Accept, world.requested(&id)), (Recipient::Accept, world.requested(&id))]);
    assert_eq!(world.ledger.published(), ["Peering Held"]);
    world.allowlist.replace(WEB_TO_DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.published()[1..], ["Peering Accepted", "Peering Configured"]);
    world.tag(WEB, "team", "web");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.published().len(), 3, "that a VPC has another tag is nobody's business: {:?}", world.ledger.published());
    world.add_route("rtb-000000b1", "10.1.0.0/16", "tgw-00000001");
    world.allowlist.replace(&WEB_TO_DB.replace("{ tables: { tag: { tier: private } } }", "{ tables: all }"));
    hub.deliver([(Recipient::Configure, world.accepted(&id)), (Recipient::Configure, world.accepted(&id))]);
    assert_eq!(world.ledger.published()[3..], ["Peering Blocked"]);
    world.allowlist.replace("rules: []");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.published()[4..], ["Peering Kept"]);
    hub.delete(&id, Side::Requester);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.published()[5..], ["Peering Removed"]);
    assert_quiet(&hub);
}

#[test]
fn an_event_names_both_vpcs_the_rules_and_whence_the_change_came() {
    let world = world(WEB_TO_DB);
    let cause =
        Cause { events: vec!["e-1".to_owned()], principal: Some("arn:aws:iam::111111111111:user/jo".to_owned()), ..Cause::default() };
    let id = world.request(WEB, DB);
    let hub = Hub::new(&world).because_of(cause);
    hub.send(Recipient::Accept, &world.requested(&id)).expect("it is allowed");
    let told = world.ledger.last_published();
    assert_eq!(told.kind, "Peering Accepted");
    assert_eq!(told.detail["connection"], id.as_str());
    assert_eq!((&told.detail["requester"]["vpc"], &told.detail["accepter"]["account"]), (&WEB.into(), &B.into()));
    assert_eq!((&told.detail["rules"][0], &told.detail["events"][0]), (&"web-to-db".into(), &"e-1".into()));
    assert_eq!(told.detail["asked_by"], "arn:aws:iam::111111111111:user/jo");
    assert_eq!(told.detail["created_for"], serde_json::Value::Null);
}

#[test]
fn whoever_asked_first_stays_whoever_asked() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    let because = |event: &str, who: &str| Cause { events: vec![event.to_owned()], principal: Some(who.to_owned()), ..Cause::default() };
    Hub::new(&world).because_of(because("e-1", "jo")).send(Recipient::Accept, &world.requested(&id)).expect("it is allowed");
    let hub = Hub::new(&world).because_of(because("e-2", "peerwright"));
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).asked_by.as_deref(), Some("jo"));
    let events: Vec<String> = world.ledger.changes(&id).into_iter().flat_map(|change| change.events).collect();
    assert_eq!(events, ["e-1", "e-1", "e-2", "e-2"]);
    assert_quiet(&hub);
}

#[test]
fn a_connection_created_for_a_tag_knows_for_whom_and_because_of_what() {
    let world = world(WEB_TO_DB);
    let cause = Cause { events: vec!["tag-1".to_owned()], ..Cause::default() };
    let hub = Hub::new(&world).because_of(cause);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.created_for, entry.asked_by), (Some(world.vpc_ref(WEB)), Some(format!("the tags of {}", world.vpc_ref(WEB)))));
    assert!(world.ledger.changes(&id).iter().all(|change| change.events == ["tag-1"]));
}

#[test]
fn the_ledger_remembers_what_the_last_rules_wished_and_what_was_seen() {
    let world = world(&WEB_TO_DB.replace("effect: allow", "effect: allow\n    on_revoke: isolate"));
    let hub = Hub::new(&world);
    let id = crate::demo::converged(&world, WEB, DB);
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.on_revoke, OnRevoke::Isolate);
    let seen = entry.seen.requester.expect("A lets us in");
    assert_eq!((seen.tags.get("env").map(String::as_str), seen.dns_ready), (Some("dev"), Some(true)));
    assert!(entry.seen.accepter.is_some());
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn the_connections_tags_say_how_it_stands_on_each_side_that_lets_us_in() {
    let world = world("rules: []");
    let hub = Hub::new(&world);
    let id = world.request(WEB, DB);
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    let held = Some("held: no rule of the allowlist speaks of these VPCs".to_owned());
    assert_eq!(answers(&world, &id), [held.clone(), held]);
    world.allowlist.replace(WEB_TO_DB);
    hub.sweep_until_quiet();
    assert_eq!(answers(&world, &id), [Some("converged".to_owned()), Some("converged".to_owned())]);
    assert_eq!(world.tags_of(&id, &place(B, IRELAND)).get(RULE_TAG).map(String::as_str), Some("web-to-db"));
    assert_eq!(world.tags_of(&id, &place(B, IRELAND)).get(CREATED_TAG), None, "nobody's tag made it");
    assert_quiet(&hub);
}

#[test]
fn a_side_without_the_role_has_no_tags_of_ours() {
    let world = world(STRANGER_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = world.request(ODD, DB);
    hub.sweep_until_quiet();
    assert_eq!(world.tags_of(&id, &place(STRANGER, IRELAND)).len(), 0);
    let status = world.tags_of(&id, &place(B, IRELAND)).get(STATUS_TAG).cloned();
    assert_eq!(status.as_deref(), Some("one-sided: requester: we hold no role in 999999999999/eu-west-1"));
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_ended_is_not_tagged() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    let before = answers(&world, &id);
    hub.untag(WEB, ASK_TAG);
    assert_eq!(world.ledger.entry(&id).status, "ended");
    assert_eq!(answers(&world, &id), before);
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn a_refusal_to_tag_fails_no_work() {
    for class in [Class::Denied, Class::Throttled, Class::Stale, Class::NoRole, Class::Transient] {
        let world = world(WEB_TO_DB);
        world.fail(Fault::next(Operation::Tag, class).for_good().at(A));
        let id = crate::demo::converged(&world, WEB, DB);
        assert_eq!(world.ledger.entry(&id).status, "converged", "{class:?}");
        assert_eq!(answers(&world, &id), [None, Some("converged".to_owned())], "{class:?}");
    }
}

#[test]
fn a_frozen_hub_says_what_it_would_do() {
    let world = world(WEB_TO_DB);
    let id = crate::demo::accepted(&world, WEB, DB);
    let hub = Hub::new(&world).limits(Limits { max_changes: 9, frozen: true });
    world.clock.advance(Duration::from_secs(1));
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    let [requester, accepter] = answers(&world, &id);
    assert_eq!(requester, accepter);
    assert!(requester.is_some_and(|text| text.starts_with("frozen: ")));
    assert_eq!(count(&world, Operation::CreateRoute), 0);
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}
