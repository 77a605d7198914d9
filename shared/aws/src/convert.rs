//! SDK shapes into the project's own. Values that AWS may add later are kept as text.

use std::error::Error;

use aws_sdk_ec2::types::{self, VpcPeeringConnectionOptionsDescription};
use ipnet::IpNet;
use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{AccountId, Place, Side, Sides, VpcRef};
use peerwright_core::plan::OWNER_TAG;
use peerwright_core::traffic::{IcmpMessages, Ports, Protocol, Traffic};
use peerwright_core::world::{
    Connection, Destination, Direction, GroupRule, ObservedConnection, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec,
    Tags,
};

/// An answer of AWS that lacks what it should have.
#[derive(Debug, thiserror::Error)]
#[error("the answer of AWS has no usable {0}")]
pub(crate) struct Incomplete(&'static str);

type Boxed = Box<dyn Error + Send + Sync>;

fn given<'a>(value: Option<&'a str>, name: &'static str) -> Result<&'a str, Incomplete> {
    value.ok_or(Incomplete(name))
}

pub(crate) fn tags(tags: &[types::Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()))).collect()
}

/// The account that something found in a place belongs to: another one, where a VPC is shared. AWS always says; what does not is the place's.
pub(crate) fn owner(owner_id: Option<&str>, place: &Place) -> AccountId {
    owner_id.and_then(|id| id.parse().ok()).unwrap_or_else(|| place.account.clone())
}

/// A connection as seen from `place`: infos without a Region are of the Region that was asked.
pub(crate) fn peering(place: &Place, found: &types::VpcPeeringConnection) -> Result<ObservedConnection, Boxed> {
    let status = found.status();
    let code = status.and_then(|status| status.code()).ok_or(Incomplete("status"))?;
    let infos = Sides {
        requester: found.requester_vpc_info().ok_or(Incomplete("requesterVpcInfo"))?,
        accepter: found.accepter_vpc_info().ok_or(Incomplete("accepterVpcInfo"))?,
    };
    let connection = Connection {
        id: given(found.vpc_peering_connection_id(), "vpcPeeringConnectionId")?.parse()?,
        state: PeeringState::from(code.as_str()),
        message: status.and_then(|status| status.message()).unwrap_or_default().to_owned(),
        ends: Sides { requester: vpc(place, infos.requester)?, accepter: vpc(place, infos.accepter)? },
    };
    let cidrs = Sides { requester: shown_cidrs(infos.requester), accepter: shown_cidrs(infos.accepter) };
    let option = |side: Side| (connection.ends.of(side).place == *place).then(|| dns_resolution(found, side));
    let dns_resolution = Sides::each(option);
    Ok(ObservedConnection { connection, cidrs, tags: tags(found.tags()), shown_in: place.clone(), dns_resolution })
}

fn vpc(place: &Place, info: &types::VpcPeeringConnectionVpcInfo) -> Result<VpcRef, Boxed> {
    Ok(VpcRef {
        place: Place {
            account: given(info.owner_id(), "ownerId")?.parse()?,
            region: info.region().map_or(Ok(place.region.clone()), str::parse)?,
        },
        vpc: given(info.vpc_id(), "vpcId")?.parse()?,
    })
}

fn shown_cidrs(info: &types::VpcPeeringConnectionVpcInfo) -> CidrSet {
    let ipv4 = info.cidr_block_set().iter().filter_map(|block| block.cidr_block());
    let ipv6 = info.ipv6_cidr_block_set().iter().filter_map(|block| block.ipv6_cidr_block());
    // The set is the whole list; the single block is all that older answers have.
    let primary = info.cidr_block();
    ipv4.chain(ipv6).chain(primary).filter_map(|block| block.parse::<IpNet>().ok()).collect()
}

/// Whether one side resolves the other's names: shown only to that side's own account.
fn dns_resolution(found: &types::VpcPeeringConnection, side: Side) -> bool {
    let info = match side {
        Side::Requester => found.requester_vpc_info(),
        Side::Accepter => found.accepter_vpc_info(),
    };
    info.and_then(|info| info.peering_options())
        .and_then(VpcPeeringConnectionOptionsDescription::allow_dns_resolution_from_remote_vpc)
        .unwrap_or(false)
}

/// The blocks that are in use: not those that are being associated or taken away.
pub(crate) fn associated_cidrs(vpc: &types::Vpc) -> CidrSet {
    let associated = |state: Option<&types::VpcCidrBlockState>| {
        state.and_then(|state| state.state()).is_some_and(|code| *code == types::VpcCidrBlockStateCode::Associated)
    };
    let ipv4 =
        vpc.cidr_block_association_set().iter().filter(|block| associated(block.cidr_block_state())).filter_map(|block| block.cidr_block());
    let ipv6 = vpc
        .ipv6_cidr_block_association_set()
        .iter()
        .filter(|block| associated(block.ipv6_cidr_block_state()))
        .filter_map(|block| block.ipv6_cidr_block());
    ipv4.chain(ipv6).filter_map(|block| block.parse::<IpNet>().ok()).collect()
}

pub(crate) fn route_table(table: &types::RouteTable) -> Result<RouteTable, Boxed> {
    Ok(RouteTable {
        id: given(table.route_table_id(), "routeTableId")?.parse()?,
        main: table.associations().iter().any(|association| association.main().unwrap_or(false)),
        tags: tags(table.tags()),
        gateway: table.associations().iter().any(|association| association.gateway_id().is_some()),
        subnets: table.associations().iter().filter_map(|association| association.subnet_id()?.parse().ok()).collect(),
        routes: table.routes().iter().filter_map(route).collect(),
    })
}

