//! How much one run may change.

use super::Plan;

/// A bound on what one run may change, per connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most changes of one run: routes, rules and options, each counted.
    pub max_changes: usize,
    /// Plan, and change nothing.
    pub frozen: bool,
}

impl Limits {
    /// Every change at once.
    pub const NONE: Self = Self { max_changes: usize::MAX, frozen: false };

    /// Moves what exceeds the bound from the steps to `deferred`, by name. The order of the steps stays, so additions come first;
    /// once a step is deferred, all after it are: a removal never overtakes what replaces it.
    pub fn apply(&self, mut plan: Plan) -> Plan {
        let bound = if self.frozen { 0 } else { self.max_changes };
        let mut changes = 0;
        let fits = plan.steps.iter().take_while(|step| {
            changes += step.size();
            changes <= bound
        });
        // One step is all or nothing: a single one that is larger than the bound goes ahead alone, or it never would.
        let alone = usize::from(bound > 0 && !plan.steps.is_empty());
        let count = fits.count().max(alone);
        plan.deferred = plan.steps.split_off(count);
        plan
    }
}
