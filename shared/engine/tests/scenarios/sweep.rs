//! What a sweep finds, and what it leaves alone.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::allowlist::Stored;
use peerwright_core::ask::{ASK_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Region, Side};
use peerwright_core::plan::Limits;
use peerwright_engine::configure::configure;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::{Outcome, Recipient, Report};
use peerwright_engine::ports::{Clock, Cloud};
use peerwright_engine::sweep::{Schedule, sweep, sweep_added};
use peerwright_testkit::{FakeTable, FakeVpc, Fault, Operation, Turn, World, interleave, parse, place, run};
use serde_json::json;

use crate::demo::{
    A, B, DB, FAR, FRANKFURT, IRELAND, ODD, STRANGER, STRANGER_TO_DB, WEB, WEB_AND_DB, WEB_TO_DB, accepted, converged, world,
};
use crate::hub::{Hub, assert_quiet};
use crate::request::{TO_DB, count, living, only, status};

/// One look at a place.
fn look(world: &World, account: &str, region: &str) -> Report {
    let hint = Hint::Place(place(account, region));
    run(sweep(&hint, &BTreeSet::new(), None, &world.ports())).expect("a look")
}

/// What all places of the usual members have to say.
fn hints(world: &World) -> Vec<(Recipient, Hint)> {
    let places = [(A, IRELAND), (B, IRELAND), (B, FRANKFURT)];
    places.into_iter().flat_map(|(account, region)| look(world, account, region).hints).collect()
}

#[test]
fn what_is_configured_while_a_place_is_read_is_no_drift() {
    for calls in 0..20 {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        // It is active by now: what is being provisioned is left alone.
        world.clock.advance(Duration::from_mins(1));
        let (place, hint, regions) = (Hint::Place(place(B, IRELAND)), world.accepted(&id), BTreeSet::new());
        let (ports, others) = (world.ports(), world.ports());
        let turns = [vec![Turn::First; calls], vec![Turn::Second]].concat();
        let configuring = async {
            world.clock.advance(Duration::from_secs(1));
            configure(&hint, Limits::NONE, &others).await
        };
        let (swept, configured) = interleave(&turns, sweep(&place, &regions, None, &ports), configuring);
        swept.and(configured).unwrap_or_else(|failure| panic!("{}", failure.explain()));
        assert!(!world.ledger.history(&id).contains(&"drifted".to_owned()), "after {calls} calls");
        Hub::new(&world).sweep_until_quiet();
        assert_eq!(world.ledger.entry(&id).status, "converged");
    }
}

#[test]
fn a_converged_estate_leads_to_no_hint_and_no_write_at_all() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, &format!("{TO_DB} vpc-0000000c/222222222222/eu-central-1"));
    assert_eq!(living(&world).len(), 2);
    hub.sweep_until_quiet();
    let before = world.writes();
    assert_eq!(hints(&world), []);
    assert_eq!(world.writes(), before);
    assert_quiet(&hub);
}

#[test]
fn what_no_rule_speaks_of_and_nobody_asks_for_leads_to_no_hint() {
    let world = world(STRANGER_TO_DB);
    let id = world.request(WEB, FAR);
    world.clock.advance(Duration::from_secs(1));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(hints(&world), []);
    world.delete(&id, Side::Requester);
    assert_eq!(hints(&world), [], "its end is nobody's business either");
    assert_eq!(world.writes(), []);
}

/// Whatever is asked for inside a VPC fails.
fn keep_closed(world: &World) {
    world.fail(Fault::next(Operation::LookInto, Class::Unexpected).for_good());
}

#[test]
fn a_place_where_nothing_concerns_us_is_not_looked_into() {
    let world = world(WEB_TO_DB);
    keep_closed(&world);
    assert_eq!(look(&world, A, IRELAND).hints, BTreeSet::new());
    // Somebody's own connections, of which no rule speaks, are nobody's business.
    let id = world.request(WEB, FAR);
    world.clock.advance(Duration::from_secs(1));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    world.allowlist.replace(STRANGER_TO_DB);
    assert_eq!(look(&world, A, IRELAND).hints, BTreeSet::new());
}

