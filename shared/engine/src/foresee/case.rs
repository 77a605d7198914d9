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
        let shown = seen.connections();
        let mut entries: BTreeMap<_, &'c Entry> = living.iter().map(|entry| (&entry.connection, *entry)).collect();
        let mut cases = Vec::new();
        for (id, peering) in shown {
            cases.push(Self { peering, entry: entries.remove(id), vpcs: seen.facts(peering) });
        }
        for (id, entry) in entries {
            // One that has ended is shown for a while, and is cleaned up whatever rules say.
            if seen.connection(id, &entry.ends).is_none() {
                unseen.insert(format!("{id}: neither {} nor {} shows it", entry.ends.requester.place, entry.ends.accepter.place));
            }
        }
        cases
    }
}
