//! How much of what is wanted stands: what people ask of a connection before they ask for the plan.

use super::{Finding, Plan, Step};
use crate::ids::Side;
use crate::observed::Observed;
use crate::world::{Fact, RouteTarget};

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Those that are wanted and there.
    pub there: usize,
    /// Those that are wanted.
    pub wanted: usize,
    /// Those of ours that nothing wants any more.
    pub superfluous: usize,
}

/// One end of an active connection, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Routes over the connection: ours, and those of others that are what is wanted.
    pub routes: Count,
    /// Security group rules that bear the connection's tag, are borrowed from another connection, or are of others and what is wanted.
    pub rules: Count,
    /// Whether the peer resolves this end's private names.
    pub dns_resolution: bool,
}

impl Tally {
    /// Counts an end; none where it can't be read. The plan is one without limits, made from what was observed.
    pub fn of(side: Side, observed: &Observed, plan: &Plan) -> Option<Self> {
        let Fact::Known(end) = observed.ends.of(side) else {
            return None;
        };
        let id = &observed.connection.id;
        let over = end.tables.iter().flat_map(|table| {
            let over = table.routes.iter().filter(|route| route.target == RouteTarget::Peering(id.clone()));
            over.map(move |route| (&table.id, &route.destination))
        });
        let adopted = |table: &_, to: &_| {
            let is_it = |note: &Finding| matches!(note, Finding::Adopted { side: at, table: on, destination } if (*at, on, destination) == (side, table, to));
            plan.notes.iter().any(is_it)
        };
        let routes = over.filter(|(table, to)| observed.owned.has_route(side, table, to) || adopted(table, to)).count();
        let tagged = end.groups.iter().flat_map(|group| &group.rules).filter(|rule| rule.owner.as_ref() == Some(id)).count();
        let of_others = |note: &&Finding| matches!(note, Finding::AdoptedRule { side: at, .. } if *at == side);
        let of_others = plan.notes.iter().filter(of_others).count();
        let borrowed = plan.borrowed.iter().filter(|borrowed| borrowed.side == side).count();
        let steps =
            |kind: fn(&Step) -> bool| plan.steps.iter().filter(|step| step.side() == side && kind(step)).map(Step::size).sum::<usize>();
        let count = |there: usize, more: usize, superfluous: usize| {
            let there = there.saturating_sub(superfluous);
            Count { there, wanted: there + more, superfluous }
        };
        Some(Self {
            routes: count(
                routes,
                steps(|step| matches!(step, Step::CreateRoute { .. })),
                steps(|step| matches!(step, Step::DeleteRoute { .. })),
            ),
            rules: count(
                tagged + borrowed + of_others,
                steps(|step| matches!(step, Step::AuthorizeRules { .. })),
                steps(|step| matches!(step, Step::RevokeRules { .. } | Step::HandOverRules { .. })),
            ),
            dns_resolution: end.dns_resolution,
        })
    }
}
