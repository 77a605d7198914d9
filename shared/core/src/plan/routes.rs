//! Routes that are missing.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{Blocked, Plan, Step};
use crate::allowlist::{Destinations, RouteIntent, Tables};
use crate::cidr::CidrSet;
use crate::ids::{RouteTableId, Side};
use crate::world::{End, Observed, Route, RouteTable, RouteTarget, bears};

/// Plans the routes of one end, each table and destination once however many rules want it.
pub(super) fn plan(side: Side, intents: &[RouteIntent], end: &End, observed: &Observed, plan: &mut Plan) {
    let mut wanted: BTreeSet<(&RouteTableId, IpNet)> = BTreeSet::new();
    for intent in intents {
        let tables = select(&intent.tables, &end.tables);
        if tables.is_empty() {
            plan.blocked.push(Blocked::NoTables { side, wanted: intent.tables.to_string() });
        }
        let destinations = destinations(side, intent, end, observed, plan);
        wanted.extend(tables.iter().flat_map(|table| destinations.iter().map(|block| (&table.id, *block))));
    }
    for table in &end.tables {
        for (_, destination) in wanted.iter().filter(|(id, _)| **id == table.id) {
            plan_route(side, table, *destination, observed, plan);
        }
    }
}

fn plan_route(side: Side, table: &RouteTable, destination: IpNet, observed: &Observed, plan: &mut Plan) {
    let connection = &observed.connection.id;
    // A static and a propagated route may have the same destination: the order in which AWS lists them must not matter.
    let existing: Vec<&Route> = table.routes.iter().filter(|route| route.destination == destination).collect();
    if existing.iter().any(|route| route.target == RouteTarget::Peering(connection.clone())) {
        return;
    }
    if existing.is_empty() {
        plan.steps.push(Step::CreateRoute { side, table: table.id.clone(), destination, connection: connection.clone() });
    }
    plan.blocked.extend(existing.into_iter().map(|route| Blocked::RouteConflict {
        side,
        table: table.id.clone(),
        destination,
        target: format!("{}{}", route.target, if route.blackhole { " (blackhole)" } else { "" }),
    }));
}

fn select<'a>(wanted: &Tables, tables: &'a [RouteTable]) -> Vec<&'a RouteTable> {
    tables
        .iter()
        .filter(|table| match wanted {
            Tables::All => true,
            Tables::Main => table.main,
            Tables::Ids(ids) => ids.contains(&table.id),
            Tables::Tagged(tags) => bears(&table.tags, tags),
        })
        .collect()
}

/// The peer's blocks that get a route. IPv6 only where this end has an IPv6 block as well: without one there is no
/// instance that could use it (VPC peering guide, "IPv6").
fn destinations(side: Side, intent: &RouteIntent, end: &End, observed: &Observed, plan: &mut Plan) -> CidrSet {
    let peer = observed.cidrs.of(side.peer());
    let chosen = match &intent.destinations {
        Destinations::All => peer.clone(),
        Destinations::Only(blocks) => {
            let foreign = blocks.outside(peer).map(|block| Blocked::NotPeers { side, destination: *block });
            plan.blocked.extend(foreign);
            blocks.iter().filter(|block| peer.contains(block)).copied().collect()
        }
    };
    let ipv6 = end.cidrs.iter().any(|block| matches!(block, IpNet::V6(_)));
    chosen.outside(&intent.exclude).filter(|block| ipv6 || matches!(block, IpNet::V4(_))).copied().collect()
}
