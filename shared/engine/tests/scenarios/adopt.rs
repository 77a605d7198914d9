//! Connections that others made: described as they are, so that to allow what is described changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::owned::Owned;
use peerwright_engine::adopt::{Adoptable, adoptable, stranger, strangers};
use peerwright_engine::failure::Class;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World, parse, place, run};

use crate::demo::{A, B, DB, FAR, IRELAND, ODD, STRANGER, WEB, WEB_TO_DB, converged, world};
use crate::hub::{Hub, assert_quiet};
use crate::overview::examined;

/// A connection that both owners made by hand.
fn by_hand(world: &World, requester: &str, accepter: &str) -> PcxId {
    let id = world.request(requester, accepter);
    world.clock.advance(Duration::from_mins(1));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_mins(1));
    id
}

/// The routes that a guide tells to make: in one table of each end.
fn routed(world: &World) -> PcxId {
    let id = by_hand(world, WEB, DB);
    for (table, block) in [
        ("rtb-000000a1", "10.20.0.0/16"),
        ("rtb-000000b2", "10.1.0.0/16"),
        ("rtb-000000b2", "10.2.0.0/16"),
        ("rtb-000000b2", "fd00:a::/56"),
    ] {
        world.add_route(table, block, id.as_str());
    }
    id
}

fn described(world: &World, id: &PcxId) -> Adoptable {
    let before = world.writes();
    let peering = run(stranger(id, &[place(A, IRELAND)], &world.ports())).expect("it is active");
    let found = run(adoptable(&peering, &world.ports())).expect("both ends can be read");
    assert_eq!(world.writes(), before, "nothing is changed");
    found
}

/// To allow what is described changes nothing, and makes nothing ours.
fn assert_adopted(world: &World, id: &PcxId) -> Adoptable {
    let found = described(world, id);
    assert!(found.allowed_by.is_empty());
    world.allowlist.replace(&found.described.yaml);
    let before = world.snapshot();
    let hub = Hub::new(world);
    hub.sweep_until_quiet();
    let after = world.snapshot();
    assert_eq!((&after.routes, &after.rules, &after.dns), (&before.routes, &before.rules, &before.dns), "{}", found.described.yaml);
    let entry = world.ledger.entry(id);
    assert_eq!(Owned { groups: BTreeSet::new(), ..entry.owned }, Owned::default(), "what others made stays theirs");
    assert_quiet(&hub);
    assert!(!described(world, id).allowed_by.is_empty());
    found
}

#[test]
fn routes_rules_and_options_that_others_made_are_described_and_stay_theirs() {
    let world = world("rules: []");
    let id = routed(&world);
    world.add_rule("sg-0000000b", "5432", "10.1.0.0/16");
    world.add_rule("sg-0000000b", "5432", "10.2.0.0/16");
    world.add_rule("sg-0000000b", "5432", "fd00:a::/56");
    let found = assert_adopted(&world, &id);
    let yaml = &found.described.yaml;
    for line in [
        r#"requester: { tables: [rtb-000000a1], destinations: ["10.20.0.0/16"] }"#,
        r#"accepter: { tables: [rtb-000000b2], destinations: ["10.1.0.0/16", "10.2.0.0/16", "fd00:a::/56"] }"#,
        "- groups: [sg-0000000b]",
        r#"- { protocol: tcp, ports: "5432", from: peer-vpc }"#,
    ] {
        assert!(yaml.contains(line), "{line} is not in\n{yaml}");
    }
    assert_eq!(found.described.unsaid, Vec::<String>::new());
    // The rule and the connection go; what others made stays until they take it away.
    let before = world.snapshot();
    world.allowlist.replace("rules: [{ id: no, effect: deny, accepter: { vpcs: [vpc-0000000b] }, requester: { vpcs: [vpc-0000000a] } }]");
    Hub::new(&world).sweep_until_quiet();
    assert_eq!((world.snapshot().routes, world.snapshot().rules), (before.routes, before.rules));
}

#[test]
fn group_rules_that_others_made_and_a_rule_wishes_are_counted_and_named_as_their_routes_are() {
    let world = world("rules: []");
    let id = routed(&world);
    for block in ["10.1.0.0/16", "10.2.0.0/16", "fd00:a::/56"] {
        world.add_rule("sg-0000000b", "5432", block);
    }
    assert_adopted(&world, &id);
    let found = examined(&world, &id);
    let accepter = found.tallies().accepter.expect("it can be read");
    assert_eq!((accepter.rules.there, accepter.rules.wanted, accepter.rules.superfluous), (3, 3, 0));
    let notes = found.found.expect("it can be looked at").plan.expect("it is allowed").notes;
    let notes: Vec<String> = notes.iter().map(ToString::to_string).filter(|note| note.contains("sg-0000000b")).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes.iter().all(|note| note.ends_with("somebody else made the wanted rule; it is not removed by us")), "{notes:?}");
}

#[test]
fn the_side_that_was_forgotten_is_told_and_not_described() {
    let world = world("rules: []");
    let id = by_hand(&world, WEB, DB);
    world.add_route("rtb-000000a1", "10.20.0.0/16", id.as_str());
    let found = assert_adopted(&world, &id);
    assert!(found.described.found.accepter.is_empty());
    let missing: Vec<String> = found.if_all_tables.additions().map(ToString::to_string).collect();
    assert!(missing.iter().any(|step| step.contains("rtb-000000b1 10.1.0.0/16")), "{missing:?}");
    assert!(!missing.iter().any(|step| step.contains("rtb-000000a1 10.20.0.0/16")), "{missing:?}");
}

