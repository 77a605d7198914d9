//! Connections that the functions make and end, their tags, and what is left of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::ask::CREATED_TAG;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::inventory::{Inventory, InventoryScope, InventoryVpc};
use peerwright_core::world::{Connection, End, Fact, GroupRule, PeeringState, RouteTarget, SecurityGroup, Subnet, Tags};
use peerwright_engine::failure::Failure;

use crate::group::{FakeGroup, FakeRule};
use crate::network::Network;
use crate::parse::parse;
use crate::refusal::{ALREADY_EXISTS, CONNECTION_NOT_FOUND, NO_SUCH_VPC, NOT_PENDING};
use crate::vpc::FakeVpc;

impl Network {
    /// `CreateVpcPeeringConnection`, with the tag that says for whom.
    pub(crate) fn create(&mut self, ends: &Sides<VpcRef>, created_for: &VpcRef, now: Timestamp) -> Result<PcxId, Failure> {
        let what = format!("ask for a connection of {} to {}", ends.requester, ends.accepter);
        let place = &ends.requester.place;
        if ends.iter().any(|(_, vpc)| self.vpcs.get(&vpc.vpc).is_none_or(|found| found.at != *vpc)) {
            return Err(NO_SUCH_VPC.of(what, place));
        }
        if self.joining(ends, now).is_some() {
            return Err(ALREADY_EXISTS.of(what, place));
        }
        let id = self.add(ends, now);
        self.tag(place, id.as_str(), &Tags::from([(CREATED_TAG.to_owned(), created_for.vpc.to_string())]));
        Ok(id)
    }

    /// `DeleteVpcPeeringConnection`: while it is pending only by the requester, when it is active by either.
    pub(crate) fn delete(&mut self, connection: &Connection, side: Side, now: Timestamp) -> Result<(), Failure> {
        let what = format!("delete {}", connection.id);
        let place = &connection.ends.of(side).place;
        let peering = self.peerings.get_mut(&connection.id).ok_or_else(|| CONNECTION_NOT_FOUND.of(what.clone(), place))?;
        let may = match peering.state(now) {
            PeeringState::Active => true,
            PeeringState::Pending => side == Side::Requester,
            _ => false,
        };
        if !may {
            return Err(NOT_PENDING.of(what, place));
        }
        peering.end("deleted", side, now);
        Ok(())
    }

    /// `CreateTags` on a VPC or a connection.
    pub(crate) fn tag(&mut self, place: &Place, resource: &str, tags: &Tags) {
        let found = match resource.parse::<VpcId>() {
            Ok(id) => self.vpcs.get_mut(&id).map(|vpc| &mut vpc.tags),
            Err(_) => self.peerings.get_mut(&parse::<PcxId>(resource)).map(|peering| peering.tags.entry(place.clone()).or_default()),
        };
        if let Some(found) = found {
            found.extend(tags.clone());
        }
    }

    /// `DeleteTags` on a VPC.
    pub(crate) fn untag(&mut self, vpc: &VpcRef, keys: &[&str]) {
        if let Some(vpc) = self.vpcs.get_mut(&vpc.vpc) {
            vpc.tags.retain(|key, _| !keys.contains(&key.as_str()));
        }
    }

    /// Routes over a connection in one VPC, and rules with its tag in the whole place.
    pub(crate) fn leftovers(&self, id: &PcxId, vpc: &VpcRef, now: Timestamp) -> End {
        let over = RouteTarget::Peering(id.clone());
        let here = self.vpcs.values().filter(|found| found.at.place == vpc.place);
        let own = here.clone().filter(|found| found.at == *vpc).flat_map(|found| &found.tables);
        let tables = own.map(|table| self.table(table, false, now)).filter(|table| table.routes.iter().any(|route| route.target == over));
        let groups = here.flat_map(|found| &found.groups).map(|group| SecurityGroup {
            id: group.id.clone(),
            tags: Tags::new(),
            rules: rules(group).into_iter().filter(|rule| rule.owner.as_ref() == Some(id)).collect(),
        });
        End { tables: tables.collect(), groups: groups.filter(|group| !group.rules.is_empty()).collect(), ..End::default() }
    }

    /// A whole place.
    pub(crate) fn inventory(&mut self, place: &Place, wants: &InventoryScope, now: Timestamp) -> Inventory {
        let ids: Vec<PcxId> = self.peerings.keys().cloned().collect();
        let connections = ids.iter().filter_map(|id| self.observed_connection(place, id, now)).collect();
        let mut dns_resolution = BTreeSet::new();
        for peering in self.peerings.values() {
            for (side, end) in peering.ends.iter().filter(|(_, end)| end.place == *place) {
                if *peering.dns_resolution.of(side) {
                    dns_resolution.insert((peering.id.clone(), end.vpc.clone()));
                }
            }
        }
        let here = self.vpcs.values().filter(|vpc| vpc.at.place == *place);
        let vpcs = here.map(|vpc| (vpc.at.vpc.clone(), self.inventory_vpc(vpc, wants, now))).collect();
        let prefix_lists = wants.prefix_lists.iter().map(|id| (id.clone(), Fact::Unknown(format!("{id} is not there")))).collect();
        Inventory { connections, dns_resolution, vpcs, prefix_lists }
    }

    fn inventory_vpc(&self, vpc: &FakeVpc, wants: &InventoryScope, now: Timestamp) -> InventoryVpc {
        let group = |group: &FakeGroup| SecurityGroup { id: group.id.clone(), tags: group.tags.clone(), rules: rules(group) };
        InventoryVpc {
            cidrs: vpc.cidrs.clone(),
            tags: vpc.tags.clone(),
            tables: vpc.tables.iter().enumerate().map(|(index, table)| self.table(table, index == 0, now)).collect(),
            groups: if wants.groups { vpc.groups.iter().map(group).collect() } else { Vec::new() },
            subnets: Vec::<Subnet>::new(),
        }
    }
}

fn rules(group: &FakeGroup) -> Vec<GroupRule> {
    let rule =
        |rule: &FakeRule| GroupRule { id: rule.id.clone(), direction: rule.direction, spec: rule.spec.clone(), owner: rule.owner.clone() };
    group.rules.iter().map(rule).collect()
}
