//! EC2 as the engine's [`Cloud`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_ec2::Client;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{AccountId, PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_core::organization::Unit;
use peerwright_core::plan::Step;
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, End, Fact, ObservedConnection, Tags, VpcFacts};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::{Cloud, Organization};

use crate::pool::ClientPool;
use crate::{apply, inventory, leftovers, life, neighbours, observe};

/// EC2 for the length of one message, so that its calls can be counted. The clients are the process's.
#[derive(Debug)]
pub struct Ec2Cloud {
    pool: Arc<ClientPool>,
    calls: AtomicU64,
}

impl Ec2Cloud {
    /// Starts counting at zero.
    pub fn new(pool: Arc<ClientPool>) -> Self {
        Self { pool, calls: AtomicU64::new(0) }
    }

    /// The client of a place, and one call more on the count: every caller makes one request per page with it.
    pub(crate) async fn client(&self, place: &Place) -> Arc<Client> {
        self.count(1);
        self.pool.client(place).await
    }

    /// Counts further pages.
    pub(crate) fn count(&self, calls: u64) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
    }
}

impl Organization for Ec2Cloud {
    async fn units(&self, account: &AccountId) -> Result<Fact<Vec<Unit>>, Failure> {
        self.pool.organization.units(account).await
    }

    async fn accounts(&self) -> Result<BTreeSet<AccountId>, Failure> {
        self.pool.organization.accounts().await
    }
}

impl Cloud for Ec2Cloud {
    async fn connection(&self, place: &Place, id: &PcxId) -> Result<Option<ObservedConnection>, Failure> {
        observe::connection(self, place, id).await
    }

    async fn pending(&self, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
        observe::pending(self, place).await
    }

    async fn vpc_facts(&self, vpc: &VpcRef) -> Result<Option<VpcFacts>, Failure> {
        observe::vpc_facts(self, vpc).await
    }

    async fn end(&self, connection: &Connection, side: Side, query: &EndQuery) -> Result<End, Failure> {
        observe::end(self, connection, side, query).await
    }

    async fn accept(&self, connection: &Connection) -> Result<(), Failure> {
        apply::accept(self, connection).await
    }

    async fn reject(&self, connection: &Connection) -> Result<(), Failure> {
        apply::reject(self, connection).await
    }

    async fn create(&self, ends: &Sides<VpcRef>, created_for: &VpcRef) -> Result<PcxId, Failure> {
        life::create(self, ends, created_for).await
    }

    async fn delete(&self, connection: &Connection, side: Side) -> Result<(), Failure> {
        life::delete(self, connection, side).await
    }

    async fn leftovers(&self, id: &PcxId, vpc: &VpcRef) -> Result<End, Failure> {
        leftovers::leftovers(self, id, vpc).await
    }

    async fn tag(&self, place: &Place, resource: &str, tags: &Tags) -> Result<(), Failure> {
        life::tag(self, place, resource, tags).await
    }

    async fn untag(&self, vpc: &VpcRef, keys: &[&str]) -> Result<(), Failure> {
        life::untag(self, vpc, keys).await
    }

    async fn inventory(&self, place: &Place, wants: &InventoryScope) -> Result<Inventory, Failure> {
        let result = inventory::inventory(self, place, wants).await;
        // Who is shut out is told once and looked for again: the next time with a session of its own.
        if matches!(&result, Err(failure) if failure.class == Class::Denied) {
            self.pool.forget(place).await;
        }
        result
    }

    async fn apply(&self, place: &Place, step: &Step) -> Result<(), Failure> {
        apply::step(self, place, step).await
    }

    async fn peerings(&self, vpc: &VpcRef) -> Result<Vec<ObservedConnection>, Failure> {
        neighbours::peerings(self, vpc).await
    }

    async fn quotas(&self, place: &Place) -> Result<Fact<Quotas>, Failure> {
        Ok(self.pool.quotas.quotas(&self.pool.quotas_client(place).await, place).await)
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}
