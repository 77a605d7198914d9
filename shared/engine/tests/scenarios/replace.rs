//! What goes first where a quota has no room for old and new together.

use std::time::Duration;

use peerwright_core::ids::PcxId;
use peerwright_core::quota::Quotas;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Fault, Operation, World, place};

use crate::demo::{A, B, DB, IRELAND, WEB, converged, web};
use crate::hub::{Hub, assert_quiet};

const RULE: &str = r#"
rules:
  - id: web-to-db
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    security_groups: { accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }] }] }
"#;

/// The database's group holds so many rules of somebody else, of 60 that fit.
fn world(foreign: usize, rules: &str) -> World {
    let group = (0..foreign)
        .fold(FakeGroup::new("sg-0000000b").tag("role", "db"), |group, number| group.ingress("22", &format!("10.99.0.{number}/32")));
    let db = FakeVpc::new(B, IRELAND, DB).cidr("10.20.0.0/16").table(FakeTable::new("rtb-000000b1")).group(group);
    World::new().member(A).member(B).vpc(web()).vpc(db).allow(rules)
}

fn in_place() -> String {
    RULE.replace("effect: allow", "effect: allow\n    replace: in-place")
}

/// The ports that are open to the connection, with how many blocks of the peer each is open to.
fn ports(world: &World, id: &PcxId) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for line in world.snapshot().made_for(id) {
        let port = line.split(' ').nth(2).expect("a rule").to_owned();
        match found.iter_mut().find(|(other, _)| *other == port) {
            Some((_, count)) => *count += 1,
            None => found.push((port, 1)),
        }
    }
    found
}

fn open(port: &str) -> Vec<(String, usize)> {
    vec![(format!("tcp/{port}"), 2)]
}

/// What a quota refuses is not tried again by the second sweep.
fn sweep_twice(hub: &Hub<'_>) {
    for _ in 0..2 {
        hub.sweep();
    }
}

#[test]
fn in_a_full_group_the_old_rules_stay_and_the_numbers_are_told_unless_every_rule_says_otherwise() {
    let world = world(57, RULE);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&RULE.replace("5432", "5433"));
    sweep_twice(&hub);
    assert_eq!(ports(&world, &id), open("5432"));
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "blocked");
    assert!(entry.reasons[0].contains("59 IPv4 ingress rules of sg-0000000b are there, and 2 more do not fit"), "{:?}", entry.reasons);
    assert!(entry.reasons[0].contains("replace: in-place"), "{:?}", entry.reasons);
    let second = in_place().replace("5432", "5433").replace("web-to-db", "another").replacen("rules:\n", "", 1);
    world.allowlist.replace(&format!("{}{second}", RULE.replace("5432", "5433")));
    sweep_twice(&hub);
    assert_eq!(ports(&world, &id), open("5432"), "one of two rules does not say so");
}

#[test]
fn in_a_full_group_the_old_rules_go_first_where_the_rules_say_so() {
    let world = world(57, &in_place());
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&in_place().replace("5432", "5433"));
    hub.sweep_until_quiet();
    assert_eq!((ports(&world, &id), world.ledger.entry(&id).status.as_str()), (open("5433"), "converged"));
    assert_quiet(&hub);
}

#[test]
fn a_rule_that_comes_to_say_so_is_followed_at_once() {
    let world = world(57, RULE);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&RULE.replace("5432", "5433"));
    sweep_twice(&hub);
    assert_eq!(ports(&world, &id), open("5432"));
    world.allowlist.replace(&in_place().replace("5432", "5433"));
    hub.sweep();
    assert_eq!((ports(&world, &id), world.ledger.entry(&id).status.as_str()), (open("5433"), "converged"));
}

#[test]
fn where_aws_refuses_what_should_go_first_nobody_wakes_anybody_for_ever() {
    let world = world(57, &in_place());
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.fail(Fault::next(Operation::RevokeRules, Class::Denied).for_good());
    world.allowlist.replace(&in_place().replace("5432", "5433"));
    let (mut runs, history) = (0, world.ledger.history(&id).len());
    for _ in 0..288 {
        let log = hub.sweep();
        runs += log.done.iter().filter(|(to, ..)| matches!(to, Recipient::Configure | Recipient::Cleanup)).count();
        world.clock.advance(Duration::from_mins(5));
    }
    let history = world.ledger.history(&id).len() - history;
    assert!(runs <= 60 && history <= 60, "{runs} runs, {history} items");
    assert_eq!(ports(&world, &id), open("5432"));
}

#[test]
fn where_there_is_room_the_new_rules_come_first_whatever_the_rules_say() {
    let world = world(50, &in_place());
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    let before = world.writes().len();
    world.allowlist.replace(&in_place().replace("5432", "5433"));
    hub.sweep_until_quiet();
    assert_eq!(ports(&world, &id), open("5433"));
    let kinds: Vec<String> =
        world.writes()[before..].iter().map(|write| format!("{write:?}")).filter(|kind| kind.ends_with("Rules")).collect();
    assert_eq!(kinds, ["AuthorizeRules", "RevokeRules"]);
}

#[test]
fn nothing_goes_where_the_new_rules_would_not_fit_even_then() {
    let world = world(57, &in_place());
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    let both = r#"ingress: [{ protocol: tcp, ports: "5433", from: peer-vpc }, { protocol: tcp, ports: "5434", from: peer-vpc }]"#;
    world.allowlist.replace(&in_place().replace(r#"ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }]"#, both));
    sweep_twice(&hub);
    assert_eq!((ports(&world, &id), world.ledger.entry(&id).status.as_str()), (open("5432"), "blocked"));
}

#[test]
fn a_quota_that_was_raised_is_asked_before_anything_goes_first() {
    let raised = Quotas { rules_per_group: 70, ..Quotas::DOCUMENTED };
    let world = world(57, &in_place()).quotas(place(B, IRELAND), raised);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    let before = world.writes().len();
    world.allowlist.replace(&in_place().replace("5432", "5433"));
    hub.sweep_until_quiet();
    assert_eq!(ports(&world, &id), open("5433"));
    let kinds: Vec<String> =
        world.writes()[before..].iter().map(|write| format!("{write:?}")).filter(|kind| kind.ends_with("Rules")).collect();
    assert_eq!(kinds, ["AuthorizeRules", "RevokeRules"]);
}

#[test]
fn in_a_full_table_the_old_route_goes_first_where_the_rules_say_so() {
    let narrow = |destinations: &str| {
        in_place().replace(
            "security_groups:",
            &format!("routes: {{ accepter: {{ tables: all, destinations: [{destinations}] }} }}\n    security_groups:"),
        )
    };
    let quotas = Quotas { routes_per_table: 1, ..Quotas::DOCUMENTED };
    let world = world(0, &narrow("10.1.0.0/16")).quotas(place(B, IRELAND), quotas);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&narrow("10.2.0.0/16"));
    hub.sweep_until_quiet();
    let routes: Vec<String> = world.snapshot().routes_over(&id).map(|(_, destination)| destination.to_string()).collect();
    assert_eq!((routes, world.ledger.entry(&id).status.as_str()), (vec!["10.2.0.0/16".to_owned()], "converged"));
    assert_quiet(&hub);
}
