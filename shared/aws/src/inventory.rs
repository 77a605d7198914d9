//! A place in bulk, one call per page of each kind.

use std::collections::BTreeSet;

use peerwright_core::ids::{GroupId, Place, VpcId};
use peerwright_core::inventory::{Inventory, InventoryScope, InventoryVpc, SharedVpc};
use peerwright_core::plan::OWNER_TAG;
use peerwright_core::world::{SecurityGroup, Subnet};
use peerwright_engine::failure::Failure;

use crate::convert;
use crate::counted_clients::CountedClients;
use crate::pages::{self, filter, vpc_id};
use crate::prefix_lists::prefix_lists;

/// How many values a filter takes (EC2 API reference, "Filtering").
const VALUES_PER_FILTER: usize = 200;

/// Reads the connections and VPCs of a place.
pub(crate) async fn inventory(clients: &CountedClients, place: &Place) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    for found in pages::connections(clients, place, None).await? {
        match convert::peering(place, &found) {
            Ok(peering) => inventory.connections.push(peering),
            Err(error) => {
                let id = found.vpc_peering_connection_id().unwrap_or_default();
                tracing::error!(%place, id, "a connection can't be read: {error}");
                inventory.unreadable_connections.extend(id.parse());
            }
        }
    }
    for found in pages::vpcs(clients, place, None).await? {
        if let Some(id) = vpc_id(found.vpc_id()) {
            let (owner, tags) = (convert::owner(found.owner_id(), place), convert::tags(found.tags()));
            if owner == place.account {
                let cidrs = convert::associated_cidrs(&found);
                inventory.vpcs.insert(id, InventoryVpc { cidrs, tags, ..InventoryVpc::default() });
            } else {
                inventory.shared_vpcs.insert(id, SharedVpc { owner, tags });
            }
        }
    }
    Ok(inventory)
}

/// Reads what is in some VPCs of a place. What was made in a VPC while it was read is left to the next time.
pub(crate) async fn look_into(
    clients: &CountedClients,
    place: &Place,
    mut inventory: Inventory,
    vpcs: &BTreeSet<VpcId>,
    scope: &InventoryScope,
) -> Result<Inventory, Failure> {
    let ids: Vec<String> = vpcs.iter().map(ToString::to_string).collect();
    for ids in ids.chunks(VALUES_PER_FILTER) {
        read_tables(clients, place, ids, &mut inventory).await?;
        if scope.groups {
            read_groups(clients, place, ids, &mut inventory).await?;
        }
        if scope.subnets {
            read_subnets(clients, place, ids, &mut inventory).await?;
        }
    }
    if scope.groups {
        let tagged = vec![filter(&format!("tag:{OWNER_TAG}"), ["*".to_owned()])];
        let rules = pages::group_rules(clients, place, Some(tagged)).await?;
        inventory.rule_owners = rules.into_values().flatten().filter_map(|rule| rule.owner).collect();
    }
    inventory.prefix_lists = prefix_lists(clients, place, &scope.wanted_prefix_lists(&inventory.vpcs)).await?;
    Ok(inventory)
}

fn in_vpcs(ids: &[String]) -> Vec<aws_sdk_ec2::types::Filter> {
    vec![filter("vpc-id", ids.iter().cloned())]
}

async fn read_tables(clients: &CountedClients, place: &Place, ids: &[String], inventory: &mut Inventory) -> Result<(), Failure> {
    for found in pages::route_tables(clients, place, Some(in_vpcs(ids))).await? {
        let Some(id) = vpc_id(found.vpc_id()) else {
            continue;
        };
        match (convert::route_table(&found), inventory.vpcs.get_mut(&id)) {
            (Ok(table), Some(vpc)) => vpc.tables.push(table),
            (Err(error), _) => {
                tracing::error!(%place, vpc = %id, "a route table can't be read: {error}");
                inventory.unreadable_vpcs.insert(id);
            }
            (Ok(_), None) => {}
        }
    }
    Ok(())
}

async fn read_groups(clients: &CountedClients, place: &Place, ids: &[String], inventory: &mut Inventory) -> Result<(), Failure> {
    let mut own: Vec<(VpcId, SecurityGroup)> = Vec::new();
    for group in pages::groups(clients, place, Some(in_vpcs(ids))).await? {
        let id = group.group_id().and_then(|id| id.parse::<GroupId>().ok());
        if let (Some(id), Some(vpc)) = (id, vpc_id(group.vpc_id())) {
            let owner = convert::owner(group.owner_id(), place);
            if owner == place.account {
                own.push((vpc, SecurityGroup { id, tags: convert::tags(group.tags()), rules: Vec::new() }));
            } else if let Some(vpc) = inventory.vpcs.get_mut(&vpc) {
                vpc.participants_groups.insert(id, owner);
            }
        }
    }
    for groups in own.chunks_mut(VALUES_PER_FILTER) {
        let wanted = filter("group-id", groups.iter().map(|(_, group)| group.id.to_string()));
        let mut rules = pages::group_rules(clients, place, Some(vec![wanted])).await?;
        for (_, group) in groups {
            group.rules = rules.remove(&group.id).unwrap_or_default();
        }
    }
    for (vpc, group) in own {
        if let Some(vpc) = inventory.vpcs.get_mut(&vpc) {
            vpc.groups.push(group);
        }
    }
    Ok(())
}

async fn read_subnets(clients: &CountedClients, place: &Place, ids: &[String], inventory: &mut Inventory) -> Result<(), Failure> {
    for subnet in pages::subnets(clients, place, Some(in_vpcs(ids))).await? {
        let id = subnet.subnet_id().and_then(|id| id.parse().ok());
        if let (Some(id), Some(vpc)) = (id, vpc_id(subnet.vpc_id()).and_then(|id| inventory.vpcs.get_mut(&id))) {
            vpc.subnets.push(Subnet { id, tags: convert::tags(subnet.tags()) });
        }
    }
    Ok(())
}
