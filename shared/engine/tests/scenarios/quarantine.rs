//! An account in quarantine: our role can be entered, and a service control policy denies it everything. The work at the other end goes on.

use std::time::Duration;

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::world::PeeringState;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{Fault, Operation, World};

use crate::demo::{A, B, DB, WEB, WEB_AND_DB, WEB_TO_DB, converged, world};
use crate::hub::{Hub, assert_quiet};

/// What is asked of EC2 in an account.
const EC2: [Operation; 18] = [
    Operation::DescribeConnection,
    Operation::DescribePending,
    Operation::DescribeVpc,
    Operation::DescribeEnd,
    Operation::DescribePeerings,
    Operation::DescribeLeftovers,
    Operation::Inventory,
    Operation::LookInto,
    Operation::Accept,
    Operation::Reject,
    Operation::CreateRoute,
    Operation::AuthorizeRules,
    Operation::EnableDnsResolution,
    Operation::DeleteRoute,
    Operation::RevokeRules,
    Operation::Create,
    Operation::Delete,
    Operation::Tag,
];

fn quarantine(world: &World, account: &str) {
    for operation in EC2 {
        world.fail(Fault::next(operation, Class::Denied).at(account).for_good());
    }
}

fn routes(world: &World, id: &PcxId, end: &str) -> usize {
    world.snapshot().routes_over(id).filter(|(table, _)| table.as_str().starts_with(end)).count()
}

#[test]
fn what_is_ours_goes_at_one_end_while_the_other_is_in_quarantine_and_there_when_that_is_over() {
    for (account, side, kept, gone) in
        [(A, Side::Accepter, "rtb-000000a", "rtb-000000b"), (B, Side::Requester, "rtb-000000b", "rtb-000000a")]
    {
        let world = world(WEB_TO_DB);
        let id = converged(&world, WEB, DB);
        quarantine(&world, account);
        world.delete(&id, side);
        let hub = Hub::new(&world);
        let mut runs = 0;
        for _ in 0..288 {
            let log = hub.sweep();
            assert_eq!(log.dead.len(), 0, "{:?}", log.dead);
            runs += log.messages(Recipient::Cleanup);
            world.clock.advance(Duration::from_mins(5));
        }
        assert_eq!(routes(&world, &id, gone), 0, "the end that lets us in is clean");
        assert!(routes(&world, &id, kept) > 0);
        let entry = world.ledger.entry(&id);
        assert_eq!(entry.status, "blocked", "{:?}", entry.reasons);
        assert!(entry.reasons[0].contains("an injected fault"), "{:?}", entry.reasons);
        assert!(runs <= 30 && world.ledger.history(&id).len() <= 30, "{runs} runs, {:?}", world.ledger.history(&id));
        assert_eq!(world.ledger.published().iter().filter(|kind| **kind == "Peering Blocked").count(), 1);
        world.clear_faults();
        world.clock.advance(Duration::from_hours(24));
        hub.sweep_until_quiet();
        assert_eq!((world.ledger.entry(&id).status.as_str(), routes(&world, &id, kept)), ("ended", 0));
        assert_quiet(&hub);
    }
}

#[test]
fn a_permission_that_ends_is_carried_out_at_the_end_that_lets_us_in() {
    let world = world(&WEB_TO_DB.replace("    dns_resolution", "    on_revoke: isolate\n    dns_resolution"));
    let id = converged(&world, WEB, DB);
    quarantine(&world, A);
    world.allowlist.replace("rules: []\n");
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_eq!(routes(&world, &id, "rtb-000000b"), 0);
    world.clear_faults();
    world.clock.advance(Duration::from_hours(24));
    hub.sweep_until_quiet();
    assert_eq!((world.ledger.entry(&id).status.as_str(), world.snapshot().routes_over(&id).count()), ("isolated", 0));
    assert_quiet(&hub);
}

#[test]
fn a_request_of_an_account_in_quarantine_is_held_with_the_reason_and_accepted_after_it() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    quarantine(&world, A);
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    let entry = world.ledger.entry(&id);
    assert!(entry.status == "held" && entry.reasons[0].contains("an injected fault"), "{:?}", entry.reasons);
    world.clear_faults();
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_works_stays_as_it_is_while_an_end_is_in_quarantine() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    quarantine(&world, A);
    let hub = Hub::new(&world);
    world.remove_route(DB, "10.1.0.0/16");
    hub.sweep_until_quiet();
    assert!(routes(&world, &id, "rtb-000000b") > 0 && routes(&world, &id, "rtb-000000a") > 0);
    world.clear_faults();
    world.clock.advance(Duration::from_hours(24));
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_eq!(world.ledger.entry(&id).status, "converged");
    assert_quiet(&hub);
}
