//! The decision about a connection, from facts that are read for it.

use peerwright_core::policy::{self, Decision};
use peerwright_core::world::Sighting;

use crate::failure::Failure;
use crate::parties::{parties, place_in_organization};
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

/// Reads both ends and the rules, then what the rules ask beyond that, and decides.
pub(crate) async fn decide<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    sighting: &Sighting,
    ports: &Ports<C, A, L, K>,
) -> Result<Decision, Failure> {
    let mut parties = parties(&ports.cloud, sighting).await?;
    let allowlist = ports.allowlist.rules_for(&sighting.connection.ends.accepter.place.account).await?;
    place_in_organization(&mut parties, &allowlist, &ports.cloud).await?;
    Ok(policy::decide(&parties, &allowlist, ports.clock.now()))
}
