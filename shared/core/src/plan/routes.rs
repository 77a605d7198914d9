//! Routes that are missing, and routes of ours that are no longer wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::{Addresses, is_local, names};
use super::wanted::WantedRoutes;
use super::{Finding, Plan, Removal, Step, Waiting};
use crate::allowlist::RouteIntent;
use crate::ids::{RouteTableId, Side};
use crate::observed::Observed;
use crate::world::{Destination, End, Route};

/// The route tables of an end, with what each does with addresses.
pub(super) struct Tables<'a> {
    side: Side,
    end: &'a End,
    observed: &'a Observed,
    by_id: BTreeMap<&'a RouteTableId, Addresses<'a>>,
}

/// What can be done about a wanted route.
pub(super) enum Judgement {
    /// It stands.
    There,
    /// It can be made; what it would take is named by a rule.
    Free(Vec<Finding>),
    /// It is not made, for these reasons.
    Refused(Vec<Finding>),
}

type Wanted<'a, 'i> = BTreeMap<&'a RouteTableId, BTreeMap<Destination, Vec<&'i RouteIntent>>>;

/// Plans the routes of one end, each table and destination once however many rules want it.
pub(super) fn plan(intents: &[RouteIntent], tables: &mut Tables<'_>, plan: &mut Plan) {
    let (side, end, observed) = (tables.side, tables.end, tables.observed);
    let mut wanted = Wanted::new();
    let mut doubtful = false;
    for intent in intents {
        let found = WantedRoutes::of(side, intent, end, observed);
        doubtful |= found.is_doubtful();
        for table in &found.tables {
            let destinations = wanted.entry(&table.id).or_default();
            for destination in &found.destinations {
                destinations.entry(destination.clone()).or_default().push(intent);
            }
        }
        plan.tell(found.findings);
    }
    let remembered = observed.owned.routes_of(side);
    let (nothing, nowhere) = (BTreeMap::new(), BTreeSet::new());
    let mut kept = 0;
    let ids: Vec<&RouteTableId> = tables.by_id.keys().copied().collect();
    for id in ids {
        let wanted = wanted.get(id).unwrap_or(&nothing);
        let refused = plan_additions(id, wanted, tables, plan);
        let Some(addresses) = tables.by_id.get(id) else {
            continue;
        };
        let superfluous = remembered.get(id).unwrap_or(&nowhere).iter().filter(|destination| {
            !wanted.contains_key(**destination) && addresses.routes_to(destination).iter().any(|route| addresses.is_ours(route))
        });
        for destination in superfluous {
            // Kept while a wish can't be met as it is written, or while what would replace it can't be made.
            if doubtful || refused.iter().any(|refused| may_share(refused, destination)) {
                kept += 1;
            } else {
                let (table, destination, connection) = (id.clone(), (*destination).clone(), observed.connection.id.clone());
                plan.steps.push(Step::DeleteRoute { side, table, destination, connection });
            }
        }
    }
    if kept > 0 {
        plan.waiting.push(Waiting::Removal { side, what: Removal::Routes, count: kept });
    }
}

/// Plans what is missing in a table; returns what can't be made.
///
/// A route that is made may hold the addresses of another one that is wanted, so what is refused is judged again behind each that is made. The next
/// is always the first that can be: a run that is cut short is taken up in the same order.
fn plan_additions<'w>(
    id: &RouteTableId,
    wanted: &'w BTreeMap<Destination, Vec<&RouteIntent>>,
    tables: &mut Tables<'_>,
    plan: &mut Plan,
) -> Vec<&'w Destination> {
    let side = tables.side;
    let mut open: Vec<(&Destination, &Vec<&RouteIntent>)> = wanted.iter().collect();
    for (destination, _) in &open {
        plan.tell(tables.remarks(id, destination));
    }
    let mut at = 0;
    while let Some((destination, intents)) = open.get(at).copied() {
        match tables.judge(id, destination, intents) {
            Judgement::There => {
                open.remove(at);
            }
            Judgement::Free(findings) => {
                plan.tell(findings);
                let (table, connection) = (id.clone(), tables.observed.connection.id.clone());
                plan.steps.push(Step::CreateRoute { side, table, destination: destination.clone(), connection });
                if let Some(addresses) = tables.by_id.get_mut(id) {
                    addresses.plan(destination);
                }
                open.remove(at);
                at = 0;
            }
            Judgement::Refused(_) => at += 1,
        }
    }
    for (destination, intents) in &open {
        if let Judgement::Refused(findings) = tables.judge(id, destination, intents) {
            plan.tell(findings);
        }
    }
    open.into_iter().map(|(destination, _)| destination).collect()
}

