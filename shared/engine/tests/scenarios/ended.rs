//! Connections that have ended: everything of ours goes, on both sides, and nothing else.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Limits;
use peerwright_engine::failure::Class;
use peerwright_engine::operator::freeze;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_testkit::{Fault, Lag, Operation, Snapshot, World, run};

use crate::demo::{A, B, DB, ODD, WEB, WEB_AND_DB, WEB_TO_DB, converged, of, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{EITHER, TO_DB, only};

/// Routes and rules, without those of one connection.
fn without(snapshot: &Snapshot, id: &PcxId) -> (usize, usize) {
    let rules = snapshot.rules.iter().filter(|(_, _, _, owner)| owner.as_ref() != Some(id)).count();
    (snapshot.routes.len() - snapshot.routes_over(id).count(), rules)
}

/// Nothing of ours is left, and everything else is as it was.
fn assert_bare(world: &World, before: &Snapshot, id: &PcxId) {
    let after = world.snapshot();
    assert_eq!(after.routes_over(id).count(), 0);
    assert!(after.rules.iter().all(|(_, _, _, owner)| owner.as_ref() != Some(id)));
    assert_eq!(without(before, id), (after.routes.len(), after.rules.len()));
    let entry = world.ledger.entry(id);
    assert_eq!(entry.status, "ended");
    assert!(!entry.owned.touches(Side::Requester) && !entry.owned.touches(Side::Accepter), "{:?}", entry.owned);
}

#[test]
fn a_connection_that_either_side_deletes_leaves_nothing_of_ours() {
    for by in Side::BOTH {
        let world = world(WEB_TO_DB);
        let before = world.snapshot();
        let id = converged(&world, WEB, DB);
        let hub = Hub::new(&world);
        let log = hub.delete(&id, by);
        assert_bare(&world, &before, &id);
        assert_eq!(log.outcomes(&id), [&Outcome::Ended(vec!["it is deleted: deleted".to_owned()])]);
        assert_eq!(world.ledger.published().last(), Some(&"Peering Removed"));
        assert_quiet(&hub);
    }
}

#[test]
fn a_pending_request_that_is_rejected_failed_or_expired_is_written_down_as_ended() {
    for how in ["rejected", "failed", "expired"] {
        let world = world(&WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual"));
        let hub = Hub::new(&world);
        hub.tag(WEB, ASK_TAG, TO_DB);
        let id = only(&world);
        match how {
            "rejected" => world.reject_by_hand(&id),
            "expired" => world.clock.advance(Duration::from_hours(7 * 24)),
            _ => world.fail_by_itself(&id),
        }
        hub.sweep_until_quiet();
        let entry = world.ledger.entry(&id);
        assert_eq!((entry.status.as_str(), entry.reasons), ("ended", vec![format!("it is {how}: {how}")]));
        assert_quiet(&hub);
    }
}

#[test]
fn an_end_without_an_event_is_found_by_the_sweep() {
    let world = world(WEB_TO_DB);
    let before = world.snapshot();
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world).deaf();
    world.delete(&id, Side::Accepter);
    hub.sweep_until_quiet();
    assert_bare(&world, &before, &id);
    assert_quiet(&hub);
}

#[test]
fn an_end_that_is_shown_no_more_when_somebody_looks_counts_after_two_looks() {
    let world = world(WEB_TO_DB);
    let before = world.snapshot();
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world);
    world.delete(&id, Side::Accepter);
    world.clock.advance(Duration::from_hours(72));
    let outcome = of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id);
    assert!(matches!(&outcome, Outcome::Waiting { after, .. } if *after == Duration::from_secs(30)), "{outcome:?}");
    world.clock.advance(Duration::from_secs(29));
    let early = of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id);
    assert!(matches!(&early, Outcome::Nothing(why) if why.contains("a message that waits for that comes at")), "{early:?}");
    assert_eq!(without(&world.snapshot(), &id), without(&before, &id));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id), Outcome::Ended(vec!["it is vanished".to_owned()]));
    assert_bare(&world, &before, &id);
    assert_quiet(&hub);
}

