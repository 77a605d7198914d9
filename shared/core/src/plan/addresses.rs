//! What a route table does with addresses, and what a wanted route would change about it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use ipnet::IpNet;

use crate::allowlist::RouteIntent;
use crate::cidr::CidrSet;
use crate::ids::{PcxId, PrefixListId};
use crate::world::{Destination, End, Fact, Route, RouteTable, RouteTarget};

/// Which of several routes to the same block is used: the first of these ("Route priority", VPC user guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Static,
    PrefixList,
    Propagated,
}

/// Every block that a route table leads somewhere, those of its prefix lists' entries as well. A table may have hundreds of routes, and a VPC
/// hundreds of tables, so nothing here searches a list.
pub(super) struct Addresses<'a> {
    end: &'a End,
    connection: &'a PcxId,
    routes: BTreeMap<&'a Destination, Vec<&'a Route>>,
    holders: BTreeMap<IpNet, Vec<(Rank, &'a Route)>>,
    unread: Vec<(&'a PrefixListId, String)>,
    /// Routes over the connection that the plan makes: they stand when what comes after them does.
    planned: BTreeSet<Destination>,
}

/// What a wanted route would change, block by block.
#[derive(Debug, Default)]
pub(super) struct Effects<'a> {
    /// Routes that would lose addresses, each with the block that it would lose.
    pub(super) taken: Vec<(IpNet, &'a Route)>,
    /// Routes that keep a part of the destination.
    pub(super) shadows: Vec<&'a Route>,
}

impl<'a> Addresses<'a> {
    pub(super) fn of(table: &'a RouteTable, end: &'a End, connection: &'a PcxId) -> Self {
        let mut found =
            Self { end, connection, routes: BTreeMap::new(), holders: BTreeMap::new(), unread: Vec::new(), planned: BTreeSet::new() };
        for route in &table.routes {
            found.routes.entry(&route.destination).or_default().push(route);
            match &route.destination {
                Destination::Cidr(block) => {
                    let rank = if route.propagated { Rank::Propagated } else { Rank::Static };
                    found.holders.entry(*block).or_default().push((rank, route));
                }
                Destination::PrefixList(id) => match end.prefix_lists.get(id) {
                    Some(Fact::Known(list)) => {
                        for block in list.cidrs.iter() {
                            found.holders.entry(*block).or_default().push((Rank::PrefixList, route));
                        }
                    }
                    Some(Fact::Unknown(why)) => found.unread.push((id, why.clone())),
                    None => found.unread.push((id, "nobody read it".to_owned())),
                },
            }
        }
        // Neither the order in which AWS lists routes nor that of equals may matter.
        for holders in found.holders.values_mut() {
            holders.sort_unstable_by_key(|(rank, route)| (*rank, &route.destination, &route.target));
        }
        found
    }

    /// The routes for exactly this destination: a static and a propagated one may stand side by side.
    pub(super) fn routes_to(&self, destination: &Destination) -> &[&'a Route] {
        self.routes.get(destination).map_or(&[], Vec::as_slice)
    }

    /// Prefix lists whose entries are not known, with the reason.
    pub(super) fn unread(&self) -> &[(&'a PrefixListId, String)] {
        &self.unread
    }

    /// Counts a route over the connection as standing.
    pub(super) fn plan(&mut self, destination: &Destination) {
        self.planned.insert(destination.clone());
    }

    /// True for a route over the connection that stands, or will.
    pub(super) fn stands(&self, destination: &Destination) -> bool {
        self.planned.contains(destination) || self.routes_to(destination).iter().any(|route| self.is_ours(route))
    }

    pub(super) fn is_ours(&self, route: &Route) -> bool {
        matches!(&route.target, RouteTarget::Peering(connection) if connection == self.connection)
    }

    /// What a route over the connection would change, or has changed.
    pub(super) fn effects_of(&self, destination: &Destination) -> Effects<'a> {
        let rank = rank_of(destination);
        let mut effects = Effects::default();
        for block in blocks_of(destination, self.end) {
            effects.taken.extend(self.holders_before(&block, rank, destination).map(|route| (block, route)));
            effects.shadows.extend(self.shadows(&block, rank, destination));
        }
        effects
    }

    /// The routes that a block leads over without the wanted one, as far as they lead somewhere that matters: not to a dead target, not over
    /// the connection itself, and not by the default route, from which every route to a peer takes its part.
    ///
    /// There are several where prefix lists share an entry: EC2 takes any of them ("Route priority", VPC user guide), so that one of ours among
    /// them makes the block no less the others'.
    fn holders_before(&self, block: &IpNet, rank: Rank, destination: &Destination) -> impl Iterator<Item = &'a Route> {
        let counts = |route: &Route| route.destination != *destination || route.propagated;
        let mut around = std::iter::successors(Some(*block), IpNet::supernet);
        let found = around.find_map(|wide| {
            let holders = self.holders.get(&wide)?;
            holders.iter().find(|(_, route)| counts(route)).map(|(before, _)| (wide, *before, holders.as_slice()))
        });
        let lost = found.filter(|(wide, before, _)| (wide != block || *before >= rank) && !self.is_planned_between(block, wide, *before));
        let (before, holders) = lost.map_or((rank, &[][..]), |(_, before, holders)| (before, holders));
        let matters = |route: &Route| {
            let is_default = matches!(&route.destination, Destination::Cidr(block) if block.prefix_len() == 0);
            !is_default && !route.blackhole && !self.is_ours(route)
        };
        holders.iter().filter(move |(other, route)| *other == before && counts(route) && matters(route)).map(|(_, route)| *route)
    }

    /// True where the plan makes a route that takes a block from its holder before the wanted one does.
    fn is_planned_between(&self, block: &IpNet, wide: &IpNet, before: Rank) -> bool {
        self.planned.iter().any(|planned| {
            let stronger = |length: u8| length > wide.prefix_len() || (length == wide.prefix_len() && rank_of(planned) < before);
            blocks_of(planned, self.end).iter().any(|ours| ours.contains(block) && stronger(ours.prefix_len()))
        })
    }

    /// Routes that win over the wanted one for a part of a block, or for all of it.
    fn shadows(&self, block: &IpNet, rank: Rank, destination: &Destination) -> impl Iterator<Item = &'a Route> {
        let inside = self.holders.range((Bound::Excluded(*block), Bound::Unbounded)).take_while(|(part, _)| block.contains(*part));
        let stronger = self.holders.get(block).into_iter().flatten().filter(move |(other, _)| *other < rank);
        let all = inside.flat_map(|(_, holders)| holders).chain(stronger).map(|(_, route)| *route);
        all.filter(|route| !self.is_ours(route) && route.destination != *destination)
    }
}

