//! What would go wrong if a connection were accepted, looked for before it is, and told all at once.
//!
//! The planner is asked what it would do if the connection were active. What it reports as blocked, or would add beyond a quota, is
//! known before anything has changed.
//!
//! What can't be read is named and hinders nothing, so that a connection with an account of somebody else is possible at all. Nothing
//! is lost by it: EC2 itself fails a request between overlapping VPCs, no route or rule of somebody else is ever overwritten, and a
//! quota that is exceeded refuses the change. A rule that must know the peer's addresses says so by its condition `cidrs`, which an
//! unknown fact does not meet.

mod quotas;
mod routes;

use std::fmt;

use ipnet::IpNet;

use crate::desired::Desired;
use crate::ids::{GroupId, PcxId, RouteTableId, Side, Sides, VpcId};
use crate::observed::Observed;
use crate::plan::{self, Blocked, Limits, Plan, Waiting};
use crate::quota::Quotas;
use crate::world::{Destination, Direction, Fact, ObservedConnection, PeeringState};

/// What there is around the two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecheckContext {
    /// The connections of each VPC that have not ended.
    pub peerings: Sides<Fact<Vec<ObservedConnection>>>,
    /// The quotas of each place.
    pub quotas: Sides<Quotas>,
}

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Precheck {
    /// Why the connection must not be accepted as things are.
    pub obstacles: Vec<Obstacle>,
    /// What is worth knowing, and hinders nothing.
    pub notes: Vec<Remark>,
    /// What the planner would do.
    pub plan: Plan,
}

/// Why a connection must not be accepted as things are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The two VPCs share addresses, which AWS refuses.
    Overlap(Sides<IpNet>),
    /// Another connection joins the same two VPCs, in this or the other direction; AWS allows one.
    Duplicate {
        /// The other connection.
        other: PcxId,
        /// Its state.
        state: String,
    },
    /// The planner could not carry out what is wanted.
    Blocked(Blocked),
    /// A part of a wanted destination leads elsewhere already, by a longer prefix.
    Shadowed {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The wanted destination.
        destination: Destination,
        /// The destination of the route that is there.
        part: Destination,
        /// Its target.
        target: String,
    },
    /// A wanted destination would take its addresses away from another connection's wider route.
    TakenFrom {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The wanted destination.
        destination: Destination,
        /// The wider destination.
        wide: Destination,
        /// The connection that it leads over.
        other: PcxId,
    },
    /// A wanted destination shares addresses with another peer of the same VPC.
    SharedWithPeer {
        /// The end.
        side: Side,
        /// The wanted destination.
        destination: Destination,
        /// The other connection.
        other: PcxId,
        /// The other peer's block.
        block: IpNet,
    },
    /// A quota would be exceeded.
    Quota {
        /// The end.
        side: Side,
        /// Of what.
        of: Counted,
        /// How many are there.
        used: usize,
        /// How many would be added.
        more: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// What a quota counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Active peering connections of a VPC.
    Peerings(VpcId),
    /// Routes of a table, of one address family.
    Routes(RouteTableId, Family),
    /// Rules of a group, in one direction and of one address family.
    Rules(GroupId, Direction, Family),
}

/// An address family: most quotas count each apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Something worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// A check that could not be made.
    Unchecked {
        /// The end.
        side: Side,
        /// What was not checked, and why.
        what: String,
    },
    /// A wanted destination takes over a part of what a wider route carries now.
    TakesOver {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The wanted destination.
        destination: Destination,
        /// The wider destination.
        wide: Destination,
        /// Its target.
        target: String,
    },
}

/// Checks what would come of a connection if it were accepted now.
pub fn precheck(desired: &Desired, observed: &Observed, context: &PrecheckContext) -> Precheck {
    let mut active = observed.clone();
    active.connection.state = PeeringState::Active;
    let plan = plan::plan(desired, &active, &Limits::NONE);
    let mut found = Precheck { plan, ..Precheck::default() };
    find_overlaps(&active, &mut found);
    find_duplicates(&active, context, &mut found);
    let blocked = found.plan.blocked.iter().filter(|blocked| forbids(blocked)).cloned().map(Obstacle::Blocked);
    found.obstacles.extend(blocked.collect::<Vec<_>>());
    for waiting in &found.plan.waiting {
        if let Waiting::End { side, why } = waiting {
            found.notes.push(Remark::Unchecked { side: *side, what: format!("routes and security groups, because {why}") });
        }
    }
    routes::check(&active, context, &mut found);
    quotas::check(&active, context, &mut found);
    found.obstacles.sort_unstable();
    found.obstacles.dedup();
    found.notes.sort_unstable();
    found.notes.dedup();
    found
}

