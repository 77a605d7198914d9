//! What a plan, and the checks before acceptance, find besides steps: one taxonomy for pending and active connections.

use ipnet::IpNet;

use crate::ids::{AccountId, GroupId, PcxId, PrefixListId, RouteTableId, Side, Sides, SubnetId};
use crate::quota::Counted;
use crate::world::{Destination, Direction, RuleSpec};

/// Something that a person has to decide or fix, or may want to know.
///
/// The order of the variants is the order in which they are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The two VPCs share addresses, which AWS refuses.
    Overlap(Sides<IpNet>),
    /// Another connection joins the same two VPCs, in this or the other direction; AWS allows one.
    Duplicate {
        /// The other connection.
        other: PcxId,
        /// Its state.
        state: String,
    },
    /// A route table already has a static route for this destination to another target.
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
    /// A wanted route would take addresses that lead elsewhere now, and no rule names them.
    TakenFrom {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The wanted destination.
        destination: Destination,
        /// Those of them that would be lost: the destination, or an entry of its prefix list.
        block: IpNet,
        /// The destination of the route that would lose them.
        from: Destination,
        /// Its target.
        target: String,
    },
    /// The same, and a rule names them, or the ledger knows the route as ours.
    TakesOver {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The wanted destination.
        destination: Destination,
        /// The destination of the route that loses them.
        from: Destination,
        /// Its target.
        target: String,
    },
    /// A part of a wanted destination leads elsewhere and stays so: by a longer prefix, or by a static route before a prefix list's.
    Shadowed {
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
    /// A wanted destination shares addresses with another peer of the VPC whose own routes can't be told yet.
    SharedWithPeer {
        /// The end.
        side: Side,
        /// The wanted destination.
        destination: Destination,
        /// The other connection.
        other: PcxId,
        /// The other peer's block.
        block: IpNet,
    },
    /// The same, and the other peer is reached in other route tables only.
    SharedElsewhere {
        /// The end.
        side: Side,
        /// The wanted destination.
        destination: Destination,
        /// The other connection.
        other: PcxId,
        /// The other peer's block.
        block: IpNet,
    },
    /// A block of the peer is public IPv4 space, which may be anybody's, and no rule names it.
    PublicSpace {
        /// The end that would send to it, or open a group to it.
        side: Side,
        /// The block.
        block: IpNet,
    },
    /// A block of the peer is outside what the rule says of the peer's blocks.
    OutsideCondition {
        /// The end that would send to it, or open a group to it.
        side: Side,
        /// The block.
        block: IpNet,
    },
    /// The connection does not show the peer's blocks while it is pending, and a rule leaves the destinations to them.
    UnseenPeer {
        /// The end whose tables would get the routes.
        side: Side,
    },
    /// A rule wants routes, and none of the VPC's route tables is meant.
    NoTables {
        /// The end.
        side: Side,
        /// Which tables were wanted.
        wanted: String,
    },
    /// A rule names a route table that is not the VPC's, beside others that are.
    NoSuchTable {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
    },
    /// A rule names a subnet that is not the VPC's.
    NoSuchSubnet {
        /// The end.
        side: Side,
        /// The subnet.
        subnet: SubnetId,
    },
    /// A rule names the route table of a gateway, which takes no route over a peering connection.
    GatewayTable {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
    },
    /// Route tables of gateways that a choice leaves out.
    GatewayTablesLeftOut {
        /// The end.
        side: Side,
        /// Their ids.
        tables: String,
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
    /// A rule wants routes and excludes every destination.
    ExcludesEverything {
        /// The end.
        side: Side,
        /// What it excludes.
        exclude: String,
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
    /// A rule names a security group that is not the VPC's, beside others that are.
    NoSuchGroup {
        /// The end.
        side: Side,
        /// The group.
        group: GroupId,
    },
    /// A rule names a security group in the VPC that belongs to an account which the VPC is shared with.
    ParticipantsGroup {
        /// The end.
        side: Side,
        /// The group.
        group: GroupId,
        /// The account that it belongs to.
        owner: AccountId,
    },
    /// A rule refers to groups of the peer, and none can be found.
    NoPeerGroups {
        /// The end that would get the rules.
        side: Side,
        /// Which groups of the peer were wanted, or why they can't be read.
        wanted: String,
    },
    /// A rule refers to a group that is not the peer's, beside others that are.
    NotPeersGroup {
        /// The end that would get the rules.
        side: Side,
        /// The group.
        group: GroupId,
    },
    /// A rule refers to groups of a peer in another Region, where AWS can't refer to them.
    AcrossRegions {
        /// The end that would get the rules.
        side: Side,
        /// Which groups of the peer were wanted.
        wanted: String,
    },
    /// The VPC lacks DNS support or DNS hostnames, without which AWS refuses the option. The peer has both, as far as it can be read.
    DnsNotReady {
        /// The end.
        side: Side,
    },
    /// Both VPCs do.
    NeitherDnsReady,
    /// A quota would be exceeded.
    Quota {
        /// The end.
        side: Side,
        /// Of what.
        of: Counted,
        /// How many are there.
        used: usize,
        /// How many would be added.
        more: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The wanted route was made by somebody else: traffic uses it, and we never remove it.
    Adopted {
        /// The end.
        side: Side,
        /// The route table.
        table: RouteTableId,
        /// The destination.
        destination: Destination,
    },
    /// The wanted security group rule was made by somebody else: traffic passes by it, and we never remove it.
    AdoptedRule {
        /// The end.
        side: Side,
        /// The security group.
        group: GroupId,
        /// Which way.
        direction: Direction,
        /// The rule.
        rule: RuleSpec,
    },
    /// A check that could not be made.
    Unchecked {
        /// The end.
        side: Side,
        /// What was not checked, and why.
        what: String,
    },
}

impl Finding {
    /// True where a pending connection must not be accepted as things are: it would work badly, or at somebody's cost. What can be fixed
    /// while the connection is in use holds up nothing.
    pub fn holds_acceptance(&self) -> bool {
        match self {
            // The VPC's own block inside the peer's is an overlap of the two, and told as such.
            Self::Shadowed { target, .. } => target != "local",
            Self::Overlap(_)
            | Self::Duplicate { .. }
            | Self::RouteConflict { .. }
            | Self::TakenFrom { .. }
            | Self::SharedWithPeer { .. }
            | Self::PublicSpace { .. }
            | Self::OutsideCondition { .. }
            | Self::UnseenPeer { .. }
            | Self::NoTables { .. }
            | Self::GatewayTable { .. }
            | Self::Quota { .. } => true,
            _ => false,
        }
    }

    /// True where something that a rule wishes for is not made until a person has fixed it.
    pub const fn blocks_a_step(&self) -> bool {
        match self {
            Self::Duplicate { .. } | Self::SharedWithPeer { .. } | Self::UnseenPeer { .. } | Self::Quota { .. } | Self::Shadowed { .. } => {
                false
            }
            _ => !self.is_remark(),
        }
    }

    /// True where DNS resolution is not switched on because a VPC is not ready for it.
    pub const fn is_about_dns(&self) -> bool {
        matches!(self, Self::DnsNotReady { .. } | Self::NeitherDnsReady)
    }

    /// True where it calls for nothing.
    pub const fn is_remark(&self) -> bool {
        matches!(
            self,
            Self::TakesOver { .. }
                | Self::SharedElsewhere { .. }
                | Self::GatewayTablesLeftOut { .. }
                | Self::Adopted { .. }
                | Self::AdoptedRule { .. }
                | Self::Unchecked { .. }
        )
    }

    /// True where a wish does not say clearly what it means, so that what nothing asks for may be asked for after all.
    pub(super) const fn casts_doubt(&self) -> bool {
        matches!(
            self,
            Self::NoTables { .. }
                | Self::NoSuchTable { .. }
                | Self::NoSuchSubnet { .. }
                | Self::GatewayTable { .. }
                | Self::NotPeers { .. }
                | Self::ExcludesPart { .. }
                | Self::UnreadablePrefixList { .. }
                | Self::NoGroups { .. }
                | Self::NoSuchGroup { .. }
                | Self::ParticipantsGroup { .. }
                | Self::NoPeerGroups { .. }
                | Self::NotPeersGroup { .. }
                | Self::AcrossRegions { .. }
        )
    }

    /// True where what is at this end alone decides, whatever the other one is like: its own account's sweep sees when it comes and goes.
    pub fn is_seen_at(&self, at: Side) -> bool {
        match self {
            Self::RouteConflict { side, .. }
            | Self::TakenFrom { side, .. }
            | Self::NoTables { side, .. }
            | Self::NoSuchTable { side, .. }
            | Self::NoSuchSubnet { side, .. }
            | Self::GatewayTable { side, .. }
            | Self::NoGroups { side, .. }
            | Self::NoSuchGroup { side, .. }
            | Self::ParticipantsGroup { side, .. } => *side == at,
            _ => false,
        }
    }
}
