//! Events about what plans are made of, in places where none is made.

use peerwright_core::ids::Place;

use crate::failure::Failure;
use crate::outcome::Report;
use crate::ports::{Backend, Ledger, Ports};

/// What to report where an event tells of tables, subnets or groups in a place without any connection of ours: it costs no call of EC2. Such events are
/// many, and most places have none.
pub(crate) async fn concerns_nobody<B: Backend>(place: &Place, ports: &Ports<B>) -> Result<Option<Report>, Failure> {
    if !ports.cause.rearranged || !ports.ledger.connections_in(place).await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(Report::nothing(format!("{place} has no connection of ours"))))
}