const fn rank_of(destination: &Destination) -> Rank {
    match destination {
        Destination::Cidr(_) => Rank::Static,
        Destination::PrefixList(_) => Rank::PrefixList,
    }
}

/// True for a route to the VPC itself, which no rule gives away.
pub(super) fn is_local(route: &Route) -> bool {
    matches!(&route.target, RouteTarget::Other(target) if target == "local")
}

/// The addresses of a destination, as far as they are known.
pub(super) fn blocks_of(destination: &Destination, end: &End) -> Vec<IpNet> {
    match destination {
        Destination::Cidr(block) => vec![*block],
        Destination::PrefixList(id) => match end.prefix_lists.get(id) {
            Some(Fact::Known(list)) => list.cidrs.iter().copied().collect(),
            Some(Fact::Unknown(_)) | None => Vec::new(),
        },
    }
}

/// True where a rule names addresses that lead elsewhere: the block itself, or a range around it that lies inside what the other route carries,
/// in its `destinations` or in its condition on the peer's `cidrs`. A range as wide as the other route speaks of everything, so of nothing.
pub(super) fn names(intent: &RouteIntent, block: &IpNet, from: &Route, end: &End) -> bool {
    let carried: CidrSet = blocks_of(&from.destination, end).into_iter().collect();
    let narrower = |name: &IpNet| carried.iter().any(|wide| wide.contains(name) && wide != name);
    intent.named().any(|name| name == block || (name.contains(block) && narrower(name)))
}

/// True for a block that is routed as it is: private, or named by a rule, in words that speak of public space alone.
pub(super) fn is_private_or_named<'n>(block: &IpNet, mut names: impl Iterator<Item = &'n IpNet>) -> bool {
    crate::cidr::is_private(block) || names.any(|name| name.contains(block) && !crate::cidr::reaches_private(name))
}
