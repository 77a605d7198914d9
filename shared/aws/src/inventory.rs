//! A whole place, one call per page of each kind.

use std::collections::BTreeMap;

use peerwright_core::ids::{GroupId, Place, Side, VpcId};
use peerwright_core::inventory::{Inventory, InventoryScope, InventoryVpc, SharedVpc};
use peerwright_core::world::{SecurityGroup, Subnet};
use peerwright_engine::failure::Failure;

use crate::classify::unreadable;
use crate::convert;
use crate::counted_clients::CountedClients;
use crate::pages::{self, vpc_id};
use crate::prefix_lists::prefix_lists;

/// Reads a place. What is in a VPC that was made while it was read is left to the next time.
pub(crate) async fn inventory(clients: &CountedClients, place: &Place, scope: &InventoryScope) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    for found in pages::connections(clients, place, None).await? {
        let peering = convert::peering(place, &found).map_err(|error| unreadable("read a connection", Some(place), error))?;
        for side in Side::BOTH {
            let end = peering.connection.ends.of(side);
            if end.place == *place && convert::dns_resolution(&found, side) {
                inventory.dns_resolution.insert((peering.connection.id.clone(), end.vpc.clone()));
            }
        }
        inventory.connections.push(peering);
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
    read_tables(clients, place, &mut inventory.vpcs).await?;
    if scope.groups {
        read_groups(clients, place, &mut inventory.vpcs).await?;
    }
    if scope.subnets {
        read_subnets(clients, place, &mut inventory.vpcs).await?;
    }
    inventory.prefix_lists = prefix_lists(clients, place, &scope.wanted_prefix_lists(&inventory.vpcs)).await?;
    Ok(inventory)
}

async fn read_tables(clients: &CountedClients, place: &Place, vpcs: &mut BTreeMap<VpcId, InventoryVpc>) -> Result<(), Failure> {
    for (vpc, table) in pages::route_tables(clients, place, None).await? {
        if let Some(vpc) = vpc.and_then(|id| vpcs.get_mut(&id)) {
            vpc.tables.push(table);
        }
    }
    Ok(())
}

async fn read_groups(clients: &CountedClients, place: &Place, vpcs: &mut BTreeMap<VpcId, InventoryVpc>) -> Result<(), Failure> {
    let mut rules = pages::group_rules(clients, place, None).await?;
    for group in pages::groups(clients, place, None).await? {
        let id = group.group_id().and_then(|id| id.parse::<GroupId>().ok());
        if let (Some(id), Some(vpc)) = (id, vpc_id(group.vpc_id()).and_then(|id| vpcs.get_mut(&id))) {
            let owner = convert::owner(group.owner_id(), place);
            if owner != place.account {
                vpc.participants_groups.insert(id, owner);
                continue;
            }
            let rules = rules.remove(&id).unwrap_or_default();
            vpc.groups.push(SecurityGroup { id, tags: convert::tags(group.tags()), rules });
        }
    }
    Ok(())
}

async fn read_subnets(clients: &CountedClients, place: &Place, vpcs: &mut BTreeMap<VpcId, InventoryVpc>) -> Result<(), Failure> {
    for subnet in pages::subnets(clients, place, None).await? {
        let id = subnet.subnet_id().and_then(|id| id.parse().ok());
        if let (Some(id), Some(vpc)) = (id, vpc_id(subnet.vpc_id()).and_then(|id| vpcs.get_mut(&id))) {
            vpc.subnets.push(Subnet { id, tags: convert::tags(subnet.tags()) });
        }
    }
    Ok(())
}
