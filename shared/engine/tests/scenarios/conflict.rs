//! What is in the way, and what somebody else made.

use peerwright_core::ids::PcxId;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Snapshot, World};

use crate::demo::{B, DB, IRELAND, WEB, WEB_AND_DB, WEB_TO_DB, accepted, configure, of, world};

/// The usual world and an accepted connection in it, but since then B's private table leads 10.1.0.0/16 to a transit gateway.
fn world_with_foreign_route() -> (World, PcxId) {
    let db = FakeVpc::new(B, IRELAND, DB)
        .cidr("10.20.0.0/16")
        .cidr("fd00:b::/56")
        .table(FakeTable::new("rtb-000000b1"))
        .table(FakeTable::new("rtb-000000b2").tag("tier", "private"))
        .group(FakeGroup::new("sg-0000000b").tag("role", "db").ingress("5432", "10.0.0.0/8"));
    let world = world(WEB_TO_DB).vpc(db);
    let id = accepted(&world, WEB, DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    (world, id)
}

fn blocked(world: &World, id: &PcxId) -> Vec<String> {
    match of(configure(world, &world.accepted(id)), id) {
        Outcome::Blocked(reasons) => reasons,
        other => panic!("it must be blocked, not {other:?}"),
    }
}

fn missing(snapshot: &Snapshot, id: &PcxId) -> Vec<&'static str> {
    let made = snapshot.made_for(id);
    WEB_AND_DB.into_iter().filter(|wanted| !made.iter().any(|line| line == wanted)).collect()
}

#[test]
fn a_route_that_is_in_the_way_is_reported_and_stays_while_the_rest_is_made() {
    let (world, id) = world_with_foreign_route();
    let before = world.snapshot();
    let reasons = blocked(&world, &id);
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].contains("rtb-000000b2 already sends 10.1.0.0/16 to tgw-00000001"), "{reasons:?}");
    let after = world.snapshot();
    assert!(after.keeps(&before), "what was there must stay:\n{before}\n{after}");
    assert_eq!(missing(&after, &id), ["rtb-000000b2 10.1.0.0/16"]);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.reasons), ("blocked", reasons));
    assert!(
        !entry.owned.routes.iter().any(|route| route.table.as_str() == "rtb-000000b2" && route.destination.to_string() == "10.1.0.0/16"),
        "it is not ours"
    );
}

#[test]
fn a_blocked_connection_is_reported_once() {
    let (world, id) = world_with_foreign_route();
    blocked(&world, &id);
    let before = world.writes();
    blocked(&world, &id);
    blocked(&world, &id);
    assert_eq!(world.writes(), before);
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "planned", "blocked"]);
}

#[test]
fn a_rule_that_is_there_untagged_is_left_to_its_owner_and_not_made_again() {
    let cidrs_only = WEB_TO_DB.replace("from: { groups: [sg-0000000a] }, across_regions: peer-vpc", "from: peer-vpc");
    let db = FakeVpc::new(B, IRELAND, DB)
        .cidr("10.20.0.0/16")
        .cidr("fd00:b::/56")
        .table(FakeTable::new("rtb-000000b2").tag("tier", "private"))
        .group(FakeGroup::new("sg-0000000b").tag("role", "db").ingress("5432", "10.1.0.0/16"));
    let world = world(&cidrs_only).vpc(db);
    let before = world.snapshot();
    let id = accepted(&world, WEB, DB);
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(_)));
    let after = world.snapshot();
    assert!(after.keeps(&before));
    let ours: Vec<String> = after.made_for(&id).into_iter().filter(|line| line.starts_with("sg-0000000b")).collect();
    assert_eq!(ours, ["sg-0000000b ingress tcp/5432 10.2.0.0/16", "sg-0000000b ingress tcp/5432 fd00:a::/56"]);
}

#[test]
fn a_connection_that_works_but_for_dns_is_partial_and_says_what_is_missing() {
    let db = crate::demo::db().without_dns();
    let world = world(WEB_TO_DB).vpc(db);
    let id = accepted(&world, WEB, DB);
    let reasons = vec!["accepter: the VPC lacks DNS support or DNS hostnames; switch both on".to_owned()];
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Partial(reasons));
    assert_eq!(missing(&world.snapshot(), &id), ["dns requester", "dns accepter"]);
}

#[test]
fn a_blocked_connection_also_tells_which_end_is_not_ours() {
    let (world, id) = world_with_foreign_route();
    world.revoke_role(crate::demo::A);
    let reasons = blocked(&world, &id);
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons[1].contains("no security group of the peer is meant by `sg-0000000a: we hold no role"), "{reasons:?}");
    assert!(reasons[2].contains("requester: we hold no role in 111111111111/eu-west-1"), "{reasons:?}");
}

#[test]
fn a_route_that_somebody_makes_between_look_and_step_is_left_to_them() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let others = world.clone();
    world.ledger.rival(move |_| others.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000009"));
    let reasons = blocked(&world, &id);
    assert!(reasons[0].contains("10.1.0.0/16 to tgw-00000009"), "{reasons:?}");
    assert_eq!(missing(&world.snapshot(), &id), ["rtb-000000b2 10.1.0.0/16"]);
}
