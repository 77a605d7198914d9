//! What exists, and what a person has to look at.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::ids::{Side, VpcRef};
use peerwright_engine::examine::{Examined, examine};
use peerwright_engine::failure::Class;
use peerwright_engine::find::find_vpc;
use peerwright_engine::freeze::{Scope, Stop};
use peerwright_engine::operator::{freeze, freeze_everything};
use peerwright_engine::outcome::Recipient;
use peerwright_engine::overview::{Overview, Reach, overview};
use peerwright_engine::unmet::{unmet_asks, unmet_in};
use peerwright_testkit::{Fault, Operation, World, parse, run};

use crate::demo::{A, DB, WEB, WEB_TO_DB, accepted, configure, converged, world};
use crate::hub::{Hub, assert_quiet};

const FROM: &str = "111111111111/eu-west-1/vpc-0000000a";
const TO: &str = "222222222222/eu-west-1/vpc-0000000b";

/// Whose places the table names.
fn swept(allowlist: &str) -> World {
    let world = world(allowlist);
    Hub::new(&world);
    world
}

fn all(world: &World, reach: Reach) -> Overview {
    run(overview(reach, &BTreeSet::new(), &world.ports())).expect("the tables can be read")
}

pub(crate) fn examined(world: &World, id: &peerwright_core::ids::PcxId) -> Examined {
    run(examine(id, &world.ports())).expect("the tables can be read").expect("the ledger knows it")
}

fn counts(found: &Overview) -> Vec<(String, usize)> {
    found.counts().into_iter().map(|(status, count)| (status.to_string(), count)).collect()
}

fn concerns(found: &Overview) -> Vec<String> {
    found.concerns().into_iter().map(|concern| concern.why).collect()
}

