//! An event of a place ends its quiet: what it leads to may stay undone, and only a sweep would find that.

use peerwright_core::ids::Place;

use crate::failure::Failure;
use crate::ports::{Backend, Clock, Ports, QuietPlaces};

/// Writes down that something concerns us in places.
pub(crate) async fn stir<'p, B: Backend>(places: impl IntoIterator<Item = &'p Place>, ports: &Ports<B>) -> Result<(), Failure> {
    for place in places {
        ports.ledger.note_busy(place, ports.clock.now()).await?;
    }
    Ok(())
}
