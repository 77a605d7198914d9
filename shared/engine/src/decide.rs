//! The decision about a connection, from facts that are read for it.

use peerwright_core::allowlist::{Aliases, Rule};
use peerwright_core::ids::{PcxId, Sides};
use peerwright_core::policy::{self, Decision, Verdict};
use peerwright_core::world::{ObservedConnection, VpcFacts};

use crate::entry::Entry;
use crate::failure::Failure;
use crate::manual_decision::ManualDecisions;
use crate::observe::vpc::{both_vpcs, place_in_organization};
use crate::ports::{Allowlist, Backend, Clock, Decisions, Ports};

/// The decision, and the facts that it was made from.
pub(crate) struct Decided {
    /// The decision, with no more in it than what needs no approval or has it.
    pub(crate) decision: Decision,
    /// The rules that allow the connection, whoever has approved what of them.
    pub(crate) matching: Vec<Rule>,
    /// What persons decided, where it was read.
    pub(crate) by_hand: Option<ManualDecisions>,
    pub(crate) vpcs: Sides<VpcFacts>,
    pub(crate) aliases: Aliases,
}

impl Decided {
    /// Why what was allowed is so no more comes before what other rules say.
    pub(crate) fn recalling(mut self, entry: Option<&Entry>) -> Self {
        self.decision = self.decision.recalling(entry.map(Entry::carriers).unwrap_or_default());
        self
    }
}

/// Reads both ends and the rules, then what the rules ask beyond that, and decides. `by_hand` and `known` are what was read in this run: the decisions of
/// persons, and an end.
pub(crate) async fn decide<B: Backend>(
    peering: &ObservedConnection,
    by_hand: Option<ManualDecisions>,
    known: Option<&VpcFacts>,
    ports: &Ports<B>,
) -> Result<Decided, Failure> {
    let mut vpcs = both_vpcs(&ports.cloud, peering, known).await?;
    let allowlist = ports.allowlist.rules_for(&peering.connection.ends.accepter.place.account).await?;
    place_in_organization(&mut vpcs, &allowlist, &ports.cloud).await?;
    let decision = policy::decide(&vpcs, &allowlist, ports.clock.now());
    let matching = if let Verdict::Allowed(rules) = &decision.verdict { rules.clone() } else { Vec::new() };
    let (decision, by_hand) = approved(&peering.connection.id, decision, by_hand, ports).await?;
    Ok(Decided { decision, matching, by_hand, vpcs, aliases: allowlist.aliases })
}

/// The decision without what nobody approved. What persons decided is read only where a rule leaves something to them.
pub(crate) async fn approved<B: Backend>(
    id: &PcxId,
    decision: Decision,
    by_hand: Option<ManualDecisions>,
    ports: &Ports<B>,
) -> Result<(Decision, Option<ManualDecisions>), Failure> {
    let by_hand = match by_hand {
        None if decision.asks_a_person() => Some(ports.ledger.decisions(id).await?),
        known => known,
    };
    let approvals = by_hand.as_ref().map(ManualDecisions::approvals).unwrap_or_default();
    Ok((decision.approved_by(&approvals), by_hand))
}
