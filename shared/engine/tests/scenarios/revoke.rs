//! Connections that no rule allows any more, and those that nobody asks for any more.

use std::slice::from_ref;
use std::time::Duration;

use peerwright_core::allowlist::Stored;
use peerwright_core::ask::{ASK_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Limits;
use peerwright_core::world::PeeringState;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_testkit::{Operation, Turn, World, interleave};
use serde_json::json;

use crate::demo::{A, B, DB, WEB, WEB_AND_DB, WEB_TO_DB, converged, of, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{EITHER, TO_DB, count, living, only, status};

fn wishing(on_revoke: &str) -> String {
    WEB_TO_DB.replace("effect: allow", &format!("effect: allow\n    on_revoke: {on_revoke}"))
}

/// A connection that a tag made.
fn created(world: &World, hub: &Hub<'_>) -> PcxId {
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(world);
    assert_eq!(world.ledger.entry(&id).status, "converged");
    id
}

/// The allowlist says nothing any more, and a sweep comes by.
fn revoke(world: &World, hub: &Hub<'_>) {
    world.allowlist.replace("rules: []");
    hub.sweep_until_quiet();
}

#[test]
fn what_becomes_of_a_connection_without_rules_is_what_the_last_rules_wished() {
    for (wish, ours, status, alive, made) in [
        ("keep", true, "kept", true, true),
        ("keep", false, "kept", true, true),
        ("isolate", true, "isolated", true, false),
        ("isolate", false, "isolated", true, false),
        ("delete", true, "ended", false, false),
        ("delete", false, "isolated", true, false),
    ] {
        let world = world(&wishing(wish));
        let hub = Hub::new(&world);
        let before = world.snapshot();
        let id = if ours { created(&world, &hub) } else { converged(&world, WEB, DB) };
        revoke(&world, &hub);
        let case = format!("{wish}, created by us: {ours}");
        assert_eq!(world.ledger.entry(&id).status, status, "{case}");
        assert_eq!(!living(&world).is_empty(), alive, "{case}");
        let after = world.snapshot();
        assert_eq!(after.routes == before.routes && after.rules == before.rules, !made, "{case}");
        assert_quiet(&hub);
    }
}

#[test]
fn a_connection_that_no_rule_ever_allowed_is_nobodys_business_of_ours() {
    let world = world("rules: []");
    let hub = Hub::new(&world);
    let id = world.request(WEB, DB);
    hub.deliver(vec![(Recipient::Accept, world.requested(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "held");
    world.accept_by_hand(&id);
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.status.urgency()), ("unmanaged", None));
    assert_quiet(&hub);
    world.allowlist.replace(WEB_TO_DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    world.allowlist.replace("rules: []");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "kept");
}

#[test]
fn what_an_earlier_release_wrote_of_a_connection_that_was_allowed_is_not_forgotten() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    revoke(&world, &hub);
    world.ledger.forge(&id, |entry| entry.carried_by.clear());
    hub.deliver(vec![(Recipient::Cleanup, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "kept");
}

#[test]
fn a_connection_that_was_not_created_by_us_says_why_it_is_not_deleted() {
    let world = world(&wishing("delete"));
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    revoke(&world, &hub);
    let reasons = world.ledger.entry(&id).reasons;
    assert_eq!(reasons.last().map(String::as_str), Some("it is not deleted, because it was not created by Peerwright"));
    assert_eq!(count(&world, Operation::Delete), 0);
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_is_allowed_again_is_configured_again() {
    for wish in ["keep", "isolate"] {
        let world = world(&wishing(wish));
        let hub = Hub::new(&world);
        let id = converged(&world, WEB, DB);
        revoke(&world, &hub);
        world.allowlist.replace(&wishing(wish));
        hub.sweep_until_quiet();
        assert_eq!(world.ledger.entry(&id).status, "converged", "{wish}");
        assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
        assert_quiet(&hub);
    }
}

#[test]
fn a_deleted_connection_that_is_still_asked_for_is_made_anew_when_a_rule_allows_it_again() {
    let world = world(&wishing("delete"));
    let hub = Hub::new(&world);
    created(&world, &hub);
    revoke(&world, &hub);
    assert!(status(&world, WEB).contains("not allowed"), "{}", status(&world, WEB));
    world.allowlist.replace(&wishing("delete"));
    hub.sweep_until_quiet();
    assert_eq!(living(&world).len(), 1);
    assert!(status(&world, WEB).ends_with("converged"), "{}", status(&world, WEB));
    assert_quiet(&hub);
}

#[test]
fn what_we_deleted_is_made_anew_when_it_is_allowed_again_wherever_the_process_died_over_it() {
    for writes in 0.. {
        let world = world(&wishing("delete"));
        let hub = Hub::new(&world);
        let id = created(&world, &hub);
        world.allowlist.replace("rules: []");
        world.crash_after(writes);
        drop(hub.send(Recipient::Cleanup, &world.accepted(&id)));
        let died = world.restart();
        hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
        assert_eq!(living(&world), [], "after write {writes}");
        world.allowlist.replace(&wishing("delete"));
        hub.sweep_until_quiet();
        assert_eq!(living(&world).len(), 1, "after write {writes}: {}", status(&world, WEB));
        assert_quiet(&hub);
        if !died {
            return;
        }
    }
}

#[test]
fn an_expired_rule_and_a_deny_rule_revoke_as_a_missing_one_does() {
    let expiring = wishing("isolate").replace("effect: allow", "effect: allow\n    not_after: 2026-01-01T01:00:00Z");
    let denying = format!(
        "{}  - {{ id: no-more, effect: deny, requester: {{ accounts: [\"{A}\"] }}, accepter: {{ accounts: [\"{B}\"] }} }}\n",
        wishing("isolate")
    );
    for (first, then) in [(expiring.as_str(), None), (&wishing("isolate"), Some(denying.as_str()))] {
        let world = world(first);
        let hub = Hub::new(&world);
        let id = converged(&world, WEB, DB);
        world.clock.advance(Duration::from_hours(2));
        if let Some(then) = then {
            world.allowlist.replace(then);
        }
        hub.sweep_until_quiet();
        assert_eq!(world.ledger.entry(&id).status, "isolated");
        assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new());
        assert_quiet(&hub);
    }
}

#[test]
fn a_rule_that_can_not_be_read_and_tags_that_are_unknown_revoke_nothing() {
    let world = world(&wishing("delete"));
    let hub = Hub::new(&world);
    let id = created(&world, &hub);
    let made = world.snapshot();
    world.allowlist.replace("rules: []");
    world.allowlist.put(Stored { accepter: "any".to_owned(), id: "web-to-db".to_owned(), body: json!({ "effect": "alow" }) });
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot(), made);
    world
        .allowlist
        .replace(&wishing("delete").replace("accounts: [\"111111111111\"] }", "accounts: [\"111111111111\"], tags: { env: dev } }"));
    hub.sweep_until_quiet();
    world.revoke_role(A);
    hub.deliver([(Recipient::Cleanup, world.accepted(&id)), (Recipient::Configure, world.accepted(&id))]);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot(), made);
    world.grant_role(A);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

#[test]
fn a_rule_that_is_revoked_while_it_is_configured_leaves_nothing_in_the_end() {
    for calls in 0..80 {
        let world = world(&wishing("isolate"));
        let id = crate::demo::accepted(&world, WEB, DB);
        let (hint, ports) = (world.accepted(&id), world.ports());
        let turns = [vec![Turn::First; calls], vec![Turn::Second]].concat();
        let configuring = peerwright_engine::configure::configure(&hint, Limits::NONE, &ports);
        let revoking = async { world.allowlist.replace("rules: []") };
        let (result, ()) = interleave(&turns, configuring, revoking);
        result.unwrap_or_else(|failure| panic!("{}", failure.explain()));
        let hub = Hub::new(&world);
        hub.sweep_until_quiet();
        let made = world.snapshot().made_for(&id);
        assert!(made.is_empty(), "after {calls} calls: {made:#?}");
        assert_quiet(&hub);
    }
}

#[test]
fn whoever_no_longer_asks_gets_the_connection_ended_in_whatever_state_it_is() {
    for state in ["initiating", "pending", "provisioning", "active"] {
        let rules = if state == "pending" {
            wishing("keep").replace("effect: allow", "effect: allow\n    approval: manual")
        } else {
            wishing("keep")
        };
        let world = world(&rules).pace(Duration::from_secs(2), Duration::from_secs(2));
        let hub = Hub::new(&world);
        let before = world.snapshot();
        if state == "initiating" || state == "provisioning" {
            world.tag(WEB, ASK_TAG, TO_DB);
            hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))).expect("it is allowed");
        } else {
            hub.tag(WEB, ASK_TAG, TO_DB);
        }
        let id = only(&world);
        if state == "provisioning" {
            hub.send(Recipient::Accept, &world.requested(&id)).expect("it is allowed");
        }
        let found = world.connections()[0].1.to_string();
        assert!(found.starts_with(state), "{found}");
        hub.untag(WEB, ASK_TAG);
        assert_eq!(living(&world), [], "{state}");
        let after = world.snapshot();
        assert_eq!((after.routes, after.rules), (before.routes, before.rules), "{state}");
        assert_eq!(world.tags(WEB).get(STATUS_TAG), None);
        assert_eq!(world.ledger.claims(), []);
        assert_eq!(
            world.ledger.published().iter().filter(|kind| **kind == "Peering Removed").count(),
            1,
            "{state}: {:?}",
            world.ledger.published()
        );
        hub.sweep_until_quiet();
        assert_quiet(&hub);
    }
}

