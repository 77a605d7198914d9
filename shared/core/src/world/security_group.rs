//! Security groups and their rules.

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, GroupId, GroupRuleId, PcxId, PrefixListId};
use crate::tags::Tags;
use crate::traffic::Traffic;

/// Which way a security group rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the group's members.
    Ingress,
    /// Out of them.
    Egress,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// The other end of a security group rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RulePeer {
    /// Addresses.
    Cidr(IpNet),
    /// Members of a group, and the account that owns it.
    Group(GroupId, AccountId),
    /// The addresses of a managed prefix list. No rule of ours refers to one.
    PrefixList(PrefixListId),
    /// Something that no rule of ours can say.
    Other(String),
}

impl fmt::Display for RulePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(block) => write!(f, "{block}"),
            Self::Group(group, owner) => write!(f, "{owner}/{group}"),
            Self::PrefixList(list) => write!(f, "{list}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// What makes two security group rules the same to EC2: traffic and the other end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleSpec {
    /// What it lets through.
    pub traffic: Traffic,
    /// The other end.
    pub peer: RulePeer,
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupRule {
    /// Its id.
    pub id: GroupRuleId,
    /// Ingress or egress.
    pub direction: Direction,
    /// What it lets through, and from or to whom.
    pub spec: RuleSpec,
    /// The connection that it was made for by us; none for a rule of somebody else.
    pub owner: Option<PcxId>,
}

/// A security group with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: GroupId,
    /// Its tags.
    pub tags: Tags,
    /// Its rules, where somebody asked for them.
    pub rules: Vec<GroupRule>,
}
