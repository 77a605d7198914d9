//! The decision about a connection, from facts that are read for it.

use peerwright_core::policy::{self, Decision};
use peerwright_core::world::Sighting;

use crate::failure::Failure;
use crate::parties::parties;
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

/// Reads the rules, then what they ask about both ends, and decides.
pub(crate) async fn decide<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    sighting: &Sighting,
    ports: &Ports<C, A, L, K>,
) -> Result<Decision, Failure> {
    let allowlist = ports.allowlist.rules_for(&sighting.connection.ends.accepter.place.account).await?;
    let parties = parties(&ports.cloud, sighting, &allowlist).await?;
    Ok(policy::decide(&parties, &allowlist, ports.clock.now()))
}
