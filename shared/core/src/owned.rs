//! What we made for a connection, as the ledger remembers it.
//!
//! Routes bear no tags, so this is the only proof that one is ours. Rules bear a tag; the ledger remembers in which groups to look for them.

mod stored;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{GroupId, RouteTableId, Side};
use crate::world::{Destination, Direction, RuleSpec};

/// A route that we made, or were about to make.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnedRoute {
    /// The end it is on.
    pub side: Side,
    /// The route table.
    pub table: RouteTableId,
    /// The destination.
    pub destination: Destination,
}

/// A security group in which we made rules, or were about to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnedGroup {
    /// The end it is on.
    pub side: Side,
    /// The group.
    pub group: GroupId,
}

/// A security group rule that a connection wants and that bears the tag of another one: EC2 has each rule of a group only once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BorrowedRule {
    /// The end it is on.
    pub side: Side,
    /// The group.
    pub group: GroupId,
    /// Ingress or egress.
    pub direction: Direction,
    /// What it lets through.
    pub rule: RuleSpec,
}

/// Everything that we made for one connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "stored::Stored", into = "stored::Stored")]
pub struct Owned {
    /// Routes.
    pub routes: BTreeSet<OwnedRoute>,
    /// Groups with rules of ours.
    pub groups: BTreeSet<OwnedGroup>,
    /// Ends whose DNS option we switched on.
    pub dns_resolution: BTreeSet<Side>,
    /// Rules that were made for other connections and serve this one as well: they are handed over before their owner removes them.
    pub borrowed: BTreeSet<BorrowedRule>,
}

impl Owned {
    /// Forgets what was on an end: it was looked at, and nothing of ours is left.
    pub fn clear(&mut self, side: Side) {
        self.routes.retain(|route| route.side != side);
        self.groups.retain(|group| group.side != side);
        self.borrowed.retain(|borrowed| borrowed.side != side);
        self.dns_resolution.remove(&side);
    }

    /// Forgets the routes of an end in tables that are not there any more.
    pub fn forget_tables(&mut self, side: Side, gone: &BTreeSet<RouteTableId>) {
        self.routes.retain(|route| route.side != side || !gone.contains(&route.table));
    }

    /// The tables of an end in which we made routes.
    pub fn tables(&self, side: Side) -> BTreeSet<RouteTableId> {
        self.routes.iter().filter(|route| route.side == side).map(|route| route.table.clone()).collect()
    }

    /// True where an end borrows just these rules.
    pub fn borrows(&self, side: Side, rules: &BTreeSet<BorrowedRule>) -> bool {
        self.borrowed.iter().filter(|borrowed| borrowed.side == side).eq(rules)
    }

    /// Remembers which rules an end borrows now, and to look into their groups: they may become this connection's own.
    pub fn borrow(&mut self, side: Side, rules: &BTreeSet<BorrowedRule>) {
        self.borrowed.retain(|borrowed| borrowed.side != side);
        self.borrowed.extend(rules.iter().cloned());
        self.groups.extend(rules.iter().map(|borrowed| OwnedGroup { side, group: borrowed.group.clone() }));
    }

    /// True for a route that we made.
    pub fn has_route(&self, side: Side, table: &RouteTableId, destination: &Destination) -> bool {
        self.routes.contains(&OwnedRoute { side, table: table.clone(), destination: destination.clone() })
    }

    /// The routes that we made on an end, by their tables.
    pub fn routes_of(&self, side: Side) -> BTreeMap<&RouteTableId, BTreeSet<&Destination>> {
        let mut tables: BTreeMap<&RouteTableId, BTreeSet<&Destination>> = BTreeMap::new();
        for route in self.routes.iter().filter(|route| route.side == side) {
            tables.entry(&route.table).or_default().insert(&route.destination);
        }
        tables
    }

    /// True where routes or rules of ours may be on an end.
    pub fn touches(&self, side: Side) -> bool {
        self.routes.iter().any(|route| route.side == side) || self.groups.iter().any(|group| group.side == side)
    }
}
