//! Steps, carried out one by one.

use std::collections::VecDeque;

use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::observed::Observed;
use peerwright_core::plan::Step;
use peerwright_core::precheck::explain_quota;

use super::{Ended, Run};
use crate::delays::SETTLING;
use crate::failure::{Class, Failure};
use crate::ports::{Backend, Clock, Cloud};

impl<B: Backend> Run<'_, B> {
    /// Carries out the steps between two notes in the ledger: what will be made is written down before, what was removed after.
    pub(super) async fn carry_out(&mut self, steps: &[Step], observed: &Observed) -> Result<(), Ended> {
        if !self.goal.removes() {
            self.entry = Some(self.ports.record_planned(self.connection(), &self.rules, steps).await?);
        }
        let before = self.done.len();
        let mut result = self.apply(steps, observed).await;
        if result.is_ok() && !self.goal.removes() && self.is_early() {
            result = self.apply_again(observed).await;
        }
        if self.goal.removes() && self.done.len() > before {
            self.entry = Some(self.ports.record_removed(self.connection(), &self.rules, &self.done[before..]).await?);
        }
        result.map_err(Ended::Recorded)
    }

    /// True where all that could not be made may be so a moment later.
    fn is_early(&self) -> bool {
        !self.stale.is_empty() && self.refused.is_empty() && self.left == 0
    }

    /// What became active a moment ago is known everywhere soon: what came too early is tried once more, before everything is looked at anew.
    async fn apply_again(&mut self, observed: &Observed) -> Result<(), Failure> {
        self.ports.clock.sleep(SETTLING).await;
        self.stale.clear();
        let steps = std::mem::take(&mut self.undone);
        self.apply(&steps, observed).await
    }

    /// A failure doesn't stop the steps after it, which are independent; the first one is returned when all were tried. A stale step is
    /// left to the next round.
    pub(super) async fn apply(&mut self, steps: &[Step], observed: &Observed) -> Result<(), Failure> {
        let ends: &Sides<VpcRef> = &self.peering.connection.ends;
        let mut first = None;
        let mut steps: VecDeque<Step> = steps.iter().cloned().collect();
        let before = self.done.len();
        while let Some(step) = steps.pop_front() {
            // The switch is looked at again in the middle of a long run; where it can't be read, the next run begins with it.
            if self.ports.is_out_of_time() || !matches!(self.ports.hold(&self.connection().id).await, Ok(None)) {
                self.left = steps.len() + 1;
                break;
            }
            if matches!(step, Step::EnableDnsResolution { .. } | Step::DisableDnsResolution { .. }) {
                self.switched.insert(step.side());
            }
            match self.ports.cloud.apply(&ends.of(step.side()).place, &step).await {
                Ok(()) => self.done.push(step),
                // One call carries all rules of a group, and EC2 takes it whole or not at all: a rule that it refuses must not keep the
                // others from being made.
                Err(failure) if matches!(failure.class, Class::Refused | Class::Stale) && step.size() > 1 => {
                    tracing::info!(%step, "rule by rule, because {}", failure.explain());
                    for (place, single) in step.rule_by_rule().into_iter().enumerate() {
                        steps.insert(place, single);
                    }
                }
                Err(failure) if failure.class == Class::Stale => {
                    tracing::info!(%step, "{}", failure.explain());
                    self.stale.push(failure.explain());
                    self.undone.push(step);
                }
                Err(failure) if failure.needs_a_person() => {
                    tracing::warn!(%step, class = failure.class.label(), "{}", failure.explain());
                    let numbers = if failure.class == Class::Quota { explain_quota(&step, observed) } else { None };
                    self.over_quota |= failure.class == Class::Quota;
                    self.refused.push([Some(failure.explain()), numbers].into_iter().flatten().collect::<Vec<_>>().join(": "));
                    self.undone.push(step);
                }
                // What was made so far is written down, and the rest comes when AWS takes it: to go on would only slow it down.
                Err(failure) if failure.class == Class::Throttled && self.done.len() > before => {
                    tracing::info!(%step, "{}", failure.explain());
                    self.left = steps.len() + 1;
                    break;
                }
                Err(failure) => {
                    tracing::warn!(%step, class = failure.class.label(), "{}", failure.explain());
                    first = first.or(Some(failure));
                }
            }
        }
        first.map_or(Ok(()), Err)
    }
}