#[test]
fn a_vanished_connection_is_found_by_the_sweep() {
    let world = world(WEB_TO_DB);
    let before = world.snapshot();
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world).deaf();
    world.delete(&id, Side::Accepter);
    world.clock.advance(Duration::from_hours(72));
    hub.sweep_until_quiet();
    assert_bare(&world, &before, &id);
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_is_not_shown_and_has_a_living_route_has_not_ended() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world);
    for (_, end) in world.ends(&id).iter() {
        world.lag(&id, &end.place, Lag::Absent, 2);
    }
    hub.send(Recipient::Cleanup, &world.accepted(&id)).expect("the first look");
    world.clock.advance(Duration::from_secs(31));
    let outcome = of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id);
    assert_eq!(outcome, Outcome::Blocked(vec!["the connection is vanished (though a route over it is alive), not active".to_owned()]));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_is_shown_again_must_be_missing_anew() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world);
    let absent = |looks| world.ends(&id).iter().for_each(|(_, end)| world.lag(&id, &end.place, Lag::Absent, looks));
    absent(1);
    hub.send(Recipient::Cleanup, &world.accepted(&id)).expect("missing");
    world.clock.advance(Duration::from_secs(20));
    hub.send(Recipient::Cleanup, &world.accepted(&id)).expect("shown again");
    assert_eq!(world.ledger.entry(&id).missing_since, None);
    world.clock.advance(Duration::from_secs(20));
    absent(1);
    assert!(matches!(of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id), Outcome::Waiting { .. }));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).missing_since, None);
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_counted_as_ended_and_is_shown_after_all_is_looked_after_again() {
    let world = world(EITHER);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    for (_, end) in world.ends(&id).iter() {
        world.lag(&id, &end.place, Lag::Absent, 2);
    }
    hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "ended", "no route of ours could tell that it is alive");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_vanished_from_one_side_is_not_told_again_when_the_other_lets_us_in() {
    let world = world(EITHER);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.revoke_role(A);
    world.delete(&id, Side::Accepter);
    world.clock.advance(Duration::from_hours(3));
    hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).reasons, ["it is vanished"]);
    let writes = world.writes();
    world.grant_role(A);
    hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
    assert_eq!(world.writes(), writes);
    assert_quiet(&hub);
}

#[test]
fn an_old_event_about_a_connection_that_is_over_is_told_to_nobody() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world);
    hub.delete(&id, Side::Requester);
    world.clock.advance(Duration::from_hours(72));
    let (writes, told) = (world.writes(), world.ledger.published());
    assert_eq!(
        of(hub.send(Recipient::Cleanup, &world.accepted(&id)), &id),
        Outcome::Nothing("it is over, and nothing of ours is left".to_owned())
    );
    assert_eq!((world.writes(), world.ledger.published()), (writes, told));
}

#[test]
fn the_end_of_a_connection_that_we_had_no_part_in_is_nobodys_business() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, ODD);
    let hub = Hub::new(&world);
    world.clock.advance(Duration::from_secs(1));
    hub.delete(&id, Side::Requester);
    assert!(world.ledger.ignores(&id));
    assert_eq!(world.ledger.published(), Vec::<&str>::new());
    assert_quiet(&hub);
}

#[test]
fn our_side_is_cleaned_at_once_and_the_other_when_its_role_is_given_back() {
    for gone in [A, B] {
        let world = world(WEB_TO_DB);
        let before = world.snapshot();
        let id = converged(&world, WEB, DB);
        let hub = Hub::new(&world);
        world.revoke_role(gone);
        let log = hub.delete(&id, Side::Requester);
        assert!(matches!(log.outcomes(&id)[..], [Outcome::OneSided(_)]), "{:?}", log.outcomes(&id));
        let left = world.snapshot().routes_over(&id).count();
        assert_eq!(left, if gone == A { 4 } else { 3 }, "only the other side's");
        let writes = world.writes();
        hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
        assert_eq!(world.writes(), writes);
        world.grant_role(gone);
        hub.sweep_until_quiet();
        assert_bare(&world, &before, &id);
        assert_quiet(&hub);
    }
}

#[test]
fn a_connection_created_for_a_tag_that_ended_one_sided_wakes_nobody_for_ever() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    world.revoke_role(B);
    let log = hub.delete(&id, Side::Requester);
    assert!(log.messages(Recipient::Cleanup) + log.messages(Recipient::Request) <= 5, "{log:#?}");
    world.grant_role(B);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "ended");
    assert_quiet(&hub);
}

#[test]
fn a_vpc_or_a_table_that_is_gone_hinders_nothing() {
    for gone in ["vpc", "table"] {
        let world = world(WEB_TO_DB);
        let id = converged(&world, WEB, DB);
        let hub = Hub::new(&world);
        if gone == "vpc" {
            world.delete_vpc(DB);
        } else {
            world.delete_table(DB, "rtb-000000b2");
        }
        hub.delete(&id, Side::Requester);
        assert_eq!(world.snapshot().made_for(&id), ["dns requester", "dns accepter"], "options end with the connection");
        assert_eq!(world.ledger.entry(&id).status, "ended");
        assert_quiet(&hub);
    }
}

#[test]
fn nothing_foreign_is_touched_and_black_holes_of_others_stay() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.add_route("rtb-000000b1", "10.1.0.0/16", id.as_str());
    world.add_route("rtb-000000b1", "10.77.0.0/16", "pcx-0badbad0");
    world.add_rule("sg-0000000b", "5432", "10.1.0.0/16");
    let hub = Hub::new(&world);
    hub.delete(&id, Side::Accepter);
    let after = world.snapshot();
    let over: Vec<String> = after.routes_over(&id).map(|(table, block)| format!("{table} {block}")).collect();
    assert_eq!(over, ["rtb-000000b1 10.1.0.0/16"], "somebody else made it");
    assert!(after.routes.iter().any(|(_, _, target)| target.to_string() == "pcx-0badbad0"));
    assert_eq!(after.rules.iter().filter(|(group, ..)| group.as_str() == "sg-0000000b").count(), 1);
    assert_eq!(world.ledger.entry(&id).status, "ended");
    assert_quiet(&hub);
}

