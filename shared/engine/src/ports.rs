//! What the engine needs of the world, in the words of the domain.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::allowlist::{Aliases, AllowlistChange, Stored, StoredAllowlist};
use peerwright_core::end_query::EndQuery;
use peerwright_core::event::Cause;
use peerwright_core::ids::{AccountId, MeshName, PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_core::organization::Unit;
use peerwright_core::plan::Step;
use peerwright_core::quiet::Quiet;
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, End, Fact, ObservedConnection, Tags, VpcFacts};

use crate::claim::Claim;
use crate::entry::{Change, Entry};
use crate::failure::Failure;
use crate::freeze::{Freeze, Scope, Stop, Stops};
use crate::manual_decision::{ManualDecision, ManualDecisions};
use crate::outcome::Recipient;
use crate::refusal::Refusal;
use crate::reservation::VpcReservations;

/// What EC2 answered to whoever asked for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The connection.
    pub id: PcxId,
    /// True where the answer shows our tag on it: then it was made just now, and for us.
    pub bears_our_tag: bool,
}

/// The organization that the accounts belong to.
pub trait Organization: Send + Sync {
    /// The units that an account is in, root first; unknown, with the reason, where nobody would tell us however often we asked.
    fn units(&self, account: &AccountId) -> impl Future<Output = Result<Fact<Vec<Unit>>, Failure>> + Send;

    /// Every account that is in use, with its name.
    fn accounts(&self) -> impl Future<Output = Result<BTreeMap<AccountId, String>, Failure>> + Send;
}

/// EC2 in many accounts and Regions. Every method reads all pages; none believes an earlier answer.
pub trait Cloud: Organization {
    /// The connection as seen from a place; `None` where that place does not know it.
    fn connection(&self, place: &Place, id: &PcxId) -> impl Future<Output = Result<Option<ObservedConnection>, Failure>> + Send;

    /// The requests that wait for an accepter in a place.
    fn pending(&self, place: &Place) -> impl Future<Output = Result<Vec<ObservedConnection>, Failure>> + Send;

    /// What rules may ask about VPCs of a place, in one call; those that are not there are left out.
    fn vpcs(&self, place: &Place, ids: &BTreeSet<VpcId>) -> impl Future<Output = Result<BTreeMap<VpcId, VpcFacts>, Failure>> + Send;

    /// What rules may ask about a VPC; `None` where the VPC is not there.
    fn vpc_facts(&self, vpc: &VpcRef) -> impl Future<Output = Result<Option<VpcFacts>, Failure>> + Send {
        async { Ok(self.vpcs(&vpc.place, &BTreeSet::from([vpc.vpc.clone()])).await?.remove(&vpc.vpc)) }
    }

    /// Ends of connections in a place, by their VPCs and as far as somebody asks for each, in one call per page of each kind. The connections' own
    /// options are not part of it.
    fn ends(&self, place: &Place, wanted: &BTreeMap<VpcId, EndQuery>)
    -> impl Future<Output = Result<BTreeMap<VpcId, End>, Failure>> + Send;

    /// Accepts a pending request, in the accepter's account and Region.
    fn accept(&self, connection: &Connection) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Rejects a pending request, in the accepter's account and Region.
    fn reject(&self, connection: &Connection) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Asks for a connection, in the requester's account and Region, and marks it as created for the VPC that asked. EC2 has no client token
    /// for this: whoever calls holds the claim on the two VPCs. Where the requester has one to the accepter already, EC2 answers with that
    /// (terraform-provider-aws #27750).
    fn create(&self, ends: &Sides<VpcRef>, created_for: &VpcRef) -> impl Future<Output = Result<Created, Failure>> + Send;

    /// Deletes a connection, in the account and Region of one end.
    fn delete(&self, connection: &Connection, side: Side) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What is left of a connection at one end, whether or not it or the VPC still exists: routes over it, and rules with its tag.
    fn leftovers(&self, id: &PcxId, vpc: &VpcRef) -> impl Future<Output = Result<End, Failure>> + Send;

    /// Sets tags of a VPC or a connection.
    fn tag(&self, place: &Place, resource: &str, tags: &Tags) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Removes tags of a VPC.
    fn untag(&self, vpc: &VpcRef, keys: &[&str]) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The connections and VPCs of a place, in one call per page of each. What can't be read is named, and keeps nothing else from being read.
    fn inventory(&self, place: &Place) -> impl Future<Output = Result<Inventory, Failure>> + Send;

    /// The same with what is in some of the VPCs, as far as somebody asks for it, in one call per page of each kind.
    fn look_into(
        &self,
        place: &Place,
        inventory: Inventory,
        vpcs: &BTreeSet<VpcId>,
        scope: &InventoryScope,
    ) -> impl Future<Output = Result<Inventory, Failure>> + Send;