/// One look at a place as a part of a sweep.
fn look_since(world: &World, account: &str, since: Option<Timestamp>) -> Report {
    let mut ports = world.ports();
    ports.cause.since = since;
    run(sweep(&Hint::Place(place(account, IRELAND)), &BTreeSet::new(), None, &ports)).expect("a look")
}

#[test]
fn the_places_of_one_sweep_are_judged_by_one_reading_of_the_allowlist() {
    let world = world(WEB_TO_DB);
    let begun = run(sweep(&Hint::Everywhere, &BTreeSet::new(), None, &world.ports())).expect("a sweep");
    world.clock.advance(Duration::from_secs(2));
    world.fail(Fault::next(Operation::ReadAllowlist, Class::Unexpected).after(1).for_good());
    for account in [A, B, A] {
        look_since(&world, account, begun.since);
    }
}

#[test]
fn a_change_of_the_rules_is_seen_by_every_place_of_the_sweep_that_it_wakes() {
    let world = world("rules: []\n");
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_mins(1));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_mins(1));
    let sweep_all = || run(sweep(&Hint::Everywhere, &BTreeSet::new(), None, &world.ports())).expect("a sweep").since;
    let before = sweep_all();
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(look_since(&world, B, before).hints, BTreeSet::new());
    world.allowlist.replace(WEB_TO_DB);
    // The clock of whoever begins the sweep is a little behind.
    let since = sweep_all().map(|since| since - jiff::SignedDuration::from_millis(500));
    assert_eq!(look_since(&world, B, since).hints.len(), 1, "the rule's connection is to be configured");
}

#[test]
fn an_entry_that_can_not_be_read_stops_no_other_connection_of_its_place() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, &format!("{TO_DB} vpc-0000000c/222222222222/eu-central-1"));
    hub.sweep_until_quiet();
    let [spoilt, other] = living(&world).try_into().expect("two connections");
    world.ledger.spoil(&spoilt);
    world.remove_route(WEB, "10.30.0.0/16");
    let report = look(&world, A, IRELAND);
    let about = |id: &PcxId| report.hints.iter().any(|(_, hint)| matches!(hint, Hint::Connection { id: found, .. } if found == id));
    assert!(about(&other) && !about(&spoilt), "{report:?}");
    let words = report.outcomes.iter().filter(|(id, _)| id.as_ref() == Some(&spoilt)).flat_map(|(_, outcome)| outcome.reasons());
    assert_eq!(words.collect::<Vec<_>>(), [format!("the ledger's entry of {spoilt} can't be read")]);
}

#[test]
fn with_no_event_at_all_sweeps_lead_from_the_tag_to_a_converged_connection() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    world.tag(WEB, ASK_TAG, TO_DB);
    hub.sweep_until_quiet();
    let id = only(&world);
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_eq!(status(&world, WEB), format!("{TO_DB} active {id} converged"));
    assert_eq!(hints(&world), []);
    assert_quiet(&hub);
}

