//! Room for what is wanted, where a quota has none for old and new together.

use std::collections::BTreeSet;

use super::quotas::{used, weights};
use crate::ids::{Side, Sides};
use crate::observed::Observed;
use crate::plan::{Limits, Plan, Step};
use crate::quota::{Counted, Quotas};

/// The removals that have to go before the additions of the same plan fit: of each group and table in which old and new do not fit together,
/// and the new alone does. Where even that does not fit nothing goes, since what is there works.
pub fn make_room(plan: &Plan, observed: &Observed, quotas: &Sides<Quotas>, limits: &Limits) -> Plan {
    let mut steps = Vec::new();
    for side in Side::BOTH {
        let Some(end) = observed.ends.of(side).known() else {
            continue;
        };
        let here = || plan.steps.iter().chain(&plan.deferred).filter(move |step| step.side() == side);
        let (added, removed) = (weights(here().filter(|step| !step.removes()), end), weights(here().filter(|step| step.removes()), end));
        let (mut crowded, mut hopeless) = (BTreeSet::new(), BTreeSet::new());
        for (of, more) in added {
            let (used, limit) = (used(&of, end), quotas.of(side).limit(&of));
            let freed = removed.get(&of).copied().unwrap_or_default();
            if used + more > limit {
                if used + more - freed.min(used) <= limit { &mut crowded } else { &mut hopeless }.insert(of);
            }
        }
        let goes_first = |step: &&Step| {
            let touched: BTreeSet<Counted> =
                weights([*step].into_iter(), end).into_iter().filter(|(_, weight)| *weight > 0).map(|(of, _)| of).collect();
            !touched.is_disjoint(&crowded) && touched.is_disjoint(&hopeless)
        };
        steps.extend(here().filter(|step| step.removes()).filter(goes_first).cloned());
    }
    limits.apply(Plan { steps, ..Plan::default() })
}
