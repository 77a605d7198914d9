//! The ends of connections: VPCs, and what is in them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use peerwright_core::cidr::CidrSet;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{AccountId, GroupId, InvalidId, Place, VpcId, VpcRef};
use peerwright_core::tags::Tags;
use peerwright_core::world::{End, RouteTable, SecurityGroup, Subnet};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::unreadable;
use crate::convert;
use crate::counted_clients::CountedClients;
use crate::pages::{self, filter};
use crate::prefix_lists::prefix_lists;
use crate::vpc::{self, dns_ready};

/// Group ids that one `DescribeSecurityGroupRules` call is asked for: a filter takes 200 values (EC2 API reference, "Filtering").
const GROUPS_PER_CALL: usize = 200;

/// Ends by their VPCs.
type ByVpc<T> = BTreeMap<VpcId, T>;

/// Reads as much of each end as its query asks for.
pub(crate) async fn observe(clients: &CountedClients, place: &Place, wanted: &ByVpc<EndQuery>) -> Result<ByVpc<End>, Failure> {
    let of = |asks: fn(&EndQuery) -> bool| wanted.iter().filter(|(_, query)| asks(query)).map(|(vpc, _)| vpc.clone()).collect();
    let mut cidrs = associated_cidrs(clients, place, of(|query| query.cidrs)).await?;
    let mut tables = route_tables(clients, place, &of(|query| query.tables)).await?;
    let mut groups = security_groups(clients, place, wanted).await?;
    let mut subnets = subnets(clients, place, &of(|query| query.subnets)).await?;
    let mut ends = ByVpc::new();
    for (id, query) in wanted {
        let tables = tables.remove(id).unwrap_or_default();
        let groups = groups.remove(id).unwrap_or_default();
        let end = End {
            cidrs: cidrs.remove(id).unwrap_or_default(),
            dns_ready: if query.dns_attributes { Some(dns_ready(clients, &vpc_at(place, id)).await?) } else { None },
            dns_resolution: false,
            subnets: subnets.remove(id).unwrap_or_default(),
            prefix_lists: prefix_lists(clients, place, &query.wanted_prefix_lists(&tables, &groups.own)).await?,
            tables,
            groups: groups.own,
            participants_groups: groups.participants,
        };
        ends.insert(id.clone(), end);
    }
    Ok(ends)
}

fn vpc_at(place: &Place, vpc: &VpcId) -> VpcRef {
    VpcRef { place: place.clone(), vpc: vpc.clone() }
}

async fn associated_cidrs(clients: &CountedClients, place: &Place, ids: BTreeSet<VpcId>) -> Result<ByVpc<CidrSet>, Failure> {
    if ids.is_empty() {
        return Ok(ByVpc::new());
    }
    let found = vpc::describe(clients, place, &ids).await?;
    match ids.iter().find(|id| !found.contains_key(id)) {
        Some(gone) => Err(is_gone(place, gone)),
        None => Ok(found.iter().map(|(id, vpc)| (id.clone(), convert::associated_cidrs(vpc))).collect()),
    }
}

fn is_gone(place: &Place, vpc: &VpcId) -> Failure {
    Failure { what: format!("read {vpc}"), place: Some(place.clone()), class: Class::Gone, source: format!("{vpc} is gone").into() }
}

async fn route_tables(clients: &CountedClients, place: &Place, ids: &BTreeSet<VpcId>) -> Result<ByVpc<Vec<RouteTable>>, Failure> {
    let mut tables: ByVpc<Vec<RouteTable>> = ByVpc::new();
    if ids.is_empty() {
        return Ok(tables);
    }
    for table in pages::route_tables(clients, place, Some(within(ids))).await? {
        let read = convert::route_table(&table).map_err(|error| unreadable("read a route table", Some(place), error))?;
        if let Some(vpc) = pages::vpc_id(table.vpc_id()) {
            tables.entry(vpc).or_default().push(read);
        }
    }
    Ok(tables)
}

fn within(ids: &BTreeSet<VpcId>) -> Vec<Filter> {
    vec![filter("vpc-id", ids.iter().map(ToString::to_string))]
}

/// The groups in a VPC, by whom they belong to.
#[derive(Default)]
struct Groups {
    own: Vec<SecurityGroup>,
    participants: BTreeMap<GroupId, AccountId>,
}

/// All groups with their tags, since the peer's rules may refer to them; rules only of those that are looked into. Of a VPC whose groups are known,
/// those that the query names, with nothing but their rules: one that is not there has none.
async fn security_groups(clients: &CountedClients, place: &Place, wanted: &ByVpc<EndQuery>) -> Result<ByVpc<Groups>, Failure> {
    let listed = wanted.iter().filter(|(_, query)| query.groups).map(|(id, _)| id.clone()).collect();
    let mut groups = list_groups(clients, place, &listed).await?;
    for (id, query) in wanted.iter().filter(|(_, query)| !query.groups) {
        let named = query.rules_in.iter().map(|id| SecurityGroup { id: id.clone(), tags: Tags::new(), rules: Vec::new() });
        groups.entry(id.clone()).or_default().own.extend(named);
    }
    let asks = |vpc: &VpcId, group: &SecurityGroup| wanted.get(vpc).is_some_and(|query| query.wants_rules_of(&group.id, &group.tags));
    let ids: Vec<GroupId> =
        groups.iter().flat_map(|(vpc, groups)| groups.own.iter().filter(|group| asks(vpc, group))).map(|group| group.id.clone()).collect();
    for ids in ids.chunks(GROUPS_PER_CALL) {
        let named = filter("group-id", ids.iter().map(ToString::to_string));
        let mut rules = pages::group_rules(clients, place, Some(vec![named])).await?;
        for group in groups.values_mut().flat_map(|groups| &mut groups.own) {
            group.rules.extend(rules.remove(&group.id).unwrap_or_default());
        }
    }
    Ok(groups)
}

async fn list_groups(clients: &CountedClients, place: &Place, ids: &BTreeSet<VpcId>) -> Result<ByVpc<Groups>, Failure> {
    let mut groups: ByVpc<Groups> = ByVpc::new();
    if ids.is_empty() {
        return Ok(groups);
    }
    for group in pages::groups(clients, place, Some(within(ids))).await? {
        let Some(vpc) = pages::vpc_id(group.vpc_id()) else { continue };
        let id: Result<GroupId, InvalidId> = group.group_id().unwrap_or_default().parse();
        let id = id.map_err(|error| unreadable("read a security group", Some(place), error))?;
        let owner = convert::owner(group.owner_id(), place);
        let of_vpc = groups.entry(vpc).or_default();
        if owner == place.account {
            of_vpc.own.push(SecurityGroup { id, tags: convert::tags(group.tags()), rules: Vec::new() });
        } else {
            of_vpc.participants.insert(id, owner);
        }
    }
    Ok(groups)
}

async fn subnets(clients: &CountedClients, place: &Place, ids: &BTreeSet<VpcId>) -> Result<ByVpc<Vec<Subnet>>, Failure> {
    let mut subnets: ByVpc<Vec<Subnet>> = ByVpc::new();
    if ids.is_empty() {
        return Ok(subnets);
    }
    for subnet in pages::subnets(clients, place, Some(within(ids))).await? {
        let id = subnet.subnet_id().unwrap_or_default().parse();
        let id = id.map_err(|error: InvalidId| unreadable("read a subnet", Some(place), error))?;
        if let Some(vpc) = pages::vpc_id(subnet.vpc_id()) {
            subnets.entry(vpc).or_default().push(Subnet { id, tags: convert::tags(subnet.tags()) });
        }
    }
    Ok(subnets)
}
