//! What is known of a place while it is swept, and how much of it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use peerwright_core::allowlist::{Aliases, Rule, Stored, StoredAllowlist};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{AccountId, PcxId, Place, Side, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_core::world::{Connection, ObservedConnection, PeeringState};

use crate::entry::Entry;

/// What is known of a place while it is looked at.
pub(super) struct SweptPlace {
    /// The place.
    pub(super) place: Place,
    /// When EC2 was asked.
    pub(super) asked_at: Timestamp,
    /// What EC2 shows of it.
    pub(super) inventory: Inventory,
    /// What the ledger has of its connections.
    pub(super) entries: BTreeMap<PcxId, Entry>,
    /// The connections whose entries can't be read.
    pub(super) unreadable: BTreeSet<PcxId>,
    /// The names of VPCs.
    pub(super) aliases: Aliases,
    /// The whole allowlist table.
    pub(super) items: Arc<Vec<Stored>>,
    /// What the table says of each account that accepts.
    pub(super) allowlists: BTreeMap<AccountId, StoredAllowlist>,
}

impl SweptPlace {
    /// What of a connection can't be read, which keeps nothing else of the place from being looked at.
    pub(super) fn unreadable_about(&self, peering: &ObservedConnection) -> Option<String> {
        let Connection { id, ends, .. } = &peering.connection;
        if self.unreadable.contains(id) {
            return Some(format!("the ledger's entry of {id} can't be read"));
        }
        let unreadable = |end: &&VpcRef| end.place == self.place && self.inventory.unreadable_vpcs.contains(&end.vpc);
        let end = ends.iter().map(|(_, end)| end).find(unreadable)?;
        Some(format!("something in {end} can't be read"))
    }

    /// What the table says of an accepter's account.
    pub(super) fn allowlist(&mut self, accepter: &AccountId) -> &StoredAllowlist {
        let items = self.items.as_slice();
        self.allowlists.entry(accepter.clone()).or_insert_with(|| StoredAllowlist::of_account(items, accepter))
    }
}

/// The VPCs at whose ends something of ours may be: those of living connections that the ledger knows.
pub(super) fn concerned(place: &Place, inventory: &Inventory, entries: &BTreeMap<PcxId, Entry>) -> BTreeSet<VpcId> {
    let active = inventory.connections.iter().map(|peering| &peering.connection).filter(|found| found.state == PeeringState::Active);
    let ours = active.filter(|found| entries.get(&found.id).is_some_and(|entry| !entry.is_over()));
    let ends = ours.flat_map(|found| found.ends.iter()).filter(|(_, end)| end.place == *place);
    ends.map(|(_, end)| end.vpc.clone()).collect()
}

/// No more is read than the rules ask for, or what we made.
pub(super) fn scope(items: &[Stored]) -> InventoryScope {
    let rules: Vec<Rule> = StoredAllowlist::read(items).rules.into_iter().flatten().collect();
    let desired = Desired::of(&rules);
    let mut scope = InventoryScope { groups: true, ..InventoryScope::default() };
    for side in Side::BOTH {
        let end = desired.ends.of(side);
        scope.prefix_lists_in_use |= !end.routes.is_empty();
        scope.subnets |= end.chooses_by_subnets();
        scope.prefix_lists.extend(end.prefix_lists().cloned());
    }
    scope
}
