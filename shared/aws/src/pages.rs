//! Describe calls, all pages, each counted as the call that it is.

use std::error::Error;

use aws_sdk_ec2::types::{self, Filter};
use peerwright_core::ids::{GroupId, Place, VpcId};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;
use crate::cloud::Ec2Cloud;

/// The largest pages: of route tables (`DescribeRouteTables`), and of everything else that is read here (EC2 API reference).
const TABLES_PER_PAGE: i32 = 100;
const THINGS_PER_PAGE: i32 = 1000;

pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

pub(crate) fn unreadable(what: &str, place: &Place, error: Box<dyn Error + Send + Sync>) -> Failure {
    Failure { what: what.to_owned(), place: Some(place.clone()), class: Class::Unexpected, source: error }
}

/// Reads all pages of one kind in a place: `pages!(cloud, place, what, filters, operation, items, size)`.
macro_rules! pages {
    ($cloud:expr, $place:expr, $what:expr, $filters:expr, $operation:ident, $items:ident, $size:expr) => {{
        let client = $cloud.client($place).await;
        let mut pages = client.$operation().set_filters($filters).into_paginator().page_size($size).send();
        let mut found = Vec::new();
        let mut further = 0;
        while let Some(page) = pages.next().await {
            $cloud.count(further);
            further = 1;
            found.extend(page.map_err(|error| failure($what, Some($place), error))?.$items.unwrap_or_default());
        }
        Ok(found)
    }};
}

/// No filter is `None`: EC2 refuses an empty list.
type Filters = Option<Vec<Filter>>;

pub(crate) async fn connections(cloud: &Ec2Cloud, place: &Place, filters: Filters) -> Result<Vec<types::VpcPeeringConnection>, Failure> {
    pages!(cloud, place, "list connections", filters, describe_vpc_peering_connections, vpc_peering_connections, THINGS_PER_PAGE)
}

pub(crate) async fn vpcs(cloud: &Ec2Cloud, place: &Place, filters: Filters) -> Result<Vec<types::Vpc>, Failure> {
    pages!(cloud, place, "list VPCs", filters, describe_vpcs, vpcs, THINGS_PER_PAGE)
}

pub(crate) async fn route_tables(cloud: &Ec2Cloud, place: &Place, filters: Filters) -> Result<Vec<types::RouteTable>, Failure> {
    pages!(cloud, place, "list route tables", filters, describe_route_tables, route_tables, TABLES_PER_PAGE)
}

pub(crate) async fn subnets(cloud: &Ec2Cloud, place: &Place, filters: Filters) -> Result<Vec<types::Subnet>, Failure> {
    pages!(cloud, place, "list subnets", filters, describe_subnets, subnets, THINGS_PER_PAGE)
}

pub(crate) async fn groups(cloud: &Ec2Cloud, place: &Place, filters: Filters) -> Result<Vec<types::SecurityGroup>, Failure> {
    pages!(cloud, place, "list security groups", filters, describe_security_groups, security_groups, THINGS_PER_PAGE)
}

pub(crate) async fn group_rules(cloud: &Ec2Cloud, place: &Place, filters: Filters) -> Result<Vec<types::SecurityGroupRule>, Failure> {
    pages!(cloud, place, "list security group rules", filters, describe_security_group_rules, security_group_rules, THINGS_PER_PAGE)
}

/// The VPC that a resource says it is in.
pub(crate) fn vpc_id(found: Option<&str>) -> Option<VpcId> {
    found.and_then(|id| id.parse().ok())
}

/// The group that a rule says it is in.
pub(crate) fn group_id(rule: &types::SecurityGroupRule) -> Option<GroupId> {
    rule.group_id().and_then(|id| id.parse().ok())
}