fn route(route: &types::Route) -> Option<Route> {
    let cidr = || route.destination_cidr_block().or(route.destination_ipv6_cidr_block());
    let destination = cidr().or_else(|| route.destination_prefix_list_id())?;
    Some(Route {
        destination: destination.parse::<Destination>().ok()?,
        target: target(route),
        blackhole: route.state().is_some_and(|state| *state == types::RouteState::Blackhole),
        propagated: route.origin().is_some_and(|origin| matches!(origin.as_str(), "EnableVgwRoutePropagation" | "Advertisement")),
    })
}

fn target(route: &types::Route) -> RouteTarget {
    if let Some(id) = route.vpc_peering_connection_id().and_then(|id| id.parse().ok()) {
        return RouteTarget::Peering(id);
    }
    let others = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.network_interface_id(),
        route.instance_id(),
        route.egress_only_internet_gateway_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
    ];
    RouteTarget::Other(others.into_iter().flatten().next().unwrap_or("another target").to_owned())
}

/// A rule with its id and owner; `place` is that of the group: groups that are named without an account are of its own.
pub(crate) fn group_rule(rule: &types::SecurityGroupRule, place: &Place) -> Option<GroupRule> {
    let owner = rule.tags().iter().find(|tag| tag.key() == Some(OWNER_TAG)).and_then(|tag| tag.value()?.parse().ok());
    Some(GroupRule {
        id: rule.security_group_rule_id()?.parse().ok()?,
        direction: if rule.is_egress().unwrap_or(false) { Direction::Egress } else { Direction::Ingress },
        spec: spec(rule, place)?,
        owner,
    })
}

/// A rule as EC2 compares it.
fn spec(rule: &types::SecurityGroupRule, place: &Place) -> Option<RuleSpec> {
    let protocol = rule.ip_protocol()?;
    let peer = rule_peer(rule, place);
    let Ok(known) = protocol.parse::<Protocol>() else {
        return Some(RuleSpec { traffic: Traffic::All, peer: RulePeer::Other(format!("{protocol} {peer}")) });
    };
    match traffic(known, rule.from_port(), rule.to_port()) {
        Some(traffic) => Some(RuleSpec { traffic, peer }),
        // A range that no rule of the allowlist can say: keep it apart from all of them.
        None => Some(RuleSpec { traffic: traffic(known, None, None)?, peer: RulePeer::Other(format!("an unusual range of {peer}")) }),
    }
}

/// EC2 keeps ports, and the type and code of ICMP, in the same two fields; -1 is "any".
fn traffic(protocol: Protocol, from: Option<i32>, to: Option<i32>) -> Option<Traffic> {
    match protocol {
        Protocol::All => Some(Traffic::All),
        Protocol::Tcp => ports(from, to).map(Traffic::Tcp),
        Protocol::Udp => ports(from, to).map(Traffic::Udp),
        Protocol::Icmp => icmp(from, to).map(Traffic::Icmp),
        Protocol::Icmpv6 => icmp(from, to).map(Traffic::Icmpv6),
        Protocol::Number(number) => Some(Traffic::Other(number)),
    }
}

fn ports(from: Option<i32>, to: Option<i32>) -> Option<Ports> {
    match (from.unwrap_or(0), to.unwrap_or(65535)) {
        (0 | -1, 65535 | -1) => Some(Ports::ALL),
        (from, to) => Ports::range(u16::try_from(from).ok()?, u16::try_from(to).ok()?),
    }
}

fn icmp(kind: Option<i32>, code: Option<i32>) -> Option<IcmpMessages> {
    match (kind.unwrap_or(-1), code.unwrap_or(-1)) {
        (-1, -1) => Some(IcmpMessages::All),
        (kind, -1) => Some(IcmpMessages::Type(u8::try_from(kind).ok()?, None)),
        (kind, code) => Some(IcmpMessages::Type(u8::try_from(kind).ok()?, Some(u8::try_from(code).ok()?))),
    }
}

fn rule_peer(rule: &types::SecurityGroupRule, owner: &Place) -> RulePeer {
    if let Some(block) = rule.cidr_ipv4().or(rule.cidr_ipv6()).and_then(|block| block.parse::<IpNet>().ok()) {
        return RulePeer::Cidr(block.trunc());
    }
    let group = rule.referenced_group_info();
    let id = group.and_then(|group| group.group_id()).and_then(|id| id.parse().ok());
    let account = group.and_then(|group| group.user_id()).map_or(Ok(owner.account.clone()), str::parse);
    match (id, account, rule.prefix_list_id().map(str::parse)) {
        (Some(id), Ok(account), _) => RulePeer::Group(id, account),
        (_, _, Some(Ok(list))) => RulePeer::PrefixList(list),
        _ => RulePeer::Other(rule.prefix_list_id().unwrap_or("another source").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_serves_a_gateway_says_so() {
        let table = |association: types::RouteTableAssociation| {
            let found = types::RouteTable::builder().route_table_id("rtb-11111111").associations(association).build();
            route_table(&found).expect("a table")
        };
        assert!(table(types::RouteTableAssociation::builder().gateway_id("igw-11111111").build()).gateway);
        assert!(!table(types::RouteTableAssociation::builder().subnet_id("subnet-11111111").build()).gateway);
    }
}
