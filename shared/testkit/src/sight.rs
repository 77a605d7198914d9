//! What Describe calls show, and to whom.

use jiff::Timestamp;
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::EndIntent;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::world::{Connection, End, Fact, Party, PeeringState, Route, RouteTable, RouteTarget, SecurityGroup, Sighting};
use peerwright_engine::failure::Failure;

use crate::lag::Lag;
use crate::network::Network;
use crate::refusal::VPC_GONE;
use crate::table::FakeTable;
use crate::vpc::FakeVpc;

impl Network {
    /// A connection as one place shows it: only to its owners, in the Regions of its ends.
    pub(crate) fn sighting(&mut self, place: &Place, id: &PcxId, now: Timestamp) -> Option<Sighting> {
        let peering = self.peerings.get(id)?;
        let here = peering.ends.iter().any(|(_, end)| end.place == *place);
        if !here || !peering.visible(&place.account, now) {
            return None;
        }
        let lag = self.lag(id, place);
        let peering = self.peering(id);
        let state = match &lag {
            Some(Lag::Absent) => return None,
            Some(Lag::Outdated(state)) => state.clone(),
            Some(Lag::WithoutCidrs) | None => peering.state(now),
        };
        let all = state == PeeringState::Active && lag != Some(Lag::WithoutCidrs);
        let cidrs = |side: Side| {
            let end = peering.ends.of(side);
            let shown = all || end.place.account == place.account;
            self.vpcs.get(&end.vpc).filter(|_| shown).map_or_else(CidrSet::default, |vpc| vpc.cidrs.clone())
        };
        let cidrs = Sides { requester: cidrs(Side::Requester), accepter: cidrs(Side::Accepter) };
        let message = peering.message(&state);
        Some(Sighting { connection: Connection { id: id.clone(), state, message, ends: peering.ends.clone() }, cidrs })
    }

    /// What waits for an accepter in this place.
    pub(crate) fn pending(&mut self, place: &Place, now: Timestamp) -> Vec<Sighting> {
        let ids: Vec<PcxId> =
            self.peerings.values().filter(|peering| peering.ends.accepter.place == *place).map(|peering| peering.id.clone()).collect();
        ids.iter().filter_map(|id| self.sighting(place, id, now)).filter(|found| found.connection.state == PeeringState::Pending).collect()
    }

    /// A VPC as its own account sees it.
    pub(crate) fn party(&self, vpc: &VpcRef) -> Option<Party> {
        let found = self.vpcs.get(&vpc.vpc).filter(|found| found.at == *vpc)?;
        Some(Party { vpc: vpc.clone(), cidrs: Fact::Known(found.cidrs.clone()), tags: Fact::Known(found.tags.clone()) })
    }

    /// One end, as far as the intent asks for it: what nobody asks for is not read.
    pub(crate) fn end(&self, connection: &Connection, side: Side, intent: &EndIntent, now: Timestamp) -> Result<End, Failure> {
        let at = connection.ends.of(side);
        let vpc = self.vpcs.get(&at.vpc).ok_or_else(|| VPC_GONE.of(format!("describe {}", at.vpc), &at.place))?;
        let tables = vpc.tables.iter().enumerate().map(|(index, table)| self.table(table, index == 0, now));
        Ok(End {
            cidrs: vpc.cidrs.clone(),
            dns_ready: vpc.dns_ready,
            dns_resolution: intent.dns_resolution && *self.peering(&connection.id).dns_resolution.of(side),
            tables: if intent.routes.is_empty() { Vec::new() } else { tables.collect() },
            groups: groups(vpc, intent),
        })
    }

    /// A route over a connection that isn't active leads nowhere.
    fn table(&self, table: &FakeTable, main: bool, now: Timestamp) -> RouteTable {
        let dead = |id: &PcxId| self.peerings.get(id).is_none_or(|peering| peering.state(now) != PeeringState::Active);
        let routes = table.routes.iter().map(|(destination, target)| Route {
            destination: *destination,
            target: target.clone(),
            blackhole: matches!(target, RouteTarget::Peering(id) if dead(id)),
        });
        RouteTable { id: table.id.clone(), main, tags: table.tags.clone(), routes: routes.collect() }
    }
}

fn groups(vpc: &FakeVpc, intent: &EndIntent) -> Vec<SecurityGroup> {
    let wanted = vpc.groups.iter().filter(|group| intent.groups.iter().any(|intent| intent.groups.selects(&group.id, &group.tags)));
    wanted
        .map(|group| SecurityGroup {
            id: group.id.clone(),
            tags: group.tags.clone(),
            rules: group.rules.iter().map(|rule| (rule.direction, rule.spec.clone())).collect(),
        })
        .collect()
}
