//! Addresses that are guarded for life, by events and by sweeps.

use std::time::Duration;

use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{Fault, Operation, World, place};

use crate::demo::{A, B, DB, IRELAND, WEB, WEB_TO_DB, accepted, configure, converged, of, world};
use crate::hub::{Hub, assert_quiet};

/// B's table of private subnets sends what the list has to a transit gateway.
fn world_with_list(entries: &[&str]) -> World {
    let world = world(WEB_TO_DB).prefix_list(place(B, IRELAND), "pl-00000009", 10, entries);
    world.add_route("rtb-000000b2", "pl-00000009", "tgw-00000001");
    world
}

#[test]
fn the_addresses_of_a_prefix_list_in_a_table_are_not_taken() {
    let world = world_with_list(&["10.1.0.0/16"]);
    let id = world.request(WEB, DB);
    let Outcome::Held(reasons) = of(crate::demo::accept(&world, &world.requested(&id)), &id) else { panic!("it must be held") };
    assert!(reasons[0].contains("pl-00000009") && reasons[0].contains("10.1.0.0/16"), "{reasons:?}");
}

#[test]
fn a_sweep_finds_nothing_new_in_a_block_that_is_kept_out() {
    let world = world_with_list(&["10.30.0.0/16"]);
    let id = converged(&world, WEB, DB);
    world.associate(WEB, "10.30.5.0/24");
    let hub = Hub::new(&world);
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "blocked");
    assert!(entry.reasons.iter().any(|reason| reason.contains("pl-00000009") && reason.contains("10.30.5.0/24")), "{:?}", entry.reasons);
    assert!(!world.snapshot().made_for(&id).iter().any(|line| line.contains("rtb-000000b2 10.30.5.0/24")));
    assert_quiet(&hub);
    // Once the list gives the addresses back, the next sweep has them routed.
    let world = world.prefix_list(place(B, IRELAND), "pl-00000009", 10, &["10.99.0.0/16"]);
    world.clock.advance(Duration::from_hours(1));
    Hub::new(&world).sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn a_quota_that_refuses_a_rule_is_told_with_the_numbers() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::AuthorizeRules, Class::Quota).for_good().at(A));
    let Outcome::Blocked(reasons) = of(configure(&world, &world.accepted(&id)), &id) else { panic!("a person has to make room") };
    assert!(reasons[0].contains("0 IPv4 egress rules of sg-0000000a are there, and 1 more do not fit"), "{reasons:?}");
}
