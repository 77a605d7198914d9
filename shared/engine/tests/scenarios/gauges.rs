//! What a sweep shows in figures.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::quota::Quotas;
use peerwright_engine::gauge::Gauge;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::sweep::sweep;
use peerwright_testkit::{World, place, run};

use crate::demo::{B, DB, IRELAND, WEB, WEB_TO_DB, converged, world};
use crate::hub::Hub;

const HOUR: Duration = Duration::from_hours(1);

/// What a look at a place shows.
fn gauge(world: &World, account: &str, gauge: Gauge) -> Option<u64> {
    let hint = Hint::Place(place(account, IRELAND));
    let report = run(sweep(&hint, &BTreeSet::new(), None, &world.ports())).expect("a look");
    report.gauges.get(&gauge).copied()
}

#[test]
fn a_request_that_is_held_has_waited_since_it_was_first_held() {
    let world = world("rules: []");
    let hub = Hub::new(&world);
    let id = world.request(WEB, DB);
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    assert_eq!(gauge(&world, B, Gauge::OldestHeldHours), Some(0));
    world.clock.advance(5 * HOUR);
    // Looked at once more, with another reason: it has waited all the same.
    world.allowlist.replace(&WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual"));
    hub.sweep_until_quiet();
    world.clock.advance(5 * HOUR);
    assert_eq!(world.ledger.entry(&id).status, "awaiting-approval");
    assert_eq!(gauge(&world, B, Gauge::OldestHeldHours), Some(10));
    world.allowlist.replace(WEB_TO_DB);
    hub.sweep_until_quiet();
    assert_eq!(gauge(&world, B, Gauge::OldestHeldHours), None);
}

#[test]
fn a_request_that_a_rule_denies_has_its_answer_and_waits_for_nobody() {
    let deny = "rules:\n  - id: no\n    effect: deny\n    requester: { accounts: [\"111111111111\"] }\n    accepter: { accounts: [\"222222222222\"] }\n";
    let world = world(deny);
    let hub = Hub::new(&world);
    let id = world.request(WEB, DB);
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    world.clock.advance(5 * HOUR);
    assert_eq!(world.ledger.entry(&id).status, "denied");
    assert_eq!(gauge(&world, B, Gauge::OldestHeldHours), None);
}

#[test]
fn drift_that_is_not_repaired_grows_older_and_is_gone_with_the_repair() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    converged(&world, WEB, DB);
    assert_eq!(gauge(&world, B, Gauge::OldestDriftMinutes), None);
    world.remove_route(DB, "10.1.0.0/16");
    assert_eq!(gauge(&world, B, Gauge::OldestDriftMinutes), None, "it is found just now");
    world.clock.advance(Duration::from_mins(25));
    assert_eq!(gauge(&world, B, Gauge::OldestDriftMinutes), Some(25), "nobody has followed the hint");
    hub.sweep_until_quiet();
    assert_eq!(gauge(&world, B, Gauge::OldestDriftMinutes), None);
}

/// The room in B, beside so many routes of others.
fn room(world: &World, routes: u32) -> u64 {
    converged(world, WEB, DB);
    for number in 0..routes {
        world.add_route("rtb-000000b2", &format!("172.{}.{}.0/24", 16 + number / 250, number % 250), "tgw-00000001");
    }
    gauge(world, B, Gauge::QuotaRoomPercent).expect("a connection of ours is there")
}

#[test]
fn the_room_is_that_of_the_closest_quota() {
    // One of 50 connections, and two of 500 routes.
    assert_eq!(room(&world(WEB_TO_DB), 0), 98);
    assert_eq!(room(&world(WEB_TO_DB), 448), 10);
    assert_eq!(room(&world(WEB_TO_DB), 460), 7);
}

#[test]
fn where_the_documented_quota_is_close_the_accounts_own_counts() {
    let own = Quotas { routes_per_table: 1000, ..Quotas::DOCUMENTED };
    assert_eq!(room(&world(WEB_TO_DB).quotas(place(B, IRELAND), own), 448), 55);
}