#[test]
fn with_no_event_at_all_a_deny_by_tags_that_meets_neither_vpc_holds_nothing_up() {
    let world = world(WEB_TO_DB);
    // Whichever asks: from either place, the tags of the other end are not known.
    let ends = r#"requester: { tags: { zone: quarantine } }, accepter: { accounts: ["111111111111", "222222222222"] }"#;
    let deny = format!("  - {{ id: none-in-quarantine, effect: deny, {ends} }}\n");
    world.allowlist.replace(&format!("{WEB_TO_DB}\n{deny}"));
    let hub = Hub::new(&world).deaf();
    let id = world.request(WEB, DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_quiet(&hub);
}

#[test]
fn each_thing_that_is_wrong_leads_to_one_hint_to_whoever_mends_it() {
    type Spoil = fn(&World);
    let cases: [(&str, Spoil, Recipient); 9] = [
        ("a route removed", |world| world.remove_route(DB, "10.1.0.0/16"), Recipient::Configure),
        ("rules removed", |world| world.clear_rules("sg-0000000a", peerwright_core::world::Direction::Egress), Recipient::Configure),
        ("a new block", |world| world.associate(WEB, "10.3.0.0/16"), Recipient::Configure),
        ("a new table", |world| world.add_table(DB, FakeTable::new("rtb-000000b9").tag("tier", "private")), Recipient::Configure),
        (
            "a new group with the tag",
            |world| world.add_group(DB, peerwright_testkit::FakeGroup::new("sg-000000b9").tag("role", "db")),
            Recipient::Configure,
        ),
        ("a group gets the tag", |world| world.tag_group("sg-000000b8", "role", "db"), Recipient::Configure),
        ("a tag of the VPC", |world| world.tag(WEB, "env", "test"), Recipient::Configure),
        ("a block given up", |world| world.disassociate(WEB, "10.2.0.0/16"), Recipient::Cleanup),
        ("the connection deleted", |world| world.delete(&world.connections()[0].0, Side::Accepter), Recipient::Cleanup),
    ];
    for (what, spoil, to) in cases {
        let world = world(WEB_TO_DB);
        world.add_group(DB, peerwright_testkit::FakeGroup::new("sg-000000b8"));
        let hub = Hub::new(&world).deaf();
        let id = converged(&world, WEB, DB);
        spoil(&world);
        let found: BTreeSet<Recipient> = hints(&world).into_iter().map(|(to, _)| to).collect();
        let per_place: Vec<usize> = [(A, IRELAND), (B, IRELAND)].map(|(account, region)| look(&world, account, region).hints.len()).into();
        assert!(per_place.iter().all(|count| *count <= 1), "{what}: {per_place:?}");
        assert_eq!(found, BTreeSet::from([to]), "{what}");
        hub.sweep_until_quiet();
        if world.ledger.entry(&id).status != "ended" {
            assert_eq!(world.ledger.entry(&id).status, "converged", "{what}");
        }
        assert_eq!(hints(&world), [], "{what}");
        assert_quiet(&hub);
    }
}

#[test]
fn a_drift_is_written_down_and_told_once_and_is_mended() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = converged(&world, WEB, DB);
    world.remove_route(DB, "10.1.0.0/16");
    for _ in 0..3 {
        hints(&world);
    }
    let drifts = |world: &World| world.ledger.published().into_iter().filter(|kind| *kind == "Drift Detected").count();
    assert_eq!((world.ledger.entry(&id).status.as_str(), drifts(&world)), ("drifted", 1));
    assert!(world.ledger.entry(&id).reasons[0].contains("route rtb-000000b2 10.1.0.0/16"), "{:?}", world.ledger.entry(&id).reasons);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_eq!((world.ledger.entry(&id).status.as_str(), drifts(&world)), ("converged", 1));
    assert_quiet(&hub);
}

#[test]
fn what_another_tool_takes_away_each_time_it_runs_is_told_and_repaired_ever_less_often() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = converged(&world, WEB, DB);
    let repairs = |world: &World| count(world, Operation::CreateRoute);
    let before = repairs(&world);
    for _ in 0..288 {
        // A pipeline that does not know the route.
        world.remove_route(DB, "10.1.0.0/16");
        hub.sweep();
        world.clock.advance(Duration::from_mins(5));
    }
    let drifts = world.ledger.published().into_iter().filter(|kind| *kind == "Drift Detected").count();
    assert!((5..=20).contains(&(repairs(&world) - before)), "{} repairs in a day", repairs(&world) - before);
    assert_eq!(drifts, 3, "people are told twice of an accident, and once that it is none");
    let told = world.ledger.changes(&id).into_iter().filter(|change| change.what == "drifted").nth(2).expect("the third time");
    assert!(told.details[0].starts_with("somebody undoes this again and again, 3 times since "), "{:?}", told.details);
    assert!(world.ledger.history(&id).len() <= 60, "{:?}", world.ledger.history(&id));
    assert_eq!(world.ledger.entry(&id).status, "drifted", "what is missing is not called converged meanwhile");
    world.clock.advance(Duration::from_hours(48));
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_quiet(&hub);
}

