//! The plan: from what is wanted and what is there to what is to be done.
//!
//! [`plan`] is pure, total and deterministic; every list in it has one order. A step leaves the executor no choice.
//!
//! What is there falls in classes, and each has one reaction:
//!
//! | class | reaction |
//! |---|---|
//! | a route of ours, wanted | left alone |
//! | a route of ours, no longer wanted | removed, after what replaces it stands |
//! | the wanted route, made by somebody else | adopted: noted, never removed |
//! | another target for the wanted destination (also a black hole) | conflict: reported, left alone, no route made |
//! | a wider, a propagated or a prefix list's route that would lose addresses to ours | no route made, unless a rule names them |
//! | a more specific route of somebody else | noted: it takes its part of the traffic; ours is made |
//! | a security group rule of ours, no longer wanted | removed, after what replaces it stands; handed over where another connection borrows it |
//! | any other rule | left alone; if it is what is wanted, none is made, and it is adopted: noted, never removed |
//! | the DNS option, switched on by us and no longer wanted | switched off; on by another hand, it is left alone |
//!
//! What is taken is judged with the routes that are planned before: a route whose addresses another one of ours holds by then takes nothing, and
//! comes behind it. What of the two could only be first together is not made.
//!
//! When a connection has ended, or no rule allows it any more, [`teardown`] takes away all that is ours and nothing else.
//!
//! Nothing of ours is removed while a wish for its kind can't be met as it is written (a selection that means nothing, a
//! destination that is not the peer's, a prefix list that can't be read), nor a route while the one that replaces it is in conflict.

mod addresses;
mod change;
mod dns;
mod finding;
mod limits;
mod lint;
mod openings;
mod render;
mod routes;
mod security_groups;
mod step;
mod tally;
mod teardown;
mod tried;
mod waiting;
mod wanted;

pub use change::{ChangeKind, PlannedChange};
pub use finding::Finding;
pub use limits::Limits;
pub use lint::{Violation, lint};
pub use step::{OWNER_TAG, Step};
pub use tally::{Count, Tally};
pub use teardown::teardown;
pub use tried::digest_of_steps;
pub use waiting::{Removal, Waiting};

use std::collections::BTreeSet;

use crate::desired::{Desired, EndIntent};
use crate::ids::Side;
use crate::observed::Observed;
use crate::owned::BorrowedRule;
use crate::world::{Fact, PeeringState};

/// What to do, what to wait for, and what a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Changes to make now, in order.
    pub steps: Vec<Step>,
    /// Changes that a limit leaves for a later run, in order.
    pub deferred: Vec<Step>,
    /// What is not there yet.
    pub waiting: Vec<Waiting>,
    /// What can't be done.
    pub blocked: Vec<Finding>,
    /// What is worth knowing.
    pub notes: Vec<Finding>,
    /// Wanted rules that are there for another connection: not made, but needed.
    pub borrowed: BTreeSet<BorrowedRule>,
}

impl Plan {
    /// True when there is nothing to change, now or later.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.deferred.is_empty()
    }

    /// The steps of now that add.
    pub fn additions(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.removes())
    }

    /// The steps of now that remove.
    pub fn removals(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.removes())
    }

    /// The removals, now or later, that no addition of the plan is beside.
    pub fn removals_alone(&self) -> impl Iterator<Item = &Step> {
        let all = || self.steps.iter().chain(&self.deferred);
        all().filter(|step| step.removes()).filter(move |step| !all().any(|other| !other.removes() && other.is_beside(step)))
    }

    fn tell(&mut self, findings: impl IntoIterator<Item = Finding>) {
        let (blocked, notes): (Vec<_>, Vec<_>) = findings.into_iter().partition(Finding::blocks_a_step);
        self.blocked.extend(blocked);
        self.notes.extend(notes);
    }

    fn sort(&mut self) {
        self.steps.sort_by(Step::compare);
        self.waiting.sort_unstable();
        self.blocked.sort_unstable();
        self.blocked.dedup();
        self.notes.sort_unstable();
        self.notes.dedup();
    }
}

/// Plans what is missing on both ends of a connection, and what of ours is no longer wanted.
///
/// A connection that isn't active waits as a whole: references to a peer's groups and DNS options need an active one
/// (security groups and `ModifyVpcPeeringConnectionOptions` in the VPC peering guide).
pub fn plan(desired: &Desired, observed: &Observed, limits: &Limits) -> Plan {
    let mut plan = Plan::default();
    if observed.connection.state != PeeringState::Active {
        plan.waiting.push(Waiting::State(observed.connection.state.to_string()));
        return plan;
    }
    for side in Side::BOTH {
        let intent = desired.ends.of(side);
        let ours = observed.owned.touches(side) || observed.owned.dns_resolution.contains(&side);
        let concerned = *intent != EndIntent::default() || ours;
        match observed.ends.of(side) {
            Fact::Unknown(why) if concerned => plan.waiting.push(Waiting::End { side, why: why.clone() }),
            // Without the peer's blocks everything of ours would look superfluous.
            Fact::Known(_) if concerned && observed.cidrs.of(side.peer()).is_empty() => {
                plan.waiting.push(Waiting::End { side, why: "the connection does not show the peer's CIDR blocks yet".to_owned() });
            }
            Fact::Known(end) if concerned => {
                let mut tables = routes::Tables::of(side, end, observed);
                routes::plan(&intent.routes, &mut tables, &mut plan);
                security_groups::plan(side, &intent.groups, end, observed, &tables, &mut plan);
                dns::plan(side, intent.dns_resolution, end, observed, &mut plan);
            }
            Fact::Known(_) | Fact::Unknown(_) => {}
        }
    }
    plan.sort();
    limits.apply(plan)
}