#[test]
fn living_connections_are_found_by_their_places_and_ended_ones_only_in_the_whole_table() {
    let world = swept(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let hub = Hub::new(&world);
    for reach in [Reach::Living, Reach::Every] {
        assert_eq!(counts(&all(&world, reach)), [("converged".to_owned(), 1)], "{reach:?}");
    }
    hub.delete(&id, Side::Requester);
    hub.sweep_until_quiet();
    assert_eq!(counts(&all(&world, Reach::Living)), []);
    assert_eq!(counts(&all(&world, Reach::Every)), [("ended".to_owned(), 1)]);
    assert_quiet(&hub);
}

#[test]
fn what_wants_attention_is_told_with_the_one_reason_that_counts() {
    let world = swept(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    assert_eq!(concerns(&all(&world, Reach::Living)), [""; 0], "it was accepted a moment ago");
    world.clock.advance(Duration::from_mins(15));
    let [stuck] = &concerns(&all(&world, Reach::Living))[..] else { panic!("one concern") };
    assert!(stuck.starts_with("still accepted since 2026-01-01T"), "{stuck}");
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    configure(&world, &world.accepted(&id)).expect("the rest is made");
    let [refused] = &concerns(&all(&world, Reach::Living))[..] else { panic!("one concern") };
    assert_eq!(*refused, world.ledger.entry(&id).reasons[0]);
    world.clear_faults();
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    let [frozen] = &concerns(&all(&world, Reach::Living))[..] else { panic!("one concern") };
    assert!(frozen.starts_with("frozen by ines since ") && frozen.ends_with(": a test"), "{frozen}");
}

#[test]
fn a_spoilt_entry_is_named_and_hides_no_other() {
    let world = swept(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.ledger.spoil(&id);
    let found = all(&world, Reach::Living);
    assert_eq!((found.entries, found.unreadable), (Vec::new(), BTreeSet::from([id])));
}

#[test]
fn both_ends_are_counted_and_what_is_missing_is_named() {
    let world = swept(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let whole = examined(&world, &id);
    let tallies = whole.tallies();
    for (side, tally) in tallies.iter() {
        let tally = tally.expect("both ends can be read");
        assert_eq!((tally.routes.there, tally.rules.there), (tally.routes.wanted, tally.rules.wanted), "{side}");
    }
    let before = tallies.requester.expect("it can be read").routes;
    world.remove_route(WEB, "10.20.0.0/16");
    let found = examined(&world, &id);
    let after = found.tallies().requester.expect("it can be read").routes;
    assert!(after.there < before.there && after.wanted == before.wanted, "{after:?} of {before:?}");
    let plan = found.found.expect("it can be looked at").plan.expect("it is allowed");
    assert_eq!(plan.steps.len(), before.there - after.there);
}

#[test]
fn what_is_superfluous_is_no_part_of_what_is_wanted() {
    let world = swept(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let before = examined(&world, &id).tallies().requester.expect("it can be read").routes;
    world.allowlist.replace(&WEB_TO_DB.replace("routes:", "on_revoke: keep\n    routes:").replacen("tables: all", "tables: main", 1));
    let after = examined(&world, &id).tallies().requester.expect("it can be read").routes;
    assert_eq!((after.there, after.there + after.superfluous), (after.wanted, before.there), "{after:?}");
}

#[test]
fn a_status_is_as_old_as_its_first_line_in_a_row_and_looks_do_not_count() {
    let world = swept(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let since = world.ledger.changes(&id).last().expect("a line").at;
    world.clock.advance(Duration::from_hours(1));
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    run(freeze(&world.ledger, &world.clock, &id, false, "ines", "a test")).expect("it is known");
    let found = examined(&world, &id);
    assert_eq!(found.status_since(), since);
    assert!(found.known_since().is_some_and(|known| known <= since));
}

#[test]
fn the_last_error_and_the_next_try_are_told_from_what_is_written_down() {
    let world = swept(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    configure(&world, &world.accepted(&id)).expect("the rest is made");
    let found = examined(&world, &id);
    let (_, why) = found.last_error().expect("something was refused");
    assert!(why.contains("route") || why.contains("Denied") || why.contains("refused"), "{why}");
    let [next] = &found.next_tries()[..] else { panic!("{:?}", found.next_tries()) };
    assert_eq!((next.what, Some(next.at)), ("what AWS refused to make", found.entry.refusal.map(|refusal| refusal.retry_at)));
}

#[test]
fn a_freeze_is_told_on_the_connections_tags_also_where_nothing_is_left_undone_and_goes_with_the_thaw() {
    let world = swept(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "frozen");
    assert!(
        entry.reasons.len() == 1 && entry.reasons[0].starts_with("by ines since ") && entry.reasons[0].ends_with(": a test"),
        "{entry:?}"
    );
    hub.sweep_until_quiet();
    assert_quiet(&hub);
    run(freeze(&world.ledger, &world.clock, &id, false, "ines", "a test")).expect("it is known");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged", "a sweep sees that it was thawed");
    assert_quiet(&hub);
}

#[test]
fn a_thaw_of_everything_leaves_single_freezes_which_are_all_found() {
    let world = swept(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", "this one")).expect("it is known");
    run(freeze_everything(&world.ledger, &world.clock, true, "olaf", "all")).expect("it is written");
    let found = all(&world, Reach::Living);
    assert_eq!(found.stop.map(|stop| stop.by), Some("olaf".to_owned()));
    run(freeze_everything(&world.ledger, &world.clock, false, "olaf", "over")).expect("it is written");
    let found = all(&world, Reach::Living);
    assert_eq!((found.stop, found.frozen.into_keys().collect::<Vec<_>>()), (None, vec![id.clone()]));
    let history =
        run(peerwright_engine::ports::History::history(&world.ledger, &peerwright_engine::ports::HistoryOf::Stop, None)).expect("history");
    assert_eq!(history.iter().map(|change| change.what.as_str()).collect::<Vec<_>>(), ["frozen by hand", "thawed by hand"]);
    assert_eq!(Scope::Connection(id.clone()).to_string(), id.to_string());
}

#[test]
fn of_a_freeze_whose_moment_can_not_be_read_none_is_told() {
    let stop = |at| Stop { by: "ines".to_owned(), at, reason: "a test".to_owned() }.words();
    assert_eq!(stop(jiff::Timestamp::UNIX_EPOCH), "by ines: a test");
    assert_eq!(stop(jiff::Timestamp::from_second(60).expect("a moment")), "by ines since 1970-01-01T00:01:00Z: a test");
}

#[test]
fn what_a_vpc_asks_for_in_vain_is_told_in_full() {
    let world = swept("rules: []");
    world.tag(WEB, ASK_TAG, &format!("nobody {DB}/222222222222"));
    let unmet = run(unmet_asks(&parse(FROM), &BTreeSet::new(), &world.ports())).expect("the VPC can be read");
    let told: Vec<(&str, &str)> = unmet.iter().map(|ask| (ask.target.as_str(), ask.answer.as_str())).collect();
    assert_eq!(told[0], ("nobody", "is no alias of the allowlist"));
    assert!(told[1].1.starts_with("WOULD BE HELD: "), "{told:?}");
    let joined = BTreeSet::from([parse(TO)]);
    assert_eq!(run(unmet_asks(&parse(FROM), &joined, &world.ports())).expect("the VPC can be read").len(), 1);
}

#[test]
fn who_asks_in_vain_is_found_in_all_places_and_one_that_can_not_be_read_stops_none() {
    let world = swept("rules: []");
    world.tag(WEB, ASK_TAG, &format!("{DB}/222222222222"));
    world.tag(DB, ASK_TAG, "nobody");
    let places = [FROM, TO].map(|vpc| parse::<VpcRef>(vpc).place);
    let found = run(unmet_in(&BTreeSet::from(places.clone()), &world.ports()));
    let told: Vec<String> = found.asks.iter().map(|(vpc, ask)| format!("{} {}", vpc.vpc, ask.target)).collect();
    assert_eq!(told, [format!("{WEB} {DB}/222222222222"), format!("{DB} nobody")]);
    world.revoke_role(A);
    let found = run(unmet_in(&BTreeSet::from(places), &world.ports()));
    assert_eq!((found.asks.len(), found.unread.len(), found.unread[0].0.as_str()), (1, 1, "111111111111/eu-west-1"));
}

#[test]
fn a_vpc_is_found_in_the_places_that_are_swept_by_its_id_and_account() {
    let world = swept(WEB_TO_DB);
    let find = |text: &str| run(find_vpc(&parse(text), &BTreeSet::new(), &world.ports()));
    assert_eq!(find(WEB).expect("it is there").to_string(), FROM);
    assert_eq!(find(&format!("111111111111/{WEB}")).expect("it is there").to_string(), FROM);
    assert_eq!(find("222222222222/eu-west-1/vpc-00000fff").expect("it is written in full").vpc.as_str(), "vpc-00000fff");
    for (wrong, why) in [(format!("222222222222/{WEB}"), "in none of the"), ("nobody".to_owned(), "no alias of this name")] {
        let failure = find(&wrong).expect_err("it is not there").explain_final();
        assert!(failure.contains(why), "{failure}");
    }
}