#[test]
fn a_request_that_is_accepted_while_its_tag_goes_ends_all_the_same() {
    for calls in 0..60 {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        world.tag(WEB, ASK_TAG, TO_DB);
        hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))).expect("it is allowed");
        let id = only(&world);
        world.clock.advance(Duration::from_secs(1));
        world.untag(WEB, ASK_TAG);
        let (hint, ports, others) = (world.requested(&id), world.ports(), world.ports());
        let turns = [vec![Turn::First; calls], vec![Turn::Second]].concat();
        let accepting = peerwright_engine::accept::accept(&hint, peerwright_engine::accept::OnDeny::Hold, &ports);
        let cleaning = peerwright_engine::cleanup::cleanup(&hint, Limits::NONE, &others);
        drop(interleave(&turns, accepting, cleaning));
        hub.deliver([(Recipient::Configure, world.accepted(&id)), (Recipient::Cleanup, world.accepted(&id))]);
        hub.sweep_until_quiet();
        assert_eq!(living(&world), [], "after {calls} calls");
        assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new());
        assert_quiet(&hub);
    }
}

#[test]
fn a_connection_stays_while_the_other_vpc_asks_or_nobody_can_tell() {
    for doubt in ["the other asks", "no role", "unknown alias"] {
        let world = world(EITHER);
        let hub = Hub::new(&world);
        hub.tag(WEB, ASK_TAG, "database");
        let id = only(&world);
        match doubt {
            "the other asks" => drop(hub.tag(DB, ASK_TAG, "vpc-0000000a/111111111111")),
            "no role" => world.revoke_role(B),
            _ => world.tag(DB, ASK_TAG, "webb"),
        }
        hub.untag(WEB, ASK_TAG);
        hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
        hub.sweep_until_quiet();
        assert_eq!(living(&world), from_ref(&id), "{doubt}");
        assert_quiet(&hub);
        match doubt {
            "no role" => world.grant_role(B),
            _ => drop(hub.untag(DB, ASK_TAG)),
        }
        hub.sweep_until_quiet();
        assert_eq!(living(&world), [], "{doubt}");
        assert_quiet(&hub);
    }
}

