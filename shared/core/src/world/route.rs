//! Route tables: where routes lead to, and over what.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::cidr::CidrSet;
use crate::ids::{PcxId, PrefixListId, RouteTableId, SubnetId};
use crate::tags::Tags;

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

impl Destination {
    /// True where two destinations surely share an address. What a prefix list holds is not known here.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cidr(one), Self::Cidr(other)) => one.contains(other) || other.contains(one),
            _ => self == other,
        }
    }
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
    /// True where it serves an internet or a virtual private gateway: such a table takes routes inside the VPC only ("Gateway route tables",
    /// VPC user guide).
    pub gateway: bool,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixList {
    /// Its blocks.
    pub cidrs: CidrSet,
    /// How many entries it may have: each counts against the quotas of what refers to it.
    pub max_entries: usize,
}
