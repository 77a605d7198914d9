//! What a plan waits for.

use crate::ids::Side;

/// What is removed: routes and rules are held back apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removal {
    /// Routes of ours.
    Routes,
    /// Security group rules of ours.
    Rules,
}

/// Something that is not wrong, only not there yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waiting {
    /// The connection is in this state, not active.
    State(String),
    /// One end can't be read or changed by us.
    End {
        /// The end.
        side: Side,
        /// Why not.
        why: String,
    },
    /// Things of ours that no rule wants, kept because a rule selects nothing or can't be met as it is written: that is more often a mistake
    /// than the intention to remove them.
    Removal {
        /// The end.
        side: Side,
        /// What is kept.
        what: Removal,
        /// How many.
        count: usize,
    },
}
