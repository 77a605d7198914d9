//! What a plan starts from: both ends of a connection, and what of them is ours.

use crate::cidr::CidrSet;
use crate::ids::Sides;
use crate::owned::Owned;
use crate::world::{Connection, End, Fact};

/// Both ends of an active connection; an end where we hold no role says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The connection.
    pub connection: Connection,
    /// CIDR blocks of both ends as the connection shows them: known even where one end is not ours.
    pub cidrs: Sides<CidrSet>,
    /// The ends.
    pub ends: Sides<Fact<End>>,
    /// What the ledger says that we made for this connection.
    pub owned: Owned,
}
