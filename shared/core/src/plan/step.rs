//! What a plan is made of.

use std::collections::BTreeSet;

use crate::ids::{GroupId, GroupRuleId, PcxId, PrefixListId, RouteTableId, Side};
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
}

impl Step {
    /// The end whose account and Region the step is made in.
    pub const fn side(&self) -> Side {
        match self {
            Self::CreateRoute { side, .. }
            | Self::AuthorizeRules { side, .. }
            | Self::EnableDnsResolution { side, .. }
            | Self::DeleteRoute { side, .. }
            | Self::RevokeRules { side, .. } => *side,
        }
    }

    /// IAM actions the step needs (Service Authorization Reference, Amazon EC2).
    pub const fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::CreateRoute { .. } => &["ec2:CreateRoute"],
            Self::AuthorizeRules { direction: Direction::Ingress, .. } => &["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"],
            Self::AuthorizeRules { direction: Direction::Egress, .. } => &["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags"],
            Self::EnableDnsResolution { .. } => &["ec2:ModifyVpcPeeringConnectionOptions"],
            Self::DeleteRoute { .. } => &["ec2:DeleteRoute"],
            Self::RevokeRules { direction: Direction::Ingress, .. } => &["ec2:RevokeSecurityGroupIngress"],
            Self::RevokeRules { direction: Direction::Egress, .. } => &["ec2:RevokeSecurityGroupEgress"],
        }
    }

    /// How many things it makes or removes: a route, an option, or each rule.
    pub fn size(&self) -> usize {
        match self {
            Self::AuthorizeRules { rules, .. } => rules.len(),
            Self::RevokeRules { rules, .. } => rules.len(),
            Self::CreateRoute { .. } | Self::EnableDnsResolution { .. } | Self::DeleteRoute { .. } => 1,
        }
    }

    /// True for a step that takes something away.
    pub const fn removes(&self) -> bool {
        matches!(self, Self::DeleteRoute { .. } | Self::RevokeRules { .. })
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
                Step::EnableDnsResolution { .. } | Step::DeleteRoute { .. } | Step::RevokeRules { .. } => {}
            }
        }
    }

    /// Forgets the routes that steps have removed. Groups stay: looking into one too many costs nothing, one too few would leave a rule.
    pub fn forget(&mut self, steps: &[Step]) {
        for step in steps {
            if let Step::DeleteRoute { side, table, destination, .. } = step {
                self.routes.remove(&OwnedRoute { side: *side, table: table.clone(), destination: destination.clone() });
            }
        }
    }
}

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
    /// Things of ours look superfluous, and why they do is doubtful: a wish that means nothing, or can't be met as it is written,
    /// is more often a mistake than a wish to remove.
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
    /// The wanted route was made by somebody else: it serves, and is never removed by us.
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

/// What to do, what to wait for, and what a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Changes to make now, in order.
    pub steps: Vec<Step>,
    /// Changes that a limit leaves for a later run, in order.
    pub deferred: Vec<Step>,
    /// What is not there yet.
    pub waiting: Vec<Waiting>,
    /// What can't be done.
    pub blocked: Vec<Blocked>,
    /// What is worth knowing.
    pub notes: Vec<Note>,
}

impl Plan {
    /// True when there is nothing to change, now or later.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.deferred.is_empty()
    }

    /// The steps of now that add.
    pub fn additions(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.removes())
    }

    /// The steps of now that remove.
    pub fn removals(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.removes())
    }

    pub(super) fn sort(&mut self) {
        self.steps.sort_unstable();
        self.waiting.sort_unstable();
        self.blocked.sort_unstable();
        self.blocked.dedup();
        self.notes.sort_unstable();
        self.notes.dedup();
    }
}
