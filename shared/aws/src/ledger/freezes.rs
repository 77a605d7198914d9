//! What persons have frozen: an item as long as that is so, in partitions in which no function writes.
//!
//! ```text
//! freeze#everything   current   the fields of `Stop`
//! freeze#pcx-…        current   the same
//! ```

use std::collections::HashMap;

use peerwright_core::ids::PcxId;
use peerwright_engine::entry::Change;
use peerwright_engine::failure::Failure;
use peerwright_engine::freeze::{Scope, Stop, Stops};
use peerwright_engine::ports::Freezes;

use super::history::BY_HAND;
use super::{CURRENT, LedgerTable, PARTITION, SORT, fields, key, keyed, names};
use crate::attribute::{Item, text};

fn partition(scope: &Scope) -> String {
    format!("freeze#{scope}")
}

impl Freezes for LedgerTable {
    /// Both in one call.
    async fn stops(&self, connection: Option<&PcxId>) -> Result<Stops, Failure> {
        let connection = connection.map(|id| Scope::Connection(id.clone()));
        let scopes = std::iter::once(&Scope::Everything).chain(&connection);
        let items = self.read_all(scopes.map(|scope| key(&partition(scope), CURRENT)).collect()).await?;
        let of = |scope: &Scope| {
            let item = items.iter().find(|item| text(item, PARTITION) == partition(scope))?;
            Some(serde_json::from_value(fields(item)).map_err(|error| self.unreadable(&partition(scope), error)))
        };
        Ok(Stops { everything: of(&Scope::Everything).transpose()?, connection: connection.as_ref().and_then(of).transpose()? })
    }

    async fn set_stop(&self, scope: &Scope, stop: Option<&Stop>, change: &Change) -> Result<(), Failure> {
        let partition = partition(scope);
        let current = match stop {
            Some(stop) => self.new_item(keyed(stop, &partition, CURRENT).map_err(|error| self.unreadable(&partition, error))?),
            None => self.removal(&partition, CURRENT, Some(there())),
        };
        let mut parts = vec![current];
        parts.extend(self.history(&scope.to_string(), change, BY_HAND)?);
        self.transact(&partition, parts).await
    }
}

/// The condition that an item is there.
fn there() -> (&'static str, HashMap<String, String>, Item) {
    ("attribute_exists(#entry)", names(&[SORT]), Item::new())
}
