//! A whole place, read in bulk.

use std::collections::{BTreeMap, BTreeSet};

use crate::cidr::CidrSet;
use crate::ids::{AccountId, GroupId, PcxId, PrefixListId, VpcId};
use crate::tags::Tags;
use crate::world::{End, Fact, ObservedConnection, PrefixList, RouteTable, SecurityGroup, Subnet, prefix_lists_in_use};

/// What to read besides connections, VPCs and route tables: no more than the rules and the ledger ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InventoryScope {
    /// Security groups and their rules.
    pub groups: bool,
    /// Subnets.
    pub subnets: bool,
    /// These prefix lists.
    pub prefix_lists: BTreeSet<PrefixListId>,
    /// The prefix lists that route tables and rules refer to.
    pub prefix_lists_in_use: bool,
}

impl InventoryScope {
    /// The prefix lists to read, once the VPCs were.
    pub fn wanted_prefix_lists(&self, vpcs: &BTreeMap<VpcId, InventoryVpc>) -> BTreeSet<PrefixListId> {
        let in_use = vpcs.values().filter(|_| self.prefix_lists_in_use).flat_map(|vpc| prefix_lists_in_use(&vpc.tables, &vpc.groups));
        self.prefix_lists.iter().cloned().chain(in_use).collect()
    }
}

/// What there is in a place: its connections and VPCs at first sight, and what is in those VPCs that were looked into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Every connection that is shown, ended ones too.
    pub connections: Vec<ObservedConnection>,
    /// The VPCs that belong to the account.
    pub vpcs: BTreeMap<VpcId, InventoryVpc>,
    /// The VPCs of other accounts that are shared with this one.
    pub shared_vpcs: BTreeMap<VpcId, SharedVpc>,
    /// The prefix lists that were asked for.
    pub prefix_lists: BTreeMap<PrefixListId, Fact<PrefixList>>,
    /// The connections that security group rules of the place name as their owners, where that was asked.
    pub rule_owners: BTreeSet<PcxId>,
    /// Connections that are shown and can't be read.
    pub unreadable_connections: BTreeSet<PcxId>,
    /// VPCs in which something can't be read.
    pub unreadable_vpcs: BTreeSet<VpcId>,
}

/// A VPC, and what is in it where it was looked into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InventoryVpc {
    /// Its associated CIDR blocks.
    pub cidrs: CidrSet,
    /// Its tags.
    pub tags: Tags,
    /// Its route tables.
    pub tables: Vec<RouteTable>,
    /// Its security groups.
    pub groups: Vec<SecurityGroup>,
    /// The groups in it that belong to accounts which it is shared with.
    pub participants_groups: BTreeMap<GroupId, AccountId>,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
}

/// A VPC of another account that is shared with this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedVpc {
    /// The account that it belongs to.
    pub owner: AccountId,
    /// The tags that this account has set, which its owner does not see.
    pub tags: Tags,
}

impl Inventory {
    /// One end of a connection, as a plan sees it; `None` where the VPC is gone.
    ///
    /// Whether the VPC is ready for DNS resolution is not among what AWS tells in bulk, so that is what was seen last.
    pub fn end(&self, vpc: &VpcId, dns_ready: Option<bool>, dns_resolution: bool) -> Option<End> {
        let found = self.vpcs.get(vpc)?;
        Some(End {
            cidrs: found.cidrs.clone(),
            dns_ready,
            dns_resolution,
            tables: found.tables.clone(),
            groups: found.groups.clone(),
            participants_groups: found.participants_groups.clone(),
            subnets: found.subnets.clone(),
            prefix_lists: self.prefix_lists.clone(),
        })
    }
}
