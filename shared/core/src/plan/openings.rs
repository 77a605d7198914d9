//! Which of the peer's addresses a rule opens a group to.

use ipnet::IpNet;

use super::Finding;
use super::addresses::blocks_of;
use super::routes::{Judgement, Tables};
use super::wanted::{WantedRoutes, guard, is_usable};
use crate::allowlist::{GroupIntent, RouteIntent};
use crate::ids::Side;
use crate::observed::Observed;
use crate::world::End;

/// The peer's blocks, as one rule's wishes for groups may open them.
#[derive(Debug, Default)]
pub(super) struct Openings {
    /// Blocks to open.
    pub(super) open: Vec<IpNet>,
    /// Blocks that are not opened now, and stay open where they are: their routes are wanted, and can't be made.
    pub(super) kept: Vec<IpNet>,
    /// Why others are not opened.
    pub(super) findings: Vec<Finding>,
}

impl Openings {
    /// A block that the rule's routes leave out is not opened: its addresses may be somebody else's. A rule without routes at this end leaves them to
    /// others, and opens every block that may be routed at all.
    pub(super) fn of(side: Side, intent: &GroupIntent, end: &End, observed: &Observed, tables: &Tables<'_>) -> Self {
        let mut openings = Self::default();
        let routes = intent.routes.as_ref().map(|routes| (routes, WantedRoutes::of(side, routes, end, observed)));
        for block in observed.cidrs.of(side.peer()).iter().filter(|block| is_usable(block, end)) {
            let found = match &routes {
                Some((routes, _)) => guard(side, block, routes.named(), &intent.peer_cidrs),
                None => guard(side, block, intent.peer_cidrs.iter(), &intent.peer_cidrs),
            };
            if let Some(finding) = found {
                openings.findings.push(finding);
                continue;
            }
            match routes.as_ref().map_or(Routed::Yes, |(routes, wanted)| routed(block, routes, wanted, end, tables)) {
                Routed::Yes => openings.open.push(*block),
                Routed::Stuck => openings.kept.push(*block),
                Routed::No => {}
            }
        }
        openings
    }
}

enum Routed {
    Yes,
    /// Wanted, and not possible as things are.
    Stuck,
    No,
}

fn routed(block: &IpNet, intent: &RouteIntent, wanted: &WantedRoutes<'_>, end: &End, tables: &Tables<'_>) -> Routed {
    let leads_there = |blocks: &[IpNet]| blocks.iter().any(|other| other.contains(block) || block.contains(other));
    let mut destinations = wanted.destinations.iter().filter(|destination| leads_there(&blocks_of(destination, end))).peekable();
    if destinations.peek().is_none() {
        let stuck = wanted.is_doubtful() && !intent.exclude.contains(block);
        return if stuck { Routed::Stuck } else { Routed::No };
    }
    let possible = destinations.any(|destination| {
        wanted.tables.iter().any(|table| !matches!(tables.judge(&table.id, destination, &[intent]), Judgement::Refused(_)))
    });
    if possible { Routed::Yes } else { Routed::Stuck }
}
