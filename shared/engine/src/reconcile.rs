//! Look, plan, check, do, look again: one part of the plan, additions or removals.

use std::time::Duration;

use peerwright_core::desired::Desired;
use peerwright_core::event::Hint;
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::plan::{self, Limits, Plan, Step, Waiting};
use peerwright_core::policy::Verdict;
use peerwright_core::world::{Connection, Observed, PeeringState, Sighting};

use crate::decide::decide;
use crate::failure::{Class, Failure};
use crate::ledger::Note;
use crate::locate::{LATER, ripe};
use crate::observe::observe;
use crate::outcome::{Outcome, Report};
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

/// How often to look, plan and apply before giving the message back. Two are the rule: one that changes, one that finds nothing to change.
const ROUNDS: usize = 4;

/// How long to let EC2 settle when the world was not as it had looked a moment ago.
const SETTLING: Duration = Duration::from_millis(500);

/// Which steps of a plan a function carries out: adding and removing are the privileges of different functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is missing.
    Add,
    /// What of ours is too much, once nothing is missing.
    Remove,
}

/// Follows a hint to an active connection and brings it to what the allowlist wants.
pub(crate) async fn follow<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    hint: &Hint,
    part: Part,
    limits: Limits,
    ports: &Ports<C, A, L, K>,
) -> Result<Report, Failure> {
    let (id, places) = match hint {
        Hint::Ignored(what) => return Ok(Report::nothing(format!("{what} is not for us"))),
        Hint::Pending(place) => return Ok(Report::nothing(format!("{place} names no connection"))),
        Hint::Connection { id, places } => (id, places),
    };
    match ripe(&ports.cloud, &ports.clock, id, places, not_active_yet).await? {
        Err(outcome) => Ok(Report::of(id, outcome)),
        Ok(sighting) if sighting.connection.state == PeeringState::Active => {
            let mut run = Run {
                sighting: &sighting,
                part,
                limits,
                ports,
                rules: Vec::new(),
                done: Vec::new(),
                stale: Vec::new(),
                refused: Vec::new(),
                superfluous: false,
            };
            let outcome = run.converge().await?;
            let mut report = Report::of(id, outcome);
            if part == Part::Add && run.superfluous {
                report.superfluous.push((id.clone(), sighting.connection.ends.accepter.place.clone()));
            }
            Ok(report)
        }
        Ok(sighting) => Ok(Report::of(id, Outcome::Nothing(format!("it is {}", sighting.connection.state)))),
    }
}

/// A hint that leads here follows an acceptance: whatever earlier state the connection still shows, it is on its way.
fn not_active_yet(sighting: &Sighting) -> Option<String> {
    matches!(sighting.connection.state, PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning)
        .then(|| format!("{} is not active yet", sighting.connection.id))
}

/// One connection, one function, one message.
struct Run<'r, C, A, L, K> {
    sighting: &'r Sighting,
    part: Part,
    limits: Limits,
    ports: &'r Ports<C, A, L, K>,
    /// The rules in force.
    rules: Vec<String>,
    /// Steps that were carried out.
    done: Vec<Step>,
    /// Why steps of the last round were not: the world was not as it had looked.
    stale: Vec<String>,
    /// What AWS refuses as such, or for a quota: trying again changes nothing, a person can.
    refused: Vec<String>,
    /// True when nothing is missing and something of ours is too much.
    superfluous: bool,
}

