//! The places that are looked at: those that the allowlist's table names, and those of the stack.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::{Stored, members};
use peerwright_core::ids::{AccountId, Place, Region};

use crate::failure::Failure;
use crate::ports::{Backend, Organization, Ports};

/// Places, by who names them.
#[derive(Debug, Default)]
pub struct Places {
    /// The allowlist's table does.
    pub named: BTreeSet<Place>,
    /// The stack's parameter `MemberRegions` names their Regions, and the organization their accounts.
    pub of_stack: BTreeSet<Place>,
    /// The names of the organization's accounts, where it was asked.
    pub names: BTreeMap<AccountId, String>,
    /// The organization did not tell its accounts.
    pub untold: Option<Failure>,
}

impl Places {
    /// All of them.
    pub fn all(&self) -> BTreeSet<Place> {
        self.named.union(&self.of_stack).cloned().collect()
    }
}

/// Those that these items name, and these Regions of every account of the organization, which is not asked where there are none.
pub async fn places<B: Backend>(items: &[Stored], regions: &BTreeSet<Region>, ports: &Ports<B>) -> Places {
    let mut places = Places { named: members(items), ..Places::default() };
    if regions.is_empty() {
        return places;
    }
    match ports.cloud.accounts().await {
        Ok(accounts) => {
            let in_each = |account| regions.iter().map(move |region| Place { account: Clone::clone(account), region: region.clone() });
            places.of_stack = accounts.keys().flat_map(in_each).collect();
            places.names = accounts;
        }
        Err(failure) => places.untold = Some(failure),
    }
    places
}
