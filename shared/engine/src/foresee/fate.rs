//! What one allowlist makes of a connection.

use peerwright_core::allowlist::{OnRevoke, Rule, StoredAllowlist};
use peerwright_core::ask::{Wanted, asked_for};
use peerwright_core::desired::Desired;
use peerwright_core::policy::{self, Awaiting, Verdict};
use peerwright_core::world::PeeringState;

use super::case::Case;
use crate::configure::awaits_its_first_approval;
use crate::decide::approved;
use crate::entry::Entry;
use crate::failure::Failure;
use crate::observe::vpc::place_in_organization;
use crate::ports::{Backend, Clock, Ports};

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The request is accepted, unless a check says no.
    Accepted,
    /// The request is held.
    Held,
    /// The request is denied.
    Denied,
    /// The request, or a connection that somebody accepted by hand, waits for a person.
    AwaitingApproval,
    /// It is given what its rules wish.
    Configured,
    /// It stays as it is, without a rule.
    Kept,
    /// What is ours goes.
    Isolated,
    /// What is ours goes, and then the connection.
    Deleted,
    /// Nobody can tell whether it is still allowed: nothing is done.
    Untouched,
}

/// What an allowlist says of a connection.
pub(super) struct Judgement {
    pub(super) fate: Fate,
    /// The rules whose wishes it is to have.
    pub(super) rules: Vec<Rule>,
    /// What waits for a person.
    pub(super) awaiting: Vec<Awaiting>,
    /// Why, in sentences.
    pub(super) reasons: Vec<String>,
    /// The rules that deny it.
    pub(super) denying: Vec<String>,
}

impl Judgement {
    /// What its rules wish.
    pub(super) fn desired(&self) -> Desired {
        Desired::of(&self.rules)
    }
}

/// Asks an allowlist as the functions would.
pub(super) async fn judge<B: Backend>(case: &Case<'_>, allowlist: &StoredAllowlist, ports: &Ports<B>) -> Result<Judgement, Failure> {
    let mut vpcs = case.vpcs.clone();
    place_in_organization(&mut vpcs, allowlist, &ports.cloud).await?;
    let decision = policy::decide(&vpcs, allowlist, ports.clock.now());
    let matching = if let Verdict::Allowed(rules) = &decision.verdict { rules.clone() } else { Vec::new() };
    let (decision, _) = approved(&case.peering.connection.id, decision, None, ports).await?;
    let decision = decision.recalling(case.entry.map(Entry::carriers).unwrap_or_default());
    let denying = if let Verdict::Denied(rules) = &decision.verdict { rules.iter().map(ToString::to_string).collect() } else { Vec::new() };
    let unasked = case.entry.is_some_and(Entry::is_created_by_us) && asked_for(&vpcs, &allowlist.aliases) == Wanted::No;
    let pending = matches!(case.peering.connection.state, PeeringState::Initiating | PeeringState::Pending);
    let (fate, rules) = match &decision.verdict {
        _ if unasked => (Fate::Deleted, Vec::new()),
        Verdict::Allowed(rules) if pending => (Fate::Accepted, rules.clone()),
        Verdict::Allowed(rules) => (Fate::Configured, rules.clone()),
        Verdict::Held if pending && !matching.is_empty() => (Fate::AwaitingApproval, matching),
        Verdict::Denied(_) if pending => (Fate::Denied, Vec::new()),
        Verdict::Held if pending => (Fate::Held, Vec::new()),
        _ if awaits_its_first_approval(&decision, case.entry) => (Fate::AwaitingApproval, matching),
        _ => match case.entry {
            Some(entry) if decision.forbids() => {
                let fate = match decision.end_of_permission(entry.on_revoke, &entry.rules) {
                    OnRevoke::Keep if !entry.was_allowed() => Fate::Untouched,
                    OnRevoke::Keep => Fate::Kept,
                    OnRevoke::Delete if entry.is_created_by_us() => Fate::Deleted,
                    OnRevoke::Isolate | OnRevoke::Delete => Fate::Isolated,
                };
                (fate, Vec::new())
            }
            _ => (Fate::Untouched, Vec::new()),
        },
    };
    let reasons = if unasked { vec!["neither VPC asks for it: what a tag names is another VPC".to_owned()] } else { decision.reasons };
    Ok(Judgement { fate, rules, awaiting: decision.awaiting, reasons, denying })
}
