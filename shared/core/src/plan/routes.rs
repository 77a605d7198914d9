//! Routes that are missing, and routes of ours that are too much.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{Blocked, Note, Plan, Removal, Step, Waiting};
use crate::allowlist::{Destinations, RouteIntent, Subnets, Tables};
use crate::cidr::CidrSet;
use crate::ids::{PrefixListId, RouteTableId, Side, SubnetId};
use crate::world::{Destination, End, Fact, Observed, Route, RouteTable, RouteTarget, bears};

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
    for table in &end.tables {
        for destination in wanted.get(&table.id).into_iter().flatten() {
            plan_route(side, table, destination, observed, plan);
        }
    }
    plan_removals(side, &wanted, doubtful, end, observed, plan);
}

fn plan_route(side: Side, table: &RouteTable, destination: &Destination, observed: &Observed, plan: &mut Plan) {
    let connection = &observed.connection.id;
    let ours = RouteTarget::Peering(connection.clone());
    note_more_specific(side, table, destination, &ours, plan);
    // A static and a propagated route may have the same destination: the order in which AWS lists them must not matter.
    let existing: Vec<&Route> = table.routes.iter().filter(|route| route.destination == *destination).collect();
    if existing.iter().any(|route| route.target == ours) {
        if !observed.owned.has_route(side, &table.id, destination) {
            plan.notes.push(Note::Adopted { side, table: table.id.clone(), destination: destination.clone() });
        }
        return;
    }
    if existing.is_empty() {
        let (table, destination) = (table.id.clone(), destination.clone());
        plan.steps.push(Step::CreateRoute { side, table, destination, connection: connection.clone() });
    }
    plan.blocked.extend(existing.into_iter().map(|route| Blocked::RouteConflict {
        side,
        table: table.id.clone(),
        destination: destination.clone(),
        target: describe_target(route),
    }));
}

fn describe_target(route: &Route) -> String {
    let propagated = if route.propagated { " (propagated)" } else { "" };
    let blackhole = if route.blackhole { " (blackhole)" } else { "" };
    format!("{}{propagated}{blackhole}", route.target)
}

/// Routes inside the destination that win over it by their longer prefix. The VPC's own blocks are routes too, and no peer contains them.
fn note_more_specific(side: Side, table: &RouteTable, destination: &Destination, ours: &RouteTarget, plan: &mut Plan) {
    let Destination::Cidr(wide) = destination else {
        return;
    };
    for route in &table.routes {
        if let Destination::Cidr(part) = &route.destination
            && wide != part
            && wide.contains(part)
            && route.target != *ours
        {
            plan.notes.push(Note::MoreSpecific {
                side,
                table: table.id.clone(),
                destination: destination.clone(),
                part: route.destination.clone(),
                target: describe_target(route),
            });
        }
    }
}

/// Routes of the ledger that are there, lead over this connection, and are wanted no longer.
///
/// They are kept while a wish can't be read as it was meant, or while what would replace them can't be made.
fn plan_removals(side: Side, wanted: &Wanted<'_>, doubtful: bool, end: &End, observed: &Observed, plan: &mut Plan) {
    let connection = &observed.connection.id;
    let ours = RouteTarget::Peering(connection.clone());
    let mut kept = 0;
    for table in &end.tables {
        let wanted = wanted.get(&table.id);
        for route in table.routes.iter().filter(|route| route.target == ours) {
            let destination = &route.destination;
            let superfluous =
                !wanted.is_some_and(|wanted| wanted.contains(destination)) && observed.owned.has_route(side, &table.id, destination);
            if !superfluous {
                continue;
            }
            if doubtful || wanted.into_iter().flatten().any(|wanted| may_share(wanted, destination) && is_taken(table, wanted, &ours)) {
                kept += 1;
            } else {
                let (table, destination, connection) = (table.id.clone(), destination.clone(), connection.clone());
                plan.steps.push(Step::DeleteRoute { side, table, destination, connection });
            }
        }
    }
    if kept > 0 {
        plan.waiting.push(Waiting::Removal { side, what: Removal::Routes, count: kept });
    }
}

/// True unless two destinations have no address in common for sure.
fn may_share(one: &Destination, other: &Destination) -> bool {
    match (one, other) {
        (Destination::Cidr(one), Destination::Cidr(other)) => one.contains(other) || other.contains(one),
        _ => true,
    }
}

/// True where a destination leads elsewhere only.
fn is_taken(table: &RouteTable, destination: &Destination, ours: &RouteTarget) -> bool {
    let mut routes = table.routes.iter().filter(|route| route.destination == *destination).peekable();
    routes.peek().is_some() && routes.all(|route| route.target != *ours)
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
            Tables::Ids(ids) => ids.contains(&table.id),
            Tables::Tagged(tags) => bears(&table.tags, tags),
            Tables::OfSubnets(_) => false,
        })
        .collect()
}

/// The tables that serve the chosen subnets. A subnet without an association of its own is served by the main table and
/// listed nowhere ("Subnet route tables", VPC user guide).
fn serving<'a>(subnets: &Subnets, end: &'a End) -> Vec<&'a RouteTable> {
    let chosen: BTreeSet<&SubnetId> = end
        .subnets
        .iter()
        .filter(|subnet| match subnets {
            Subnets::Ids(ids) => ids.contains(&subnet.id),
            Subnets::Tagged(tags) => bears(&subnet.tags, tags),
        })
        .map(|subnet| &subnet.id)
        .collect();
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
            chosen.extend(prefix_lists.iter().filter(|list| is_peers(side, list, peer, end, plan)).cloned().map(Destination::PrefixList));
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

/// True for a prefix list that can be read and holds the peer's addresses only.
fn is_peers(side: Side, list: &PrefixListId, peer: &CidrSet, end: &End, plan: &mut Plan) -> bool {
    match end.prefix_lists.get(list) {
        Some(Fact::Known(found)) if found.cidrs.outside(peer).next().is_none() => true,
        Some(Fact::Known(_)) => {
            plan.blocked.push(Blocked::NotPeers { side, destination: Destination::PrefixList(list.clone()) });
            false
        }
        Some(Fact::Unknown(why)) => {
            plan.blocked.push(Blocked::UnreadablePrefixList { side, list: list.clone(), why: why.clone() });
            false
        }
        None => {
            plan.blocked.push(Blocked::UnreadablePrefixList { side, list: list.clone(), why: "it is not there".to_owned() });
            false
        }
    }
}
