//! Which places are looked at: those that sweeps look at.

use anyhow::{Result, bail};
use peerwright_core::ids::{AccountId, Place};

use crate::output::explained;
use crate::session::Session;

/// The swept places of these accounts, or all.
pub(super) async fn chosen(session: &Session, accounts: &[AccountId]) -> Result<Vec<Place>> {
    let ports = session.ports().await?;
    let items = ports.allowlist.member_items().await.map_err(explained)?;
    let swept = session.places_of(&items, &ports).await?;
    let mut places = swept.all();
    if let Some(failure) = swept.untold {
        return Err(explained(failure));
    }
    if !accounts.is_empty() {
        places.retain(|place| accounts.contains(&place.account));
    }
    let is_swept = |account: &AccountId| places.iter().any(|place| place.account == *account);
    let unswept: Vec<&str> = accounts.iter().filter(|account| !is_swept(account)).map(AccountId::as_str).collect();
    if !unswept.is_empty() {
        bail!("no place of {} is swept: name places by `peerwright members add`, or correct the account", unswept.join(", "));
    }
    if places.is_empty() {
        bail!("no place is swept: name places by `peerwright members add` or `peerwright members apply`");
    }
    Ok(places.into_iter().collect())
}
