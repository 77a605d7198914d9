//! The decision about a connection, from facts that are read for it.

use peerwright_core::allowlist::Aliases;
use peerwright_core::ids::Sides;
use peerwright_core::policy::{self, Decision};
use peerwright_core::world::{ObservedConnection, VpcFacts};

use crate::failure::Failure;
use crate::observe::vpc::{both_vpcs, place_in_organization};
use crate::ports::{Allowlist, Backend, Clock, Ports};

/// The decision, and the facts that it was made from.
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) vpcs: Sides<VpcFacts>,
    pub(crate) aliases: Aliases,
}

/// Reads both ends and the rules, then what the rules ask beyond that, and decides.
pub(crate) async fn decide<B: Backend>(peering: &ObservedConnection, ports: &Ports<B>) -> Result<Decided, Failure> {
    let mut vpcs = both_vpcs(&ports.cloud, peering).await?;
    let allowlist = ports.allowlist.rules_for(&peering.connection.ends.accepter.place.account).await?;
    place_in_organization(&mut vpcs, &allowlist, &ports.cloud).await?;
    let decision = policy::decide(&vpcs, &allowlist, ports.clock.now());
    Ok(Decided { decision, vpcs, aliases: allowlist.aliases })
}