    /// Makes one step in a place. "Already there" is a `Stale` failure: the next look decides whether what is there is what was wanted.
    fn apply(&self, place: &Place, step: &Step) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Every connection that a place shows, in whatever state.
    fn connections(&self, place: &Place) -> impl Future<Output = Result<Vec<ObservedConnection>, Failure>> + Send;

    /// The quotas of a place as Service Quotas tells them; unknown, with the reason, where it does not.
    fn quotas(&self, place: &Place) -> impl Future<Output = Result<Fact<Quotas>, Failure>> + Send;

    /// EC2 calls made so far through this value.
    fn calls(&self) -> u64;
}

/// The allowlist table.
pub trait Allowlist: Send + Sync {
    /// The rules that may speak of an accepter's account, read consistently.
    fn rules_for(&self, accepter: &AccountId) -> impl Future<Output = Result<StoredAllowlist, Failure>> + Send;

    /// The names of VPCs.
    fn aliases(&self) -> impl Future<Output = Result<Aliases, Failure>> + Send;

    /// Every item, as the table had it at a moment or later; anew where none is given.
    fn everything(&self, since: Option<Timestamp>) -> impl Future<Output = Result<Arc<Vec<Stored>>, Failure>> + Send;
}

/// What whoever takes a lease finds, and leaves for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lease {
    /// When the look began that left nothing to do, if the last one did.
    pub looked_at: Option<Timestamp>,
    /// When each function that waits for something of the connection looks again: one message of its queue comes then.
    pub waits_until: BTreeMap<Recipient, Timestamp>,
}

