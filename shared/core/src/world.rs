//! What Describe calls said, in the words of this project.
//!
//! Values of AWS that this project does not know are kept as text, never guessed at.

mod connection;
mod route;
mod security_group;

use std::collections::{BTreeMap, BTreeSet};

pub use connection::{Connection, ObservedConnection, PeeringState};
pub use route::{Destination, InvalidDestination, PrefixList, Route, RouteTable, RouteTarget};
pub use security_group::{Direction, GroupRule, RulePeer, RuleSpec, SecurityGroup};

use crate::cidr::CidrSet;
use crate::ids::{AccountId, GroupId, PrefixListId, SubnetId, VpcRef};
use crate::organization::Unit;
pub use crate::tags::Tags;

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

/// What a rule can ask about one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcFacts {
    /// The VPC.
    pub vpc: VpcRef,
    /// The account that it belongs to: another than the one where it was read, where that one takes part in a shared VPC.
    pub owner: AccountId,
    /// Its associated CIDR blocks.
    pub cidrs: Fact<CidrSet>,
    /// Its tags, as its own account has them.
    pub tags: Fact<Tags>,
    /// The organizational units its account is in, from the root down; read only where a rule asks for them.
    pub units: Fact<Vec<Unit>>,
}

impl VpcFacts {
    /// Its owner, where that is another account than the one where it was read. Only the owner of a VPC can peer it ("Share your VPC
    /// subnets", VPC user guide), so nothing is decided about it anywhere else.
    pub fn other_owner(&self) -> Option<&AccountId> {
        (self.owner != self.vpc.place.account).then_some(&self.owner)
    }
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// Its tags.
    pub tags: Tags,
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
    /// The groups that other accounts made in the VPC, which it is shared with: they show no tags here, and are not ours to write.
    pub participants_groups: BTreeMap<GroupId, AccountId>,
    /// The VPC's subnets, where somebody asked for them.
    pub subnets: Vec<Subnet>,
    /// The prefix lists that somebody asked for.
    pub prefix_lists: BTreeMap<PrefixListId, Fact<PrefixList>>,
}

/// The prefix lists that routes lead to, or rules refer to.
pub fn prefix_lists_in_use(tables: &[RouteTable], groups: &[SecurityGroup]) -> BTreeSet<PrefixListId> {
    let routes = tables.iter().flat_map(|table| &table.routes).filter_map(|route| match &route.destination {
        Destination::PrefixList(id) => Some(id),
        Destination::Cidr(_) => None,
    });
    let rules = groups.iter().flat_map(|group| &group.rules).filter_map(|rule| match &rule.spec.peer {
        RulePeer::PrefixList(id) => Some(id),
        RulePeer::Cidr(_) | RulePeer::Group(..) | RulePeer::Other(_) => None,
    });
    routes.chain(rules).cloned().collect()
}
