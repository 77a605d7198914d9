//! Laws of addresses: whoever they led to before still gets them, unless a rule names the change.
//!
//! The oracle sends a packet to an address, as the VPC user guide says that a route table does, and looks where it goes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use peerwright_core::allowlist::{Destinations, RouteIntent};
use peerwright_core::desired::Desired;
use peerwright_core::ids::Side;
use peerwright_core::observed::Observed;
use peerwright_core::world::{Destination, End, Fact, Route, RouteTable, RouteTarget};
use proptest::prelude::*;

use super::converge;
use crate::common::bits::inside;
use crate::common::worlds::{desired, limits, observed};

/// Where a packet goes: to any of several targets where prefix lists have the same entry. What goes to a dead one is lost.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    targets: BTreeSet<RouteTarget>,
    by_default: bool,
}

impl Way {
    /// True where somebody else, who got the address by more than the default route, gets it no more, or shares it with one more.
    fn is_taken_by(&self, is: &Self, ours: &RouteTarget) -> bool {
        let others: Vec<&RouteTarget> = self.targets.iter().filter(|target| *target != ours).collect();
        let kept = others.iter().all(|target| is.targets.contains(target)) && is.targets.is_subset(&self.targets);
        !others.is_empty() && !self.by_default && !kept
    }
}

fn blocks(destination: &Destination, end: &End) -> Vec<IpNet> {
    match destination {
        Destination::Cidr(block) => vec![*block],
        Destination::PrefixList(id) => match end.prefix_lists.get(id) {
            Some(Fact::Known(list)) => list.cidrs.iter().copied().collect(),
            _ => Vec::new(),
        },
    }
}

/// Longest prefix, then static before prefix list before propagated.
fn send(address: IpAddr, table: &RouteTable, end: &End) -> Way {
    let packet = IpNet::from(address);
    let mut candidates: Vec<(u8, u8, &Route)> = Vec::new();
    for route in &table.routes {
        for block in blocks(&route.destination, end).iter().filter(|block| inside(&packet, block)) {
            let kind = match &route.destination {
                _ if route.propagated => 0,
                Destination::PrefixList(_) => 1,
                Destination::Cidr(_) => 2,
            };
            candidates.push((block.prefix_len(), kind, route));
        }
    }
    let best = candidates.iter().map(|(length, kind, _)| (*length, *kind)).max();
    let used = candidates.iter().filter(|(length, kind, route)| Some((*length, *kind)) == best && !route.blackhole);
    Way { targets: used.map(|(.., route)| route.target.clone()).collect(), by_default: best.is_some_and(|(length, _)| length == 0) }
}

/// The first and the last address of every block that is spoken of anywhere.
fn samples(desired: &Desired, world: &Observed) -> BTreeSet<IpAddr> {
    let mut all: Vec<IpNet> = Vec::new();
    for (side, end) in world.ends.iter() {
        all.extend(world.cidrs.of(side).iter());
        all.extend(desired.ends.of(side).routes.iter().flat_map(RouteIntent::named));
        let Fact::Known(end) = end else { continue };
        all.extend(end.tables.iter().flat_map(|table| &table.routes).flat_map(|route| blocks(&route.destination, end)));
    }
    all.iter().flat_map(|block| [block.network(), block.broadcast()]).collect()
}

/// True where a rule names an address in its destinations or its condition, in words narrower than everything.
fn is_named(address: IpAddr, wishes: &[RouteIntent]) -> bool {
    wishes.iter().any(|wish| {
        let destinations = match &wish.destinations {
            Destinations::Only { cidrs, .. } => cidrs.iter().copied().collect(),
            Destinations::All => Vec::new(),
        };
        let names = destinations.iter().chain(wish.peer_cidrs.iter());
        names.filter(|name| name.prefix_len() > 0).any(|name| inside(&IpNet::from(address), name))
    })
}

/// The table with every route of the connection alive: what it loses with a dead one of ours falls to a wider route of a person's over the
/// same connection, and that's nobody's new way.
fn with_live_routes_of(ours: &RouteTarget, table: &RouteTable) -> RouteTable {
    let routes = table.routes.iter().map(|route| Route { blackhole: route.blackhole && route.target != *ours, ..route.clone() });
    RouteTable { routes: routes.collect(), ..table.clone() }
}

fn was_ours(address: IpAddr, side: Side, table: &RouteTable, end: &End, world: &Observed) -> bool {
    let owned = world.owned.routes.iter().filter(|route| route.side == side && route.table == table.id);
    owned.flat_map(|route| blocks(&route.destination, end)).any(|block| inside(&IpNet::from(address), &block))
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn whoever_an_address_led_to_still_gets_it_unless_a_rule_names_the_change(desired in desired(), world in observed(), limits in limits()) {
        let after = converge(&desired, &world, &limits);
        let ours = RouteTarget::Peering(world.connection.id.clone());
        for side in Side::BOTH {
            let (Fact::Known(before), Fact::Known(after)) = (world.ends.of(side), after.ends.of(side)) else { continue };
            for (table, then) in before.tables.iter().zip(&after.tables) {
                for address in samples(&desired, &world) {
                    let (was, is) = (send(address, table, before), send(address, then, after));
                    let wishes = &desired.ends.of(side).routes;
                    let allowed = is_named(address, wishes) || was_ours(address, side, table, before, &world);
                    let taken = was.is_taken_by(&is, &ours) && !allowed;
                    prop_assert!(!taken, "{} {}: {} led to {:?} and leads to {:?}", side, table.id, address, was, is);
                }
            }
        }
    }

    #[test]
    fn public_space_leads_to_the_peer_only_where_a_rule_names_it(desired in desired(), world in observed()) {
        let after = converge(&desired, &world, &peerwright_core::plan::Limits::NONE);
        let ours = RouteTarget::Peering(world.connection.id.clone());
        for side in Side::BOTH {
            let (Fact::Known(before), Fact::Known(after)) = (world.ends.of(side), after.ends.of(side)) else { continue };
            for (table, then) in before.tables.iter().zip(&after.tables) {
                let stood = with_live_routes_of(&ours, table);
                for address in samples(&desired, &world).into_iter().filter(|address| address.to_string().starts_with("52.")) {
                    let leads_there = |table: &RouteTable, end: &End| send(address, table, end).targets.contains(&ours);
                    let new = leads_there(then, after) && !leads_there(&stood, before);
                    prop_assert!(!new || is_named(address, &desired.ends.of(side).routes), "{} {}: {}", side, table.id, address);
                }
            }
        }
    }
}
