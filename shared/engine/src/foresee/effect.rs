//! What would come of a change for one connection, or for one VPC that asks.

use std::collections::BTreeSet;
use std::fmt;

use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::plan::Step;

/// What kind of effect: the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectKind {
    /// The connection is deleted.
    Deleted,
    /// What is ours on it is taken away.
    Isolated,
    /// No rule allows it any more, and it stays as it is.
    Kept,
    /// A request is rejected, because a rule denies it and the hub rejects what is denied.
    Rejected,
    /// A request is denied, and stays pending.
    Denied,
    /// A request is held.
    Held,
    /// A person has to approve it, or more of it.
    AwaitingApproval,
    /// A request is accepted.
    Accepted,
    /// A VPC's tag is answered by a request.
    Requested,
    /// Something is opened, closed or routed otherwise.
    Changed,
    /// No rule carried it before and one does now, and all that it wishes is there.
    NewlyCarried,
    /// Other rules carry it, and nothing else changes.
    Carried,
    /// The same rules carry it and say something else, of which nothing shows on it now.
    CarriedOtherwise,
    /// Whether it is allowed can't be told any more, or only now: nothing is done.
    Doubtful,
    /// Nothing.
    Unchanged,
}

impl EffectKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Deleted,
        Self::Isolated,
        Self::Kept,
        Self::Rejected,
        Self::Denied,
        Self::Held,
        Self::AwaitingApproval,
        Self::Accepted,
        Self::Requested,
        Self::Changed,
        Self::NewlyCarried,
        Self::Carried,
        Self::CarriedOtherwise,
        Self::Doubtful,
        Self::Unchanged,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Isolated => "isolated",
            Self::Kept => "kept",
            Self::Rejected => "rejected",
            Self::Denied => "denied",
            Self::Held => "held",
            Self::AwaitingApproval => "awaiting-approval",
            Self::Accepted => "accepted",
            Self::Requested => "requested",
            Self::Changed => "changed",
            Self::NewlyCarried => "newly-carried",
            Self::Carried => "carried-by-other-rules",
            Self::CarriedOtherwise => "carried-by-changed-rules",
            Self::Doubtful => "doubtful",
            Self::Unchanged => "unchanged",
        }
    }

    /// True where something is otherwise than before.
    pub const fn is_a_change(self) -> bool {
        !matches!(self, Self::Unchanged)
    }
}

impl fmt::Display for EffectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What would come of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The connection; none where a VPC asks for one that does not exist.
    pub connection: Option<PcxId>,
    /// Its VPCs, or those of the one that would be.
    pub ends: Sides<VpcRef>,
    /// How it stands, as the ledger says.
    pub status: String,
    /// What becomes of it.
    pub kind: EffectKind,
    /// What is opened: routes, security group rules and DNS options, one step each.
    pub opened: Vec<Step>,
    /// What is closed.
    pub closed: Vec<Step>,
    /// What more waits for a person, in words.
    pub awaits: Vec<String>,
    /// The rules that do it.
    pub by: BTreeSet<String>,
    /// Why, in sentences.
    pub why: Vec<String>,
    /// What is in the way of what is wished.
    pub blocked: Vec<String>,
    /// That it is frozen, and waits for that to end.
    pub held_up: Option<String>,
}

impl Effect {
    /// Nothing comes of it.
    pub(super) fn none(connection: Option<&PcxId>, ends: &Sides<VpcRef>, status: String) -> Self {
        Self {
            connection: connection.cloned(),
            ends: ends.clone(),
            status,
            kind: EffectKind::Unchanged,
            opened: Vec::new(),
            closed: Vec::new(),
            awaits: Vec::new(),
            by: BTreeSet::new(),
            why: Vec::new(),
            blocked: Vec::new(),
            held_up: None,
        }
    }
}
