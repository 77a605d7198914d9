//! What one attempt to bring a connection to its goal has come to, before it is written down.

use std::collections::BTreeSet;

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ids::{PcxId, RouteTableId, Side, Sides};
use peerwright_core::last_observed::LastObserved;
use peerwright_core::owned::BorrowedRule;
use peerwright_core::policy::Awaiting;
use peerwright_core::world::ObservedConnection;

use crate::entry::Entry;
use crate::failure::Failure;
use crate::manual_decision::ManualDecisions;
use crate::outcome::Outcome;
use crate::ports::{Backend, Cloud, Ports};
use crate::record::Note;
use crate::refusal::Tried;

/// What an attempt has come to. The caller may give the outcome another name, and records it once.
#[must_use = "what was done is not written down before it is recorded"]
pub(crate) struct Attempt {
    /// How it stands.
    pub(crate) outcome: Outcome,
    /// True when something of ours is too much, and nothing is missing or a quota has no room for it.
    pub(crate) superfluous: bool,
    /// True where something was removed before what replaces it, which is to be made now.
    pub(crate) made_room: bool,
    /// The rules in force.
    pub(crate) rules: Vec<String>,
    /// What becomes of the connection without them.
    pub(crate) on_revoke: Option<OnRevoke>,
    /// What waits for a person, where the rules were asked.
    pub(crate) awaiting: Option<Vec<Awaiting>>,
    /// What persons decided, where it was read.
    pub(crate) by_hand: Option<ManualDecisions>,
    /// How many steps were carried out.
    pub(crate) changed: usize,
    /// What AWS refused; none where nothing was tried.
    pub(crate) tried: Option<Tried>,
    /// The connections that got rules of this one.
    pub(crate) heirs: BTreeSet<PcxId>,
    /// True where security group rules are among what was removed or handed over.
    pub(crate) gave_up_rules: bool,
    /// Each step that was tried, with what came of it.
    pub(crate) details: Vec<String>,
    /// What was seen of the ends.
    pub(crate) seen: Sides<Option<LastObserved>>,
    /// The ends at which nothing of ours is left.
    pub(crate) clean: Vec<Side>,
    /// The rules of other connections that each end relies on, where the rules were asked.
    pub(crate) borrowed: Sides<Option<BTreeSet<BorrowedRule>>>,
    /// The tables of each end in which routes were made, and that are not there any more.
    pub(crate) gone_tables: Sides<BTreeSet<RouteTableId>>,
}

impl Attempt {
    /// An outcome for which nothing had to be tried.
    pub(crate) fn untried(outcome: Outcome) -> Self {
        Self {
            outcome,
            superfluous: false,
            made_room: false,
            rules: Vec::new(),
            on_revoke: None,
            awaiting: None,
            by_hand: None,
            changed: 0,
            tried: None,
            heirs: BTreeSet::new(),
            gave_up_rules: false,
            details: Vec::new(),
            seen: Sides::default(),
            clean: Vec::new(),
            borrowed: Sides::default(),
            gone_tables: Sides::default(),
        }
    }

    /// The connection is brought to its end, and no rule carries it any more. Before that the ledger has to know which did: an attempt that is
    /// tried again must come to the same.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.rules.clear();
    }

    /// Notes what waits for a person besides: what stands stays, and is not all.
    pub(crate) fn waits_for(&mut self, awaiting: Vec<Awaiting>) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Nothing(String::new()));
        self.outcome = outcome.and_waits_for(awaiting.iter().map(Awaiting::reason).collect());
        self.awaiting = Some(awaiting);
    }

    /// Writes down how it ended.
    pub(crate) async fn record<B: Backend>(self, peering: &ObservedConnection, ports: &Ports<B>) -> Result<Entry, Failure> {
        let note = Note {
            rules: self.rules,
            details: self.details,
            changed: self.changed > 0,
            tried: self.tried,
            calls: ports.cloud.calls(),
            on_revoke: self.on_revoke,
            awaiting: self.awaiting,
            by_hand: self.by_hand,
            seen: self.seen,
            clean: self.clean,
            borrowed: self.borrowed,
            gone_tables: self.gone_tables,
            ..Note::of(&self.outcome)
        };
        ports.record(peering, &note).await
    }
}
