//! One connection that exists, with what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::ids::Sides;
use peerwright_core::world::{ObservedConnection, VpcFacts};

use super::seen::Seen;
use crate::entry::Entry;

/// A connection with what is known of it.
pub(super) struct Case<'c> {
    pub(super) peering: &'c ObservedConnection,
    pub(super) entry: Option<&'c Entry>,
    pub(super) vpcs: Sides<VpcFacts>,
}

impl<'c> Case<'c> {
    /// Every connection that the ledger knows, or a place that was read shows. One that nobody shows is named.
    pub(super) fn all(living: &[&'c Entry], seen: &'c Seen, unseen: &mut BTreeSet<String>) -> Vec<Self> {
        let mut entries: BTreeMap<_, &'c Entry> = living.iter().map(|entry| (&entry.connection, *entry)).collect();
        let mut cases = Vec::new();
        for peering in seen.connections() {
            cases.push(Self { peering, entry: entries.remove(&peering.connection.id), vpcs: seen.facts(peering) });
        }
        for (id, entry) in entries {
            let places = [&entry.ends.requester.place, &entry.ends.accepter.place];
            // Where both could be read it has ended, and what is left of it goes, whatever rules say.
            if !places.into_iter().all(|place| seen.is_read(place)) {
                unseen.insert(format!("{id}: neither {} nor {} shows it", places[0], places[1]));
            }
        }
        cases
    }
}
