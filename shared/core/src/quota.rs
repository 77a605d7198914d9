//! Quotas of a VPC, its route tables and its security groups.

use std::fmt;

use ipnet::IpNet;

use crate::ids::{GroupId, RouteTableId, VpcId};
use crate::world::Direction;

/// The most rules that the groups of one network interface may have together: "the quota for rules per security group multiplied
/// by the quota for security groups per network interface can't exceed 1,000" (Amazon VPC quotas).
const RULES_PER_INTERFACE: usize = 1000;

/// What one account may have in one Region ("Amazon VPC quotas" in the VPC user guide; "Quotas" in the VPC peering guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Active peering connections of a VPC.
    pub peerings_per_vpc: usize,
    /// Routes of a route table that were not propagated, IPv4 and IPv6 apart.
    pub routes_per_table: usize,
    /// Rules of a security group in one direction, IPv4 and IPv6 apart.
    pub rules_per_group: usize,
    /// Security groups of a network interface.
    pub groups_per_interface: usize,
}

impl Quotas {
    /// The documented defaults. A quota of one's own is higher: Service Quotas only raises.
    pub const DOCUMENTED: Self = Self { peerings_per_vpc: 50, routes_per_table: 500, rules_per_group: 60, groups_per_interface: 5 };

    /// How much there may be of something.
    pub fn limit(&self, of: &Counted) -> usize {
        match of {
            Counted::Peerings(_) => self.peerings_per_vpc,
            Counted::Routes(..) => self.routes_per_table,
            Counted::Rules(..) => self.usable_rules_per_group(),
        }
    }

    /// How many rules a group may have in one direction and family, so that an interface with as many groups as it may have does not
    /// exceed its own bound.
    pub fn usable_rules_per_group(&self) -> usize {
        self.rules_per_group.min(RULES_PER_INTERFACE / self.groups_per_interface.max(1))
    }
}

/// What a quota counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Active peering connections of a VPC.
    Peerings(VpcId),
    /// Routes of a table, of one address family.
    Routes(RouteTableId, Family),
    /// Rules of a group, in one direction and of one address family.
    Rules(GroupId, Direction, Family),
}

/// An address family: most quotas count each apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

impl From<&IpNet> for Family {
    fn from(block: &IpNet) -> Self {
        match block {
            IpNet::V4(_) => Self::V4,
            IpNet::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peerings(vpc) => write!(f, "active peering connections of {vpc}"),
            Self::Routes(table, family) => write!(f, "{family} routes of {table}"),
            Self::Rules(group, direction, family) => write!(f, "{family} {direction} rules of {group}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_bounds_the_rules_of_each_of_its_groups() {
        assert_eq!(Quotas::DOCUMENTED.usable_rules_per_group(), 60);
        assert_eq!(Quotas { rules_per_group: 200, ..Quotas::DOCUMENTED }.usable_rules_per_group(), 200);
        assert_eq!(Quotas { rules_per_group: 200, groups_per_interface: 16, ..Quotas::DOCUMENTED }.usable_rules_per_group(), 62);
        assert_eq!(Quotas { groups_per_interface: 0, ..Quotas::DOCUMENTED }.usable_rules_per_group(), 60);
    }
}
