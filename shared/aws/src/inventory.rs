//! A whole place, one call per page of each kind.

use std::collections::BTreeMap;

use peerwright_core::ids::{GroupId, Place, Side, VpcId};
use peerwright_core::inventory::{Inventory, InventoryScope, InventoryVpc};
use peerwright_core::world::{GroupRule, SecurityGroup, Subnet};
use peerwright_engine::failure::Failure;

use crate::cloud::Ec2Cloud;
use crate::convert;
use crate::observe;
use crate::pages::{self, group_id, unreadable, vpc_id};

/// Reads a place. What is in a VPC that was made while it was read is left to the next time.
pub(crate) async fn inventory(cloud: &Ec2Cloud, place: &Place, wants: &InventoryScope) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    for found in pages::connections(cloud, place, None).await? {
        let peering = convert::peering(place, &found).map_err(|error| unreadable("read a connection", place, error))?;
        for side in Side::BOTH {
            let end = peering.connection.ends.of(side);
            if end.place == *place && convert::dns_resolution(&found, side) {
                inventory.dns_resolution.insert((peering.connection.id.clone(), end.vpc.clone()));
            }
        }
        inventory.connections.push(peering);
    }
    for found in pages::vpcs(cloud, place, None).await? {
        if let Some(id) = vpc_id(found.vpc_id()) {
            let cidrs = convert::associated_cidrs(&found);
            inventory.vpcs.insert(id, InventoryVpc { cidrs, tags: convert::tags(found.tags()), ..InventoryVpc::default() });
        }
    }
    read_tables(cloud, place, &mut inventory.vpcs).await?;
    if wants.groups {
        read_groups(cloud, place, &mut inventory.vpcs).await?;
    }
    if wants.subnets {
        read_subnets(cloud, place, &mut inventory.vpcs).await?;
    }
    inventory.prefix_lists = observe::prefix_lists(cloud, place, &wants.prefix_lists).await?;
    Ok(inventory)
}

async fn read_tables(cloud: &Ec2Cloud, place: &Place, vpcs: &mut BTreeMap<VpcId, InventoryVpc>) -> Result<(), Failure> {
    for table in pages::route_tables(cloud, place, None).await? {
        if let Some(vpc) = vpc_id(table.vpc_id()).and_then(|id| vpcs.get_mut(&id)) {
            vpc.tables.push(convert::route_table(&table).map_err(|error| unreadable("read a route table", place, error))?);
        }
    }
    Ok(())
}

async fn read_groups(cloud: &Ec2Cloud, place: &Place, vpcs: &mut BTreeMap<VpcId, InventoryVpc>) -> Result<(), Failure> {
    let mut rules: BTreeMap<GroupId, Vec<GroupRule>> = BTreeMap::new();
    for rule in pages::group_rules(cloud, place, None).await? {
        if let (Some(group), Some(rule)) = (group_id(&rule), convert::group_rule(&rule, place)) {
            rules.entry(group).or_default().push(rule);
        }
    }
    for group in pages::groups(cloud, place, None).await? {
        let id = group.group_id().and_then(|id| id.parse::<GroupId>().ok());
        if let (Some(id), Some(vpc)) = (id, vpc_id(group.vpc_id()).and_then(|id| vpcs.get_mut(&id))) {
            let rules = rules.remove(&id).unwrap_or_default();
            vpc.groups.push(SecurityGroup { id, tags: convert::tags(group.tags()), rules });
        }
    }
    Ok(())
}

async fn read_subnets(cloud: &Ec2Cloud, place: &Place, vpcs: &mut BTreeMap<VpcId, InventoryVpc>) -> Result<(), Failure> {
    for subnet in pages::subnets(cloud, place, None).await? {
        let id = subnet.subnet_id().and_then(|id| id.parse().ok());
        if let (Some(id), Some(vpc)) = (id, vpc_id(subnet.vpc_id()).and_then(|id| vpcs.get_mut(&id))) {
            vpc.subnets.push(Subnet { id, tags: convert::tags(subnet.tags()) });
        }
    }
    Ok(())
}
