//! The network as Describe and the ledger see it, all places together: reads only.

mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use peerwright_core::allowlist::{Aliases, Stored, StoredAllowlist};
use peerwright_core::ids::{AccountId, PcxId, Place, Region, Side, Sides, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope, InventoryVpc};
use peerwright_core::world::{Connection, ObservedConnection, PeeringState};

use crate::entry::{Change, Entry};
use crate::failure::Failure;
use crate::places::places;
use crate::ports::{Allowlist, Backend, Clock, Cloud, History, HistoryOf, Ledger, Organization, Ports};

pub use standing::Standing;

/// How many places are read at once: each costs some calls in an account of its own, and roles of a thousand places would take a quarter of an hour one by
/// one.
const AT_ONCE: usize = 16;

/// What was seen, at one moment.
#[derive(Debug, Clone)]
pub struct Network {
    /// When it was looked at.
    pub at: Timestamp,
    /// What each place shows; why not, where it could not be read.
    pub places: BTreeMap<Place, Result<Inventory, String>>,
    /// Every connection that a place shows, or that the ledger still has in one.
    pub connections: BTreeMap<PcxId, Sighting>,
    /// What else could not be read, and why: it is missing above.
    pub unread: BTreeMap<String, String>,
    /// The names of accounts in the organization, as far as it tells them.
    pub names: BTreeMap<AccountId, String>,
    /// The names of VPCs.
    pub aliases: Aliases,
    /// The whole allowlist table.
    pub items: Arc<Vec<Stored>>,
}

/// A connection, as the places of both ends and the ledger have it.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Its state in EC2, its ends, and AWS's sentence about it.
    pub connection: Connection,
    /// Its blocks, its DNS options and the like, as each place shows them.
    pub shown: Vec<ObservedConnection>,
    /// What the ledger knows of it.
    pub entry: Option<Entry>,
    /// No place shows it, and one of its own could not be read.
    pub hidden: bool,
}

impl Sighting {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        if self.hidden {
            return Standing::Unknown;
        }
        Standing::of(&self.connection.state, self.entry.as_ref().map(|entry| &entry.status))
    }

    /// The one reason that counts, where it does not simply work.
    pub fn reason(&self) -> Option<String> {
        let remembered = self.entry.iter().find_map(|entry| entry.reasons.first().cloned());
        let said = Some(self.connection.message.clone()).filter(|message| !message.is_empty());
        match self.standing() {
            Standing::Working => None,
            Standing::Unmanaged => Some("the ledger does not know it".to_owned()),
            Standing::Unknown => Some(format!("no place that would show it could be read{}", self.remembered_word())),
            Standing::Ended => remembered.or(said).or_else(|| Some(format!("it is {}", self.connection.state))),
            _ => remembered.or(said),
        }
    }

    fn remembered_word(&self) -> String {
        self.entry.as_ref().map(|entry| format!("; when the ledger's entry was written it was {}", entry.status)).unwrap_or_default()
    }

    /// Whether an end lets the other resolve its DNS names to private addresses, as its own place tells.
    pub fn dns_resolution(&self, side: Side) -> Option<bool> {
        self.shown.iter().find_map(|shown| *shown.dns_resolution.of(side))
    }

    /// The blocks of an end as the connection shows them.
    pub fn blocks(&self, side: Side) -> Vec<String> {
        let shown = self.shown.iter().map(|shown| shown.cidrs.of(side)).find(|blocks| blocks.iter().next().is_some());
        shown.map(|blocks| blocks.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }
}

impl Network {
    /// Why no place at all could be read, where that is so: one reason, and how many places have it or another.
    pub fn nothing_read(&self) -> Option<(&str, usize)> {
        let mut reasons = self.places.values().map(|read| read.as_ref().err());
        let first = self.places.values().find_map(|read| read.as_ref().err())?;
        reasons.all(|why| why.is_some()).then_some((first.as_str(), self.places.len()))
    }

    /// A VPC, where its place was read.
    pub fn vpc(&self, vpc: &VpcRef) -> Option<&InventoryVpc> {
        self.places.get(&vpc.place)?.as_ref().ok()?.vpcs.get(&vpc.vpc)
    }
}

/// Reads the network: the places that the allowlist's table names, these Regions of every account of the organization, and wherever these lead. `look_done`
/// hears how many of how many places have been read. What can't be read is told and stops nothing else.
pub async fn look<B: Backend>(regions: &BTreeSet<Region>, look_done: impl Fn(usize, usize), ports: &Ports<B>) -> Result<Network, Failure> {
    let at = ports.clock.now();
    let items = ports.allowlist.everything(None).await?;
    let found = places(&items, regions, ports).await;
    let places = found.all();
    let untold = found.untold.map(|failure| ("accounts of the organization".to_owned(), failure.explain_final()));
    let names = if regions.is_empty() {
        // Names are a help, and no reason to complain.
        ports.cloud.accounts().await.unwrap_or_default()
    } else {
        found.names
    };
    let mut network = Network {
        at,
        places: BTreeMap::new(),
        connections: BTreeMap::new(),
        unread: untold.into_iter().collect(),
        names,
        aliases: StoredAllowlist::read(items.iter()).aliases,
        items,
    };
    let known = read_places(&places, &look_done, &mut network, ports).await;
    read_connections(known, &mut network, ports).await?;
    Ok(network)
}

