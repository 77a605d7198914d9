//! Large VPCs: what is written down and told stays small, which the fake of the ledger checks at every write.

use std::time::Duration;

use peerwright_core::ids::Side;
use peerwright_core::plan::Limits;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Fault, Operation, World, run};

use crate::demo::{A, B, DB, IRELAND, WEB, accepted};
use crate::hub::{Hub, assert_quiet};

const TABLES: usize = 200;
const BLOCKS: usize = 10;

const ROUTES: &str = r#"
rules:
  - id: everything
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    on_revoke: isolate
    routes: { requester: { tables: all }, accepter: { tables: all } }
"#;

/// Ids as long as they get.
fn large(account: &str, id: &str, net: usize) -> FakeVpc {
    let vpc = (0..BLOCKS).fold(FakeVpc::new(account, IRELAND, id), |vpc, number| vpc.cidr(&format!("10.{}.0.0/16", net + number)));
    (0..TABLES).fold(vpc, |vpc, number| vpc.table(FakeTable::new(&format!("rtb-{net:03x}{number:014x}"))))
}

fn world() -> World {
    World::new().member(A).member(B).vpc(large(A, WEB, 10)).vpc(large(B, DB, 100)).allow(ROUTES)
}

/// Looks until the connection says so.
fn until(world: &World, id: &peerwright_core::ids::PcxId, status: &str) {
    let hub = Hub::new(world);
    for _ in 0..40 {
        hub.deliver([(Recipient::Configure, world.accepted(id)), (Recipient::Cleanup, world.accepted(id))]);
        if world.ledger.entry(id).status == status {
            return;
        }
        world.clock.advance(Duration::from_mins(5));
    }
    panic!("{:?} {:?}", world.ledger.entry(id).status, world.ledger.entry(id).reasons);
}

#[test]
fn four_thousand_routes_are_made_shrunk_drifted_and_taken_away_within_the_limits_of_items_and_events() {
    let world = world();
    let id = accepted(&world, WEB, DB);
    let hub = Hub::new(&world);
    run(peerwright_engine::operator::freeze(&world.ledger, &world.clock, &id, true, "ines", "a look first")).expect("it is known");
    until(&world, &id, "frozen");
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.reasons.len(), entry.reasons[20].as_str()), (21, "and 3981 more"));
    run(peerwright_engine::operator::freeze(&world.ledger, &world.clock, &id, false, "ines", "go")).expect("it is known");
    until(&world, &id, "converged");
    assert_eq!(world.ledger.entry(&id).owned.routes.len(), 2 * TABLES * BLOCKS);
    let planned = world.ledger.changes(&id).into_iter().map(|change| change.details.len()).max();
    assert_eq!(planned, Some(2 * TABLES * BLOCKS + 1), "the history has them all, and who froze it");
    // Every second table loses another of its routes: no two are alike.
    for number in 0..BLOCKS {
        world.remove_route(WEB, &format!("10.{}.0.0/16", 100 + number));
    }
    hub.sweep();
    until(&world, &id, "converged");
    for number in 0..BLOCKS / 2 {
        world.disassociate(DB, &format!("10.{}.0.0/16", 100 + number));
    }
    hub.sweep();
    until(&world, &id, "converged");
    assert_eq!(world.ledger.entry(&id).owned.routes.len(), TABLES * (BLOCKS + BLOCKS / 2));
    assert_quiet(&hub);
    world.delete(&id, Side::Requester);
    hub.sweep();
    until(&world, &id, "ended");
    assert_eq!(world.snapshot().routes_over(&id).count(), 0);
}

#[test]
fn four_thousand_refusals_are_told_as_a_few_and_a_number_and_noticed_as_what_they_are() {
    let world = world();
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Refused).for_good());
    until(&world, &id, "blocked");
    world.clear_faults();
    // Somebody else's routes stand where ours should.
    world.clock.advance(Duration::from_mins(1));
    for table in 0..TABLES {
        for number in 0..BLOCKS {
            world.add_route(&format!("rtb-00a{table:014x}"), &format!("10.{}.0.0/16", 100 + number), "tgw-00000001");
        }
    }
    until(&world, &id, "blocked");
    let entry = world.ledger.entry(&id);
    assert!(entry.reasons.len() == 21 && entry.reasons[20].starts_with("and "), "{:?}", entry.reasons);
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    let log = hub.sweep();
    assert_eq!(log.messages(Recipient::Configure), 0, "each sweep sees the same obstacles");
}

#[test]
fn one_run_of_many_steps_is_lean_where_it_may_change_little() {
    let world = world();
    let id = accepted(&world, WEB, DB);
    let ports = world.ports();
    let limits = Limits { max_changes: 50, ..Limits::NONE };
    run(peerwright_engine::configure::configure(&world.accepted(&id), limits, &ports)).expect("a part of it");
    assert_eq!(world.snapshot().routes_over(&id).count(), 50);
}

#[test]
fn a_thousand_groups_with_fifty_tags_each_are_remembered_by_the_tags_that_rules_ask_for() {
    let group = |prefix: &str, number: usize, role: &str| {
        let group = FakeGroup::new(&format!("sg-{prefix}{number:014x}")).tag("role", role);
        (0..49).fold(group, |group, tag| group.tag(&format!("tag-{tag:02}-{}", "k".repeat(100)), &"v".repeat(250)))
    };
    let web = (0..1000).fold(FakeVpc::new(A, IRELAND, WEB).cidr("10.1.0.0/16"), |vpc, number| {
        vpc.group(group("00a", number, if number < 40 { "client" } else { "web" }))
    });
    let db = (0..1000).fold(FakeVpc::new(B, IRELAND, DB).cidr("10.20.0.0/16"), |vpc, number| {
        vpc.group(group("00b", number, if number < 5 { "db" } else { "idle" }))
    });
    let rule = r#"
rules:
  - id: groups
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    security_groups:
      requester: [{ groups: { tag: { role: web } }, egress: [{ protocol: tcp, ports: "5432", to: peer-vpc }] }]
      accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: "5432", from: { groups: { tag: { role: client } } } }] }]
"#;
    let world = World::new().member(A).member(B).vpc(web).vpc(db).allow(rule);
    let id = accepted(&world, WEB, DB);
    until(&world, &id, "converged");
    let seen = world.ledger.entry(&id).seen.requester.expect("it was read");
    assert_eq!((seen.groups.len(), seen.groups.values().next().map(std::collections::BTreeMap::len)), (40, Some(1)));
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    world.tag_group(&format!("sg-00a{:014x}", 39), "role", "web");
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).seen.requester.expect("it was read").groups.len(), 39);
    assert_quiet(&hub);
}
