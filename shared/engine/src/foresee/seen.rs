//! The places as EC2 shows them: read once, and together.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::inventory::Inventory;
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, ObservedConnection, VpcFacts};

use crate::failure::{Failure, unless_shut_out};
use crate::observe::vpc::{not_there, shown_facts};
use crate::peerings::Listings;
use crate::ports::Cloud;

/// How many places, or connections, are read at once.
pub(super) const AT_ONCE: usize = 16;

/// Who is told how far it is: a person waits.
pub trait Progress {
    /// So many of so many places are read.
    fn places(&self, read: usize, of: usize);

    /// Of so many of so many connections it is known what becomes of them.
    fn connections(&self, known: usize, of: usize);
}

/// Nobody waits.
impl Progress for () {
    fn places(&self, _: usize, _: usize) {}

    fn connections(&self, _: usize, _: usize) {}
}

/// What places show.
pub(super) struct Seen {
    inventories: BTreeMap<Place, Fact<Inventory>>,
    /// The connections that have not ended, as the accepter's place shows each, or the requester's where that one does not.
    connections: BTreeMap<PcxId, ObservedConnection>,
}

impl Seen {
    /// Reads places.
    pub(super) async fn of<C: Cloud>(places: BTreeSet<Place>, progress: &impl Progress, cloud: &C) -> Result<Self, Failure> {
        let all = places.len();
        let mut reading = stream::iter(places)
            .map(async |place| Ok((unless_shut_out(cloud.inventory(&place).await, &place)?, place)))
            .buffer_unordered(AT_ONCE);
        let mut inventories = BTreeMap::new();
        while let Some((inventory, place)) = reading.try_next().await? {
            inventories.insert(place, inventory);
            progress.places(inventories.len(), all);
        }
        let mut connections: BTreeMap<PcxId, ObservedConnection> = BTreeMap::new();
        let shown = inventories.iter().filter_map(|(place, inventory)| Some((place, inventory.known()?)));
        for (place, peering) in shown.flat_map(|(place, inventory)| inventory.connections.iter().map(move |peering| (place, peering))) {
            let connection = &peering.connection;
            if !connection.state.has_ended() && (connection.ends.accepter.place == *place || !connections.contains_key(&connection.id)) {
                connections.insert(connection.id.clone(), peering.clone());
            }
        }
        Ok(Self { inventories, connections })
    }

    fn known(&self, place: &Place) -> Option<&Inventory> {
        self.inventories.get(place).and_then(Fact::known)
    }

    /// True for a place that could be read.
    pub(super) fn is_read(&self, place: &Place) -> bool {
        self.known(place).is_some()
    }

    /// The places that could be read.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Place, &Inventory)> {
        self.inventories.iter().filter_map(|(place, inventory)| Some((place, inventory.known()?)))
    }

    /// Why places could not be read.
    pub(super) fn shut_out(&self) -> BTreeSet<String> {
        let why = |(place, inventory): (&Place, &Fact<Inventory>)| match inventory {
            Fact::Unknown(why) if why.contains(&place.to_string()) => Some(why.clone()),
            Fact::Unknown(why) => Some(format!("{place}: {why}")),
            Fact::Known(_) => None,
        };
        self.inventories.iter().filter_map(why).collect()
    }

    /// Every connection that is shown and has not ended, once each.
    pub(super) fn connections(&self) -> impl Iterator<Item = &ObservedConnection> {
        self.connections.values()
    }

    /// What rules may ask about both VPCs. Where somebody does not let us in, what the connection shows has to do, as it has for the functions.
    pub(super) fn facts(&self, peering: &ObservedConnection) -> Sides<VpcFacts> {
        Sides::each(|side| self.end(peering, side))
    }

    fn end(&self, peering: &ObservedConnection, side: Side) -> VpcFacts {
        let vpc = peering.connection.ends.of(side);
        let why = match self.inventories.get(&vpc.place) {
            Some(Fact::Unknown(why)) => why.clone(),
            _ => not_there(vpc),
        };
        self.vpc(vpc).unwrap_or_else(|| shown_facts(peering, side, why))
    }

    /// What rules may ask about a VPC, where it is there.
    pub(super) fn vpc(&self, vpc: &VpcRef) -> Option<VpcFacts> {
        let inventory = self.known(&vpc.place)?;
        let facts = |owner, cidrs, tags| VpcFacts { vpc: vpc.clone(), owner, cidrs, tags, units: Fact::Unknown(NOT_ASKED.to_owned()) };
        if let Some(found) = inventory.vpcs.get(&vpc.vpc) {
            return Some(facts(vpc.place.account.clone(), Fact::Known(found.cidrs.clone()), Fact::Known(found.tags.clone())));
        }
        let shared = inventory.shared_vpcs.get(&vpc.vpc)?;
        let unknown = format!("{vpc} belongs to {}", shared.owner);
        Some(facts(shared.owner.clone(), Fact::Unknown(unknown.clone()), Fact::Unknown(unknown)))
    }

    /// The connections of each place, as the checks before an acceptance take them.
    pub(super) fn listings(&self) -> Listings {
        self.places().map(|(place, inventory)| (place.clone(), inventory.connections.clone())).collect()
    }
}
