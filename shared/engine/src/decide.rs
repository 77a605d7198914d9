//! The decision about a connection, from facts that are read for it.

use peerwright_core::allowlist::{Aliases, Rule};
use peerwright_core::ids::Sides;
use peerwright_core::policy::{self, Decision, Verdict};
use peerwright_core::wish::Approvals;
use peerwright_core::world::{ObservedConnection, VpcFacts};

use crate::failure::Failure;
use crate::observe::vpc::{both_vpcs, place_in_organization};
use crate::ports::{Allowlist, Backend, Clock, Ports};

/// The decision, and the facts that it was made from.
pub(crate) struct Decided {
    /// The decision, with no more in it than what needs no approval or has it.
    pub(crate) decision: Decision,
    /// The rules that allow the connection, whoever has approved what of them.
    pub(crate) matching: Vec<Rule>,
    pub(crate) vpcs: Sides<VpcFacts>,
    pub(crate) aliases: Aliases,
}

/// Reads both ends and the rules, then what the rules ask beyond that, and decides. `known` is an end that was read in this run.
pub(crate) async fn decide<B: Backend>(
    peering: &ObservedConnection,
    approvals: &Approvals,
    known: Option<&VpcFacts>,
    ports: &Ports<B>,
) -> Result<Decided, Failure> {
    let mut vpcs = both_vpcs(&ports.cloud, peering, known).await?;
    let allowlist = ports.allowlist.rules_for(&peering.connection.ends.accepter.place.account).await?;
    place_in_organization(&mut vpcs, &allowlist, &ports.cloud).await?;
    let decision = policy::decide(&vpcs, &allowlist, ports.clock.now());
    let matching = if let Verdict::Allowed(rules) = &decision.verdict { rules.clone() } else { Vec::new() };
    Ok(Decided { decision: decision.approved_by(approvals), matching, vpcs, aliases: allowlist.aliases })
}
