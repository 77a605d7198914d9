//! What Describe calls said, in the words of this project.
//!
//! Values of AWS that this project does not know are kept as text, never guessed at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::allowlist::{Ports, Protocol};
use crate::cidr::CidrSet;
use crate::ids::{AccountId, GroupId, GroupRuleId, PcxId, PrefixListId, RouteTableId, Sides, SubnetId, VpcRef};
use crate::organization::Unit;
use crate::owned::Owned;

/// A fact that may not be readable, with the reason why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// Read.
    Known(T),
    /// Not readable; says why.
    Unknown(String),
}

impl<T> Fact<T> {
    /// The value, where it was read.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// Tags of a resource.
pub type Tags = BTreeMap<String, String>;

/// True when a resource bears each wanted tag with one of its values.
pub fn bears(tags: &Tags, wanted: &BTreeMap<String, BTreeSet<String>>) -> bool {
    wanted.iter().all(|(key, values)| tags.get(key).is_some_and(|value| values.contains(value)))
}

/// Where a connection is in its life (`VpcPeeringConnectionStateReason.code` in the EC2 API reference).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeeringState {
    /// Just asked for; becomes pending or fails.
    Initiating,
    /// Waits for its accepter, 7 days at most.
    Pending,
    /// Accepted, not usable yet.
    Provisioning,
    /// Usable.
    Active,
    /// Ended, or about to: rejected, expired, failed, deleting, deleted.
    Ended(String),
    /// A state that AWS had not documented when this was written.
    Other(String),
}

/// The state that we give a connection which AWS no longer shows: an ended one is shown for some hours or days ("VPC peering connection
/// lifecycle", VPC peering guide).
pub const VANISHED: &str = "vanished";

impl PeeringState {
    /// Not shown any more, by anybody.
    pub fn vanished() -> Self {
        Self::Ended(VANISHED.to_owned())
    }
}

impl From<&str> for PeeringState {
    fn from(code: &str) -> Self {
        match code {
            "initiating-request" => Self::Initiating,
            "pending-acceptance" => Self::Pending,
            "provisioning" => Self::Provisioning,
            "active" => Self::Active,
            "rejected" | "expired" | "failed" | "deleting" | "deleted" => Self::Ended(code.to_owned()),
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for PeeringState {
    /// The code as AWS writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Initiating => "initiating-request",
            Self::Pending => "pending-acceptance",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Ended(code) | Self::Other(code) => code,
        })
    }
}

/// A connection, as one of its owners sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id, the same on both sides.
    pub id: PcxId,
    /// Where it is in its life.
    pub state: PeeringState,
    /// AWS's sentence about the state.
    pub message: String,
    /// The two VPCs.
    pub ends: Sides<VpcRef>,
}

/// What a rule can ask about one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcFacts {
    /// The VPC.
    pub vpc: VpcRef,
    /// Its associated CIDR blocks.
    pub cidrs: Fact<CidrSet>,
    /// Its tags, as its own account has them.
    pub tags: Fact<Tags>,
    /// The organizational units its account is in, from the root down; read only where a rule asks for them.
    pub units: Fact<Vec<Unit>>,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteTarget {
    /// Over a peering connection.
    Peering(PcxId),
    /// Anywhere else: `local`, a gateway's or an interface's id.
    Other(String),
}

impl fmt::Display for RouteTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peering(id) => write!(f, "{id}"),
            Self::Other(target) => f.write_str(target),
        }
    }
}

/// Where a route leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Destination {
    /// Addresses.
    Cidr(IpNet),
    /// The addresses of a managed prefix list.
    PrefixList(PrefixListId),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(block) => write!(f, "{block}"),
            Self::PrefixList(id) => write!(f, "{id}"),
        }
    }
}

impl FromStr for Destination {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Self, InvalidDestination> {
        if let Ok(id) = text.parse() {
            return Ok(Self::PrefixList(id));
        }
        text.parse::<IpNet>().map(|block| Self::Cidr(block.trunc())).map_err(|_| InvalidDestination(text.to_owned()))
    }
}

impl TryFrom<String> for Destination {
    type Error = InvalidDestination;

    fn try_from(text: String) -> Result<Self, InvalidDestination> {
        text.parse()
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> Self {
        destination.to_string()
    }
}

/// A text that is no destination of a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a CIDR block nor a prefix list id")]
pub struct InvalidDestination(String);

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The destination.
    pub destination: Destination,
    /// The target.
    pub target: RouteTarget,
    /// True where the target is gone (state `blackhole`).
    pub blackhole: bool,
    /// True where a gateway put it there (origin `EnableVgwRoutePropagation` or `Advertisement`), not a person.
    pub propagated: bool,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// True for the VPC's main one.
    pub main: bool,
    /// Its tags.
    pub tags: Tags,
    /// The subnets that are associated with it explicitly. The main table serves all others as well.
    pub subnets: BTreeSet<SubnetId>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// Its tags.
    pub tags: Tags,
}

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixList {
    /// Its blocks.
    pub cidrs: CidrSet,
    /// How many entries it may have: each counts against the quotas of what refers to it.
    pub max_entries: usize,
}

/// Which way a security group rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RulePeer {
    /// Addresses.
    Cidr(IpNet),
    /// Members of a group, and the account that owns it.
    Group(GroupId, AccountId),
    /// Something else, such as a prefix list.
    Other(String),
}

impl fmt::Display for RulePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(block) => write!(f, "{block}"),
            Self::Group(group, owner) => write!(f, "{owner}/{group}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// What makes two security group rules the same to EC2: protocol, ports and the other end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleSpec {
    /// The IP protocol.
    pub protocol: Protocol,
    /// The ports.
    pub ports: Ports,
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
    /// What it lets through.
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

/// One end of a connection, as far as a plan is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct End {
    /// The VPC's associated CIDR blocks.
    pub cidrs: CidrSet,
    /// Whether the VPC has both DNS support and DNS hostnames switched on; none where nobody asked.
    pub dns_ready: Option<bool>,
    /// True when the VPC lets the peer's instances resolve its public DNS names to private addresses over this connection
    /// (the end's own `AllowDnsResolutionFromRemoteVpc`).
    pub dns_resolution: bool,
    /// The VPC's route tables.
    pub tables: Vec<RouteTable>,
    /// The VPC's security groups.
    pub groups: Vec<SecurityGroup>,
    /// The VPC's subnets, where somebody asked for them.
    pub subnets: Vec<Subnet>,
    /// The prefix lists that somebody asked for.
    pub prefix_lists: BTreeMap<PrefixListId, Fact<PrefixList>>,
}

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

/// A connection with the CIDR blocks it shows. AWS shows the other side's blocks only while the connection is active
/// (`VpcPeeringConnectionVpcInfo` in the EC2 API reference), so a set may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedConnection {
    /// The connection.
    pub connection: Connection,
    /// The blocks of each end.
    pub cidrs: Sides<CidrSet>,
    /// The connection's tags as the account that was asked has them: the other account's are its own.
    pub tags: Tags,
}
