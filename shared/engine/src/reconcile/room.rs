//! What may go although something is missing: what has to make room for it, and what AWS's refusal to make it does not concern.

use peerwright_core::ids::Side;
use peerwright_core::observed::Observed;
use peerwright_core::plan::{Limits, Plan, Step};
use peerwright_core::precheck::make_room;

use super::{Ended, Run, left_over};
use crate::failure::Failure;
use crate::observe::precheck::quotas;
use crate::outcome::Outcome;
use crate::ports::{Backend, Clock};
use crate::refusal::refused_steps;

/// What came of making room.
pub(super) enum Room {
    /// Nothing has to go, or nothing would be gained.
    None,
    /// There is room now.
    Made,
    /// There will be, when the rest has gone.
    Limited(Outcome),
    /// AWS refused.
    Refused,
}

impl<B: Backend> Run<'_, B> {
    /// Removes what has to go before what is missing fits, where something has to and the rules say so.
    pub(super) async fn make_room(&mut self, plan: &Plan, observed: &Observed, limits: &Limits) -> Result<Room, Ended> {
        let room = self.room(plan, observed, limits).await?;
        if room.steps.is_empty() {
            return Ok(Room::None);
        }
        self.refuse_violations(&room, observed, limits)?;
        self.log("room for what is missing", &room.steps);
        let before = self.done.len();
        self.carry_out(&room.steps, observed).await?;
        self.made_room |= self.done.len() > before;
        self.undone_digests = refused_steps(&self.undone, self.goal.replace(), observed);
        Ok(match (self.refused.is_empty(), room.deferred.is_empty() && self.left == 0) {
            (false, _) => Room::Refused,
            (true, false) => Room::Limited(left_over(&room)),
            (true, true) if self.stale.is_empty() => Room::Made,
            (true, true) => Room::None,
        })
    }

    /// What has to go before what is missing fits, where every rule says that it may.
    pub(super) async fn room(&self, plan: &Plan, observed: &Observed, limits: &Limits) -> Result<Plan, Failure> {
        if !self.goal.replaces_in_place() || !plan.steps.iter().chain(&plan.deferred).any(Step::removes) {
            return Ok(Plan::default());
        }
        let quotas = quotas(&self.connection().ends, &self.ports.cloud).await?;
        Ok(make_room(plan, observed, &quotas, limits))
    }

    pub(super) fn is_removal_refused(&self) -> bool {
        let refusal = self.entry.as_ref().and_then(|entry| entry.refusal_of(true));
        refusal.is_some_and(|refusal| refusal.is_recent(self.ports.clock.now()))
    }

    /// True where all that is missing is what AWS refuses to make.
    pub(super) fn is_missing_what_was_refused(&self, plan: &Plan, observed: &Observed) -> bool {
        let (Some(wish), Some(refusal)) = (self.goal.wish(), self.entry.as_ref().and_then(|entry| entry.refusal_of(false))) else {
            return false;
        };
        let missing = |side: Side| plan.steps.iter().chain(&plan.deferred).filter(move |step| !step.removes() && step.side() == side);
        Side::BOTH.into_iter().all(|side| {
            let missing: Vec<&Step> = missing(side).collect();
            missing.is_empty() || refusal.is_of(side, &missing, &wish.desired, observed)
        })
    }
}

/// The plan without what it adds, and without what that replaces.
pub(super) fn alone(plan: &Plan, limits: &Limits) -> Plan {
    limits.apply(Plan { steps: plan.removals_alone().cloned().collect(), deferred: Vec::new(), ..plan.clone() })
}
