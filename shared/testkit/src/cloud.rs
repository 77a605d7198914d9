//! EC2 in many accounts and Regions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_core::plan::Step;
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, End, Fact, ObservedConnection, Tags, VpcFacts};
use peerwright_engine::failure::{Failure, chain};
use peerwright_engine::ports::{Clock, Cloud, Created};

use crate::call_gate::CallGate;
use crate::clock::FakeClock;
use crate::metering::{Action, Sizes, action_of, actions_of};
use crate::network::Network;
use crate::operation::Operation;
use crate::route_change::RouteChange;

/// One process's access to EC2, with a count of its own.
#[derive(Debug)]
pub struct FakeCloud {
    pub(crate) network: Arc<Mutex<Network>>,
    pub(crate) gate: CallGate,
    pub(crate) clock: FakeClock,
    pub(crate) calls: AtomicU64,
}

impl FakeCloud {
    /// Passes the gate and counts the call. The lock is taken after, and never over an `await`.
    async fn enter(&self, operation: Operation, place: &Place) -> Result<MutexGuard<'_, Network>, Failure> {
        self.enter_with(operation, place, operation.actions()).await
    }

    /// The same for what is several calls of EC2: where they are metered each is paid and counted, elsewhere they count as one.
    async fn enter_with(&self, operation: Operation, place: &Place, actions: &[Action]) -> Result<MutexGuard<'_, Network>, Failure> {
        self.gate.enter(operation, Some(place)).await?;
        let counted = self.gate.pay(place, actions).await?;
        self.calls.fetch_add(counted, Ordering::Relaxed);
        let network = self.network.lock().expect("no test panics while it holds the network");
        network.assume_role(place, format!("{operation:?}"))?;
        Ok(network)
    }

    /// Notes a call that took effect; its answer may be lost.
    fn leave(&self, operation: Operation, place: &Place) -> Result<(), Failure> {
        self.gate.wrote(operation);
        self.gate.answer(operation, place)
    }

    /// How much there is in a place: connections, VPCs, and in some of these tables, groups and subnets.
    fn sizes(&self, place: &Place, vpcs: &BTreeSet<VpcId>) -> Sizes {
        self.network.lock().expect("no test panics while it holds the network").sizes(place, vpcs)
    }
}

impl Cloud for FakeCloud {
    async fn connection(&self, place: &Place, id: &PcxId) -> Result<Option<ObservedConnection>, Failure> {
        Ok(self.enter(Operation::DescribeConnection, place).await?.observed_connection(place, id, self.clock.now()))
    }

    async fn pending(&self, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
        Ok(self.enter(Operation::DescribePending, place).await?.pending(place, self.clock.now()))
    }

    async fn vpcs(&self, place: &Place, ids: &BTreeSet<VpcId>) -> Result<BTreeMap<VpcId, VpcFacts>, Failure> {
        let network = self.enter(Operation::DescribeVpc, place).await?;
        let facts = |id: &VpcId| Some((id.clone(), network.vpc_facts(&VpcRef { place: place.clone(), vpc: id.clone() })?));
        Ok(ids.iter().filter_map(facts).collect())
    }

    async fn ends(&self, place: &Place, wanted: &BTreeMap<VpcId, EndQuery>) -> Result<BTreeMap<VpcId, End>, Failure> {
        let network = self.enter_with(Operation::DescribeEnd, place, &actions_of(wanted.values())).await?;
        let end = |(id, query): (&VpcId, &EndQuery)| {
            let at = VpcRef { place: place.clone(), vpc: id.clone() };
            Ok((id.clone(), network.observed_end(&at, query, self.clock.now())?))
        };
        wanted.iter().map(end).collect()
    }

    async fn accept(&self, connection: &Connection) -> Result<(), Failure> {
        let place = &connection.ends.accepter.place;
        self.enter(Operation::Accept, place).await?.accept(connection, self.clock.now())?;
        self.leave(Operation::Accept, place)
    }

    async fn reject(&self, connection: &Connection) -> Result<(), Failure> {
        let place = &connection.ends.accepter.place;
        self.enter(Operation::Reject, place).await?.reject(connection, self.clock.now())?;
        self.leave(Operation::Reject, place)
    }

    async fn create(&self, ends: &Sides<VpcRef>, created_for: &VpcRef) -> Result<Created, Failure> {
        let place = &ends.requester.place;
        let created = self.enter(Operation::Create, place).await?.create(ends, created_for, self.clock.now())?;
        self.leave(Operation::Create, place)?;
        Ok(created)
    }

    async fn delete(&self, connection: &Connection, side: Side) -> Result<(), Failure> {
        let place = &connection.ends.of(side).place;
        self.enter(Operation::Delete, place).await?.delete(connection, side, self.clock.now())?;
        self.leave(Operation::Delete, place)
    }

    async fn leftovers(&self, id: &PcxId, vpc: &VpcRef) -> Result<End, Failure> {
        Ok(self.enter(Operation::DescribeLeftovers, &vpc.place).await?.leftovers(id, vpc, self.clock.now()))
    }

    async fn tag(&self, place: &Place, resource: &str, tags: &Tags) -> Result<(), Failure> {
        self.enter(Operation::Tag, place).await?.tag(place, resource, tags, self.clock.now())?;
        self.leave(Operation::Tag, place)
    }

    async fn untag(&self, vpc: &VpcRef, keys: &[&str]) -> Result<(), Failure> {
        self.enter_with(Operation::Tag, &vpc.place, &["DeleteTags"]).await?.untag(vpc, keys);
        self.leave(Operation::Tag, &vpc.place)
    }

    async fn inventory(&self, place: &Place) -> Result<Inventory, Failure> {
        let actions = self.sizes(place, &BTreeSet::new()).of_inventory();
        Ok(self.enter_with(Operation::Inventory, place, &actions).await?.inventory(place, self.clock.now()))
    }

    async fn look_into(
        &self,
        place: &Place,
        inventory: Inventory,
        vpcs: &BTreeSet<VpcId>,
        scope: &InventoryScope,
    ) -> Result<Inventory, Failure> {
        let actions = self.sizes(place, vpcs).inside(scope);
        Ok(self.enter_with(Operation::LookInto, place, &actions).await?.look_into(place, inventory, vpcs, scope, self.clock.now()))
    }

    async fn apply(&self, place: &Place, step: &Step) -> Result<(), Failure> {
        let operation = Operation::of(step);
        let change = RouteChange::begin(&self.network, step);
        self.enter_with(operation, place, &[action_of(step)]).await?.apply(place, step, change.is_alone, self.clock.now())?;
        self.leave(operation, place)
    }

    async fn connections(&self, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
        let connections = self.network.lock().expect("no test panics while it holds the network").peerings_at(place).count();
        let actions = Sizes { connections, ..Sizes::default() }.of_connections();
        Ok(self.enter_with(Operation::DescribePeerings, place, &actions).await?.connections(place, self.clock.now()))
    }

    async fn quotas(&self, place: &Place) -> Result<Fact<Quotas>, Failure> {
        if let Err(failure) = self.gate.enter(Operation::ReadQuotas, Some(place)).await {
            return Ok(Fact::Unknown(chain(&failure)));
        }
        let found = self.network.lock().expect("no test panics while it holds the network").quotas.get(place).copied();
        Ok(found.map_or_else(|| Fact::Unknown("Service Quotas refuses to answer".to_owned()), Fact::Known))
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}