#[test]
fn a_connection_that_somebody_else_made_is_never_deleted_because_a_tag_goes() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    hub.tag(WEB, ASK_TAG, TO_DB);
    hub.untag(WEB, ASK_TAG);
    hub.sweep_until_quiet();
    assert_eq!(living(&world), from_ref(&id));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_eq!(count(&world, Operation::Delete), 0);
    assert_quiet(&hub);
}

#[test]
fn an_unwanted_connection_is_found_by_the_sweep_whatever_its_state() {
    for manual in [true, false] {
        let rules = if manual { WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual") } else { WEB_TO_DB.to_owned() };
        let world = world(&rules);
        let hub = Hub::new(&world);
        hub.tag(WEB, ASK_TAG, &format!("{TO_DB} nobody"));
        let id = only(&world);
        // One target goes, another stays, and no event of it comes.
        world.tag(WEB, ASK_TAG, "nothing-at-all");
        world.untag(WEB, ASK_TAG);
        world.tag(WEB, ASK_TAG, "vpc-0000000a");
        hub.sweep_until_quiet();
        assert_eq!(living(&world), [], "pending: {manual}");
        assert_eq!(world.ledger.entry(&id).status, "ended");
        assert_quiet(&hub);
    }
}

#[test]
fn a_frozen_connection_is_not_deleted_before_it_is_thawed() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = created(&world, &hub);
    let ports = world.ports();
    peerwright_testkit::run(peerwright_engine::operator::freeze(&ports.ledger, &ports.clock, &id, true, "ines", "a test"))
        .expect("it is known");
    let log = hub.untag(WEB, ASK_TAG);
    assert!(log.messages(Recipient::Cleanup) + log.messages(Recipient::Request) < 6, "{log:#?}");
    hub.sweep_until_quiet();
    assert_eq!(world.connections()[0].1, PeeringState::Active);
    assert_eq!(world.ledger.entry(&id).status, "frozen");
    let writes = world.writes();
    hub.sweep();
    assert_eq!(world.writes(), writes);
    peerwright_testkit::run(peerwright_engine::operator::freeze(&ports.ledger, &ports.clock, &id, false, "ines", "a test"))
        .expect("it is known");
    hub.sweep_until_quiet();
    assert_eq!(living(&world), []);
    assert_quiet(&hub);
}

