//! What the engine needs of the world, in the words of the domain.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::ids::{AccountId, PcxId, Place, Side, VpcRef};
use peerwright_core::look::Look;
use peerwright_core::organization::Unit;
use peerwright_core::plan::Step;
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, End, Fact, Party, Sighting};

use crate::failure::Failure;
use crate::ledger::{Change, Entry};

/// The organization that the accounts belong to.
pub trait Organization: Send + Sync {
    /// The units that an account is in, root first; unknown, with the reason, where nobody would tell us however often we asked.
    fn units(&self, account: &AccountId) -> impl Future<Output = Result<Fact<Vec<Unit>>, Failure>> + Send;
}

/// EC2 in many accounts and Regions. Every method reads all pages; none believes an earlier answer.
pub trait Cloud: Organization {
    /// The connection as seen from a place; `None` where that place does not know it.
    fn connection(&self, place: &Place, id: &PcxId) -> impl Future<Output = Result<Option<Sighting>, Failure>> + Send;

    /// The requests that wait for an accepter in a place.
    fn pending(&self, place: &Place) -> impl Future<Output = Result<Vec<Sighting>, Failure>> + Send;

    /// What rules may ask about a VPC; `None` where the VPC is not there.
    fn party(&self, vpc: &VpcRef) -> impl Future<Output = Result<Option<Party>, Failure>> + Send;

    /// One end of an active connection, as far as somebody asks for it.
    fn end(&self, connection: &Connection, side: Side, look: &Look) -> impl Future<Output = Result<End, Failure>> + Send;

    /// Accepts a pending request, in the accepter's account and Region.
    fn accept(&self, connection: &Connection) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Rejects a pending request, in the accepter's account and Region.
    fn reject(&self, connection: &Connection) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Makes one step in a place. "Already there" is a `Stale` failure: the next look decides whether what is there is what was wanted.
    fn apply(&self, place: &Place, step: &Step) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The connections of a VPC that have not ended, at whichever end it is.
    fn peerings(&self, vpc: &VpcRef) -> impl Future<Output = Result<Vec<Sighting>, Failure>> + Send;

    /// The quotas of a place as Service Quotas tells them; unknown, with the reason, where it does not.
    fn quotas(&self, place: &Place) -> impl Future<Output = Result<Fact<Quotas>, Failure>> + Send;

    /// EC2 calls made so far through this value.
    fn calls(&self) -> u64;
}

/// The allowlist table.
pub trait Allowlist: Send + Sync {
    /// The rules that may speak of an accepter's account, read consistently.
    fn rules_for(&self, accepter: &AccountId) -> impl Future<Output = Result<StoredAllowlist, Failure>> + Send;
}

/// The ledger of connections.
pub trait Ledger: Send + Sync {
    /// The current entry of a connection.
    fn load(&self, id: &PcxId) -> impl Future<Output = Result<Option<Entry>, Failure>> + Send;

    /// Writes the entry and one line of history, unless somebody else wrote it since it was loaded (class `Stale`).
    fn save(&self, entry: &Entry, change: &Change) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Lets time pass.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Everything the engine needs, for one hint.
pub struct Ports<C, A, L, K> {
    /// EC2.
    pub cloud: C,
    /// The allowlist.
    pub allowlist: A,
    /// The ledger.
    pub ledger: L,
    /// Time.
    pub clock: K,
}
