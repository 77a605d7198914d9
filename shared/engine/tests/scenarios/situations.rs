//! What others have met in public, played from its beginning to its end.

use std::time::Duration;

use peerwright_core::ask::{ASK_TAG, CREATED_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Clock;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Fault, Operation, World};

use crate::demo::{A, B, DB, IRELAND, STRANGER, WEB_TO_DB, db};
use crate::hub::{Hub, assert_quiet};
use crate::request::only;

const TWIN: &str = "vpc-0000000d";
const TABLES: [&str; 3] = ["rtb-000000e1", "rtb-000000e2", "rtb-000000e3"];

/// The vendor's rule: its account and block, and the ports of its agents.
const VENDOR: &str = r#"
rules:
  - id: vendor
    effect: allow
    requester: { accounts: ["999999999999"], cidrs: [172.21.0.0/16] }
    accepter: { accounts: ["111111111111"] }
    routes: { accepter: { tables: all } }
    security_groups:
      accepter:
        - groups: [sg-0000000e]
          ingress:
            - { protocol: tcp, ports: "8300-8302", from: peer-vpc }
            - { protocol: udp, ports: "8300-8302", from: peer-vpc }
            - { protocol: tcp, ports: "8500-8503", from: peer-vpc }
"#;

/// The vendor has asked for our VPC with three route tables.
fn asked_by_the_vendor(shows_blocks: bool) -> (World, PcxId) {
    let ours = FakeVpc::new(A, IRELAND, "vpc-0000000e").cidr("192.168.0.0/24").group(FakeGroup::new("sg-0000000e"));
    let ours = TABLES.iter().fold(ours, |vpc, table| vpc.table(FakeTable::new(table)));
    let theirs = FakeVpc::new(STRANGER, IRELAND, "vpc-0000000f").cidr("172.21.0.0/16");
    let world = World::new().member(A).vpc(ours).vpc(theirs).allow(VENDOR);
    let world = if shows_blocks { world.pending_shows_blocks() } else { world };
    let id = world.request("vpc-0000000f", "vpc-0000000e");
    world.clock.advance(Duration::from_secs(1));
    (world, id)
}

#[test]
fn a_vendors_request_that_no_event_tells_of_is_accepted_and_configured_within_seconds_of_the_next_sweep() {
    let (world, id) = asked_by_the_vendor(true);
    let (hub, began) = (Hub::new(&world), world.clock.now());
    hub.sweep();
    let took = world.clock.now().duration_since(began).as_secs();
    assert!(took <= 5, "{took} s");
    let routes = TABLES.map(|table| format!("{table} 172.21.0.0/16"));
    let rules = ["tcp/8300-8302", "tcp/8500-8503", "udp/8300-8302"].map(|ports| format!("sg-0000000e ingress {ports} 172.21.0.0/16"));
    let mut made = world.snapshot().made_for(&id);
    made.sort();
    assert_eq!(made, [routes, rules].concat());
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "converged", "{:?}", entry.reasons);
    assert_quiet(&hub);
}

#[test]
fn a_vendors_request_that_does_not_show_its_blocks_is_held_by_a_rule_about_them_and_says_so() {
    let (world, id) = asked_by_the_vendor(false);
    Hub::new(&world).sweep();
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "held");
    assert!(entry.reasons.iter().any(|why| why.contains("requester.cidrs is not met because unknown")), "{:?}", entry.reasons);
}

#[test]
fn tags_that_another_tool_takes_away_at_each_run_are_set_again_and_nothing_else_comes_of_it() {
    let twin = FakeVpc::new(B, IRELAND, TWIN).cidr("10.60.0.0/16").table(FakeTable::new("rtb-000000d1"));
    let rules = WEB_TO_DB
        .replace(r#"requester: { accounts: ["111111111111"] }"#, r#"requester: { accounts: ["222222222222"] }"#)
        .replace("from: { groups: [sg-0000000a] }, across_regions: peer-vpc", "from: peer-vpc");
    let world = World::new().member(B).vpc(twin).vpc(db()).allow(&rules);
    let hub = Hub::new(&world);
    hub.tag(TWIN, ASK_TAG, DB);
    hub.sweep_until_quiet();
    let id = only(&world);
    let (place, made) = (world.ends(&id).requester.place, world.snapshot().made_for(&id));
    for round in 0..10 {
        world.untag_connection(&id, &place, STATUS_TAG);
        world.untag_connection(&id, &place, RULE_TAG);
        // Nobody may set this one again.
        if round == 0 {
            world.untag_connection(&id, &place, CREATED_TAG);
        }
        let before = world.writes().len();
        let mut events = Vec::new();
        for key in [STATUS_TAG, RULE_TAG] {
            world.untag(TWIN, key);
            events.extend(hub.retagged(TWIN, key));
        }
        hub.deliver(events);
        hub.sweep();
        let writes = world.writes().split_off(before);
        // Both tags of the VPC at once, and those of the connection.
        let of_tags = writes.iter().filter(|write| **write == Operation::Tag).count();
        assert!(of_tags <= 2, "round {round}: {writes:?}");
        let others = [Operation::Create, Operation::Delete, Operation::CreateRoute, Operation::DeleteRoute, Operation::RevokeRules];
        assert!(writes.iter().all(|write| !others.contains(write)), "round {round}: {writes:?}");
        assert_eq!((only(&world), world.snapshot().made_for(&id)), (id.clone(), made.clone()), "round {round}");
        world.clock.advance(Duration::from_mins(30));
    }
    // IAM lets us delete what bears the tag.
    world.fail(Fault::next(Operation::Delete, Class::Denied).for_good());
    hub.untag(TWIN, ASK_TAG);
    hub.deliver([(Recipient::Cleanup, world.requested(&id))]);
    let entry = world.ledger.entry(&id);
    assert!(entry.reasons[0].contains(&format!("somebody took its tag {CREATED_TAG} away")), "{:?}", entry.reasons);
    assert_eq!(world.snapshot().made_for(&id), [""; 0]);
    world.clear_faults();
    hub.deliver([(Recipient::Cleanup, world.requested(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "ended");
}
