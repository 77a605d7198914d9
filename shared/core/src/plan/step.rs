//! One change to make, and what the ledger remembers of it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::ids::{GroupId, GroupRuleId, PcxId, RouteTableId, Side};
use crate::owned::{Owned, OwnedGroup, OwnedRoute};
use crate::world::{Destination, Direction, RuleSpec};

/// The tag that marks a security group rule as ours; its value is the connection's id.
pub const OWNER_TAG: &str = "peerwright:connection";

/// One change to make. Repeating it is harmless.
///
/// The order of the variants is the order of a plan: what is removed comes last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Add a route.
    CreateRoute {
        /// The end it is on.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination.
        destination: Destination,
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
    /// Let the peer resolve one end's private DNS names.
    EnableDnsResolution {
        /// The end whose option is set.
        side: Side,
        /// The connection.
        connection: PcxId,
    },
    /// Remove a route of ours.
    DeleteRoute {
        /// The end it is on.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination.
        destination: Destination,
        /// The connection it leads over.
        connection: PcxId,
    },
    /// Hand rules of ours over to another connection that borrows them, by their tags.
    HandOverRules {
        /// The end they are on.
        side: Side,
        /// The group.
        group: GroupId,
        /// Ingress or egress.
        direction: Direction,
        /// The rules: the id is what is tagged, the rest is for people.
        rules: BTreeSet<(GroupRuleId, RuleSpec)>,
        /// The connection they belong to.
        connection: PcxId,
        /// The connection that gets them.
        to: PcxId,
    },
    /// Remove rules of ours from a security group, all of one direction in one call.
    RevokeRules {
        /// The end it is on.
        side: Side,
        /// The group.
        group: GroupId,
        /// Ingress or egress.
        direction: Direction,
        /// The rules: the id is what is removed, the rest is for people.
        rules: BTreeSet<(GroupRuleId, RuleSpec)>,
        /// The connection they belong to.
        connection: PcxId,
    },
    /// No longer let the peer resolve one end's private DNS names.
    DisableDnsResolution {
        /// The end whose option is set back.
        side: Side,
        /// The connection.
        connection: PcxId,
    },
}

