//! What a plan is made of.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::ids::{GroupId, PcxId, RouteTableId, Side};
use crate::world::{Direction, RuleSpec};

/// The tag that marks a security group rule as ours; its value is the connection's id.
pub const OWNER_TAG: &str = "peerwright:connection";

/// One change to make. Repeating it is harmless.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Add a route.
    CreateRoute {
        /// The end it is on.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination CIDR.
        destination: IpNet,
        /// The connection it leads over.
        connection: PcxId,
    },
    /// Add rules to a security group, all of one direction in one call.
    AuthorizeRules {
        /// The end it is on.
        side: Side,
        /// The group.
        group: GroupId,
        /// Ingress or egress.
        direction: Direction,
        /// The rules.
        rules: BTreeSet<RuleSpec>,
        /// The connection they belong to.
        connection: PcxId,
    },
    /// Let an end's public DNS names resolve to private addresses in the other VPC.
    EnableDnsResolution {
        /// The end whose option is set.
        side: Side,
        /// The connection.
        connection: PcxId,
    },
}

impl Step {
    /// The end whose account and Region the step is made in.
    pub const fn side(&self) -> Side {
        match self {
            Self::CreateRoute { side, .. } | Self::AuthorizeRules { side, .. } | Self::EnableDnsResolution { side, .. } => *side,
        }
    }

    /// IAM actions the step needs (Service Authorization Reference, Amazon EC2).
    pub const fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::CreateRoute { .. } => &["ec2:CreateRoute"],
            Self::AuthorizeRules { direction: Direction::Ingress, .. } => &["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"],
            Self::AuthorizeRules { direction: Direction::Egress, .. } => &["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags"],
            Self::EnableDnsResolution { .. } => &["ec2:ModifyVpcPeeringConnectionOptions"],
        }
    }

    /// How many things it makes: a route, an option, or each rule.
    pub fn size(&self) -> usize {
        match self {
            Self::AuthorizeRules { rules, .. } => rules.len(),
            Self::CreateRoute { .. } | Self::EnableDnsResolution { .. } => 1,
        }
    }
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
}

/// Something that a person has to decide or mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocked {
    /// A route table already sends this destination elsewhere.
    RouteConflict {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination CIDR.
        destination: IpNet,
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
        /// The destination CIDR.
        destination: IpNet,
    },
    /// A rule wants security group rules, and none of the VPC's groups is meant.
    NoGroups {
        /// The end.
        side: Side,
        /// Which groups were wanted.
        wanted: String,
    },
    /// The VPC lacks DNS support or DNS hostnames, without which AWS refuses the option.
    DnsNotReady {
        /// The end.
        side: Side,
    },
}

/// What to do, what to wait for, and what a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Changes to make, in order.
    pub steps: Vec<Step>,
    /// What is not there yet.
    pub waiting: Vec<Waiting>,
    /// What can't be done.
    pub blocked: Vec<Blocked>,
}

impl Plan {
    /// True when there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(super) fn sort(&mut self) {
        self.steps.sort_unstable();
        self.waiting.sort_unstable();
        self.blocked.sort_unstable();
        self.blocked.dedup();
    }
}
