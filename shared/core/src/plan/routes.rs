//! Routes that are missing, and routes of ours that are no longer wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use ipnet::IpNet;

use super::{Blocked, Note, Plan, Removal, Step, Waiting};
use crate::allowlist::{Destinations, RouteIntent, Tables};
use crate::cidr::CidrSet;
use crate::ids::{PcxId, PrefixListId, RouteTableId, Side, SubnetId};
use crate::observed::Observed;
use crate::tags::Selection;
use crate::world::{Destination, End, Fact, Route, RouteTable, RouteTarget};

type Wanted<'a> = BTreeMap<&'a RouteTableId, BTreeSet<Destination>>;

/// Plans the routes of one end, each table and destination once however many rules want it.
pub(super) fn plan(side: Side, intents: &[RouteIntent], end: &End, observed: &Observed, plan: &mut Plan) {
    let mut wanted = Wanted::new();
    let unblocked = plan.blocked.len();
    for intent in intents {
        let tables = select(&intent.tables, end);
        if tables.is_empty() {
            plan.blocked.push(Blocked::NoTables { side, wanted: intent.tables.to_string() });
        }
        let destinations = destinations(side, intent, end, observed, plan);
        for table in tables {
            wanted.entry(&table.id).or_default().extend(destinations.iter().cloned());
        }
    }
    let doubtful = plan.blocked.len() > unblocked;
    let remembered = observed.owned.routes_of(side);
    let (nothing, nowhere) = (BTreeSet::new(), BTreeSet::new());
    let mut kept = 0;
    for table in &end.tables {
        let table = Table {
            side,
            id: &table.id,
            routes: by_destination(table),
            wanted: wanted.get(&table.id).unwrap_or(&nothing),
            remembered: remembered.get(&table.id).unwrap_or(&nowhere),
            connection: &observed.connection.id,
        };
        for destination in table.wanted {
            table.plan_route(destination, plan);
        }
        kept += table.plan_removals(doubtful, plan);
    }
    if kept > 0 {
        plan.waiting.push(Waiting::Removal { side, what: Removal::Routes, count: kept });
    }
}

/// One route table with everything that is said of it. A VPC may have hundreds with hundreds of routes, so nothing here
/// searches a list for each of them.
struct Table<'a> {
    side: Side,
    id: &'a RouteTableId,
    routes: BTreeMap<&'a Destination, Vec<&'a Route>>,
    wanted: &'a BTreeSet<Destination>,
    remembered: &'a BTreeSet<&'a Destination>,
    connection: &'a PcxId,
}

/// A static and a propagated route may have the same destination: the order in which AWS lists them must not matter.
fn by_destination(table: &RouteTable) -> BTreeMap<&Destination, Vec<&Route>> {
    let mut routes: BTreeMap<&Destination, Vec<&Route>> = BTreeMap::new();
    for route in &table.routes {
        routes.entry(&route.destination).or_default().push(route);
    }
    routes
}

impl Table<'_> {
    fn is_ours(&self, route: &Route) -> bool {
        matches!(&route.target, RouteTarget::Peering(connection) if connection == self.connection)
    }

    fn plan_route(&self, destination: &Destination, plan: &mut Plan) {
        self.note_more_specific(destination, plan);
        let (side, table) = (self.side, self.id);
        let Some(existing) = self.routes.get(destination) else {
            let (table, destination, connection) = (table.clone(), destination.clone(), self.connection.clone());
            plan.steps.push(Step::CreateRoute { side, table, destination, connection });
            return;
        };
        if existing.iter().any(|route| self.is_ours(route)) {
            if !self.remembered.contains(destination) {
                plan.notes.push(Note::Adopted { side, table: table.clone(), destination: destination.clone() });
            }
            return;
        }
        plan.blocked.extend(existing.iter().map(|route| Blocked::RouteConflict {
            side,
            table: table.clone(),
            destination: destination.clone(),
            target: describe_target(route),
        }));
    }

    /// Routes inside the destination that win over it by their longer prefix. The VPC's own blocks are routes too, and no peer contains them.
    fn note_more_specific(&self, destination: &Destination, plan: &mut Plan) {
        let Destination::Cidr(wide) = destination else {
            return;
        };
        for (part, routes) in self.inside(wide) {
            plan.notes.extend(routes.iter().filter(|route| !self.is_ours(route)).map(|route| Note::MoreSpecific {
                side: self.side,
                table: self.id.clone(),
                destination: destination.clone(),
                part: (*part).clone(),
                target: describe_target(route),
            }));
        }
    }

    /// The routes to a part of a block. Blocks sort by their first address, then by their length: what lies inside follows at once.
    fn inside(&self, wide: &IpNet) -> impl Iterator<Item = (&&Destination, &Vec<&Route>)> {
        let (first, last) = (Destination::Cidr(*wide), Destination::Cidr(IpNet::from(wide.broadcast())));
        let behind = self.routes.range::<Destination, _>((Bound::Excluded(&first), Bound::Unbounded));
        behind.take_while(move |(destination, _)| ***destination <= last)
    }

    /// Removes the routes of the ledger that are there, lead over this connection, and are wanted no longer; says how many are kept.
    ///
    /// They are kept while a wish can't be met as it is written, or while what would replace them can't be made.
    fn plan_removals(&self, doubtful: bool, plan: &mut Plan) -> usize {
        let mut kept = 0;
        for destination in self.remembered.difference(&self.wanted.iter().collect()) {
            if !self.routes.get(destination).is_some_and(|routes| routes.iter().any(|route| self.is_ours(route))) {
                continue;
            }
            if doubtful || self.wanted.iter().any(|wanted| may_share(wanted, destination) && self.is_taken(wanted)) {
                kept += 1;
            } else {
                let (table, destination, connection) = (self.id.clone(), (*destination).clone(), self.connection.clone());
                plan.steps.push(Step::DeleteRoute { side: self.side, table, destination, connection });
            }
        }
        kept
    }

    /// True where a destination leads elsewhere only.
    fn is_taken(&self, destination: &Destination) -> bool {
        self.routes.get(destination).is_some_and(|routes| !routes.iter().any(|route| self.is_ours(route)))
    }
}

