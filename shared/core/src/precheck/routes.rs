//! Destinations against what the tables and the other peers have already.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{Obstacle, Precheck, PrecheckContext, Remark, others};
use crate::ids::{RouteTableId, Side};
use crate::observed::Observed;
use crate::plan::{Note, Step};
use crate::world::{Destination, End, RouteTarget};

pub(super) fn check(observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    find_shadowed(found);
    for side in Side::BOTH {
        let Some(end) = observed.ends.of(side).known() else {
            continue;
        };
        let wanted = wanted(side, end, observed, found);
        for (table, destination) in &wanted {
            find_wider(side, end, table, destination, observed, found);
        }
        let destinations: BTreeSet<&Destination> = wanted.iter().map(|(_, destination)| destination).collect();
        for destination in destinations {
            find_shared(side, end, destination, observed, context, found);
        }
    }
}

/// The planner has noted the longer prefixes. A local one is an overlap of the VPCs, which is reported as such.
fn find_shadowed(found: &mut Precheck) {
    let shadows = found.plan.notes.iter().filter_map(|note| match note {
        Note::MoreSpecific { side, table, destination, part, target } if target != "local" => Some(Obstacle::Shadowed {
            side: *side,
            table: table.clone(),
            destination: destination.clone(),
            part: part.clone(),
            target: target.clone(),
        }),
        Note::MoreSpecific { .. } | Note::Adopted { .. } => None,
    });
    let shadows: Vec<Obstacle> = shadows.collect();
    found.obstacles.extend(shadows);
}

/// The destinations that lead over this connection, or would, in each table of an end.
fn wanted(side: Side, end: &End, observed: &Observed, found: &Precheck) -> BTreeSet<(RouteTableId, Destination)> {
    let ours = RouteTarget::Peering(observed.connection.id.clone());
    let there = end.tables.iter().flat_map(|table| table.routes.iter().map(move |route| (table, route)));
    let there = there.filter(|(_, route)| route.target == ours).map(|(table, route)| (table.id.clone(), route.destination.clone()));
    let made = found.plan.steps.iter().filter_map(|step| match step {
        Step::CreateRoute { side: at, table, destination, .. } if *at == side => Some((table.clone(), destination.clone())),
        _ => None,
    });
    there.chain(made).collect()
}

/// Wider routes of the same table. Another connection's must keep its addresses. Of any other target a part is taken over, which is what a
/// route to a peer is for: that is noted of a summary, and not of the default route.
fn find_wider(side: Side, end: &End, table: &RouteTableId, destination: &Destination, observed: &Observed, found: &mut Precheck) {
    let routes = end.tables.iter().filter(|found| found.id == *table).flat_map(|table| &table.routes);
    for route in routes.filter(|route| !route.blackhole) {
        let (Destination::Cidr(narrow), Destination::Cidr(wide)) = (destination, &route.destination) else {
            continue;
        };
        if wide == narrow || !wide.contains(narrow) {
            continue;
        }
        match &route.target {
            RouteTarget::Peering(other) if *other == observed.connection.id => {}
            RouteTarget::Peering(other) => found.obstacles.push(Obstacle::TakenFrom {
                side,
                table: table.clone(),
                destination: destination.clone(),
                wide: route.destination.clone(),
                other: other.clone(),
            }),
            RouteTarget::Other(target) if wide.prefix_len() > 0 && target != "local" => found.notes.push(Remark::TakesOver {
                side,
                table: table.clone(),
                destination: destination.clone(),
                wide: route.destination.clone(),
                target: target.clone(),
            }),
            RouteTarget::Other(_) => {}
        }
    }
}

/// Blocks of the VPC's other peers, whether or not a route leads to them today.
fn find_shared(side: Side, end: &End, destination: &Destination, observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    let blocks: Vec<IpNet> = match destination {
        Destination::Cidr(block) => vec![*block],
        Destination::PrefixList(id) => {
            let list = end.prefix_lists.get(id).and_then(|list| list.known());
            list.into_iter().flat_map(|list| list.cidrs.iter().copied()).collect()
        }
    };
    let ends = &observed.connection.ends;
    for other in others(side, observed, context) {
        // The peer itself, over another connection, is a duplicate and reported as one.
        let is_third = |at: Side| other.connection.ends.of(at) != ends.of(side) && other.connection.ends.of(at) != ends.of(side.peer());
        for (at, blocks_there) in other.cidrs.iter().filter(|(at, _)| is_third(*at)) {
            if blocks_there.is_empty() {
                let id = &other.connection.id;
                let what = format!("overlap with the peer of {id}, because {id} does not show the {at}'s CIDR blocks");
                found.notes.push(Remark::Unchecked { side, what });
            }
            for block in blocks_there.iter() {
                if blocks.iter().any(|mine| mine.contains(block) || block.contains(mine)) {
                    found.obstacles.push(Obstacle::SharedWithPeer {
                        side,
                        destination: destination.clone(),
                        other: other.connection.id.clone(),
                        block: *block,
                    });
                }
            }
        }
    }
}
