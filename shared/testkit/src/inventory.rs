//! What a whole place shows: everything that a sweep reads, and what is left of a connection.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::ids::{PcxId, Place, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope, InventoryVpc, SharedVpc};
use peerwright_core::world::{End, RouteTarget, SecurityGroup, Subnet, Tags};

use crate::group::FakeGroup;
use crate::network::Network;
use crate::vpc::FakeVpc;

impl Network {
    /// Routes over a connection in one VPC, and rules with its tag in the whole place.
    pub(crate) fn leftovers(&self, id: &PcxId, vpc: &VpcRef, now: Timestamp) -> End {
        let over = RouteTarget::Peering(id.clone());
        let here = self.vpcs.values().filter(|found| found.at.place == vpc.place);
        let own = here.clone().filter(|found| found.at == *vpc).flat_map(|found| &found.tables);
        let tables = own
            .map(|table| self.table(table, false, self.view(&vpc.place, now)))
            .filter(|table| table.routes.iter().any(|route| route.target == over));
        let groups = here.flat_map(|found| &found.groups).map(|group| SecurityGroup {
            id: group.id.clone(),
            tags: Tags::new(),
            rules: group.observed_rules().into_iter().filter(|rule| rule.owner.as_ref() == Some(id)).collect(),
        });
        End { tables: tables.collect(), groups: groups.filter(|group| !group.rules.is_empty()).collect(), ..End::default() }
    }

    /// A whole place.
    pub(crate) fn inventory(&mut self, place: &Place, now: Timestamp) -> Inventory {
        let ids: Vec<PcxId> = self.peerings_at(place).map(|peering| peering.id.clone()).collect();
        let connections = ids.iter().filter_map(|id| self.observed_connection(place, id, now)).collect();
        let here = self.vpcs.values().filter(|vpc| vpc.at.place == *place);
        let seen = |vpc: &FakeVpc| InventoryVpc { cidrs: vpc.cidrs.clone(), tags: vpc.tags.clone(), ..InventoryVpc::default() };
        let vpcs = here.map(|vpc| (vpc.at.vpc.clone(), seen(vpc))).collect();
        Inventory { connections, vpcs, shared_vpcs: self.shared_with(place), ..Inventory::default() }
    }

    /// The same with what is in some of its VPCs.
    pub(crate) fn look_into(
        &self,
        place: &Place,
        mut inventory: Inventory,
        vpcs: &BTreeSet<VpcId>,
        scope: &InventoryScope,
        now: Timestamp,
    ) -> Inventory {
        let here: Vec<&FakeVpc> = self.vpcs.values().filter(|vpc| vpc.at.place == *place).collect();
        for vpc in here.iter().filter(|vpc| vpcs.contains(&vpc.at.vpc)) {
            if let Some(seen) = inventory.vpcs.get_mut(&vpc.at.vpc) {
                *seen = InventoryVpc { cidrs: seen.cidrs.clone(), tags: seen.tags.clone(), ..self.vpc_inventory(vpc, scope, now) };
            }
        }
        inventory.prefix_lists = self.prefix_lists(place, &scope.wanted_prefix_lists(&inventory.vpcs));
        let rules = here.iter().filter(|_| scope.groups).flat_map(|vpc| &vpc.groups).flat_map(FakeGroup::observed_rules);
        inventory.rule_owners = rules.filter_map(|rule| rule.owner).collect();
        inventory
    }

    /// The VPCs of others that a place is shown.
    fn shared_with(&self, place: &Place) -> BTreeMap<VpcId, SharedVpc> {
        let here = self.shares.iter().filter(|((_, with), _)| with == place);
        here.filter_map(|((id, _), tags)| {
            let owner = self.vpcs.get(id)?.at.place.account.clone();
            Some((id.clone(), SharedVpc { owner, tags: tags.clone() }))
        })
        .collect()
    }

    fn vpc_inventory(&self, vpc: &FakeVpc, scope: &InventoryScope, now: Timestamp) -> InventoryVpc {
        let group = |group: &FakeGroup| SecurityGroup { id: group.id.clone(), tags: group.tags.clone(), rules: group.observed_rules() };
        InventoryVpc {
            cidrs: vpc.cidrs.clone(),
            tags: vpc.tags.clone(),
            tables: vpc
                .tables
                .iter()
                .enumerate()
                .map(|(index, table)| self.table(table, index == 0, self.view(&vpc.at.place, now)))
                .collect(),
            groups: if scope.groups { vpc.own_groups().map(group).collect() } else { Vec::new() },
            participants_groups: if scope.groups { vpc.participants_groups() } else { BTreeMap::new() },
            subnets: Vec::<Subnet>::new(),
        }
    }
}
