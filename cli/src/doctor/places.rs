//! Which places are looked at: those that sweeps look at.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use peerwright_core::doctor::hub::Facts;
use peerwright_core::ids::{AccountId, Place, Region};
use peerwright_engine::ports::Organization as _;

use crate::output::explained;
use crate::session::Session;

/// The places of these accounts, or all.
pub(super) async fn chosen(session: &Session, facts: &Facts, accounts: &[AccountId]) -> Result<Vec<Place>> {
    let mut places = named(session).await?;
    let regions = regions(facts);
    if !regions.is_empty() {
        let of_organization = session.ports().await?.cloud.accounts().await.map_err(explained)?;
        places.extend(of_organization.iter().flat_map(|account| {
            regions.iter().map(|region| Place { account: account.clone(), region: region.clone() })
        }));
    }
    if !accounts.is_empty() {
        places.retain(|place| accounts.contains(&place.account));
    }
    let unswept: Vec<&str> = accounts.iter().filter(|account| !places.iter().any(|place| place.account == **account)).map(AccountId::as_str).collect();
    if !unswept.is_empty() {
        bail!("no place of {} is swept: name places by `peerwright members add`, or correct the account", unswept.join(", "));
    }
    if places.is_empty() {
        bail!("no place is swept: name places by `peerwright members add` or `peerwright members apply`");
    }
    Ok(places.into_iter().collect())
}

async fn named(session: &Session) -> Result<BTreeSet<Place>> {
    let items = session.allowlist().await.member_items().await.map_err(explained)?;
    Ok(items.iter().filter_map(|item| item.id.parse().ok()).collect())
}

/// The stack's parameter `MemberRegions`.
fn regions(facts: &Facts) -> BTreeSet<Region> {
    let hub = facts.parts.iter().find(|part| part.file == "hub").and_then(|part| part.stack.known());
    let list = hub.and_then(|stack| stack.parameters.get("MemberRegions"));
    list.iter().flat_map(|list| list.split(',')).filter_map(|word| word.trim().parse().ok()).collect()
}