#[test]
fn a_frozen_connection_or_hub_takes_nothing_away() {
    for hub_wide in [true, false] {
        let world = world(WEB_TO_DB);
        let before = world.snapshot();
        let id = converged(&world, WEB, DB);
        let ports = world.ports();
        if !hub_wide {
            run(freeze(&ports.ledger, &ports.clock, &id, true, "ines", "a test")).expect("it is known");
        }
        let made = world.snapshot();
        let frozen = Hub::new(&world).limits(Limits { max_changes: usize::MAX, frozen: hub_wide });
        frozen.delete(&id, Side::Requester);
        assert_eq!(world.ledger.entry(&id).status, "frozen");
        assert_eq!((world.snapshot().routes, world.snapshot().rules), (made.routes, made.rules));
        assert_quiet(&frozen);
        if !hub_wide {
            run(freeze(&ports.ledger, &ports.clock, &id, false, "ines", "a test")).expect("it is known");
        }
        let hub = Hub::new(&world);
        hub.sweep_until_quiet();
        assert_bare(&world, &before, &id);
        assert_quiet(&hub);
    }
}

#[test]
fn what_a_run_may_take_away_is_limited_and_the_rest_follows() {
    let world = world(WEB_TO_DB);
    let before = world.snapshot();
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world).limits(Limits { max_changes: 3, frozen: false });
    let log = hub.delete(&id, Side::Requester);
    assert!(matches!(log.outcomes(&id)[0], Outcome::Unfinished(_)), "{:?}", log.outcomes(&id));
    assert_bare(&world, &before, &id);
    assert_quiet(&hub);
}

#[test]
fn after_a_crash_behind_any_write_nothing_of_an_ended_connection_is_left() {
    for writes in 0.. {
        let world = world(WEB_TO_DB);
        let before = world.snapshot();
        let id = converged(&world, WEB, DB);
        let hub = Hub::new(&world);
        world.delete(&id, Side::Requester);
        world.crash_after(writes);
        drop(hub.send(Recipient::Cleanup, &world.accepted(&id)));
        let died = world.restart();
        hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
        assert_bare(&world, &before, &id);
        assert_quiet(&hub);
        if !died {
            assert!(writes > 8, "{writes}");
            return;
        }
    }
}

#[test]
fn a_connection_that_replaces_another_is_accepted_routed_and_opened_by_events_alone_in_whatever_order_they_come() {
    for cleaned_first in [true, false] {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        let first = converged(&world, WEB, DB);
        world.delete(&first, Side::Requester);
        let second = world.request(WEB, DB);
        let (ended, asked) = ((Recipient::Cleanup, world.accepted(&first)), (Recipient::Accept, world.requested(&second)));
        // Each to its end, or the old one's routes and rules would not be there when the new one is looked at.
        for message in if cleaned_first { [ended, asked] } else { [asked, ended] } {
            hub.deliver([message]);
        }
        assert_eq!(world.snapshot().made_for(&second), WEB_AND_DB, "cleaned first: {cleaned_first}");
        assert_eq!(world.ledger.entry(&second).status, "converged");
        assert_quiet(&hub);
    }
}

#[test]
fn where_the_neighbours_of_one_end_can_not_be_listed_those_of_the_other_are_woken_and_the_end_is_written_down() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let first = converged(&world, WEB, DB);
    world.delete(&first, Side::Requester);
    let second = world.request(WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    world.fail(Fault::next(Operation::DescribePeerings, Class::Denied).for_good().at(A));
    let report = hub.send(Recipient::Cleanup, &world.accepted(&first)).expect("what was done is told");
    assert_eq!(world.ledger.entry(&first).status, "ended");
    let woken = |(to, hint): &(Recipient, Hint)| *to == Recipient::Accept && matches!(hint, Hint::Connection { id, .. } if *id == second);
    assert!(report.hints.iter().any(woken), "{:?}", report.hints);
    let words: Vec<String> = report.outcomes.iter().flat_map(|(_, outcome)| outcome.reasons()).collect();
    assert!(words.iter().any(|words| words.contains("left to the next sweep")), "{words:?}");
}

#[test]
fn a_member_that_left_with_something_of_ours_wakes_nobody_until_it_is_back() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.revoke_role(A);
    world.delete(&id, Side::Requester);
    // Longer than AWS shows a connection that has ended.
    world.clock.advance(Duration::from_hours(72));
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "one-sided");
    assert_eq!(world.snapshot().routes_over(&id).filter(|(table, _)| table.as_str().starts_with("rtb-000000b")).count(), 0);
    let log = hub.sweep();
    assert_eq!(log.messages(Recipient::Cleanup), 0, "{log:#?}");
    world.grant_role(A);
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_eq!((world.ledger.entry(&id).status.as_str(), world.snapshot().routes_over(&id).count()), ("ended", 0));
    assert_quiet(&hub);
}
