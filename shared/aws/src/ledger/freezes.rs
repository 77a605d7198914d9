//! What persons have frozen: an item as long as that is so, in partitions in which no function writes.
//!
//! ```text
//! freeze#everything    current   the fields of `Stop`
//! freeze#pcx-…         current   the same
//! freeze#connections   pcx-…     the same once more, so that one query finds every frozen connection
//! ```

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::Change;
use peerwright_engine::failure::Failure;
use peerwright_engine::freeze::{Scope, Stop, Stops};
use peerwright_engine::ports::Freezes;

use super::history::BY_HAND;
use super::{CURRENT, LedgerTable, PARTITION, SORT, key, keyed, names};
use crate::attribute::{Item, text};

/// All frozen connections.
const CONNECTIONS: &str = "freeze#connections";

fn partition(scope: &Scope) -> String {
    format!("freeze#{scope}")
}

impl Freezes for LedgerTable {
    /// Both in one call.
    async fn stops(&self, connection: Option<&PcxId>) -> Result<Stops, Failure> {
        let connection = connection.map(|id| Scope::Connection(id.clone()));
        let scopes = std::iter::once(&Scope::Everything).chain(&connection);
        let items = self.read_all(scopes.map(|scope| key(&partition(scope), CURRENT)).collect()).await?;
        let of = |scope: &Scope| items.iter().find(|item| text(item, PARTITION) == partition(scope)).map(read);
        Ok(Stops { everything: of(&Scope::Everything), connection: connection.as_ref().and_then(of) })
    }

    async fn frozen(&self) -> Result<BTreeMap<PcxId, Stop>, Failure> {
        let items = self.partition(CONNECTIONS, "").await?;
        Ok(items.iter().filter_map(|item| Some((text(item, SORT).parse().ok()?, read(item)))).collect())
    }

    async fn set_stop(&self, scope: &Scope, stop: Option<&Stop>, change: &Change) -> Result<(), Failure> {
        let partition = partition(scope);
        let written =
            |partition: &str, sort: &str, stop: &Stop| keyed(stop, partition, sort).map_err(|error| self.unreadable(partition, error));
        let mut parts = vec![match stop {
            Some(stop) => self.new_item(written(&partition, CURRENT, stop)?),
            None => self.removal(&partition, CURRENT, Some(there())),
        }];
        if let Scope::Connection(id) = scope {
            parts.push(match stop {
                Some(stop) => Self::part(self.put(written(CONNECTIONS, id.as_str(), stop)?)),
                None => self.removal(CONNECTIONS, id.as_str(), None),
            });
        }
        parts.extend(self.history(&scope.to_string(), change, BY_HAND)?);
        self.transact(&partition, parts).await
    }
}

/// Whose item it is says that something is frozen. What else it says is for people: where that can't be read, it is frozen all the same, and can be thawed.
fn read(item: &Item) -> Stop {
    let said = |name: &str, unknown: &str| Some(text(item, name)).filter(|text| !text.is_empty()).unwrap_or_else(|| unknown.to_owned());
    Stop {
        by: said("by", "somebody whose name can't be read"),
        at: text(item, "at").parse().unwrap_or(Timestamp::UNIX_EPOCH),
        reason: said("reason", "the reason can't be read"),
    }
}

/// The condition that an item is there.
fn there() -> (&'static str, HashMap<String, String>, Item) {
    ("attribute_exists(#entry)", names(&[SORT]), Item::new())
}
