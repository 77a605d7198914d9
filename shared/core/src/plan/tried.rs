//! What stands for steps that were tried, so that whoever looks later can tell whether anything is different.

use std::collections::BTreeSet;

use super::Step;
use crate::allowlist::Replace;
use crate::digest::digest;
use crate::ids::Side;
use crate::observed::Observed;
use crate::world::{End, RouteTarget};

/// What stands for some steps of one end, however they are put together, and for what decides whether AWS takes them: how much there is of somebody
/// else's in the same tables and groups, and what the rules allow to go first. None for no steps.
pub fn digest_of_steps<'s>(side: Side, steps: impl IntoIterator<Item = &'s Step>, replace: Replace, observed: &Observed) -> Option<String> {
    let end = observed.ends.of(side).known();
    let words = |step: Step| {
        let beside = end.map_or(0, |end| of_others(&step, end, observed));
        format!("{} beside {beside}", as_planned_alone(&step))
    };
    let here = steps.into_iter().filter(|step| step.side() == side);
    let words: BTreeSet<String> = here.flat_map(Step::rule_by_rule).map(words).collect();
    (!words.is_empty()).then(|| digest(&format!("{replace:?}\n{}", words.into_iter().collect::<Vec<_>>().join("\n"))))
}

/// The step in words, without the connection that a rule is handed over to: a sweep does not ask for it.
fn as_planned_alone(step: &Step) -> String {
    match step.clone() {
        Step::HandOverRules { side, group, direction, rules, connection, .. } => {
            format!("- {}", Step::RevokeRules { side, group, direction, rules, connection })
        }
        step => format!("{} {step}", if step.removes() { '-' } else { '+' }),
    }
}

fn of_others(step: &Step, end: &End, observed: &Observed) -> usize {
    let ours = &observed.connection.id;
    match step {
        Step::CreateRoute { table, .. } | Step::DeleteRoute { table, .. } => {
            let tables = end.tables.iter().filter(|found| found.id == *table);
            tables.flat_map(|table| &table.routes).filter(|route| route.target != RouteTarget::Peering(ours.clone())).count()
        }
        Step::AuthorizeRules { group, direction, .. }
        | Step::HandOverRules { group, direction, .. }
        | Step::RevokeRules { group, direction, .. } => {
            let rules = end.groups.iter().filter(|found| found.id == *group).flat_map(|group| &group.rules);
            rules.filter(|rule| rule.direction == *direction && rule.owner.as_ref() != Some(ours)).count()
        }
        Step::EnableDnsResolution { .. } | Step::DisableDnsResolution { .. } => 0,
    }
}
