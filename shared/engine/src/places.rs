//! The places that a look at everything goes to.

use std::collections::BTreeSet;

use peerwright_core::allowlist::{Stored, members};
use peerwright_core::ids::{AccountId, Place, Region};

use crate::failure::Failure;
use crate::ports::{Backend, Organization, Ports};

/// Places, and why some of them are missing.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Those that are known.
    pub(crate) known: BTreeSet<Place>,
    /// Why the organization did not tell its accounts.
    pub(crate) untold: Option<Failure>,
}

/// The places that the allowlist's table names, and these Regions of every account of the organization, which is not asked where there are none.
pub(crate) async fn places<B: Backend>(items: &[Stored], regions: &BTreeSet<Region>, ports: &Ports<B>) -> Places {
    let mut places = Places { known: members(items), untold: None };
    if regions.is_empty() {
        return places;
    }
    match ports.cloud.accounts().await {
        Ok(accounts) => places.known.extend(accounts.iter().flat_map(|account| in_each(account, regions))),
        Err(failure) => places.untold = Some(failure),
    }
    places
}

/// The places of an account.
fn in_each(account: &AccountId, regions: &BTreeSet<Region>) -> impl Iterator<Item = Place> {
    regions.iter().map(|region| Place { account: account.clone(), region: region.clone() })
}
