//! Who changed what of the allowlist, named by the record of the table's stream.

use peerwright_core::allowlist::AllowlistChange;
use peerwright_engine::allowlist_history::line;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::outcome_event::allowlist_event;
use peerwright_engine::ports::AllowlistHistory;

use super::LedgerTable;

/// Whose history it is.
pub(super) const ALLOWLIST: &str = "allowlist";

impl AllowlistHistory for LedgerTable {
    /// The event comes first: one that comes twice is better than one that never does.
    async fn note_allowlist_change(&self, change: &AllowlistChange) -> Result<(), Failure> {
        if let Some(bus) = &self.bus {
            bus.publish(&allowlist_event(change)).await?;
        }
        let parts = self.history(ALLOWLIST, &line(change), &change.sequence)?;
        match self.transact("a change of the allowlist", parts).await {
            Err(failure) if failure.class == Class::Stale => Ok(()),
            written => written,
        }
    }
}
