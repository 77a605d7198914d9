//! Describe calls, all pages, each counted as the call that it is.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self, Filter};
use peerwright_core::ids::{GroupId, Place, VpcId};
use peerwright_core::world::GroupRule;
use peerwright_engine::failure::Failure;

use crate::classify::failure;
use crate::convert;
use crate::counted_clients::CountedClients;

/// The largest pages: of route tables (`DescribeRouteTables`), and of everything else that is read here (EC2 API reference).
const TABLES_PER_PAGE: i32 = 100;
const THINGS_PER_PAGE: i32 = 1000;

pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

/// Reads all pages of one kind in a place: `pages!(clients, place, what, filters, operation, items, size)`.
macro_rules! pages {
    ($clients:expr, $place:expr, $what:expr, $filters:expr, $operation:ident, $items:ident, $size:expr) => {{
        let client = $clients.ec2($place).await;
        let mut pages = client.$operation().set_filters($filters).into_paginator().page_size($size).send();
        let mut found = Vec::new();
        let mut further = 0;
        while let Some(page) = pages.next().await {
            $clients.count(further);
            further = 1;
            found.extend(page.map_err(|error| failure($what, Some($place), error))?.$items.unwrap_or_default());
        }
        Ok::<_, Failure>(found)
    }};
}

/// No filter is `None`: EC2 refuses an empty list.
type Filters = Option<Vec<Filter>>;

pub(crate) async fn connections(
    clients: &CountedClients,
    place: &Place,
    filters: Filters,
) -> Result<Vec<types::VpcPeeringConnection>, Failure> {
    pages!(clients, place, "list connections", filters, describe_vpc_peering_connections, vpc_peering_connections, THINGS_PER_PAGE)
}

pub(crate) async fn vpcs(clients: &CountedClients, place: &Place, filters: Filters) -> Result<Vec<types::Vpc>, Failure> {
    pages!(clients, place, "list VPCs", filters, describe_vpcs, vpcs, THINGS_PER_PAGE)
}

pub(crate) async fn route_tables(clients: &CountedClients, place: &Place, filters: Filters) -> Result<Vec<types::RouteTable>, Failure> {
    pages!(clients, place, "list route tables", filters, describe_route_tables, route_tables, TABLES_PER_PAGE)
}

pub(crate) async fn subnets(clients: &CountedClients, place: &Place, filters: Filters) -> Result<Vec<types::Subnet>, Failure> {
    pages!(clients, place, "list subnets", filters, describe_subnets, subnets, THINGS_PER_PAGE)
}

pub(crate) async fn groups(clients: &CountedClients, place: &Place, filters: Filters) -> Result<Vec<types::SecurityGroup>, Failure> {
    pages!(clients, place, "list security groups", filters, describe_security_groups, security_groups, THINGS_PER_PAGE)
}

/// Security group rules by the group that they are in. A rule that can't be read is left out: it is none of ours.
pub(crate) async fn group_rules(
    clients: &CountedClients,
    place: &Place,
    filters: Filters,
) -> Result<BTreeMap<GroupId, Vec<GroupRule>>, Failure> {
    let what = "list security group rules";
    let found = pages!(clients, place, what, filters, describe_security_group_rules, security_group_rules, THINGS_PER_PAGE)?;
    let mut groups: BTreeMap<GroupId, Vec<GroupRule>> = BTreeMap::new();
    for rule in &found {
        let group = rule.group_id().and_then(|id| id.parse().ok());
        if let (Some(group), Some(rule)) = (group, convert::group_rule(rule, place)) {
            groups.entry(group).or_default().push(rule);
        }
    }
    Ok(groups)
}

/// The VPC that a resource says it is in.
pub(crate) fn vpc_id(found: Option<&str>) -> Option<VpcId> {
    found.and_then(|id| id.parse().ok())
}
