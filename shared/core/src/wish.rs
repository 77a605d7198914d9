//! The wishes of a rule, one by one: what a person approves, and what stays approved when the rule grows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::allowlist::{AcrossRegions, Approval, Destinations, GroupIntent, RouteIntent, Rule, SecurityGroupPermission, Source};
use crate::cidr::CidrSet;
use crate::digest::digest;
use crate::ids::{GroupId, RuleId, Side};
use crate::tags::Selection;
use crate::world::Direction;

/// One thing that a rule wishes for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish<'r> {
    /// That the two VPCs are connected at all.
    Connection,
    /// Routes in one end's tables, to blocks of the peer inside these where the rule's own condition names some.
    Routes(Side, &'r RouteIntent, &'r CidrSet),
    /// One kind of traffic through some of one end's groups, with the same bound.
    Traffic(Side, &'r Selection<GroupId>, Direction, &'r SecurityGroupPermission, &'r CidrSet),
    /// That the peer resolves one end's names to private addresses.
    DnsResolution(Side),
}

/// What stands for a wish in the ledger: the beginning of the SHA-256 of its words, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WishDigest(String);

impl WishDigest {
    /// What stands for a wish of these words.
    pub fn of(words: &str) -> Self {
        Self(digest(words))
    }
}

/// The wishes of each rule that a person has approved for one connection.
pub type Approvals = BTreeMap<RuleId, BTreeSet<WishDigest>>;

impl Wish<'_> {
    /// What stands for it in the ledger. It rests on the words alone: they must stay as they are from one release to the next, or what was
    /// approved would wait again.
    pub fn digest(&self) -> WishDigest {
        WishDigest::of(&self.to_string())
    }
}

impl fmt::Display for Wish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection => f.write_str("a connection of the two VPCs"),
            Self::Routes(side, routes, inside) => {
                write!(f, "{side}: routes in tables {} to {}", routes.tables, routes.destinations)?;
                if !routes.exclude.is_empty() {
                    write!(f, " without {}", routes.exclude)?;
                }
                bound(inside, f)
            }
            Self::Traffic(side, groups, direction, permission, inside) => {
                let word = if *direction == Direction::Ingress { "from" } else { "to" };
                write!(f, "{side}: groups {groups} {direction} {} {word} {}", permission.traffic, permission.peer)?;
                if permission.across_regions == AcrossRegions::PeerVpc {
                    f.write_str(", across Regions the peer VPC")?;
                }
                bound(inside, f)
            }
            Self::DnsResolution(side) => write!(f, "{side}: DNS resolution for the peer"),
        }
    }
}

fn bound(inside: &CidrSet, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if inside.is_empty() { Ok(()) } else { write!(f, " inside {inside}") }
}

impl fmt::Display for Destinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all blocks of the peer"),
            Self::Only { cidrs, prefix_lists } => {
                let named: Vec<String> =
                    cidrs.iter().map(ToString::to_string).chain(prefix_lists.iter().map(ToString::to_string)).collect();
                f.write_str(&named.join(", "))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerVpc => f.write_str("the peer VPC"),
            Self::PeerGroups(groups) => write!(f, "the peer's groups {groups}"),
        }
    }
}

impl Rule {
    /// Everything that the rule wishes for a connection.
    pub fn wishes(&self) -> Vec<Wish<'_>> {
        let mut wishes = vec![Wish::Connection];
        for side in Side::BOTH {
            let inside = &self.ends.of(side.peer()).cidrs;
            wishes.extend(self.routes.of(side).iter().map(|routes| Wish::Routes(side, routes, inside)));
            for GroupIntent { groups, ingress, egress, .. } in self.security_groups.of(side) {
                wishes.extend(ingress.iter().map(|permission| Wish::Traffic(side, groups, Direction::Ingress, permission, inside)));
                wishes.extend(egress.iter().map(|permission| Wish::Traffic(side, groups, Direction::Egress, permission, inside)));
            }
            if *self.dns_resolution.of(side) {
                wishes.push(Wish::DnsResolution(side));
            }
        }
        wishes
    }

    /// The wishes that wait for a person.
    pub fn unapproved(&self, approved: &BTreeSet<WishDigest>) -> Vec<Wish<'_>> {
        match self.approval {
            Approval::Automatic => Vec::new(),
            Approval::Manual => self.wishes().into_iter().filter(|wish| !approved.contains(&wish.digest())).collect(),
        }
    }

    /// The rule with no more than what needs no approval or has it; none where not even the connection does.
    pub fn approved(&self, approved: &BTreeSet<WishDigest>) -> Option<Self> {
        if self.approval == Approval::Automatic {
            return Some(self.clone());
        }
        let has = |wish: Wish<'_>| approved.contains(&wish.digest());
        if !has(Wish::Connection) {
            return None;
        }
        let mut rule = self.clone();
        for side in Side::BOTH {
            let inside = &self.ends.of(side.peer()).cidrs;
            let routes = rule.routes.of_mut(side);
            if routes.as_ref().is_some_and(|routes| !has(Wish::Routes(side, routes, inside))) {
                *routes = None;
            }
            for GroupIntent { groups, ingress, egress, routes, .. } in rule.security_groups.of_mut(side) {
                ingress.retain(|permission| has(Wish::Traffic(side, groups, Direction::Ingress, permission, inside)));
                egress.retain(|permission| has(Wish::Traffic(side, groups, Direction::Egress, permission, inside)));
                // Approved or not, what the rule's routes exclude is not opened.
                routes.clone_from(self.routes.of(side));
            }
            rule.security_groups.of_mut(side).retain(|intent| !intent.ingress.is_empty() || !intent.egress.is_empty());
            let dns = rule.dns_resolution.of_mut(side);
            *dns = *dns && has(Wish::DnsResolution(side));
        }
        Some(rule)
    }
}