#[test]
fn a_foreign_route_that_took_the_place_of_ours_is_found_reported_and_left() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = converged(&world, WEB, DB);
    world.remove_route(DB, "10.1.0.0/16");
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "blocked");
    assert!(
        world.snapshot().routes.iter().any(|(_, block, target)| block.to_string() == "10.1.0.0/16" && target.to_string() == "tgw-00000001")
    );
    hub.sweep_until_quiet();
    assert_quiet(&hub);
    world.remove_route(DB, "10.1.0.0/16");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

#[test]
fn an_answer_on_the_connections_tags_that_got_lost_is_given_again() {
    for at in [A, B] {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world).deaf();
        world.fail(peerwright_testkit::Fault::next(Operation::Tag, peerwright_engine::failure::Class::Throttled).for_good().at(at));
        let id = converged(&world, WEB, DB);
        assert_eq!(world.ledger.entry(&id).status, "converged", "the work does not depend on it");
        assert_eq!(world.tags_of(&id, &place(at, IRELAND)).len(), 0);
        world.clear_faults();
        hub.sweep_until_quiet();
        assert_eq!(world.tags_of(&id, &place(at, IRELAND)).len(), 2);
        assert_eq!(hints(&world), []);
        assert_quiet(&hub);
    }
}

#[test]
fn an_answer_on_the_vpcs_tag_that_got_lost_is_given_again() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    hub.sweep_until_quiet();
    let id = only(&world);
    world.tag(WEB, STATUS_TAG, &format!("{TO_DB} requested {id}"));
    hub.sweep();
    assert_eq!(status(&world, WEB), format!("{TO_DB} active {id} converged"));
    assert_quiet(&hub);
}

#[test]
fn an_answer_that_may_not_be_given_keeps_nothing_from_being_done() {
    let world = world(WEB_TO_DB);
    world.fail(Fault::next(Operation::Tag, Class::Denied).for_good());
    let hub = Hub::new(&world);
    let log = hub.tag(WEB, ASK_TAG, TO_DB);
    assert_eq!(log.dead.len(), 0, "{:?}", log.dead);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&only(&world)), WEB_AND_DB);
}

#[test]
fn held_requests_are_decided_anew() {
    let world = world("rules: []");
    let hub = Hub::new(&world).deaf();
    let id = world.request(WEB, DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "held");
    assert_quiet(&hub);
    world.allowlist.replace(WEB_TO_DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}

#[test]
fn a_strangers_request_is_found_by_the_sweep_of_the_accepters_place() {
    let world = world(STRANGER_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = world.request(ODD, DB);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "one-sided");
    assert_quiet(&hub);
}

#[test]
fn other_rules_and_other_wishes_are_carried_out() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = converged(&world, WEB, DB);
    world
        .allowlist
        .replace(&WEB_TO_DB.replace("id: web-to-db", "id: renamed").replace("effect: allow", "effect: allow\n    on_revoke: isolate"));
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.rules, entry.on_revoke), (vec!["renamed".to_owned()], peerwright_core::allowlist::OnRevoke::Isolate));
    assert_quiet(&hub);
}

