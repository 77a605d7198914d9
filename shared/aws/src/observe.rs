//! Reading EC2, all pages.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self, Filter, ManagedPrefixList, VpcAttributeName};
use ipnet::IpNet;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{GroupId, InvalidId, PcxId, Place, PrefixListId, Side, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Connection, End, Fact, ObservedConnection, PrefixList, RouteTable, SecurityGroup, Subnet, VpcFacts};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::{failure, is_unknown_connection, is_unknown_vpc};
use crate::cloud::Ec2Cloud;
use crate::convert;
use crate::pages::{self, filter, unreadable};

/// Group ids that one `DescribeSecurityGroupRules` call is asked for: a filter takes 200 values (EC2 API reference, "Filtering").
const GROUPS_PER_CALL: usize = 200;

/// The connection itself, as EC2 returns it.
async fn describe(cloud: &Ec2Cloud, place: &Place, id: &PcxId) -> Result<Option<types::VpcPeeringConnection>, Failure> {
    let client = cloud.client(place).await;
    match client.describe_vpc_peering_connections().vpc_peering_connection_ids(id.as_str()).send().await {
        Ok(found) => Ok(found.vpc_peering_connections.unwrap_or_default().into_iter().next()),
        Err(error) if is_unknown_connection(&error) => Ok(None),
        Err(error) => Err(failure(format!("describe {id}"), Some(place), error)),
    }
}

pub(crate) async fn connection(cloud: &Ec2Cloud, place: &Place, id: &PcxId) -> Result<Option<ObservedConnection>, Failure> {
    let Some(found) = describe(cloud, place, id).await? else {
        return Ok(None);
    };
    convert::peering(place, &found).map(Some).map_err(|error| unreadable(&format!("read {id}"), place, error))
}

pub(crate) async fn pending(cloud: &Ec2Cloud, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
    let waiting =
        vec![filter("status-code", ["pending-acceptance".to_owned()]), filter("accepter-vpc-info.owner-id", [place.account.to_string()])];
    let mut found = Vec::new();
    for connection in pages::connections(cloud, place, Some(waiting)).await? {
        let peering = convert::peering(place, &connection).map_err(|error| unreadable("list pending requests", place, error))?;
        // A connection within the account is shown in both its Regions, and can be accepted in the accepter's only.
        if peering.connection.ends.accepter.place == *place {
            found.push(peering);
        }
    }
    Ok(found)
}

