//! Answers of Describe that are behind.

use peerwright_core::world::PeeringState;

/// How a connection looks while a place is behind (EC2 is eventually consistent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lag {
    /// It is not there.
    Absent,
    /// It is in an earlier state.
    Outdated(PeeringState),
    /// It lacks the CIDR blocks of the other account's end.
    WithoutCidrs,
}
