//! Places where nothing concerns us: the schedule looks at them rarely.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use peerwright_core::allowlist::{Stored, StoredAllowlist};
use peerwright_core::ask::{ASK_TAG, MESH_TAG};
use peerwright_core::ids::Place;
use peerwright_core::quiet::Quiet;
use peerwright_core::strangers::OpenToStrangers;
use peerwright_core::world::{PeeringState, Tags};

use super::inventory::SweptPlace;
use crate::failure::{Failure, chain};
use crate::outcome::Report;
use crate::ports::{Backend, Clock, Ports, QuietPlaces};

/// The places that need no look for a while: nothing concerned us when they were looked at last, what has happened there since is told by events, and no
/// rule lets anybody ask there of whom nobody tells us. None where that can't be read.
pub(super) async fn resting<B: Backend>(places: &BTreeSet<Place>, items: &[Stored], period: Duration, ports: &Ports<B>) -> BTreeSet<Place> {
    let seen = ports.ledger.quiet_places().await.unwrap_or_else(|failure| {
        tracing::warn!("{}; looking everywhere", chain(&failure));
        BTreeMap::new()
    });
    let (now, allowlist) = (ports.clock.now(), StoredAllowlist::read(items));
    let open = OpenToStrangers::of(&allowlist, places, now);
    let rests =
        |place: &&Place| seen.get(*place).is_some_and(|quiet| quiet.rests(place, period, now) && !open.may_reach(place, &quiet.vpcs));
    places.iter().filter(rests).cloned().collect()
}

/// Writes down whether anything of a place concerns us.
pub(super) async fn note<B: Backend>(swept: &SweptPlace, report: &Report, ports: &Ports<B>) -> Result<(), Failure> {
    if concerns_us(swept, report) {
        return ports.ledger.note_busy(&swept.place, ports.clock.now()).await;
    }
    let quiet = Quiet { looked_at: swept.asked_at, vpcs: swept.inventory.vpcs.keys().cloned().collect() };
    ports.ledger.note_quiet(&swept.place, &quiet).await
}

/// True where something is found or can't be read, the ledger has a connection that is not over, a connection changes by itself or by somebody who does
/// not tell us, or a VPC asks.
fn concerns_us(swept: &SweptPlace, report: &Report) -> bool {
    let inventory = &swept.inventory;
    let unreadable = [swept.unreadable.len(), inventory.unreadable_connections.len(), inventory.unreadable_vpcs.len()];
    let is_settled = |state: &PeeringState| state.has_ended() || *state == PeeringState::Active;
    let asks = |tags: &Tags| tags.contains_key(ASK_TAG) || tags.contains_key(MESH_TAG);
    !report.hints.is_empty()
        || unreadable.iter().any(|count| *count > 0)
        || swept.entries.values().any(|entry| !entry.is_over())
        || inventory.connections.iter().any(|peering| !is_settled(&peering.connection.state))
        || inventory.vpcs.values().any(|vpc| asks(&vpc.tags))
        || inventory.shared_vpcs.values().any(|vpc| asks(&vpc.tags))
}
