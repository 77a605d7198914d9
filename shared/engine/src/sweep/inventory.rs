//! What is known of a place while it is swept, and how much of it is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use peerwright_core::allowlist::{Aliases, Rule, Stored, StoredAllowlist};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{AccountId, PcxId, Place, Side};
use peerwright_core::inventory::{Inventory, InventoryScope};

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
    /// The names of VPCs.
    pub(super) aliases: Aliases,
    /// The whole allowlist table.
    pub(super) items: Vec<Stored>,
    /// What the table says of each account that accepts.
    pub(super) allowlists: BTreeMap<AccountId, StoredAllowlist>,
}

impl SweptPlace {
    /// What the table says of an accepter's account.
    pub(super) fn allowlist(&mut self, accepter: &AccountId) -> &StoredAllowlist {
        let items = &self.items;
        self.allowlists.entry(accepter.clone()).or_insert_with(|| StoredAllowlist::of_account(items, accepter))
    }
}

/// No more is read than the rules ask for, or what we made.
pub(super) fn scope(items: &[Stored], something_of_ours: bool) -> InventoryScope {
    let rules: Vec<Rule> = StoredAllowlist::read(items).rules.into_iter().flatten().collect();
    let desired = Desired::of(&rules);
    let mut scope = InventoryScope { groups: something_of_ours, ..InventoryScope::default() };
    for side in Side::BOTH {
        let end = desired.ends.of(side);
        scope.groups |= !end.groups.is_empty();
        scope.prefix_lists_in_use |= !end.routes.is_empty();
        scope.subnets |= end.chooses_by_subnets();
        scope.prefix_lists.extend(end.prefix_lists().cloned());
    }
    scope
}