/// Who works on a connection at the moment.
pub trait Leases: Send + Sync {
    /// Takes the lease of a connection until a moment; none where somebody else has it. One that is over is taken over.
    fn lease(
        &self,
        id: &PcxId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Option<Lease>, Failure>> + Send;

    /// Gives a lease back, if it is still the holder's, with what the next one is to find.
    fn release(&self, id: &PcxId, holder: &str, left: &Lease) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Who creates, or has created, the connection of two VPCs.
pub trait Claims: Send + Sync {
    /// The claims on a VPC and others.
    fn claims_of(&self, vpc: &VpcRef) -> impl Future<Output = Result<Vec<Claim>, Failure>> + Send;

    /// Claims two VPCs; false where somebody else has them. A claim that is over and led to no connection is taken over.
    fn claim(&self, claim: &Claim, now: Timestamp) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Writes down the connection that came of a claim; `Stale` if the claim is no longer the holder's.
    fn settle_claim(&self, claim: &Claim) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Gives a claim up, as it was read.
    fn drop_claim(&self, claim: &Claim) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Routes that requests will make which are about to be accepted.
pub trait Reservations: Send + Sync {
    /// Those noted beside a VPC.
    fn reservations(&self, vpc: &VpcRef) -> impl Future<Output = Result<VpcReservations, Failure>> + Send;

    /// Writes those of two VPCs together; false where somebody else wrote either since they were read.
    fn reserve(&self, vpcs: &Sides<VpcRef>, noted: &Sides<VpcReservations>) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// Which VPCs belong to which mesh, as their tags said when they were last read.
pub trait Meshes: Send + Sync {
    /// The mesh that a VPC belonged to.
    fn mesh_of(&self, vpc: &VpcRef) -> impl Future<Output = Result<Option<MeshName>, Failure>> + Send;

    /// The VPCs of a mesh.
    fn mesh(&self, name: &MeshName) -> impl Future<Output = Result<BTreeSet<VpcRef>, Failure>> + Send;

    /// A VPC joins a mesh, or leaves the one it belonged to.
    fn set_mesh(&self, vpc: &VpcRef, before: Option<&MeshName>, now: Option<&MeshName>)
    -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Answers that AWS did not let us write on the tags of VPCs.
pub trait Answers: Send + Sync {
    /// What was refused of a VPC's last answers, if anything.
    fn answer_refusal(&self, vpc: &VpcRef) -> impl Future<Output = Result<Option<Refusal>, Failure>> + Send;

    /// Writes down that an answer was refused, or that it is given by now.
    fn note_answer_refusal(&self, vpc: &VpcRef, refusal: Option<&Refusal>) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What persons have frozen: nothing is changed there. Functions read it.
pub trait Freezes: Send + Sync {
    /// Who stopped everything, and who froze a connection, if somebody did; read consistently.
    fn stops(&self, connection: Option<&PcxId>) -> impl Future<Output = Result<Stops, Failure>> + Send;

    /// The connections that persons froze one by one, and why.
    fn frozen(&self) -> impl Future<Output = Result<BTreeMap<PcxId, Stop>, Failure>> + Send;

    /// Freezes, or thaws where no stop is given, and adds a line of history; `Stale` where it is so already.
    fn set_stop(&self, scope: &Scope, stop: Option<&Stop>, change: &Change) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What persons decided about connections. Functions read it.
pub trait Decisions: Send + Sync {
    /// Every decision about a connection, read consistently.
    fn decisions(&self, id: &PcxId) -> impl Future<Output = Result<ManualDecisions, Failure>> + Send;

    /// Adds a decision to those that were read, and a line of history; `Stale` where somebody else decided or wrote the entry since.
    fn decide(
        &self,
        entry: &Entry,
        before: &ManualDecisions,
        decision: &ManualDecision,
        change: &Change,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a history tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryOf {
    /// A connection.
    Connection(PcxId),
    /// The stop of everything.
    Stop,
    /// The allowlist.
    Allowlist,
}

/// What happened. People read it, and no function does.
pub trait History: Send + Sync {
    /// What happened since a moment, oldest first, with all details.
    fn history(&self, of: &HistoryOf, since: Option<Timestamp>) -> impl Future<Output = Result<Vec<Change>, Failure>> + Send;
}

/// Who changed the allowlist.
pub trait AllowlistHistory: Send + Sync {
    /// Tells a change and adds it to the history, unless it is there already.
    fn note_allowlist_change(&self, change: &AllowlistChange) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Whether we are let in where we look.
pub trait Members: Send + Sync {
    /// Writes down whether the role of a place could be assumed, and why not; true where that is news.
    fn note_member(&self, place: &Place, refusal: Option<&str>, now: Timestamp) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// When a sweep of all places began last.
    fn last_sweep(&self) -> impl Future<Output = Result<Option<Timestamp>, Failure>> + Send;

    /// Writes down when one begins.
    fn note_sweep(&self, began: Timestamp) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The places where nothing concerned us when they were looked at last.
pub trait QuietPlaces: Send + Sync {
    /// All of them.
    fn quiet_places(&self) -> impl Future<Output = Result<BTreeMap<Place, Quiet>, Failure>> + Send;

    /// Writes down that a place is one, unless something happened there since that [the look](Quiet::certain_until) may not show.
    fn note_quiet(&self, place: &Place, quiet: &Quiet) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Something concerns us in a place, which is one no longer. Of a place that never was one nothing is written. The first entry of a connection does
    /// the same for both ends, wherever they are.
    fn note_busy(&self, place: &Place, at: Timestamp) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Entries of many connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    /// Those that could be read.
    pub read: Vec<Entry>,
    /// The connections whose entries could not be.
    pub unreadable: BTreeSet<PcxId>,
}

/// The ledger of connections, and what else has to be agreed on.
pub trait Ledger:
    Leases + Claims + Reservations + Meshes + Members + QuietPlaces + Answers + Freezes + Decisions + History + AllowlistHistory
{
    /// The current entry of a connection.
    fn load(&self, id: &PcxId) -> impl Future<Output = Result<Option<Entry>, Failure>> + Send;

    /// Writes the entry and one line of history, unless somebody else wrote it since it was loaded (class `Stale`).
    fn save(&self, entry: &Entry, change: &Change) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The connections that may have something of ours in a place.
    fn connections_in(&self, place: &Place) -> impl Future<Output = Result<BTreeSet<PcxId>, Failure>> + Send;

    /// The current entries of many connections; those that have none are left out.
    fn load_all(&self, ids: &BTreeSet<PcxId>) -> impl Future<Output = Result<Entries, Failure>> + Send;

    /// The entry of every connection that there ever was. It reads the whole table, history and all: for a person who asks for ended ones.
    fn load_every(&self) -> impl Future<Output = Result<Entries, Failure>> + Send;
}

/// Time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Lets time pass.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Which implementations stand behind the ports: AWS's in a function, fakes in tests.
pub trait Backend {
    /// EC2.
    type Cloud: Cloud;
    /// The allowlist.
    type Allowlist: Allowlist;
    /// The ledger.
    type Ledger: Ledger;
    /// Time.
    type Clock: Clock;
}

/// Everything the engine needs, for one hint.
pub struct Ports<B: Backend> {
    /// EC2.
    pub cloud: B::Cloud,
    /// The allowlist.
    pub allowlist: B::Allowlist,
    /// The ledger.
    pub ledger: B::Ledger,
    /// Time.
    pub clock: B::Clock,
    /// Who works: a name of its own for every run.
    pub holder: String,
    /// What woke it: written down beside what came of it.
    pub cause: Cause,
    /// How often the message that woke it came again because nothing was ready; none where no message comes again, as for a person who calls.
    pub waits: Option<u32>,
    /// Whether anything may be changed at all.
    pub freeze: Freeze,
    /// When the run must be over: what is left then is left to the next one.
    pub deadline: Timestamp,
}

impl<B: Backend> Ports<B> {
    /// True where no further step may begin.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.clock.now() >= self.deadline
    }
}
