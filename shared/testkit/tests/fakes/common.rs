//! A world of two connected accounts, and direct calls to its ports.

use std::collections::BTreeMap;
use std::time::Duration;

use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{PcxId, Place, Side, VpcRef};
use peerwright_core::owned::Owned;
use peerwright_core::plan::Step;
use peerwright_core::world::{Connection, End, ObservedConnection, PeeringState};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Cloud;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World, place, run};

pub(crate) const A: &str = "111111111111";
pub(crate) const B: &str = "222222222222";
pub(crate) const IRELAND: &str = "eu-west-1";
pub(crate) const FRANKFURT: &str = "eu-central-1";
pub(crate) const ASKS: &str = "vpc-0000000a";
pub(crate) const ASKED: &str = "vpc-0000000b";
pub(crate) const FAR: &str = "vpc-0000000c";

pub(crate) fn world() -> World {
    let vpc = |account, region, id: &str, block: &str| {
        let letter = &id[id.len() - 1..];
        FakeVpc::new(account, region, id)
            .cidr(block)
            .table(FakeTable::new(&format!("rtb-0000000{letter}")))
            .group(FakeGroup::new(&format!("sg-0000000{letter}")).tag("role", "db").ingress("22", "192.0.2.0/24"))
    };
    World::new().member(A).member(B).vpc(vpc(A, IRELAND, ASKS, "10.1.0.0/16")).vpc(vpc(B, IRELAND, ASKED, "10.2.0.0/16")).vpc(vpc(
        B,
        FRANKFURT,
        FAR,
        "10.3.0.0/16",
    ))
}

/// The requester's place and the accepter's.
pub(crate) fn places() -> [Place; 2] {
    [place(A, IRELAND), place(B, IRELAND)]
}

pub(crate) fn observed(world: &World, place: &Place, id: &PcxId) -> Option<ObservedConnection> {
    run(world.ports().cloud.connection(place, id)).expect("the place has a role")
}

/// The connection as its accepter sees it.
pub(crate) fn connection(world: &World, id: &PcxId) -> Connection {
    observed(world, &world.ends(id).accepter.place, id).expect("it is visible").connection
}

pub(crate) fn end(world: &World, id: &PcxId, side: Side, intent: &EndIntent) -> End {
    let VpcRef { place, vpc } = connection(world, id).ends.of(side).clone();
    let wanted = BTreeMap::from([(vpc.clone(), query(side, intent))]);
    run(world.ports().cloud.ends(&place, &wanted)).expect("the place has a role").remove(&vpc).expect("the VPC is there")
}

/// What has to be read of an end for an intent, when the other end wants nothing and nothing is ours.
pub(crate) fn query(side: Side, intent: &EndIntent) -> EndQuery {
    let mut desired = Desired::default();
    intent.clone_into(desired.ends.of_mut(side));
    EndQuery::at(side, &desired, &Owned::default())
}

/// A connection that is pending.
pub(crate) fn pending(world: &World, accepter: &str) -> PcxId {
    let id = world.request(ASKS, accepter);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.snapshot().state(&id), PeeringState::Pending);
    id
}

/// A connection that is active.
pub(crate) fn active(world: &World, accepter: &str) -> PcxId {
    let id = pending(world, accepter);
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.snapshot().state(&id), PeeringState::Active);
    id
}

pub(crate) fn apply(world: &World, place: &Place, step: &Step) -> Result<(), Failure> {
    run(world.ports().cloud.apply(place, step))
}

/// The class and the code of a refusal.
pub(crate) fn refusal<T>(result: Result<T, Failure>) -> (Class, String) {
    let failure = result.err().expect("it must be refused");
    (failure.class, failure.source.to_string())
}