/// A route that leads elsewhere, and a selection that means no table, would leave the connection without its traffic. The others can be
/// fixed while it is in use.
const fn forbids(blocked: &Blocked) -> bool {
    matches!(blocked, Blocked::RouteConflict { .. } | Blocked::NoTables { .. })
}

fn find_overlaps(observed: &Observed, found: &mut Precheck) {
    let pairs = observed.cidrs.requester.overlaps(&observed.cidrs.accepter);
    found.obstacles.extend(pairs.map(|(requester, accepter)| Obstacle::Overlap(Sides { requester: *requester, accepter: *accepter })));
    for side in Side::BOTH {
        if observed.cidrs.of(side).is_empty() {
            found.notes.push(Remark::Unchecked { side, what: "overlap, because the VPC's CIDR blocks are not known".to_owned() });
        }
    }
}

/// Of two requests that wait for each other the one with the smaller id goes on, so that not both are held.
fn find_duplicates(observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    let this = &observed.connection;
    let pair = [&this.ends.requester, &this.ends.accepter];
    for (side, peerings) in context.peerings.iter() {
        match peerings {
            Fact::Unknown(why) => {
                found.notes.push(Remark::Unchecked { side, what: format!("the VPC's other connections, because {why}") });
            }
            Fact::Known(known) => {
                let others = known
                    .iter()
                    .map(|peering| &peering.connection)
                    .filter(|other| other.id != this.id && pair.contains(&&other.ends.requester) && pair.contains(&&other.ends.accepter));
                let hinders =
                    |state: &PeeringState, id: &PcxId| matches!(state, PeeringState::Active | PeeringState::Provisioning) || *id < this.id;
                let duplicates = others.filter(|other| hinders(&other.state, &other.id));
                found
                    .obstacles
                    .extend(duplicates.map(|other| Obstacle::Duplicate { other: other.id.clone(), state: other.state.to_string() }));
            }
        }
    }
}

/// The connections of an end's VPC that carry traffic, or are about to, without the one that is checked.
fn others<'a>(side: Side, observed: &'a Observed, context: &'a PrecheckContext) -> impl Iterator<Item = &'a ObservedConnection> {
    let this = &observed.connection.id;
    context.peerings.of(side).known().into_iter().flatten().filter(move |peering| {
        peering.connection.id != *this && matches!(peering.connection.state, PeeringState::Active | PeeringState::Provisioning)
    })
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

impl From<&IpNet> for Family {
    fn from(block: &IpNet) -> Self {
        match block {
            IpNet::V4(_) => Self::V4,
            IpNet::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peerings(vpc) => write!(f, "active peering connections of {vpc}"),
            Self::Routes(table, family) => write!(f, "{family} routes of {table}"),
            Self::Rules(group, direction, family) => write!(f, "{family} {direction} rules of {group}"),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(blocks) => {
                write!(f, "the VPCs overlap: {} of the requester and {} of the accepter", blocks.requester, blocks.accepter)
            }
            Self::Duplicate { other, state } => {
                write!(f, "{other} joins the same two VPCs and is {state}; AWS allows one connection between them")
            }
            Self::Blocked(blocked) => write!(f, "{blocked}"),
            Self::Shadowed { side, table, destination, part, target } => {
                write!(
                    f,
                    "{side} route {table} {destination} would not carry {part}, which leads to {target}; remove that route, or exclude the addresses"
                )
            }
            Self::TakenFrom { side, table, destination, wide, other } => {
                write!(f, "{side} route {table} {destination} would take its addresses from {wide}, which leads over {other}; exclude them")
            }
            Self::SharedWithPeer { side, destination, other, block } => {
                write!(f, "{side} destination {destination} shares addresses with {block}, which is reached over {other}; exclude them")
            }
            Self::Quota { side, of, used, more, limit } => {
                write!(
                    f,
                    "{side} quota: {used} {of} and {more} more are above {limit}; ask for a higher quota, or remove what is not needed"
                )
            }
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchecked { side, what } => write!(f, "{side} not checked: {what}"),
            Self::TakesOver { side, table, destination, wide, target } => {
                write!(f, "{side} route {table} {destination} takes over a part of {wide}, which leads to {target}")
            }
        }
    }
}
