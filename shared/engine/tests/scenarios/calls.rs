//! How many EC2 calls the functions make: no more than what they have to know and to change.

use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::plan::Limits;
use peerwright_engine::accept::{OnDeny, accept};
use peerwright_engine::configure::configure;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::request::request;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World, run};

use crate::demo::{B, DB, FAR, IRELAND, WEB, WEB_TO_DB, converged, world};

const TWIN: &str = "vpc-0000000d";

/// How many calls of a run read from EC2, and how many change something there.
fn calls_of(world: &World, to: Recipient, hint: &Hint) -> (u64, u64) {
    let counted = || {
        let (calls, _) = world.metered_calls();
        let reads = |action: &str| action.starts_with("Describe") || action.starts_with("Get");
        let sum = |wanted: bool| calls.iter().filter(|((_, action), _)| reads(action) == wanted).map(|(_, count)| count).sum::<u64>();
        (sum(true), sum(false))
    };
    let (ports, before) = (world.ports(), counted());
    let result = run(async {
        match to {
            Recipient::Accept => accept(hint, OnDeny::Hold, &ports).await,
            Recipient::Configure => configure(hint, Limits::NONE, &ports).await,
            _ => request(hint, &ports).await,
        }
    });
    result.expect("nothing is in the way");
    let after = counted();
    (after.0 - before.0, after.1 - before.1)
}

fn reads_of(world: &World, to: Recipient, hint: &Hint) -> u64 {
    calls_of(world, to, hint).0
}

/// A world that counts its calls as EC2 does.
fn counting(allowlist: &str) -> World {
    world(allowlist).metered(Duration::ZERO)
}

/// Requested and pending in both places, and active in both when it was accepted: nothing has to be waited for.
fn requested(world: &World, requester: &str, accepter: &str) -> PcxId {
    let id = world.request(requester, accepter);
    world.clock.advance(Duration::from_secs(1));
    id
}

#[test]
fn a_request_is_settled_with_ten_reads() {
    for accepter in [DB, FAR] {
        let world = counting(WEB_TO_DB);
        let id = requested(&world, WEB, accepter);
        assert_eq!(reads_of(&world, Recipient::Accept, &world.requested(&id)), 10, "{accepter}");
    }
}

#[test]
fn a_connection_is_configured_with_twenty_reads_and_then_looked_at_with_ten() {
    let world = counting(WEB_TO_DB);
    let id = requested(&world, WEB, DB);
    reads_of(&world, Recipient::Accept, &world.requested(&id));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(reads_of(&world, Recipient::Configure, &world.accepted(&id)), 20);
    assert_eq!(calls_of(&world, Recipient::Configure, &world.accepted(&id)), (10, 0));
}

#[test]
fn a_pair_in_one_place_is_read_in_one_call_of_each_kind() {
    let twin = FakeVpc::new(B, IRELAND, TWIN)
        .cidr("10.60.0.0/16")
        .table(FakeTable::new("rtb-000000d1").tag("tier", "private"))
        .group(FakeGroup::new("sg-0000000d").tag("role", "web"));
    let rules = WEB_TO_DB.replace(r#"requester: { accounts: ["111111111111"] }"#, r#"requester: { accounts: ["222222222222"] }"#);
    let world = counting(&rules.replace("from: { groups: [sg-0000000a] }, across_regions: peer-vpc", "from: peer-vpc")).vpc(twin);
    let id = requested(&world, TWIN, DB);
    // Connections, VPCs, tables, groups and rules.
    assert_eq!(reads_of(&world, Recipient::Accept, &world.requested(&id)), 5);
    world.clock.advance(Duration::from_secs(1));
    // The same, two attributes of each VPC, and then connections, tables and rules.
    assert_eq!(reads_of(&world, Recipient::Configure, &world.accepted(&id)), 5 + 4 + 3);
    assert_eq!(calls_of(&world, Recipient::Configure, &world.accepted(&id)), (5, 0));
}

#[test]
fn each_target_of_a_vpc_costs_nine_reads_and_what_they_share_two() {
    let ask = |world: World, targets: &str| {
        world.tag(WEB, "peerwright:peer-with", targets);
        reads_of(&world, Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB)))
    };
    let (one, two) = (format!("{DB}/{B}"), format!("{DB}/{B} {FAR}/{B}/eu-central-1"));
    assert_eq!(ask(counting(WEB_TO_DB).answers_with_tags(), &one), 2 + 9);
    assert_eq!(ask(counting(WEB_TO_DB).answers_with_tags(), &two), 2 + 2 * 9);
    // Where EC2's answer does not show our tag, it is looked for.
    assert_eq!(ask(counting(WEB_TO_DB), &one), 2 + 9 + 1);
}

#[test]
fn what_is_there_already_costs_two_reads_to_answer() {
    let world = counting(WEB_TO_DB);
    converged(&world, WEB, DB);
    world.tag(WEB, "peerwright:peer-with", &format!("{DB}/{B}"));
    assert_eq!(reads_of(&world, Recipient::Request, &Hint::Vpc(world.vpc_ref(WEB))), 2);
}