async fn describe_vpc(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Option<types::Vpc>, Failure> {
    let client = cloud.client(&vpc.place).await;
    match client.describe_vpcs().vpc_ids(vpc.vpc.as_str()).send().await {
        Ok(found) => Ok(found.vpcs.unwrap_or_default().into_iter().next()),
        Err(error) if is_unknown_vpc(&error) => Ok(None),
        Err(error) => Err(failure(format!("describe {}", vpc.vpc), Some(&vpc.place), error)),
    }
}

pub(crate) async fn vpc_facts(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Option<VpcFacts>, Failure> {
    let found = describe_vpc(cloud, vpc).await?;
    Ok(found.map(|found| VpcFacts {
        vpc: vpc.clone(),
        cidrs: Fact::Known(convert::associated_cidrs(&found)),
        tags: Fact::Known(convert::tags(found.tags())),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }))
}

pub(crate) async fn end(cloud: &Ec2Cloud, connection: &Connection, side: Side, query: &EndQuery) -> Result<End, Failure> {
    let vpc = connection.ends.of(side);
    let gone =
        |what: &str| Failure { class: Class::Gone, ..unreadable(&format!("read {what}"), &vpc.place, format!("{what} is gone").into()) };
    let found = describe_vpc(cloud, vpc).await?.ok_or_else(|| gone(vpc.vpc.as_str()))?;
    Ok(End {
        cidrs: convert::associated_cidrs(&found),
        dns_ready: if query.dns_attributes { Some(dns_ready(cloud, vpc).await?) } else { None },
        dns_resolution: query.dns_resolution && dns_resolution(cloud, connection, side).await?,
        tables: if query.tables { route_tables(cloud, vpc).await? } else { Vec::new() },
        groups: if query.groups { security_groups(cloud, vpc, query).await? } else { Vec::new() },
        subnets: if query.subnets { subnets(cloud, vpc).await? } else { Vec::new() },
        prefix_lists: prefix_lists(cloud, &vpc.place, &query.prefix_lists).await?,
    })
}

/// A side's options are shown to its own account only, so they are read there.
async fn dns_resolution(cloud: &Ec2Cloud, connection: &Connection, side: Side) -> Result<bool, Failure> {
    let found = describe(cloud, &connection.ends.of(side).place, &connection.id).await?;
    Ok(found.is_some_and(|found| convert::dns_resolution(&found, side)))
}

/// Both attributes must be on (`ModifyVpcPeeringConnectionOptions` in the EC2 API reference).
async fn dns_ready(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<bool, Failure> {
    Ok(attribute(cloud, vpc, VpcAttributeName::EnableDnsSupport).await?
        && attribute(cloud, vpc, VpcAttributeName::EnableDnsHostnames).await?)
}

async fn attribute(cloud: &Ec2Cloud, vpc: &VpcRef, name: VpcAttributeName) -> Result<bool, Failure> {
    let client = cloud.client(&vpc.place).await;
    let request = client.describe_vpc_attribute().vpc_id(vpc.vpc.as_str()).attribute(name.clone());
    let found = request.send().await.map_err(|error| failure(format!("read {} of {}", name.as_str(), vpc.vpc), Some(&vpc.place), error))?;
    let value = match name {
        VpcAttributeName::EnableDnsSupport => found.enable_dns_support,
        _ => found.enable_dns_hostnames,
    };
    Ok(value.and_then(|value| value.value).unwrap_or(false))
}

async fn route_tables(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Vec<RouteTable>, Failure> {
    let found = pages::route_tables(cloud, &vpc.place, Some(of_vpc(vpc))).await?;
    let read = |table| convert::route_table(table).map_err(|error| unreadable("read a route table", &vpc.place, error));
    found.iter().map(read).collect()
}

fn of_vpc(vpc: &VpcRef) -> Vec<Filter> {
    vec![filter("vpc-id", [vpc.vpc.to_string()])]
}

/// All groups with their tags, since the peer's rules may refer to them; rules only of those that are looked into.
async fn security_groups(cloud: &Ec2Cloud, vpc: &VpcRef, query: &EndQuery) -> Result<Vec<SecurityGroup>, Failure> {
    let mut groups = list_groups(cloud, vpc).await?;
    let ids: Vec<GroupId> =
        groups.iter().filter(|group| query.wants_rules_of(&group.id, &group.tags)).map(|group| group.id.clone()).collect();
    for ids in ids.chunks(GROUPS_PER_CALL) {
        read_rules(cloud, vpc, ids, &mut groups).await?;
    }
    Ok(groups)
}

async fn subnets(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Vec<Subnet>, Failure> {
    let mut subnets = Vec::new();
    for subnet in pages::subnets(cloud, &vpc.place, Some(of_vpc(vpc))).await? {
        let id = subnet.subnet_id().unwrap_or_default().parse();
        let id = id.map_err(|error: InvalidId| unreadable("read a subnet", &vpc.place, Box::new(error)))?;
        subnets.push(Subnet { id, tags: convert::tags(subnet.tags()) });
    }
    Ok(subnets)
}

/// The prefix lists that rules name; one that can't be read says so and stops nothing else.
pub(crate) async fn prefix_lists(
    cloud: &Ec2Cloud,
    place: &Place,
    ids: &BTreeSet<PrefixListId>,
) -> Result<BTreeMap<PrefixListId, Fact<PrefixList>>, Failure> {
    let mut lists = BTreeMap::new();
    for id in ids {
        let list = match prefix_list(cloud, place, id).await {
            Ok(list) => Fact::Known(list),
            Err(failure) if matches!(failure.class, Class::Refused | Class::Denied) => Fact::Unknown(failure.explain()),
            Err(failure) => return Err(failure),
        };
        lists.insert(id.clone(), list);
    }
    Ok(lists)
}

async fn prefix_list(cloud: &Ec2Cloud, place: &Place, id: &PrefixListId) -> Result<PrefixList, Failure> {
    let fail = |error| failure(format!("describe {id}"), Some(place), error);
    let client = cloud.client(place).await;
    let described = client.describe_managed_prefix_lists().prefix_list_ids(id.as_str()).send().await.map_err(fail)?;
    let max_entries = described.prefix_lists().first().and_then(ManagedPrefixList::max_entries).unwrap_or_default();
    let mut pages = client.get_managed_prefix_list_entries().prefix_list_id(id.as_str()).into_paginator().send();
    let mut cidrs = Vec::new();
    while let Some(page) = pages.next().await {
        cloud.count(1);
        let page = page.map_err(|error| failure(format!("read the entries of {id}"), Some(place), error))?;
        cidrs.extend(page.entries().iter().filter_map(|entry| entry.cidr()?.parse::<IpNet>().ok()));
    }
    Ok(PrefixList { cidrs: cidrs.into_iter().collect(), max_entries: usize::try_from(max_entries).unwrap_or_default() })
}

async fn list_groups(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Vec<SecurityGroup>, Failure> {
    let mut groups = Vec::new();
    for group in pages::groups(cloud, &vpc.place, Some(of_vpc(vpc))).await? {
        let id = group.group_id().unwrap_or_default().parse();
        let id = id.map_err(|error: InvalidId| unreadable("read a security group", &vpc.place, Box::new(error)))?;
        groups.push(SecurityGroup { id, tags: convert::tags(group.tags()), rules: Vec::new() });
    }
    Ok(groups)
}

async fn read_rules(cloud: &Ec2Cloud, vpc: &VpcRef, ids: &[GroupId], groups: &mut [SecurityGroup]) -> Result<(), Failure> {
    let wanted: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    for rule in pages::group_rules(cloud, &vpc.place, Some(vec![filter("group-id", wanted)])).await? {
        let group = groups.iter_mut().find(|group| Some(group.id.as_str()) == rule.group_id());
        if let (Some(group), Some(rule)) = (group, convert::group_rule(&rule, &vpc.place)) {
            group.rules.push(rule);
        }
    }
    Ok(())
}
