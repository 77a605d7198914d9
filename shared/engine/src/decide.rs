//! The decision about a connection, from facts that are read for it.

use peerwright_core::allowlist::Aliases;
use peerwright_core::ids::Sides;
use peerwright_core::policy::{self, Decision};
use peerwright_core::world::{Party, Sighting};

use crate::failure::Failure;
use crate::parties::{parties, place_in_organization};
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

/// The decision, and the facts that it was made from.
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) parties: Sides<Party>,
    pub(crate) aliases: Aliases,
}

/// Reads both ends and the rules, then what the rules ask beyond that, and decides.
pub(crate) async fn decide<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    sighting: &Sighting,
    ports: &Ports<C, A, L, K>,
) -> Result<Decided, Failure> {
    let mut parties = parties(&ports.cloud, sighting).await?;
    let allowlist = ports.allowlist.rules_for(&sighting.connection.ends.accepter.place.account).await?;
    place_in_organization(&mut parties, &allowlist, &ports.cloud).await?;
    let decision = policy::decide(&parties, &allowlist, ports.clock.now());
    Ok(Decided { decision, parties, aliases: allowlist.aliases })
}
