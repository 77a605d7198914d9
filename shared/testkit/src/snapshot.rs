//! The world at one moment, to compare with another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use peerwright_core::ids::{GroupId, PcxId, RouteTableId, Side};
use peerwright_core::world::{Destination, Direction, PeeringState, RouteTarget, RuleSpec};

use crate::network::Network;

/// Everything in EC2 that steps can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The state of each connection.
    pub states: BTreeMap<PcxId, String>,
    /// Each route of each table, `local` ones included.
    pub routes: BTreeSet<(RouteTableId, Destination, RouteTarget)>,
    /// Each rule of each group, with the connection it is tagged with.
    pub rules: BTreeSet<(GroupId, Direction, RuleSpec, Option<PcxId>)>,
    /// The ends that let their peer resolve their names.
    pub dns: BTreeSet<(PcxId, Side)>,
}

impl Snapshot {
    pub(crate) fn of(network: &Network, now: Timestamp) -> Self {
        let tables = network.vpcs.values().flat_map(|vpc| &vpc.tables);
        let groups = network.vpcs.values().flat_map(|vpc| &vpc.groups);
        let options =
            network.peerings.values().flat_map(|peering| peering.dns_resolution.iter().map(|(side, on)| (&peering.id, side, *on)));
        Self {
            states: network.peerings.values().map(|peering| (peering.id.clone(), peering.state(now).to_string())).collect(),
            routes: tables
                .flat_map(|table| table.routes.iter().map(|(block, target)| (table.id.clone(), block.clone(), target.clone())))
                .collect(),
            rules: groups
                .flat_map(|group| group.rules.iter().map(|rule| (group.id.clone(), rule.direction, rule.spec.clone(), rule.owner.clone())))
                .collect(),
            dns: options.filter(|(_, _, on)| *on).map(|(id, side, _)| (id.clone(), side)).collect(),
        }
    }

    /// The state of a connection.
    pub fn state(&self, id: &PcxId) -> PeeringState {
        let code = self.states.get(id).unwrap_or_else(|| panic!("the world has no {id}"));
        PeeringState::from(code.as_str())
    }

    /// The routes over a connection.
    pub fn routes_over<'p>(&'p self, id: &PcxId) -> impl Iterator<Item = (&'p RouteTableId, &'p Destination)> {
        let over = RouteTarget::Peering(id.clone());
        self.routes.iter().filter(move |(_, _, target)| *target == over).map(|(table, block, _)| (table, block))
    }

    /// True when everything of the other snapshot is here too. States are left out: they change by themselves.
    pub fn keeps(&self, other: &Self) -> bool {
        self.routes.is_superset(&other.routes) && self.rules.is_superset(&other.rules) && self.dns.is_superset(&other.dns)
    }

    /// What was made for one connection, as text: what tests compare.
    pub fn made_for(&self, id: &PcxId) -> Vec<String> {
        let routes = self.routes_over(id).map(|(table, block)| format!("{table} {block}"));
        let rules = self.rules.iter().filter(|(_, _, _, owner)| owner.as_ref() == Some(id));
        let rules = rules.map(|(group, direction, rule, _)| format!("{group} {direction} {} {}", rule.traffic, rule.peer));
        let dns = self.dns.iter().filter(|(of, _)| of == id).map(|(_, side)| format!("dns {side}"));
        routes.chain(rules).chain(dns).collect()
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.states.iter().try_for_each(|(id, state)| {
            writeln!(f, "{id} {state}")?;
            self.made_for(id).iter().try_for_each(|line| writeln!(f, "  {line}"))
        })
    }
}
