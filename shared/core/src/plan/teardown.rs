//! Taking everything away that is ours. Rules that another connection borrows become its own.

use std::collections::BTreeSet;

use super::security_groups::{RulesByGroup, give_up};
use super::{Limits, Plan, Step, Waiting};
use crate::ids::{GroupRuleId, Side};
use crate::observed::Observed;
use crate::world::{End, Fact, PeeringState, RouteTarget};

/// Plans to remove every route and rule of ours for a connection, whatever state it is in.
///
/// What is ours is told as always: a route that leads over the connection and that the ledger has, a rule that bears its tag. A connection that
/// AWS merely does not show is believed to have ended only if none of its routes is alive: a living route means that it is there.
pub fn teardown(observed: &Observed, limits: &Limits) -> Plan {
    let mut plan = Plan::default();
    if is_contradicted(observed) {
        plan.waiting.push(Waiting::State(format!("{} (though a route over it is alive)", observed.connection.state)));
        return plan;
    }
    let mut seen = BTreeSet::new();
    for side in Side::BOTH {
        match observed.ends.of(side) {
            Fact::Known(end) => {
                remove_routes(side, end, observed, &mut plan);
                remove_rules(side, end, observed, &mut seen, &mut plan);
                if end.dns_resolution && is_switched_on(side, observed) {
                    plan.steps.push(Step::DisableDnsResolution { side, connection: observed.connection.id.clone() });
                }
            }
            Fact::Unknown(why) if observed.owned.touches(side) || is_switched_on(side, observed) => {
                plan.waiting.push(Waiting::End { side, why: why.clone() });
            }
            Fact::Unknown(_) => {}
        }
    }
    plan.sort();
    limits.apply(plan)
}

/// True where we switched the DNS option on; that of a connection that has ended is gone with it.
fn is_switched_on(side: Side, observed: &Observed) -> bool {
    observed.connection.state == PeeringState::Active && observed.owned.dns_resolution.contains(&side)
}

/// True when the connection is not shown and a route over it is no black hole.
fn is_contradicted(observed: &Observed) -> bool {
    let over = RouteTarget::Peering(observed.connection.id.clone());
    let ends = observed.ends.iter().filter_map(|(_, end)| end.known());
    let mut routes = ends.flat_map(|end| &end.tables).flat_map(|table| &table.routes);
    observed.connection.state == PeeringState::Vanished && routes.any(|route| route.target == over && !route.blackhole)
}

fn remove_routes(side: Side, end: &End, observed: &Observed, plan: &mut Plan) {
    let over = RouteTarget::Peering(observed.connection.id.clone());
    for table in &end.tables {
        let ours =
            table.routes.iter().filter(|route| route.target == over && observed.owned.has_route(side, &table.id, &route.destination)).map(
                |route| Step::DeleteRoute {
                    side,
                    table: table.id.clone(),
                    destination: route.destination.clone(),
                    connection: observed.connection.id.clone(),
                },
            );
        plan.steps.extend(ours);
    }
}

/// Where both VPCs are in one place, both ends show the same rules: each is removed once.
fn remove_rules(side: Side, end: &End, observed: &Observed, seen: &mut BTreeSet<GroupRuleId>, plan: &mut Plan) {
    let connection = &observed.connection.id;
    let mut ours = RulesByGroup::new();
    for group in &end.groups {
        for rule in group.rules.iter().filter(|rule| rule.owner.as_ref() == Some(connection)) {
            if seen.insert(rule.id.clone()) {
                ours.entry((&group.id, rule.direction)).or_default().insert((rule.id.clone(), rule.spec.clone()));
            }
        }
    }
    plan.steps.extend(give_up(side, ours, observed));
}
