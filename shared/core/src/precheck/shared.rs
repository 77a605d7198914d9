//! Destinations that the VPC's other peers have as well, whether or not a route leads to them today.
//!
//! Two peers with the same block may stand in different route tables, never in one. Where the other peer has its routes, the planner has judged
//! table by table. One that has none for these addresses yet was accepted a moment ago, perhaps, and will want the same tables.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{Precheck, PrecheckContext, others};
use crate::ids::{RouteTableId, Side};
use crate::observed::Observed;
use crate::plan::{Finding, Step};
use crate::world::{Destination, End, Fact, ObservedConnection, Route, RouteTarget};

pub(super) fn check(observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    for side in Side::BOTH {
        let Some(end) = observed.ends.of(side).known() else {
            continue;
        };
        for (destination, tables) in wanted(side, end, observed, found) {
            for other in others(side, observed, context) {
                compare(side, &destination, &tables, other, end, observed, found);
            }
        }
    }
}

/// The destinations that lead over this connection, or would, with their tables.
fn wanted(side: Side, end: &End, observed: &Observed, found: &Precheck) -> BTreeMap<Destination, BTreeSet<RouteTableId>> {
    let ours = RouteTarget::Peering(observed.connection.id.clone());
    let there = end.tables.iter().flat_map(|table| table.routes.iter().map(move |route| (table, route)));
    let there = there.filter(|(_, route)| route.target == ours).map(|(table, route)| (table.id.clone(), route.destination.clone()));
    let made = found.plan.steps.iter().filter_map(|step| match step {
        Step::CreateRoute { side: at, table, destination, .. } if *at == side => Some((table.clone(), destination.clone())),
        _ => None,
    });
    let mut wanted: BTreeMap<Destination, BTreeSet<RouteTableId>> = BTreeMap::new();
    for (table, destination) in there.chain(made) {
        wanted.entry(destination).or_default().insert(table);
    }
    wanted
}

fn compare(
    side: Side,
    destination: &Destination,
    tables: &BTreeSet<RouteTableId>,
    other: &ObservedConnection,
    end: &End,
    observed: &Observed,
    found: &mut Precheck,
) {
    let (ends, id) = (&observed.connection.ends, &other.connection.id);
    let over = RouteTarget::Peering(id.clone());
    let mine = blocks(destination, end);
    let shares = |block: &IpNet| mine.iter().any(|mine| mine.contains(block) || block.contains(mine));
    let reaches = |route: &Route| route.target == over && blocks(&route.destination, end).iter().any(shares);
    let routed: BTreeSet<&RouteTableId> =
        end.tables.iter().filter(|table| table.routes.iter().any(reaches)).map(|table| &table.id).collect();
    // The peer itself, over another connection, is a duplicate and reported as one.
    let is_third = |at: Side| other.connection.ends.of(at) != ends.of(side) && other.connection.ends.of(at) != ends.of(side.peer());
    for (at, blocks_there) in other.cidrs.iter().filter(|(at, _)| is_third(*at)) {
        if blocks_there.is_empty() {
            let what = format!("overlap with the peer of {id}, because {id} does not show the {at}'s CIDR blocks");
            found.notes.push(Finding::Unchecked { side, what });
        }
        for block in blocks_there.iter().filter(|block| shares(block)) {
            let (destination, other, block) = (destination.clone(), id.clone(), *block);
            if routed.is_empty() {
                found.obstacles.push(Finding::SharedWithPeer { side, destination, other, block });
            } else if routed.iter().any(|table| !tables.contains(*table)) {
                found.notes.push(Finding::SharedElsewhere { side, destination, other, block });
            }
        }
    }
}

fn blocks(destination: &Destination, end: &End) -> Vec<IpNet> {
    match destination {
        Destination::Cidr(block) => vec![*block],
        Destination::PrefixList(id) => match end.prefix_lists.get(id) {
            Some(Fact::Known(list)) => list.cidrs.iter().copied().collect(),
            Some(Fact::Unknown(_)) | None => Vec::new(),
        },
    }
}