#[test]
fn a_member_without_the_role_is_told_once_and_again_only_when_that_changes() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    for _ in 0..3 {
        hub.sweep();
    }
    assert_eq!(world.ledger.published(), Vec::<&str>::new(), "nobody is told what was never otherwise");
    world.revoke_role(B);
    for _ in 0..3 {
        hub.sweep();
    }
    assert_eq!(world.ledger.published(), ["Member Unreachable", "Member Unreachable"], "each place of B once");
    assert_eq!(world.ledger.last_published().detail["account"], B);
    world.grant_role(B);
    for _ in 0..3 {
        hub.sweep();
    }
    assert_eq!(world.ledger.published()[2..], ["Member Reachable", "Member Reachable"]);
    assert_quiet(&hub);
}

/// Where a sweep of everything would look.
fn places_told(world: &World, regions: &BTreeSet<Region>) -> BTreeSet<String> {
    let report = run(sweep(&Hint::Everywhere, regions, None, &world.ports())).expect("no place is looked at yet");
    places(report)
}

fn places(report: Report) -> BTreeSet<String> {
    let place = |(to, hint)| match (to, hint) {
        (Recipient::Sweep, Hint::Place(place)) => place.to_string(),
        other => panic!("{other:?}"),
    };
    report.hints.into_iter().map(place).collect()
}

#[test]
fn members_come_from_items_and_from_the_organization() {
    let world = world(WEB_TO_DB).in_unit(A, "Root/Work").in_unit(STRANGER, "Root");
    world.allowlist.put(Stored { accepter: "member".to_owned(), id: format!("{B}/{FRANKFURT}"), body: json!(null) });
    world.allowlist.put(Stored { accepter: "member".to_owned(), id: "nonsense".to_owned(), body: json!(null) });
    assert_eq!(places_told(&world, &BTreeSet::new()), [format!("{B}/{FRANKFURT}")].into());
    let found = places_told(&world, &BTreeSet::from([parse(IRELAND)]));
    assert_eq!(found, [format!("{A}/{IRELAND}"), format!("{B}/{FRANKFURT}"), format!("{STRANGER}/{IRELAND}")].into());
    assert_eq!(world.writes(), []);
}

#[test]
fn places_that_were_added_are_looked_at_by_themselves() {
    let world = world(WEB_TO_DB);
    world.allowlist.replace_members([place(A, IRELAND), place(B, IRELAND)]);
    // One that is removed again is looked at no more.
    let added = BTreeSet::from([place(B, IRELAND), place(B, FRANKFURT)]);
    let report = run(sweep_added(&added, &world.ports())).expect("no place is looked at yet");
    assert_eq!(report.since, Some(world.clock.now()), "they are judged by one reading of the allowlist");
    assert_eq!(places(report), [format!("{B}/{IRELAND}")].into());
}

#[test]
fn the_schedule_begins_no_sweep_while_one_is_under_way_for_half_an_hour_and_a_person_does() {
    let world = world(WEB_TO_DB);
    world.allowlist.replace_members([place(A, IRELAND)]);
    let begun = |schedule| run(sweep(&Hint::Everywhere, &BTreeSet::new(), schedule, &world.ports())).expect("an answer").hints.len();
    let behind = Some(Schedule { quiet: Duration::ZERO, backlog: true });
    assert_eq!(begun(behind), 1, "none is under way");
    world.clock.advance(Duration::from_mins(20));
    assert_eq!((begun(behind), begun(None)), (0, 1));
    world.clock.advance(Duration::from_mins(30));
    assert_eq!(begun(behind), 1, "whatever else waits in the queue");
}

#[test]
fn what_another_tool_takes_away_is_not_what_the_rules_take_away() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = converged(&world, WEB, DB);
    for _ in 0..4 {
        world.remove_route(DB, "10.1.0.0/16");
        hub.sweep();
        world.clock.advance(Duration::from_mins(5));
    }
    world.clock.advance(Duration::from_hours(1));
    hub.sweep();
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    world.remove_route(DB, "10.1.0.0/16");
    hub.sweep();
    world.clock.advance(Duration::from_hours(12));
    hub.sweep();
    // Whoever is told takes it out of the rule: the route goes now.
    world.allowlist.replace(&WEB_TO_DB.replace("      accepter: { tables: { tag: { tier: private } } }\n", ""));
    hub.sweep();
    assert_eq!(world.snapshot().routes_over(&id).filter(|(table, _)| table.as_str().starts_with("rtb-000000b")).count(), 0);
}

