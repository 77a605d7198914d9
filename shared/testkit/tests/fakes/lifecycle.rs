//! Connections move with the clock.

use std::time::Duration;

use peerwright_core::ids::Side;
use peerwright_core::world::PeeringState;
use peerwright_engine::failure::Class;
use peerwright_engine::ports::{Clock, Cloud};
use peerwright_testkit::{FakeVpc, Operation, run};

use crate::common::{ASKED, ASKS, B, IRELAND, connection, observed, pending, places, refusal, world};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

#[test]
fn a_request_is_initiating_then_pending_and_expires_after_seven_days() {
    let world = world();
    let id = world.request(ASKS, ASKED);
    let [requester, accepter] = places();
    let shown = observed(&world, &requester, &id).expect("its requester sees it");
    assert_eq!((shown.connection.state, observed(&world, &accepter, &id)), (PeeringState::Initiating, None));
    run(world.clock.sleep(Duration::from_millis(100)));
    assert_eq!(connection(&world, &id).state, PeeringState::Pending);
    assert_eq!(connection(&world, &id).message, "Pending Acceptance by 222222222222");
    world.clock.advance(7 * DAY);
    assert_eq!(connection(&world, &id).state, PeeringState::Ended("expired".to_owned()));
    world.clock.advance(2 * DAY);
    assert!(places().iter().all(|place| observed(&world, place, &id).is_none()));
}

#[test]
fn an_accepted_connection_is_provisioning_before_it_is_active() {
    let world = world();
    let id = pending(&world, ASKED);
    run(world.ports().cloud.accept(&connection(&world, &id))).expect("it is pending");
    assert_eq!(connection(&world, &id).state, PeeringState::Provisioning);
    run(world.clock.sleep(Duration::from_millis(300)));
    assert_eq!(connection(&world, &id).state, PeeringState::Active);
    assert_eq!(world.writes(), [Operation::Accept]);
}

#[test]
fn a_request_between_overlapping_vpcs_fails_without_an_error_and_only_its_requester_sees_it() {
    let world = world().vpc(FakeVpc::new(B, IRELAND, "vpc-0000000d").cidr("10.0.0.0/8"));
    let id = world.request(ASKS, "vpc-0000000d");
    world.clock.advance(Duration::from_secs(1));
    let [requester, accepter] = places();
    let shown = observed(&world, &requester, &id).expect("its requester sees it");
    assert_eq!(shown.connection.state, PeeringState::Ended("failed".to_owned()));
    assert_eq!(observed(&world, &accepter, &id), None);
    world.clock.advance(2 * HOUR);
    assert_eq!(observed(&world, &requester, &id), None);
}

#[test]
fn a_rejected_request_is_visible_to_the_requester_longer_than_to_the_accepter() {
    let world = world();
    let id = pending(&world, ASKED);
    run(world.ports().cloud.reject(&connection(&world, &id))).expect("it is pending");
    let [requester, accepter] = places();
    assert_eq!(connection(&world, &id).state, PeeringState::Ended("rejected".to_owned()));
    world.clock.advance(2 * HOUR);
    assert_eq!((observed(&world, &accepter, &id), observed(&world, &requester, &id).is_some()), (None, true));
    world.clock.advance(2 * DAY);
    assert_eq!(observed(&world, &requester, &id), None);
}

#[test]
fn a_deleted_connection_is_visible_to_the_other_side_longer_than_to_the_one_that_deleted_it() {
    let world = world();
    let id = pending(&world, ASKED);
    world.delete(&id, Side::Requester);
    world.clock.advance(2 * HOUR);
    let [requester, accepter] = places();
    assert_eq!((observed(&world, &requester, &id), observed(&world, &accepter, &id).is_some()), (None, true));
}

#[test]
fn only_a_pending_request_can_be_answered() {
    let world = world();
    let id = world.request(ASKS, ASKED);
    let cloud = world.ports().cloud;
    let stale = (Class::Stale, "InvalidStateTransition".to_owned());
    let [requester, _] = places();
    let initiating = observed(&world, &requester, &id).expect("its requester sees it").connection;
    let unknown = (Class::Stale, "InvalidVpcPeeringConnectionID.NotFound".to_owned());
    assert_eq!(refusal(run(cloud.accept(&initiating))), unknown, "its accepter does not see it yet");
    world.clock.advance(Duration::from_secs(1));
    run(cloud.accept(&connection(&world, &id))).expect("it is pending");
    assert_eq!(refusal(run(cloud.accept(&connection(&world, &id)))), stale);
    assert_eq!(refusal(run(cloud.reject(&connection(&world, &id)))), stale);
    assert_eq!(world.writes(), [Operation::Accept]);
}

#[test]
fn a_request_can_not_be_answered_by_its_requester() {
    let world = world();
    let id = pending(&world, ASKED);
    let mut turned = connection(&world, &id);
    std::mem::swap(&mut turned.ends.requester, &mut turned.ends.accepter);
    assert_eq!(refusal(run(world.ports().cloud.accept(&turned))), (Class::Refused, "OperationNotPermitted".to_owned()));
}

#[test]
fn after_the_end_of_a_connection_its_pair_can_be_connected_anew() {
    let world = world();
    let id = pending(&world, ASKED);
    world.delete(&id, Side::Requester);
    let next = world.request(ASKED, ASKS);
    assert_ne!(next, id);
}