#[test]
fn a_frozen_hub_deletes_no_connection_even_where_nothing_of_ours_is_on_it() {
    let world = world(EITHER);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, "database");
    let id = only(&world);
    world.untag(WEB, ASK_TAG);
    let frozen = Hub::new(&world).limits(Limits { max_changes: usize::MAX, frozen: true });
    let outcome = of(frozen.send(Recipient::Cleanup, &world.accepted(&id)), &id);
    let why = "everything is frozen by the stack's parameter Freeze".to_owned();
    assert_eq!(outcome, Outcome::Frozen(vec![why, format!("it would delete {id}")]));
    frozen.sweep_until_quiet();
    assert_eq!(living(&world), from_ref(&id));
    hub.sweep_until_quiet();
    assert_eq!(living(&world), []);
    assert_quiet(&hub);
}

#[test]
fn nothing_is_deleted_from_where_we_are_not_let_in() {
    let world = world(&EITHER.replace("effect: allow", "effect: allow\n    on_revoke: delete"));
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, "database");
    let id = only(&world);
    world.revoke_role(A);
    world.allowlist.replace("rules: []");
    let log = hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
    assert!(log.dead.iter().all(|(to, _, _)| *to == Recipient::Request), "only A can't be told: {:?}", log.dead);
    let why = vec![format!("it is not deleted: we hold no role in {A}/eu-west-1")];
    assert_eq!(of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id), Outcome::OneSided(why));
    assert_eq!(living(&world), from_ref(&id));
    world.grant_role(A);
    hub.sweep_until_quiet();
    assert_eq!(living(&world), []);
    assert_quiet(&hub);
}

