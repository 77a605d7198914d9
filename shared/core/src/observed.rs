//! What a plan starts from: both ends of a connection, and what of them is ours.

use std::collections::BTreeMap;

use crate::cidr::CidrSet;
use crate::ids::{GroupId, PcxId, Sides};
use crate::owned::Owned;
use crate::world::{Connection, Direction, End, Fact, RuleSpec};

/// Which other connection borrows a rule.
pub type Borrowers = BTreeMap<(GroupId, Direction, RuleSpec), PcxId>;

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
    /// The rules that living connections of the same VPCs borrow; filled in only where something is to be removed.
    pub borrowers: Borrowers,
}
