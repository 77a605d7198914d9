//! One end of a connection: its VPC, and what is in it.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Filter;
use peerwright_core::cidr::CidrSet;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{AccountId, GroupId, InvalidId, Side, VpcRef};
use peerwright_core::world::{Connection, End, RouteTable, SecurityGroup, Subnet};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::unreadable;
use crate::convert;
use crate::counted_clients::CountedClients;
use crate::pages::{self, filter};
use crate::prefix_lists::prefix_lists;
use crate::vpc::{self, dns_ready};

/// Group ids that one `DescribeSecurityGroupRules` call is asked for: a filter takes 200 values (EC2 API reference, "Filtering").
const GROUPS_PER_CALL: usize = 200;

/// Reads as much of an end as the query asks for.
pub(crate) async fn observe(clients: &CountedClients, connection: &Connection, side: Side, query: &EndQuery) -> Result<End, Failure> {
    let vpc = connection.ends.of(side);
    let cidrs = if query.cidrs { associated_cidrs(clients, vpc).await? } else { CidrSet::default() };
    let tables = if query.tables { route_tables(clients, vpc).await? } else { Vec::new() };
    let groups = if query.groups { security_groups(clients, vpc, query).await? } else { Groups::default() };
    Ok(End {
        cidrs,
        dns_ready: if query.dns_attributes { Some(dns_ready(clients, vpc).await?) } else { None },
        dns_resolution: false,
        subnets: if query.subnets { subnets(clients, vpc).await? } else { Vec::new() },
        prefix_lists: prefix_lists(clients, &vpc.place, &query.wanted_prefix_lists(&tables, &groups.own)).await?,
        tables,
        groups: groups.own,
        participants_groups: groups.participants,
    })
}

async fn associated_cidrs(clients: &CountedClients, vpc: &VpcRef) -> Result<CidrSet, Failure> {
    let found = vpc::describe(clients, vpc).await?.ok_or_else(|| gone(vpc))?;
    Ok(convert::associated_cidrs(&found))
}

fn gone(vpc: &VpcRef) -> Failure {
    let VpcRef { place, vpc } = vpc;
    Failure { what: format!("read {vpc}"), place: Some(place.clone()), class: Class::Gone, source: format!("{vpc} is gone").into() }
}

async fn route_tables(clients: &CountedClients, vpc: &VpcRef) -> Result<Vec<RouteTable>, Failure> {
    let found = pages::route_tables(clients, &vpc.place, Some(within(vpc))).await?;
    let read = |table| convert::route_table(table).map_err(|error| unreadable("read a route table", Some(&vpc.place), error));
    found.iter().map(read).collect()
}

fn within(vpc: &VpcRef) -> Vec<Filter> {
    vec![filter("vpc-id", [vpc.vpc.to_string()])]
}

/// The groups in a VPC, by whom they belong to.
#[derive(Default)]
struct Groups {
    own: Vec<SecurityGroup>,
    participants: BTreeMap<GroupId, AccountId>,
}

/// All groups with their tags, since the peer's rules may refer to them; rules only of those that are looked into.
async fn security_groups(clients: &CountedClients, vpc: &VpcRef, query: &EndQuery) -> Result<Groups, Failure> {
    let mut groups = list_groups(clients, vpc).await?;
    let ids: Vec<GroupId> =
        groups.own.iter().filter(|group| query.wants_rules_of(&group.id, &group.tags)).map(|group| group.id.clone()).collect();
    for ids in ids.chunks(GROUPS_PER_CALL) {
        let wanted = filter("group-id", ids.iter().map(ToString::to_string));
        let mut rules = pages::group_rules(clients, &vpc.place, Some(vec![wanted])).await?;
        for group in &mut groups.own {
            group.rules.extend(rules.remove(&group.id).unwrap_or_default());
        }
    }
    Ok(groups)
}

async fn list_groups(clients: &CountedClients, vpc: &VpcRef) -> Result<Groups, Failure> {
    let mut groups = Groups::default();
    for group in pages::groups(clients, &vpc.place, Some(within(vpc))).await? {
        let id: Result<GroupId, InvalidId> = group.group_id().unwrap_or_default().parse();
        let id = id.map_err(|error| unreadable("read a security group", Some(&vpc.place), error))?;
        let owner = convert::owner(group.owner_id(), &vpc.place);
        if owner != vpc.place.account {
            groups.participants.insert(id, owner);
            continue;
        }
        groups.own.push(SecurityGroup { id, tags: convert::tags(group.tags()), rules: Vec::new() });
    }
    Ok(groups)
}

async fn subnets(clients: &CountedClients, vpc: &VpcRef) -> Result<Vec<Subnet>, Failure> {
    let mut subnets = Vec::new();
    for subnet in pages::subnets(clients, &vpc.place, Some(within(vpc))).await? {
        let id = subnet.subnet_id().unwrap_or_default().parse();
        let id = id.map_err(|error: InvalidId| unreadable("read a subnet", Some(&vpc.place), error))?;
        subnets.push(Subnet { id, tags: convert::tags(subnet.tags()) });
    }
    Ok(subnets)
}
