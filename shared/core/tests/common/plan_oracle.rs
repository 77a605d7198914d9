//! An oracle of the plan: which routes and security group rules there must be, asked one by one.
//!
//! It goes through every table, every destination that could be meant and every wish, with no set arithmetic and no early end.

use std::collections::BTreeSet;

use ipnet::IpNet;
use peerwright_core::allowlist::{Destinations, GroupSelector, Protocol, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::world::{Direction, End, Fact, Observed, PeeringState, RouteTable, RouteTarget, RulePeer, SecurityGroup, Tags};

use crate::bits::inside;

/// What a plan would have to say of routes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Routes {
    /// `requester rtb-… 10.0.0.0/16`: to be created.
    pub(crate) missing: BTreeSet<String>,
    /// The same form: in somebody's way.
    pub(crate) conflicts: BTreeSet<String>,
}

/// The routes that are missing, and those that can't be made.
pub(crate) fn routes(desired: &Desired, world: &Observed) -> Routes {
    let mut found = Routes::default();
    for (side, end) in plannable(world) {
        for table in &end.tables {
            for destination in candidates(side, desired, world) {
                let wanted = desired.ends.of(side).routes.iter().any(|intent| wants(intent, side, table, destination, end, world));
                let taken: Vec<&RouteTarget> =
                    table.routes.iter().filter(|route| route.destination == destination).map(|route| &route.target).collect();
                let name = format!("{side} {} {destination}", table.id);
                if wanted && taken.is_empty() {
                    found.missing.insert(name);
                } else if wanted && !taken.contains(&&RouteTarget::Peering(world.connection.id.clone())) {
                    found.conflicts.insert(name);
                }
            }
        }
    }
    found
}

/// `accepter sg-… ingress tcp all 10.0.0.0/16`: the rules that are missing.
pub(crate) fn rules(desired: &Desired, world: &Observed) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for (side, end) in plannable(world) {
        for group in &end.groups {
            for intent in &desired.ends.of(side).groups {
                let meant = match &intent.groups {
                    GroupSelector::Ids(ids) => ids.contains(&group.id),
                    GroupSelector::Tagged(wanted) => bears(&group.tags, wanted),
                };
                if !meant {
                    continue;
                }
                for (direction, permissions) in [(Direction::Ingress, &intent.ingress), (Direction::Egress, &intent.egress)] {
                    for permission in permissions {
                        for peer in peers(permission, side, world) {
                            if !exists(group, direction, permission, &peer) {
                                missing
                                    .insert(format!("{side} {} {direction} {} {} {peer}", group.id, permission.protocol, permission.ports));
                            }
                        }
                    }
                }
            }
        }
    }
    missing
}

/// The ends that can be worked on: the connection is active, the end can be read, and the peer's blocks are known.
pub(crate) fn plannable(world: &Observed) -> Vec<(Side, &End)> {
    let mut ends = Vec::new();
    for side in [Side::Requester, Side::Accepter] {
        if let Fact::Known(end) = world.ends.of(side)
            && world.connection.state == PeeringState::Active
            && peer_blocks(side, world).next().is_some()
        {
            ends.push((side, end));
        }
    }
    ends
}

fn peer_blocks(side: Side, world: &Observed) -> impl Iterator<Item = &IpNet> {
    let Sides { requester, accepter } = &world.cidrs;
    if side == Side::Requester { accepter.iter() } else { requester.iter() }
}

/// Every destination that any wish could mean: the peer's blocks, and all that rules name.
fn candidates(side: Side, desired: &Desired, world: &Observed) -> BTreeSet<IpNet> {
    let mut all: BTreeSet<IpNet> = peer_blocks(side, world).copied().collect();
    for intent in &desired.ends.of(side).routes {
        if let Destinations::Only(blocks) = &intent.destinations {
            all.extend(blocks.iter());
        }
    }
    all
}

fn wants(intent: &RouteIntent, side: Side, table: &RouteTable, destination: IpNet, end: &End, world: &Observed) -> bool {
    let table_meant = match &intent.tables {
        Tables::All => true,
        Tables::Main => table.main,
        Tables::Ids(ids) => ids.contains(&table.id),
        Tables::Tagged(wanted) => bears(&table.tags, wanted),
    };
    let destination_meant = match &intent.destinations {
        Destinations::All => peer_blocks(side, world).any(|block| *block == destination),
        Destinations::Only(blocks) => {
            blocks.iter().any(|block| *block == destination) && peer_blocks(side, world).any(|block| inside(&destination, block))
        }
    };
    let excluded = intent.exclude.iter().any(|block| inside(&destination, block));
    let ipv6_of_no_use = destination.to_string().contains(':') && !end.cidrs.to_string().contains(':');
    table_meant && destination_meant && !excluded && !ipv6_of_no_use
}

fn bears<V>(tags: &Tags, wanted: &std::collections::BTreeMap<String, V>) -> bool
where
    for<'a> &'a V: IntoIterator<Item = &'a String>,
{
    for (key, values) in wanted {
        let mut found = false;
        for value in values {
            found |= tags.get(key) == Some(value);
        }
        if !found {
            return false;
        }
    }
    true
}

fn peers(permission: &SecurityGroupPermission, side: Side, world: &Observed) -> Vec<RulePeer> {
    let ends = &world.connection.ends;
    let mut peers = Vec::new();
    match &permission.peer {
        Source::PeerGroups(groups) if ends.requester.place.region == ends.accepter.place.region => {
            let owner = if side == Side::Requester { &ends.accepter } else { &ends.requester };
            for group in groups {
                peers.push(RulePeer::Group(group.clone(), owner.place.account.clone()));
            }
        }
        _ => {
            for block in peer_blocks(side, world) {
                let ipv6 = block.to_string().contains(':');
                if (permission.protocol == Protocol::Icmp && ipv6) || (permission.protocol == Protocol::Icmpv6 && !ipv6) {
                    continue;
                }
                peers.push(RulePeer::Cidr(*block));
            }
        }
    }
    peers
}

fn exists(group: &SecurityGroup, direction: Direction, permission: &SecurityGroupPermission, peer: &RulePeer) -> bool {
    group.rules.iter().any(|(way, rule)| {
        *way == direction && rule.protocol == permission.protocol && rule.ports == permission.ports && rule.peer == *peer
    })
}
