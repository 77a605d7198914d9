//! What a plan says besides its steps: what it waits for, what a person has to decide, what is worth knowing.

use crate::ids::{PrefixListId, RouteTableId, Side};
use crate::world::Destination;

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

/// Something worth knowing that calls for nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// The wanted route was made by somebody else: traffic uses it, and we never remove it.
    Adopted {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination.
        destination: Destination,
    },
    /// A part of a destination leads elsewhere, by a longer prefix.
    MoreSpecific {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The wanted destination.
        destination: Destination,
        /// The destination of the other route.
        part: Destination,
        /// Its target.
        target: String,
    },
}

/// Something that a person has to decide or fix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocked {
    /// A route table already sends this destination elsewhere.
    RouteConflict {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination.
        destination: Destination,
        /// Where it leads now.
        target: String,
    },
    /// A rule wants routes, and none of the VPC's route tables is meant.
    NoTables {
        /// The end.
        side: Side,
        /// Which tables were wanted.
        wanted: String,
    },
    /// A rule names a destination that is not the peer's.
    NotPeers {
        /// The end whose tables would get the route.
        side: Side,
        /// The destination.
        destination: Destination,
    },
    /// A rule excludes a part of a destination, and a route is for all of it or none.
    ExcludesPart {
        /// The end.
        side: Side,
        /// The destination.
        destination: Destination,
    },
    /// A prefix list can't be read, so nobody knows where its route would lead.
    UnreadablePrefixList {
        /// The end.
        side: Side,
        /// The prefix list.
        list: PrefixListId,
        /// Why.
        why: String,
    },
    /// A rule wants security group rules, and none of the VPC's groups is meant.
    NoGroups {
        /// The end.
        side: Side,
        /// Which groups were wanted.
        wanted: String,
    },
    /// A rule refers to groups of the peer by tag, and none can be found.
    NoPeerGroups {
        /// The end that would get the rules.
        side: Side,
        /// Which groups of the peer were wanted, or why they can't be read.
        wanted: String,
    },
    /// The VPC lacks DNS support or DNS hostnames, without which AWS refuses the option.
    DnsNotReady {
        /// The end.
        side: Side,
    },
}