#[test]
fn tables_that_send_different_destinations_get_a_rule_each() {
    let world = world("rules: []");
    let id = routed(&world);
    world.add_route("rtb-000000b1", "10.1.0.0/16", id.as_str());
    let found = assert_adopted(&world, &id);
    let names: Vec<&str> = found.described.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(names, [format!("adopt-{id}"), format!("adopt-{id}-2")]);
}

#[test]
fn what_no_rule_can_say_is_told_and_left_out() {
    let world = world("rules: []");
    let id = routed(&world);
    world.add_route("rtb-000000a2", "10.0.0.0/8", id.as_str());
    // A part of the peer, where a rule would open the group to all that is routed.
    world.add_rule("sg-0000000b", "22", "10.1.7.0/24");
    let found = assert_adopted(&world, &id);
    let [wide, part] = &found.described.unsaid[..] else { panic!("{:?}", found.described.unsaid) };
    assert!(wide.contains("rtb-000000a2 sends 10.0.0.0/8") && part.contains("sg-0000000b ingress tcp/22"), "{wide}\n{part}");
    assert!(!found.described.yaml.contains("\"22\""), "{}", found.described.yaml);
}

#[test]
fn two_twentieths_of_a_vendors_sixteenth_are_described_at_our_end_alone() {
    // The vendor's account lets nobody in, and our VPC sends it two blocks of the sixteen (heroku/terraform-provider-heroku#57).
    let vendor = FakeVpc::new(STRANGER, IRELAND, ODD).cidr("10.0.0.0/16").table(FakeTable::new("rtb-000000f1"));
    let ours = FakeVpc::new(A, IRELAND, WEB).cidr("10.1.0.0/16").table(FakeTable::new("rtb-000000a1").tag("tier", "private"));
    let world = World::new().member(A).vpc(vendor).vpc(ours).allow("rules: []");
    let id = by_hand(&world, WEB, ODD);
    world.add_route("rtb-000000a1", "10.0.16.0/20", id.as_str());
    world.add_route("rtb-000000a1", "10.0.32.0/20", id.as_str());
    let found = assert_adopted(&world, &id);
    assert!(found.unread.accepter.as_ref().is_some_and(|why| why.contains(STRANGER)), "{:?}", found.unread);
    assert!(found.described.yaml.contains(r#"destinations: ["10.0.16.0/20", "10.0.32.0/20"]"#), "{}", found.described.yaml);
}

#[test]
fn ports_that_are_open_to_a_vendors_block_are_described_one_by_one() {
    // Consul's ports for a vendor's network (hashicorp/terraform-aws-hcp-consul#1).
    let vendor = FakeVpc::new(STRANGER, IRELAND, ODD).cidr("172.21.0.0/16").table(FakeTable::new("rtb-000000f1"));
    let group = FakeGroup::new("sg-0000000a")
        .ingress("8300-8302", "172.21.0.0/16")
        .ingress("8500-8503", "172.21.0.0/16")
        .ingress("443", "0.0.0.0/0");
    let ours = FakeVpc::new(A, IRELAND, WEB).cidr("192.168.0.0/24").table(FakeTable::new("rtb-000000a1")).group(group);
    let world = World::new().member(A).vpc(vendor).vpc(ours).allow("rules: []");
    let id = by_hand(&world, ODD, WEB);
    world.add_route("rtb-000000a1", "172.21.0.0/16", id.as_str());
    let found = assert_adopted(&world, &id);
    for ports in ["8300-8302", "8500-8503"] {
        assert!(
            found.described.yaml.contains(&format!("- {{ protocol: tcp, ports: \"{ports}\", from: peer-vpc }}")),
            "{}",
            found.described.yaml
        );
    }
    assert!(!found.described.yaml.contains("443"), "a rule for everybody is not about the peer");
}

#[test]
fn a_destination_that_was_taken_from_a_transit_gateway_is_described_and_what_all_tables_would_take_is_in_the_way() {
    // A wide route to the gateway, and the peer's own beside it in one table (cloudposse/terraform-aws-vpc-peering#39).
    let world = world("rules: []");
    let id = by_hand(&world, WEB, DB);
    for table in ["rtb-000000a1", "rtb-000000a2"] {
        world.add_route(table, "10.0.0.0/8", "tgw-00000001");
    }
    world.add_route("rtb-000000a1", "10.20.0.0/16", id.as_str());
    let found = assert_adopted(&world, &id);
    let blocked: Vec<String> = found.if_all_tables.blocked.iter().map(ToString::to_string).collect();
    assert!(blocked.iter().any(|why| why.contains("rtb-000000a2") && why.contains("tgw-00000001")), "{blocked:?}");
    assert!(!blocked.iter().any(|why| why.contains("rtb-000000a1")), "{blocked:?}");
}

#[test]
fn connections_with_something_of_ours_are_not_among_those_of_others() {
    let world = world(WEB_TO_DB);
    let ours = converged(&world, WEB, DB);
    let theirs = by_hand(&world, FAR, ODD);
    let places = BTreeSet::from([place(A, IRELAND), place(B, IRELAND), place(B, "eu-central-1"), place(STRANGER, IRELAND)]);
    let found = run(strangers(&places, &world.ports())).expect("the ledger can be read");
    let ids: Vec<&PcxId> = found.found.iter().map(|peering| &peering.connection.id).collect();
    assert_eq!(ids, [&theirs], "and not {ours}");
    assert_eq!(found.unread.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>(), [place(STRANGER, IRELAND)]);
}

#[test]
fn what_is_not_active_can_not_be_adopted() {
    let world = world("rules: []");
    let id = by_hand(&world, WEB, DB);
    world.delete(&id, Side::Accepter);
    for id in [id, parse("pcx-0000dead")] {
        let failure = run(stranger(&id, &[place(B, IRELAND)], &world.ports())).expect_err("it is not active");
        assert_eq!(failure.class, Class::Refused, "{}", failure.explain());
    }
}