/// What happened to each connection, the latest last. A history that can't be read is told beside what else could not be.
pub async fn histories<B: Backend>(network: &mut Network, ports: &Ports<B>) -> BTreeMap<PcxId, Vec<Change>> {
    let known = network.connections.iter().filter(|(_, found)| found.entry.is_some()).map(|(id, _)| id.clone());
    let read = async |id: PcxId| (ports.ledger.history(&HistoryOf::Connection(id.clone()), None).await, id);
    let mut reading = stream::iter(known.collect::<Vec<_>>().into_iter().map(read)).buffer_unordered(AT_ONCE);
    let mut histories = BTreeMap::new();
    while let Some((history, id)) = reading.next().await {
        match history {
            Ok(changes) => {
                histories.insert(id, changes);
            }
            Err(failure) => {
                network.unread.insert(format!("the history of {id}"), failure.explain_final());
            }
        }
    }
    histories
}

/// Reads all places, and tells which connections the ledger has there.
async fn read_places<B: Backend>(
    places: &BTreeSet<Place>,
    look_done: &impl Fn(usize, usize),
    network: &mut Network,
    ports: &Ports<B>,
) -> BTreeSet<PcxId> {
    let mut known = BTreeSet::new();
    let mut reading = stream::iter(places.iter().map(async |place| (place, read_place(place, ports).await))).buffer_unordered(AT_ONCE);
    let mut done = 0;
    look_done(done, places.len());
    while let Some((place, looked)) = reading.next().await {
        done += 1;
        look_done(done, places.len());
        known.extend(looked.known);
        network.unread.extend(looked.unread);
        network.places.insert(place.clone(), looked.inventory);
    }
    known
}

/// What came of reading a place.
struct Looked {
    inventory: Result<Inventory, String>,
    known: BTreeSet<PcxId>,
    unread: Vec<(String, String)>,
}

async fn read_place<B: Backend>(place: &Place, ports: &Ports<B>) -> Looked {
    let mut unread = Vec::new();
    let known = ports.ledger.connections_in(place).await.unwrap_or_else(|failure| {
        unread.push((format!("what the ledger has of {place}"), failure.explain_final()));
        BTreeSet::new()
    });
    let inventory = match ports.cloud.inventory(place).await {
        Ok(inventory) => inventory,
        Err(failure) => {
            let why = failure.explain_final();
            unread.push((place.to_string(), why.clone()));
            return Looked { inventory: Err(why), known, unread };
        }
    };
    let scope = InventoryScope { groups: true, ..InventoryScope::default() };
    let inventory = match ports.cloud.look_into(place, inventory.clone(), &connected(place, &inventory), &scope).await {
        Ok(inventory) => inventory,
        Err(failure) => {
            unread.push((format!("route tables and groups of {place}"), failure.explain_final()));
            inventory
        }
    };
    let odd = inventory.unreadable_connections.iter().map(ToString::to_string);
    let odd = odd.chain(inventory.unreadable_vpcs.iter().map(|vpc| format!("something in {place}/{vpc}")));
    unread.extend(odd.map(|what| (what, "AWS shows it in a form that this release does not know".to_owned())));
    Looked { inventory: Ok(inventory), known, unread }
}

/// The VPCs of a place in which routes and rules of a connection may be.
fn connected(place: &Place, inventory: &Inventory) -> BTreeSet<VpcId> {
    let active = inventory.connections.iter().map(|peering| &peering.connection).filter(|found| found.state == PeeringState::Active);
    let ends = active.flat_map(|found| found.ends.iter()).filter(|(_, end)| end.place == *place);
    ends.map(|(_, end)| end.vpc.clone()).filter(|vpc| inventory.vpcs.contains_key(vpc)).collect()
}

/// Joins what the places show of each connection with its entry.
async fn read_connections<B: Backend>(known: BTreeSet<PcxId>, network: &mut Network, ports: &Ports<B>) -> Result<(), Failure> {
    let mut shown: BTreeMap<PcxId, Vec<ObservedConnection>> = BTreeMap::new();
    for peering in network.places.values().flatten().flat_map(|inventory| &inventory.connections) {
        shown.entry(peering.connection.id.clone()).or_default().push(peering.clone());
    }
    let ids = shown.keys().cloned().chain(known).collect();
    let entries = ports.ledger.load_all(&ids).await?;
    network.unread.extend(
        entries
            .unreadable
            .iter()
            .map(|id| (format!("the ledger's entry of {id}"), "it is in a form that this release does not know".to_owned())),
    );
    let mut entries: BTreeMap<PcxId, Entry> = entries.read.into_iter().map(|entry| (entry.connection.clone(), entry)).collect();
    for id in ids {
        let (shown, entry) = (shown.remove(&id).unwrap_or_default(), entries.remove(&id));
        let connection = state_of(&shown).or_else(|| entry.as_ref().map(unseen));
        if let Some(connection) = connection {
            let is_unread = |place: &Place| network.places.get(place).is_some_and(Result::is_err);
            let hidden = shown.is_empty() && connection.ends.iter().any(|(_, end)| is_unread(&end.place));
            network.connections.insert(id, Sighting { connection, shown, entry, hidden });
        }
    }
    Ok(())
}

/// As the accepter's place has it, where that was read: the two sides of one connection may lag behind each other.
fn state_of(shown: &[ObservedConnection]) -> Option<Connection> {
    let accepters = shown.iter().find(|shown| shown.shown_in == shown.connection.ends.accepter.place);
    accepters.or(shown.first()).map(|shown| shown.connection.clone())
}

/// A connection that only the ledger tells of: what EC2 has of it is not known.
fn unseen(entry: &Entry) -> Connection {
    Connection {
        id: entry.connection.clone(),
        state: PeeringState::Other("not shown".to_owned()),
        message: String::new(),
        ends: Sides::clone(&entry.ends),
    }
}
