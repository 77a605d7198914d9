//! EC2 as the engine's [`Cloud`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{AccountId, PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_core::organization::Unit;
use peerwright_core::plan::Step;
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, End, Fact, ObservedConnection, Tags, VpcFacts};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::{Cloud, Created, Organization};

use crate::apply::apply;
use crate::counted_clients::CountedClients;
use crate::leftovers::leftovers;
use crate::pool::ClientPool;
use crate::{connection, end, inventory, tags, vpc};

/// EC2 for the length of one message, so that its calls can be counted.
#[derive(Debug)]
pub struct Ec2Cloud(CountedClients);

impl Ec2Cloud {
    /// Starts counting at zero.
    pub fn new(pool: Arc<ClientPool>) -> Self {
        Self(CountedClients::new(pool))
    }

    /// Forgets the session of a place that refuses: where the role was taken away, only a new one shows it.
    async fn unless_refused<T>(&self, place: &Place, result: Result<T, Failure>) -> Result<T, Failure> {
        if matches!(&result, Err(failure) if failure.class == Class::Denied) {
            self.0.pool.forget(place).await;
        }
        result
    }
}

impl Organization for Ec2Cloud {
    async fn units(&self, account: &AccountId) -> Result<Fact<Vec<Unit>>, Failure> {
        self.0.pool.organization.units(account).await
    }

    async fn accounts(&self) -> Result<BTreeMap<AccountId, String>, Failure> {
        self.0.pool.organization.accounts().await
    }
}

impl Cloud for Ec2Cloud {
    async fn connection(&self, place: &Place, id: &PcxId) -> Result<Option<ObservedConnection>, Failure> {
        self.unless_refused(place, connection::observe(&self.0, place, id).await).await
    }

    async fn pending(&self, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
        self.unless_refused(place, connection::pending(&self.0, place).await).await
    }

    async fn vpcs(&self, place: &Place, ids: &BTreeSet<VpcId>) -> Result<BTreeMap<VpcId, VpcFacts>, Failure> {
        self.unless_refused(place, vpc::facts(&self.0, place, ids).await).await
    }

    async fn ends(&self, place: &Place, wanted: &BTreeMap<VpcId, EndQuery>) -> Result<BTreeMap<VpcId, End>, Failure> {
        self.unless_refused(place, end::observe(&self.0, place, wanted).await).await
    }

    async fn accept(&self, connection: &Connection) -> Result<(), Failure> {
        connection::accept(&self.0, connection).await
    }

    async fn reject(&self, connection: &Connection) -> Result<(), Failure> {
        connection::reject(&self.0, connection).await
    }

    async fn create(&self, ends: &Sides<VpcRef>, created_for: &VpcRef) -> Result<Created, Failure> {
        connection::create(&self.0, ends, created_for).await
    }

    async fn delete(&self, connection: &Connection, side: Side) -> Result<(), Failure> {
        connection::delete(&self.0, connection, side).await
    }

    async fn leftovers(&self, id: &PcxId, vpc: &VpcRef) -> Result<End, Failure> {
        self.unless_refused(&vpc.place, leftovers(&self.0, id, vpc).await).await
    }

    async fn tag(&self, place: &Place, resource: &str, tags: &Tags) -> Result<(), Failure> {
        tags::set_tags(&self.0, place, resource, tags).await
    }

    async fn untag(&self, vpc: &VpcRef, keys: &[&str]) -> Result<(), Failure> {
        tags::remove_tags(&self.0, vpc, keys).await
    }

    async fn inventory(&self, place: &Place) -> Result<Inventory, Failure> {
        self.unless_refused(place, inventory::inventory(&self.0, place).await).await
    }

    async fn look_into(
        &self,
        place: &Place,
        inventory: Inventory,
        vpcs: &BTreeSet<VpcId>,
        scope: &InventoryScope,
    ) -> Result<Inventory, Failure> {
        self.unless_refused(place, inventory::look_into(&self.0, place, inventory, vpcs, scope).await).await
    }

    async fn apply(&self, place: &Place, step: &Step) -> Result<(), Failure> {
        apply(&self.0, place, step).await
    }

    async fn connections(&self, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
        self.unless_refused(place, connection::all(&self.0, place).await).await
    }

    async fn quotas(&self, place: &Place) -> Result<Fact<Quotas>, Failure> {
        Ok(self.0.pool.quotas.quotas(&self.0.pool.quotas_client(place).await, place).await)
    }

    fn calls(&self) -> u64 {
        self.0.calls()
    }
}