impl Step {
    /// The order of a plan. Routes of one table stay as they are planned: one may count on another that is made before it.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::CreateRoute { side, table, .. }, Self::CreateRoute { side: at, table: beside, .. }) => (side, table).cmp(&(at, beside)),
            _ => self.cmp(other),
        }
    }

    /// The end whose account and Region the step is made in.
    pub const fn side(&self) -> Side {
        match self {
            Self::CreateRoute { side, .. }
            | Self::AuthorizeRules { side, .. }
            | Self::EnableDnsResolution { side, .. }
            | Self::DeleteRoute { side, .. }
            | Self::HandOverRules { side, .. }
            | Self::RevokeRules { side, .. }
            | Self::DisableDnsResolution { side, .. } => *side,
        }
    }

    /// IAM actions the step needs (Service Authorization Reference, Amazon EC2).
    pub const fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::CreateRoute { .. } => &["ec2:CreateRoute"],
            Self::AuthorizeRules { direction: Direction::Ingress, .. } => &["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"],
            Self::AuthorizeRules { direction: Direction::Egress, .. } => &["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags"],
            Self::EnableDnsResolution { .. } | Self::DisableDnsResolution { .. } => &["ec2:ModifyVpcPeeringConnectionOptions"],
            Self::DeleteRoute { .. } => &["ec2:DeleteRoute"],
            Self::HandOverRules { .. } => &["ec2:CreateTags"],
            Self::RevokeRules { direction: Direction::Ingress, .. } => &["ec2:RevokeSecurityGroupIngress"],
            Self::RevokeRules { direction: Direction::Egress, .. } => &["ec2:RevokeSecurityGroupEgress"],
        }
    }

    /// How many things it makes or removes: a route, an option, or each rule.
    pub fn size(&self) -> usize {
        match self {
            Self::AuthorizeRules { rules, .. } => rules.len(),
            Self::HandOverRules { rules, .. } | Self::RevokeRules { rules, .. } => rules.len(),
            Self::CreateRoute { .. } | Self::EnableDnsResolution { .. } | Self::DeleteRoute { .. } | Self::DisableDnsResolution { .. } => 1,
        }
    }

    /// The same step as one for each rule; the step itself where it is not about several.
    pub fn rule_by_rule(&self) -> Vec<Self> {
        match self {
            Self::AuthorizeRules { side, group, direction, rules, connection } => rules
                .iter()
                .map(|rule| Self::AuthorizeRules {
                    side: *side,
                    group: group.clone(),
                    direction: *direction,
                    rules: BTreeSet::from([rule.clone()]),
                    connection: connection.clone(),
                })
                .collect(),
            Self::HandOverRules { side, group, direction, rules, connection, to } => rules
                .iter()
                .map(|rule| Self::HandOverRules {
                    side: *side,
                    group: group.clone(),
                    direction: *direction,
                    rules: BTreeSet::from([rule.clone()]),
                    connection: connection.clone(),
                    to: to.clone(),
                })
                .collect(),
            Self::RevokeRules { side, group, direction, rules, connection } => rules
                .iter()
                .map(|rule| Self::RevokeRules {
                    side: *side,
                    group: group.clone(),
                    direction: *direction,
                    rules: BTreeSet::from([rule.clone()]),
                    connection: connection.clone(),
                })
                .collect(),
            Self::CreateRoute { .. } | Self::EnableDnsResolution { .. } | Self::DeleteRoute { .. } | Self::DisableDnsResolution { .. } => {
                vec![self.clone()]
            }
        }
    }

    /// True where both change the same route table, the same direction of a group, or the same option: what the one makes may replace what the other
    /// takes away.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.side() == other.side() && self.container() == other.container()
    }

    fn container(&self) -> (&str, Option<Direction>) {
        match self {
            Self::CreateRoute { table, .. } | Self::DeleteRoute { table, .. } => (table.as_str(), None),
            Self::AuthorizeRules { group, direction, .. }
            | Self::HandOverRules { group, direction, .. }
            | Self::RevokeRules { group, direction, .. } => (group.as_str(), Some(*direction)),
            Self::EnableDnsResolution { .. } | Self::DisableDnsResolution { .. } => ("", None),
        }
    }

    /// True for a step that takes something away from the connection.
    pub const fn removes(&self) -> bool {
        matches!(self, Self::DeleteRoute { .. } | Self::HandOverRules { .. } | Self::RevokeRules { .. } | Self::DisableDnsResolution { .. })
    }
}

impl Owned {
    /// Remembers what steps are about to make.
    pub fn extend(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::CreateRoute { side, table, destination, .. } => {
                    self.routes.insert(OwnedRoute { side: *side, table: table.clone(), destination: destination.clone() });
                }
                Step::AuthorizeRules { side, group, .. } => {
                    self.groups.insert(OwnedGroup { side: *side, group: group.clone() });
                }
                Step::EnableDnsResolution { side, .. } => {
                    self.dns_resolution.insert(*side);
                }
                Step::DeleteRoute { .. } | Step::HandOverRules { .. } | Step::RevokeRules { .. } | Step::DisableDnsResolution { .. } => {}
            }
        }
    }

    /// Forgets the routes and options that steps have removed. Groups stay: looking into one too many costs nothing, one too few would leave a rule.
    pub fn forget(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::DeleteRoute { side, table, destination, .. } => {
                    self.routes.remove(&OwnedRoute { side: *side, table: table.clone(), destination: destination.clone() });
                }
                Step::DisableDnsResolution { side, .. } => {
                    self.dns_resolution.remove(side);
                }
                _ => {}
            }
        }
    }
}
