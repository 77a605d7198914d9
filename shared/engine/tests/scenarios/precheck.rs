//! Requests that a rule allows and that would go wrong.

use std::time::Duration;

use peerwright_core::ids::PcxId;
use peerwright_core::quota::Quotas;
use peerwright_core::world::PeeringState;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Fault, Operation, World, place};

use crate::demo::{A, B, DB, FAR, IRELAND, ODD, STRANGER, STRANGER_TO_DB, WEB, WEB_TO_DB, accept, accepted, configure, of, world};

/// B's other VPC, with the addresses that are given.
fn twin(block: &str) -> FakeVpc {
    FakeVpc::new(B, IRELAND, "vpc-0000000d")
        .cidr(block)
        .table(FakeTable::new("rtb-000000d1").tag("tier", "private"))
        .group(FakeGroup::new("sg-0000000d").tag("role", "db"))
}

fn held(world: &World, id: &PcxId) -> Vec<String> {
    match of(accept(world, &world.requested(id)), id) {
        Outcome::Held(reasons) => reasons,
        other => panic!("it must be held, not {other:?}"),
    }
}

#[test]
fn a_route_in_the_way_holds_the_request_and_names_the_rule_that_allows_it() {
    let world = world(WEB_TO_DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    let id = world.request(WEB, DB);
    let reasons = held(&world, &id);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert_eq!(reasons[1], "rule web-to-db allows it");
    assert!(reasons[0].contains("rtb-000000b2 already sends 10.1.0.0/16 to tgw-00000001"), "{reasons:?}");
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    assert_eq!(world.ledger.entry(&id).rules, ["web-to-db"]);
    assert_eq!(world.writes(), [Operation::SaveEntry, Operation::Tag, Operation::Tag]);
}

#[test]
fn every_reason_is_told_at_once() {
    let world = world(WEB_TO_DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    world.add_route("rtb-000000b2", "10.2.3.0/24", "tgw-00000001");
    world.add_route("rtb-000000a1", "10.20.0.0/16", "tgw-00000002");
    let id = world.request(WEB, DB);
    let reasons = held(&world, &id);
    assert_eq!(reasons.len(), 4, "{reasons:?}");
}

#[test]
fn a_held_request_is_accepted_once_nothing_is_in_the_way_any_more() {
    let world = world(WEB_TO_DB).vpc(twin("10.20.0.0/16"));
    let first = accepted(&world, WEB, DB);
    let second = world.request(WEB, "vpc-0000000d");
    held(&world, &second);
    world.delete(&first, peerwright_core::ids::Side::Accepter);
    assert!(matches!(of(accept(&world, &world.requested(&second)), &second), Outcome::Accepted(_)));
    assert_eq!(world.ledger.history(&second), ["held", "accepting", "accepted"]);
}

#[test]
fn a_peer_with_the_addresses_of_another_one_is_held_while_that_one_is_still_being_provisioned() {
    let world = world(WEB_TO_DB).vpc(twin("10.20.16.0/20"));
    let first = accepted(&world, WEB, DB);
    assert_eq!(world.snapshot().state(&first), PeeringState::Provisioning);
    let second = world.request(WEB, "vpc-0000000d");
    let reasons = held(&world, &second);
    assert_eq!(
        reasons[..1],
        [format!("requester destination 10.20.16.0/20 shares addresses with 10.20.0.0/16, which is reached over {first}; exclude them")]
    );
}

#[test]
fn a_quota_is_asked_for_only_where_the_documented_one_is_not_enough() {
    let many = |count: usize| {
        let mut world = world(WEB_TO_DB);
        for index in 0..count {
            let id = format!("vpc-9{index:07}");
            let block = format!("172.16.{index}.0/24");
            world = world.vpc(FakeVpc::new(STRANGER, IRELAND, &id).cidr(&block).table(FakeTable::new(&format!("rtb-9{index:07}"))));
            let asked = world.request(WEB, &id);
            world.clock.advance(std::time::Duration::from_secs(1));
            world.accept_by_hand(&asked);
        }
        world.clock.advance(std::time::Duration::from_secs(1));
        world
    };
    let few = many(49);
    few.fail(Fault::next(Operation::ReadQuotas, Class::Unexpected).for_good());
    accepted(&few, WEB, DB);

    let full = many(50);
    let id = full.request(WEB, DB);
    assert!(held(&full, &id)[0].starts_with("requester quota: 50 active peering connections of vpc-0000000a and 1 more are above 50"));

    let raised = many(50).quotas(place(A, IRELAND), Quotas { peerings_per_vpc: 51, ..Quotas::DOCUMENTED });
    accepted(&raised, WEB, DB);
}

#[test]
fn a_side_that_can_not_be_read_hinders_nothing_where_its_blocks_are_shown() {
    let rules = WEB_TO_DB.replace("accounts: [\"111111111111\"]", "accounts: [\"999999999999\"]");
    let world = world(&rules).pending_shows_blocks();
    accepted(&world, ODD, DB);
}

#[test]
fn a_stranger_whose_blocks_are_not_shown_is_held_where_the_rule_leaves_the_destinations_to_it() {
    let world = world(&WEB_TO_DB.replace("accounts: [\"111111111111\"]", "accounts: [\"999999999999\"]"));
    let id = world.request(ODD, DB);
    assert!(held(&world, &id)[0].contains("name the destinations"));
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
}

/// The stranger's other VPC, with the vendor's default block again.
fn second_vendor() -> FakeVpc {
    FakeVpc::new(STRANGER, IRELAND, "vpc-0000000e").cidr("10.40.0.0/16").table(FakeTable::new("rtb-000000e1"))
}

#[test]
fn a_second_vendor_with_the_first_ones_block_is_held_whether_or_not_it_is_shown() {
    for shown in [false, true] {
        let world = world(STRANGER_TO_DB).vpc(second_vendor());
        let world = if shown { world.pending_shows_blocks() } else { world };
        let first = accepted(&world, ODD, DB);
        configure(&world, &world.accepted(&first)).expect("our end is done");
        let second = world.request("vpc-0000000e", DB);
        let reasons = held(&world, &second);
        assert!(reasons[1..].iter().any(|reason| reason.contains("10.40.0.0/16") && reason.contains(first.as_str())), "{reasons:?}");
    }
}

#[test]
fn a_block_that_comes_later_takes_nothing_from_anybody_and_lets_nobody_in() {
    for (block, to) in [("10.30.5.0/24", "a peer"), ("10.30.5.0/24", "tgw-00000001"), ("8.8.8.0/24", "tgw-00000001")] {
        let world = world(&WEB_TO_DB.replace("from: { groups: [sg-0000000a] }, across_regions: peer-vpc", "from: peer-vpc"));
        let other = world.request(FAR, DB);
        world.clock.advance(std::time::Duration::from_secs(1));
        world.accept_by_hand(&other);
        world.clock.advance(std::time::Duration::from_mins(1));
        world.add_route("rtb-000000b2", "10.30.0.0/16", if to == "a peer" { other.as_str() } else { to });
        let id = crate::demo::converged(&world, WEB, DB);
        let before = world.snapshot();
        world.associate(WEB, block);
        let after = world.snapshot();
        let outcome = of(configure(&world, &world.accepted(&id)), &id);
        let Outcome::Blocked(reasons) = &outcome else { panic!("{block} is not routed: {outcome:?}") };
        assert!(reasons.iter().any(|reason| reason.contains(block)), "{reasons:?}");
        assert_eq!((world.snapshot().made_for(&id), world.snapshot()), (before.made_for(&id), after));
    }
}

#[test]
fn the_route_table_of_a_gateway_is_left_out_or_refused_by_name_before_acceptance() {
    let with_gateway = |rules: &str| world(rules).vpc(crate::demo::db().table(FakeTable::new("rtb-000000b9").of_gateway()));
    let all = with_gateway(&WEB_TO_DB.replace("accepter: { tables: { tag: { tier: private } } }", "accepter: { tables: all }"));
    crate::demo::converged(&all, WEB, DB);
    let named = with_gateway(&WEB_TO_DB.replace("{ tag: { tier: private } }", "[rtb-000000b2, rtb-000000b9]"));
    let id = named.request(WEB, DB);
    assert!(held(&named, &id)[0].contains("rtb-000000b9 is the route table of a gateway"));
}

#[test]
fn a_neighbour_that_can_not_be_listed_for_a_moment_fails_the_message_and_holds_nothing() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.fail(Fault::next(Operation::DescribePeerings, Class::Throttled));
    assert_eq!(accept(&world, &world.requested(&id)).expect_err("it passes by itself").class, Class::Throttled);
    assert!(world.ledger.ignores(&id));
    assert!(matches!(of(accept(&world, &world.requested(&id)), &id), Outcome::Accepted(_)));
}

/// amplify-education/asiaq#254: in a mesh both sides ask for the same connection.
#[test]
fn other_connections_of_both_vpcs_do_not_stand_in_the_way_of_a_third() {
    let world = world(WEB_TO_DB).vpc(twin("10.77.0.0/16"));
    accepted(&world, WEB, DB);
    accepted(&world, WEB, FAR);
    accepted(&world, WEB, "vpc-0000000d");
}

#[test]
fn nothing_is_accepted_unchecked_because_a_role_comes_and_goes() {
    let world = world(WEB_TO_DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    let id = world.request(WEB, DB);
    world.fail(Fault::next(Operation::DescribeEnd, Class::NoRole));
    let Outcome::Waiting { why, .. } = of(accept(&world, &world.requested(&id)), &id) else { panic!("one end was not read") };
    assert!(why.contains("lets us in at one moment and not at the next"), "{why}");
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(held(&world, &id).len(), 2, "the next look finds the route in the way");
}