impl<C: Cloud, A: Allowlist, L: Ledger, K: Clock> Run<'_, C, A, L, K> {
    async fn converge(&mut self) -> Result<Outcome, Failure> {
        let decision = decide(self.sighting, self.ports).await?;
        let Verdict::Allowed(rules) = &decision.verdict else {
            return Ok(Outcome::Nothing(format!("no rule wants it: {}", decision.reasons.join("; "))));
        };
        let desired = Desired::of(rules);
        self.rules = desired.rules.iter().map(ToString::to_string).collect();
        for round in 0..ROUNDS {
            let (plan, limits, observed) = self.plan(&desired).await?;
            let steps: Vec<Step> = match self.part {
                Part::Add => plan.additions().cloned().collect(),
                Part::Remove => plan.removals().cloned().collect(),
            };
            self.superfluous = !limits.frozen && !is_missing_something(&plan) && !plan.is_empty();
            if steps.is_empty() || limits.frozen || self.must_wait(&plan) {
                return self.finish(self.settled(&plan, &observed, limits)).await;
            }
            self.refuse_violations(&plan, &observed, &limits)?;
            tracing::info!(connection = %self.connection().id, steps = steps.len(), "plan:\n{plan}");
            self.carry_out(&steps).await?;
            if !self.refused.is_empty() {
                return self.finish(Outcome::Blocked(self.refused.clone())).await;
            }
            if !plan.deferred.is_empty() {
                return self.finish(left_over(&plan)).await;
            }
            if round > 0 || !self.stale.is_empty() {
                self.ports.clock.sleep(SETTLING).await;
            }
        }
        let why = if self.stale.is_empty() { "EC2 does not show yet what was changed".to_owned() } else { self.stale.join("; ") };
        self.finish(Outcome::Waiting { why, after: LATER }).await
    }

    const fn connection(&self) -> &Connection {
        &self.sighting.connection
    }

    /// Plans from what the ledger and AWS say at this moment.
    async fn plan(&self, desired: &Desired) -> Result<(Plan, Limits, Observed), Failure> {
        let entry = self.ports.ledger.load(&self.connection().id).await?;
        let (owned, frozen) = entry.map(|entry| (entry.owned, entry.frozen)).unwrap_or_default();
        let limits = Limits { frozen: self.limits.frozen || frozen, ..self.limits };
        let observed = observe(self.sighting, desired, &owned, &self.ports.cloud).await?;
        Ok((plan::plan(desired, &observed, &limits), limits, observed))
    }

    /// Nothing is removed while something is missing: what replaces it may be among that.
    fn must_wait(&self, plan: &Plan) -> bool {
        self.part == Part::Remove && is_missing_something(plan)
    }

    fn refuse_violations(&self, plan: &Plan, observed: &Observed, limits: &Limits) -> Result<(), Failure> {
        let violations = plan::lint(plan, observed, limits);
        if violations.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = violations.iter().map(ToString::to_string).collect();
        Err(Failure {
            what: format!("carry out the plan for {}, which breaks what must hold of any plan", self.connection().id),
            place: None,
            class: Class::Unexpected,
            source: words.join("; ").into(),
        })
    }

    /// Carries out the steps between two notes in the ledger: what will be made is written down before, what was removed after.
    async fn carry_out(&mut self, steps: &[Step]) -> Result<(), Failure> {
        if self.part == Part::Add {
            self.ports.intend(self.connection(), &self.rules, steps).await?;
        }
        let before = self.done.len();
        let result = self.apply(steps).await;
        if self.part == Part::Remove && self.done.len() > before {
            self.ports.forget(self.connection(), &self.rules, &self.done[before..]).await?;
        }
        let Err(failure) = result else {
            return Ok(());
        };
        let note = Note {
            status: "failed",
            reasons: vec![failure.explain()],
            rules: &self.rules,
            details: self.details(),
            calls: self.ports.cloud.calls(),
        };
        self.ports.record(self.connection(), note).await?;
        Err(failure)
    }

    /// A failure doesn't stop the steps after it, which are independent; the first one is returned when all were tried. A stale step is
    /// left to the next round.
    async fn apply(&mut self, steps: &[Step]) -> Result<(), Failure> {
        let ends: &Sides<VpcRef> = &self.sighting.connection.ends;
        let mut first = None;
        self.stale.clear();
        for step in steps {
            match self.ports.cloud.apply(&ends.of(step.side()).place, step).await {
                Ok(()) => self.done.push(step.clone()),
                Err(failure) if failure.class == Class::Stale => {
                    tracing::info!(%step, "{}", failure.explain());
                    self.stale.push(failure.explain());
                }
                Err(failure) if matches!(failure.class, Class::Refused | Class::Quota) => {
                    tracing::warn!(%step, class = failure.class.label(), "{}", failure.explain());
                    self.refused.push(failure.explain());
                }
                Err(failure) => {
                    tracing::warn!(%step, class = failure.class.label(), "{}", failure.explain());
                    first = first.or(Some(failure));
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// How it stands when this function has nothing to do, or must not.
    fn settled(&self, plan: &Plan, observed: &Observed, limits: Limits) -> Outcome {
        let changed = self.done.iter().map(Step::size).sum();
        if limits.frozen && !plan.is_empty() {
            return Outcome::Frozen(plan.deferred.iter().map(ToString::to_string).collect());
        }
        if self.must_wait(plan) {
            return Outcome::Waiting { why: "something is removed only when nothing is missing".to_owned(), after: LATER };
        }
        // An end that we can read waits for nothing but its peer's CIDR blocks, which the connection shows a little later.
        let passing = |waiting: &Waiting| matches!(waiting, Waiting::End { side, .. } if observed.ends.of(*side).known().is_some());
        let waiting: Vec<String> = plan.waiting.iter().map(ToString::to_string).collect();
        if plan.waiting.iter().any(passing) {
            return Outcome::Waiting { why: waiting.join("; "), after: LATER };
        }
        if !plan.blocked.is_empty() {
            return Outcome::Blocked(plan.blocked.iter().map(ToString::to_string).chain(waiting).collect());
        }
        if !plan.is_empty() {
            return Outcome::Superfluous(plan.steps.iter().chain(&plan.deferred).map(ToString::to_string).collect());
        }
        if waiting.is_empty() { Outcome::Converged(changed) } else { Outcome::OneSided(waiting) }
    }

    async fn finish(&self, outcome: Outcome) -> Result<Outcome, Failure> {
        let calls = self.ports.cloud.calls();
        self.ports.record(self.connection(), Note::of(&outcome, &self.rules, self.details(), calls)).await?;
        Ok(outcome)
    }

    fn details(&self) -> Vec<String> {
        let word = if self.part == Part::Add { "made" } else { "removed" };
        self.done.iter().map(|step| format!("{word}: {step}")).collect()
    }
}

fn is_missing_something(plan: &Plan) -> bool {
    plan.steps.iter().chain(&plan.deferred).any(|step| !step.removes())
}

/// What a limit leaves for the next run, by name.
fn left_over(plan: &Plan) -> Outcome {
    let steps: Vec<String> = plan.deferred.iter().map(ToString::to_string).collect();
    Outcome::Waiting { why: format!("{} steps are left for the next run: {}", steps.len(), steps.join("; ")), after: LATER }
}