#[test]
fn an_organization_that_does_not_tell_its_accounts_keeps_no_named_place_from_being_looked_at() {
    let world = world(WEB_TO_DB);
    world.fail(Fault::next(Operation::ReadAccounts, Class::Denied).for_good());
    world.allowlist.replace_members([place(A, IRELAND)]);
    let report = run(sweep(&Hint::Everywhere, &BTreeSet::from([parse(IRELAND)]), None, &world.ports())).expect("a sweep");
    assert!(
        report
            .outcomes
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Failed(why) if why[0].contains("only the places that are named")))
    );
    assert_eq!(places(report), BTreeSet::from([format!("{A}/{IRELAND}")]));
}

#[test]
fn a_hub_without_members_says_what_to_set() {
    let world = world(WEB_TO_DB);
    let report = run(sweep(&Hint::Everywhere, &BTreeSet::new(), None, &world.ports())).expect("nothing fails");
    assert!(matches!(&report.outcomes[..], [(None, Outcome::Failed(why))] if why[0].contains("`peerwright members apply`")), "{report:?}");
}

#[test]
fn a_look_costs_as_many_calls_however_many_connections_there_are() {
    let calls = |others: usize| {
        let mut world = world(WEB_TO_DB);
        for number in 0..others {
            world = world.vpc(
                FakeVpc::new(B, IRELAND, &format!("vpc-000001{number:02x}"))
                    .cidr(&format!("10.{}.0.0/16", 100 + number))
                    .table(FakeTable::new(&format!("rtb-000001{number:02x}")).tag("tier", "private"))
                    .group(peerwright_testkit::FakeGroup::new(&format!("sg-000001{number:02x}")).tag("role", "db")),
            );
        }
        (0..others).for_each(|number| drop(converged(&world, WEB, &format!("vpc-000001{number:02x}"))));
        let ports = world.ports();
        let report = run(sweep(&Hint::Place(place(B, IRELAND)), &BTreeSet::new(), None, &ports)).expect("a look");
        assert_eq!(report.hints, BTreeSet::new(), "{others}");
        ports.cloud.calls()
    };
    assert_eq!((calls(1), calls(12)), (2, 2), "one inventory, one look into it, and nothing for each connection");
}

#[test]
fn a_sweep_never_writes_to_ec2() {
    let world = world(WEB_TO_DB);
    world.tag(WEB, ASK_TAG, TO_DB);
    world.request(WEB, FAR);
    let id = converged(&world, FAR_BY_HAND.0, FAR_BY_HAND.1);
    world.remove_route(DB, "10.1.0.0/16");
    let before = world.writes().len();
    hints(&world);
    let writes = world.writes().split_off(before);
    assert!(writes.iter().all(|write| matches!(write, Operation::SaveEntry | Operation::NoteMember)), "{writes:?}");
    assert_eq!(count(&world, Operation::Create), 0);
    assert!(!world.ledger.ignores(&id));
}

const FAR_BY_HAND: (&str, &str) = (WEB, DB);

#[test]
fn a_vpc_that_was_not_ready_for_dns_is_asked_again_by_every_sweep_until_it_is() {
    let world = world(WEB_TO_DB).vpc(crate::demo::db().without_dns());
    let id = crate::demo::accepted(&world, WEB, DB);
    crate::demo::configure(&world, &world.accepted(&id)).expect("all but the option");
    assert_eq!(world.ledger.entry(&id).status, "partial");
    let hub = Hub::new(&world);
    let before = world.writes();
    hub.sweep();
    assert_eq!(world.writes(), before, "asking is all that is done");
    world.ready_dns(DB);
    hub.sweep();
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}