#[test]
fn after_a_crash_behind_any_write_an_unwanted_connection_is_gone() {
    for writes in 0.. {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        let before = world.snapshot();
        let id = created(&world, &hub);
        world.untag(WEB, ASK_TAG);
        world.crash_after(writes);
        drop(hub.send(Recipient::Cleanup, &world.accepted(&id)));
        let died = world.restart();
        hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
        hub.sweep_until_quiet();
        assert_eq!(living(&world), [], "after write {writes}");
        let after = world.snapshot();
        assert_eq!((after.routes, after.rules), (before.routes, before.rules), "after write {writes}");
        assert_eq!(world.ledger.entry(&id).status, "ended");
        assert_eq!(world.ledger.published().iter().filter(|kind| **kind == "Peering Removed").count(), 1, "{:?}", world.ledger.published());
        assert_quiet(&hub);
        if !died {
            assert!(writes > 10, "{writes}");
            assert_eq!(world.ends(&id).of(Side::Requester), &world.vpc_ref(WEB));
            return;
        }
    }
}

/// Routes and rules of ours: the option for DNS stays, and leads nowhere without them.
fn open(world: &World, id: &PcxId) -> Vec<String> {
    world.snapshot().made_for(id)
}

fn denying(more: &str) -> String {
    format!(
        "{WEB_TO_DB}  - {{ id: no-more, effect: deny, requester: {{ accounts: [\"{A}\"] }}, accepter: {{ accounts: [\"{B}\"] }}{more} }}\n"
    )
}

fn expiring(more: &str) -> String {
    WEB_TO_DB.replace("effect: allow", &format!("effect: allow\n    not_after: 2026-01-01T01:00:00Z{more}"))
}

#[test]
fn a_deny_and_an_expiry_isolate_unless_their_rule_says_otherwise() {
    let keep = ", on_revoke: keep";
    for (before, after, status) in [
        (WEB_TO_DB.to_owned(), denying(""), "isolated"),
        (WEB_TO_DB.to_owned(), denying(keep), "kept"),
        (expiring(""), expiring(""), "isolated"),
        (expiring("\n    on_revoke: keep"), expiring("\n    on_revoke: keep"), "kept"),
        (WEB_TO_DB.to_owned(), "rules: []".to_owned(), "kept"),
        // Whatever the deny spares, the rule that is gone with it does not.
        (wishing("isolate"), denying(keep).replace(WEB_TO_DB, "\nrules:\n"), "isolated"),
    ] {
        let world = world(&before);
        let hub = Hub::new(&world);
        let id = converged(&world, WEB, DB);
        world.clock.advance(Duration::from_hours(2));
        if after != before {
            world.allowlist.replace(&after);
        }
        hub.sweep_until_quiet();
        assert_eq!(world.ledger.entry(&id).status, status, "{after}");
        assert_eq!(open(&world, &id).is_empty(), status == "isolated", "{after}");
        assert_quiet(&hub);
    }
}

#[test]
fn a_deny_that_comes_after_the_connection_was_kept_isolates_it() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    revoke(&world, &hub);
    assert_eq!(world.ledger.entry(&id).status, "kept");
    world.allowlist.replace(&denying(""));
    hub.sweep_until_quiet();
    assert_eq!((world.ledger.entry(&id).status.as_str(), open(&world, &id).len()), ("isolated", 0));
    assert_quiet(&hub);
}

#[test]
fn a_deny_that_only_may_match_removes_nothing() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    // Tags of the stranger's side can not be read, and these are of an account that shuts us out from now on.
    world.revoke_role(A);
    world.allowlist.replace(&denying("").replace(
        "requester: { accounts: [\"111111111111\"] }, accepter: { accounts: [\"222222222222\"] }",
        "requester: { tags: { env: prod } }, accepter: { accounts: [\"222222222222\"] }",
    ));
    hub.sweep_until_quiet();
    assert!(!open(&world, &id).is_empty());
}

#[test]
fn a_rule_that_was_over_before_the_connection_was_made_cuts_nothing_when_the_rule_that_carries_it_is_lost() {
    let over =
        WEB_TO_DB.replace("id: web-to-db", "id: long-over").replace("effect: allow", "effect: allow\n    not_after: 2026-01-01T01:00:00Z");
    let world = world("rules: []");
    world.allowlist.replace(&over);
    world.clock.advance(Duration::from_hours(2));
    let both = format!("{over}{}", WEB_TO_DB.trim_start().trim_start_matches("rules:\n"));
    world.allowlist.replace(&both);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&over);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "kept");
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_quiet(&hub);
}
