//! VPCs.

use std::collections::BTreeMap;

use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{AccountId, GroupId, VpcRef};
use peerwright_core::world::{Destination, RouteTarget, Tags};

use crate::group::FakeGroup;
use crate::parse::{parse, place};
use crate::table::FakeTable;

/// A VPC with its CIDR blocks, route tables and security groups. DNS support and hostnames are on.
#[derive(Debug, Clone)]
pub struct FakeVpc {
    pub(crate) at: VpcRef,
    pub(crate) cidrs: CidrSet,
    pub(crate) tags: Tags,
    pub(crate) dns_ready: bool,
    pub(crate) tables: Vec<FakeTable>,
    pub(crate) groups: Vec<FakeGroup>,
}

impl FakeVpc {
    /// A VPC with nothing in it.
    pub fn new(account: &str, region: &str, id: &str) -> Self {
        Self {
            at: VpcRef { place: place(account, region), vpc: parse(id) },
            cidrs: CidrSet::default(),
            tags: Tags::new(),
            dns_ready: true,
            tables: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Has a CIDR block; every table has a local route to it.
    #[must_use]
    pub fn cidr(mut self, block: &str) -> Self {
        self.associate(block);
        self
    }

    /// Bears a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Lacks DNS support or DNS hostnames.
    #[must_use]
    pub const fn without_dns(mut self) -> Self {
        self.dns_ready = false;
        self
    }

    /// Has a route table.
    #[must_use]
    pub fn table(mut self, mut table: FakeTable) -> Self {
        let local = self.cidrs.iter().map(|block| (Destination::Cidr(*block), RouteTarget::Other("local".to_owned())));
        table.routes.splice(0..0, local);
        self.tables.push(table);
        self
    }

    /// Has a security group.
    #[must_use]
    pub fn group(mut self, group: FakeGroup) -> Self {
        self.groups.push(group);
        self
    }

    /// True where a destination is one of its blocks, or a part of one.
    pub(crate) fn contains(&self, destination: &Destination) -> bool {
        let Destination::Cidr(wanted) = destination else {
            return false;
        };
        self.cidrs.iter().any(|block| block.contains(wanted))
    }

    /// The groups of its owner.
    pub(crate) fn own_groups(&self) -> impl Iterator<Item = &FakeGroup> {
        self.groups.iter().filter(|group| group.participant.is_none())
    }

    /// The account that a group in it belongs to.
    pub(crate) fn owner_of(&self, group: &GroupId) -> Option<&AccountId> {
        let found = self.groups.iter().find(|found| found.id == *group)?;
        Some(found.participant.as_ref().unwrap_or(&self.at.place.account))
    }

    /// The groups of those that it is shared with.
    pub(crate) fn participants_groups(&self) -> BTreeMap<GroupId, AccountId> {
        self.groups.iter().filter_map(|group| Some((group.id.clone(), group.participant.clone()?))).collect()
    }

    pub(crate) fn disassociate(&mut self, block: &str) {
        let block = parse(block);
        self.cidrs = self.cidrs.iter().copied().filter(|kept| *kept != block).collect();
        for table in &mut self.tables {
            table.routes.retain(|(destination, _)| *destination != Destination::Cidr(block));
        }
    }

    pub(crate) fn associate(&mut self, block: &str) {
        let block = parse(block);
        self.cidrs = self.cidrs.iter().copied().chain([block]).collect();
        for table in &mut self.tables {
            table.routes.push((Destination::Cidr(block), RouteTarget::Other("local".to_owned())));
        }
    }
}