impl<'a> Tables<'a> {
    pub(super) fn of(side: Side, end: &'a End, observed: &'a Observed) -> Self {
        let tables = end.tables.iter().map(|table| (&table.id, Addresses::of(table, end, &observed.connection.id)));
        Self { side, end, observed, by_id: tables.collect() }
    }

    /// Whether a route may be made. A route that was ours takes back what it had.
    pub(super) fn judge(&self, id: &RouteTableId, destination: &Destination, intents: &[&RouteIntent]) -> Judgement {
        let Some(addresses) = self.by_id.get(id) else {
            return Judgement::Refused(Vec::new());
        };
        if addresses.stands(destination) {
            return Judgement::There;
        }
        let there = addresses.routes_to(destination);
        let (side, table) = (self.side, id.clone());
        let conflicts: Vec<Finding> = there
            .iter()
            .filter(|route| !route.propagated)
            .map(|route| Finding::RouteConflict {
                side,
                table: table.clone(),
                destination: destination.clone(),
                target: describe_target(route),
            })
            .collect();
        if !conflicts.is_empty() {
            return Judgement::Refused(conflicts);
        }
        let known = self.observed.owned.has_route(side, id, destination);
        let (fine, taken): (Vec<_>, Vec<_>) =
            addresses.effects_of(destination).taken.into_iter().partition(|(block, route)| {
                !is_local(route) && (known || intents.iter().any(|intent| names(intent, block, route, self.end)))
            });
        if taken.is_empty() {
            return Judgement::Free(fine.iter().map(|(_, route)| self.takes_over(id, destination, route)).collect());
        }
        let taken = taken.into_iter().map(|(block, route)| Finding::TakenFrom {
            side,
            table: table.clone(),
            destination: destination.clone(),
            block,
            from: route.destination.clone(),
            target: describe_target(route),
        });
        Judgement::Refused(taken.collect())
    }

    /// What is worth knowing of a wanted route, whether or not it can be made.
    fn remarks(&self, id: &RouteTableId, destination: &Destination) -> Vec<Finding> {
        let Some(addresses) = self.by_id.get(id) else {
            return Vec::new();
        };
        let (side, table) = (self.side, id);
        let effects = addresses.effects_of(destination);
        let mut remarks: Vec<Finding> = effects
            .shadows
            .iter()
            .map(|route| Finding::Shadowed {
                side,
                table: table.clone(),
                destination: destination.clone(),
                part: route.destination.clone(),
                target: describe_target(route),
            })
            .collect();
        let unread = addresses.unread().iter().filter(|(list, _)| Destination::PrefixList((*list).clone()) != *destination);
        remarks.extend(
            unread.map(|(list, why)| Finding::Unchecked {
                side,
                what: format!("what {table} sends to the addresses of {list}, because {why}"),
            }),
        );
        if addresses.stands(destination) && !self.observed.owned.has_route(side, table, destination) {
            remarks.push(Finding::Adopted { side, table: table.clone(), destination: destination.clone() });
        }
        remarks
    }

    fn takes_over(&self, table: &RouteTableId, destination: &Destination, from: &Route) -> Finding {
        Finding::TakesOver {
            side: self.side,
            table: table.clone(),
            destination: destination.clone(),
            from: from.destination.clone(),
            target: describe_target(from),
        }
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