/// True unless two destinations have no address in common for sure.
fn may_share(one: &Destination, other: &Destination) -> bool {
    match (one, other) {
        (Destination::Cidr(one), Destination::Cidr(other)) => one.contains(other) || other.contains(one),
        _ => true,
    }
}

fn describe_target(route: &Route) -> String {
    let propagated = if route.propagated { " (propagated)" } else { "" };
    let blackhole = if route.blackhole { " (blackhole)" } else { "" };
    format!("{}{propagated}{blackhole}", route.target)
}

fn select<'a>(wanted: &Tables, end: &'a End) -> Vec<&'a RouteTable> {
    if let Tables::OfSubnets(subnets) = wanted {
        return serving(subnets, end);
    }
    end.tables
        .iter()
        .filter(|table| match wanted {
            Tables::All => true,
            Tables::Main => table.main,
            Tables::Selected(tables) => tables.selects(&table.id, &table.tags),
            Tables::OfSubnets(_) => false,
        })
        .collect()
}

/// The tables that serve the chosen subnets. A subnet without an association of its own is served by the main table and
/// listed nowhere ("Subnet route tables", VPC user guide).
fn serving<'a>(subnets: &Selection<SubnetId>, end: &'a End) -> Vec<&'a RouteTable> {
    let chosen: BTreeSet<&SubnetId> =
        end.subnets.iter().filter(|subnet| subnets.selects(&subnet.id, &subnet.tags)).map(|subnet| &subnet.id).collect();
    let associated = |id: &SubnetId| end.tables.iter().any(|table| table.subnets.contains(id));
    let by_main = chosen.iter().any(|id| !associated(id));
    end.tables.iter().filter(|table| (table.main && by_main) || table.subnets.iter().any(|id| chosen.contains(id))).collect()
}

/// The peer's addresses that get a route. IPv6 only where this end has an IPv6 block as well: without one there is no
/// instance that could use it (VPC peering guide, "IPv6").
fn destinations(side: Side, intent: &RouteIntent, end: &End, observed: &Observed, plan: &mut Plan) -> BTreeSet<Destination> {
    let peer = observed.cidrs.of(side.peer());
    let ipv6 = end.cidrs.iter().any(|block| matches!(block, IpNet::V6(_)));
    let usable = |block: &&IpNet| ipv6 || matches!(block, IpNet::V4(_));
    let mut chosen: BTreeSet<Destination> = BTreeSet::new();
    let blocks = match &intent.destinations {
        Destinations::All => peer.clone(),
        Destinations::Only { cidrs, prefix_lists } => {
            let foreign = cidrs.outside(peer).map(|block| Blocked::NotPeers { side, destination: Destination::Cidr(*block) });
            plan.blocked.extend(foreign);
            let lists = prefix_lists.iter().filter(|list| match check_list(side, list, &intent.exclude, peer, end) {
                Ok(()) => true,
                Err(blocked) => {
                    plan.blocked.push(blocked);
                    false
                }
            });
            chosen.extend(lists.cloned().map(Destination::PrefixList));
            cidrs.iter().filter(|block| peer.contains(block)).copied().collect()
        }
    };
    for block in blocks.outside(&intent.exclude).filter(usable) {
        if excludes_part(&intent.exclude, block) {
            plan.blocked.push(Blocked::ExcludesPart { side, destination: Destination::Cidr(*block) });
        } else {
            chosen.insert(Destination::Cidr(*block));
        }
    }
    chosen
}

fn excludes_part(exclude: &CidrSet, block: &IpNet) -> bool {
    exclude.iter().any(|excluded| block.contains(excluded))
}

/// A prefix list must be readable, hold the peer's addresses only, and none that is excluded.
fn check_list(side: Side, list: &PrefixListId, exclude: &CidrSet, peer: &CidrSet, end: &End) -> Result<(), Blocked> {
    let unreadable = |why: &str| Blocked::UnreadablePrefixList { side, list: list.clone(), why: why.to_owned() };
    let destination = Destination::PrefixList(list.clone());
    match end.prefix_lists.get(list) {
        Some(Fact::Known(found)) if found.cidrs.outside(peer).next().is_some() => Err(Blocked::NotPeers { side, destination }),
        Some(Fact::Known(found)) if found.cidrs.overlaps(exclude).next().is_some() => Err(Blocked::ExcludesPart { side, destination }),
        Some(Fact::Known(_)) => Ok(()),
        Some(Fact::Unknown(why)) => Err(unreadable(why)),
        None => Err(unreadable("it is not there")),
    }
}
