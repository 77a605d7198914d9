//! What Describe calls show, and to whom.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::cidr::CidrSet;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{PcxId, Place, PrefixListId, Side, Sides, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{
    Connection, End, Fact, ObservedConnection, PeeringState, PrefixList, Route, RouteTable, RouteTarget, SecurityGroup, Tags, VpcFacts,
};
use peerwright_engine::failure::Failure;

use crate::group::FakeGroup;
use crate::lag::Lag;
use crate::network::Network;
use crate::peering::{Peering, View};
use crate::refusal::VPC_GONE;
use crate::table::FakeTable;
use crate::vpc::FakeVpc;

impl Network {
    /// A connection as one place shows it: only to its owners, in the Regions of its ends.
    pub(crate) fn observed_connection(&mut self, place: &Place, id: &PcxId, now: Timestamp) -> Option<ObservedConnection> {
        let lag = self.lag(id, place);
        if !self.peerings.get(id)?.is_visible_in(self.view(place, now)) {
            return None;
        }
        let peering = self.peering(id);
        let state = match &lag {
            Some(Lag::Absent) => return None,
            Some(Lag::Outdated(state)) => state.clone(),
            Some(Lag::WithoutCidrs) | None => peering.state_in(self.view(place, now)),
        };
        let pending = self.pending_shows_blocks && state == PeeringState::Pending;
        let blocks = (is_established(&state) || pending) && lag != Some(Lag::WithoutCidrs);
        Some(self.shown(peering, state, place, blocks))
    }

    /// A connection as one place shows it. Without being told to show all blocks it shows the requester's, to their owner: even within an
    /// account a request does not show the accepter's (boto #326, and a record of such a request).
    fn shown(&self, peering: &Peering, state: PeeringState, place: &Place, all_blocks: bool) -> ObservedConnection {
        let cidrs = |side: Side| {
            let end = peering.ends.of(side);
            let shown = all_blocks || (side == Side::Requester && end.place.account == place.account);
            self.vpcs.get(&end.vpc).filter(|_| shown).map_or_else(CidrSet::default, |vpc| vpc.cidrs.clone())
        };
        let cidrs = Sides { requester: cidrs(Side::Requester), accepter: cidrs(Side::Accepter) };
        let message = peering.message(&state);
        let connection = Connection { id: peering.id.clone(), state, message, ends: peering.ends.clone() };
        let option = |side: Side| (peering.ends.of(side).place == *place).then(|| *peering.dns_resolution.of(side));
        let dns_resolution = Sides::each(option);
        ObservedConnection { connection, cidrs, tags: peering.tags_in(place), shown_in: place.clone(), dns_resolution }
    }

    /// What waits for an accepter in this place.
    pub(crate) fn pending(&mut self, place: &Place, now: Timestamp) -> Vec<ObservedConnection> {
        let ids: Vec<PcxId> =
            self.peerings_at(place).filter(|peering| peering.ends.accepter.place == *place).map(|peering| peering.id.clone()).collect();
        ids.iter()
            .filter_map(|id| self.observed_connection(place, id, now))
            .filter(|found| found.connection.state == PeeringState::Pending)
            .collect()
    }

    /// Every connection that a place shows.
    pub(crate) fn connections(&mut self, place: &Place, now: Timestamp) -> Vec<ObservedConnection> {
        let ids: Vec<PcxId> = self.peerings_at(place).map(|peering| peering.id.clone()).collect();
        ids.iter().filter_map(|id| self.observed_connection(place, id, now)).collect()
    }

    /// A VPC as its own account sees it, or one that it is shared with.
    pub(crate) fn vpc_facts(&self, vpc: &VpcRef) -> Option<VpcFacts> {
        let found = self.vpcs.get(&vpc.vpc)?;
        let shared = || self.shares.get(&(vpc.vpc.clone(), vpc.place.clone()));
        let tags = if found.at == *vpc { &found.tags } else { shared()? };
        Some(VpcFacts {
            vpc: vpc.clone(),
            owner: found.at.place.account.clone(),
            cidrs: Fact::Known(found.cidrs.clone()),
            tags: Fact::Known(tags.clone()),
            units: Fact::Unknown(NOT_ASKED.to_owned()),
        })
    }

    /// One end, as far as the query asks for it: nothing else is read.
    pub(crate) fn observed_end(&self, at: &VpcRef, query: &EndQuery, now: Timestamp) -> Result<End, Failure> {
        let vpc = self.vpcs.get(&at.vpc).ok_or_else(|| VPC_GONE.of(format!("describe {}", at.vpc), &at.place))?;
        let seen = self.view(&at.place, now);
        let tables = vpc.tables.iter().enumerate().filter(|_| query.tables).map(|(index, table)| self.table(table, index == 0, seen));
        let tables: Vec<RouteTable> = tables.collect();
        let groups = groups(vpc, query);
        Ok(End {
            cidrs: if query.cidrs { vpc.cidrs.clone() } else { CidrSet::default() },
            dns_ready: query.dns_attributes.then_some(vpc.dns_ready),
            dns_resolution: false,
            subnets: Vec::new(),
            prefix_lists: self.prefix_lists(&at.place, &query.wanted_prefix_lists(&tables, &groups)),
            tables,
            groups,
            participants_groups: if query.groups { vpc.participants_groups() } else { BTreeMap::new() },
        })
    }

    /// Prefix lists as a place sees them; one that nobody made is not there.
    pub(crate) fn prefix_lists(&self, place: &Place, ids: &BTreeSet<PrefixListId>) -> BTreeMap<PrefixListId, Fact<PrefixList>> {
        let list = |id: &PrefixListId| match self.prefix_lists.get(&(place.clone(), id.clone())) {
            Some(list) => Fact::Known(list.clone()),
            None => Fact::Unknown(format!("{id} is not there")),
        };
        ids.iter().map(|id| (id.clone(), list(id))).collect()
    }

    /// A route over a connection that isn't active leads nowhere.
    pub(crate) fn table(&self, table: &FakeTable, main: bool, seen: View<'_>) -> RouteTable {
        let dead = |id: &PcxId| self.peerings.get(id).is_none_or(|peering| peering.state_in(seen) != PeeringState::Active);
        let routes = table.routes.iter().map(|(destination, target)| Route {
            destination: destination.clone(),
            target: target.clone(),
            blackhole: matches!(target, RouteTarget::Peering(id) if dead(id)),
            propagated: false,
        });
        RouteTable {
            id: table.id.clone(),
            main,
            tags: table.tags.clone(),
            subnets: BTreeSet::new(),
            gateway: table.gateway,
            routes: routes.collect(),
        }
    }
}

/// True where both ends' blocks are shown: an acceptance is answered with them, before the connection is active.
fn is_established(state: &PeeringState) -> bool {
    matches!(state, PeeringState::Provisioning | PeeringState::Active) || *state == PeeringState::Ended("deleting".to_owned())
}

fn groups(vpc: &FakeVpc, query: &EndQuery) -> Vec<SecurityGroup> {
    let group = |group: &FakeGroup| SecurityGroup {
        id: group.id.clone(),
        tags: group.tags.clone(),
        rules: if query.wants_rules_of(&group.id, &group.tags) { group.observed_rules() } else { Vec::new() },
    };
    let named = |group: &SecurityGroup| query.groups || query.rules_in.contains(&group.id);
    let without_tags = |group| if query.groups { group } else { SecurityGroup { tags: Tags::new(), ..group } };
    vpc.own_groups().map(group).filter(named).map(without_tags).collect()
}
