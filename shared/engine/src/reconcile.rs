//! EndQuery, plan, check, do, look again: one part of a plan, additions or removals.

use std::time::Duration;

use peerwright_core::allowlist::{OnRevoke, Rule};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Side, Sides, VpcRef};
use peerwright_core::last_observed::LastObserved;
use peerwright_core::observed::Observed;
use peerwright_core::plan::{self, Limits, Plan, Step, Waiting};
use peerwright_core::world::{Connection, ObservedConnection, VpcFacts};

use crate::failure::{Class, Failure};
use crate::ledger::Note;
use crate::locate::LATER;
use crate::observe::end::{leftovers, observe};
use crate::outcome::Outcome;
use crate::ports::{Backend, Clock, Cloud, Ledger, Ports};

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

/// What a connection is to be brought to.
enum Goal {
    /// What the rules want, as the ends were when they were asked.
    Rules(Box<(Desired, Sides<VpcFacts>)>),
    /// That nothing of ours is left.
    Nothing,
}

/// One connection, one function, one message.
pub(crate) struct Run<'r, B: Backend> {
    peering: &'r ObservedConnection,
    part: Part,
    goal: Goal,
    limits: Limits,
    ports: &'r Ports<B>,
    /// The rules in force.
    rules: Vec<String>,
    /// What becomes of the connection without them.
    on_revoke: Option<OnRevoke>,
    /// Steps that were carried out.
    done: Vec<Step>,
    /// Why steps of the last round were not: the world was not as it had looked.
    stale: Vec<String>,
    /// What AWS refuses as such, or for a quota: trying again changes nothing, a person can.
    refused: Vec<String>,
    /// True when nothing is missing and something of ours is too much.
    pub(crate) superfluous: bool,
    /// What was seen of the ends.
    seen: Sides<Option<LastObserved>>,
    /// The ends at which nothing of ours is left.
    bare: Vec<Side>,
}

impl<'r, B: Backend> Run<'r, B> {
    /// A run towards what rules want.
    pub(crate) fn to_rules(
        peering: &'r ObservedConnection,
        part: Part,
        rules: &[Rule],
        vpcs: Sides<VpcFacts>,
        limits: Limits,
        ports: &'r Ports<B>,
    ) -> Self {
        let desired = Desired::of(rules);
        let names = desired.rules.iter().map(ToString::to_string).collect();
        let on_revoke = Some(desired.on_revoke);
        Self { rules: names, on_revoke, ..Self::new(peering, part, Goal::Rules(Box::new((desired, vpcs))), limits, ports) }
    }

    /// A run towards a connection without anything of ours.
    pub(crate) fn to_nothing(peering: &'r ObservedConnection, limits: Limits, ports: &'r Ports<B>) -> Self {
        Self::new(peering, Part::Remove, Goal::Nothing, limits, ports)
    }

    fn new(peering: &'r ObservedConnection, part: Part, goal: Goal, limits: Limits, ports: &'r Ports<B>) -> Self {
        Self {
            peering,
            part,
            goal,
            limits,
            ports,
            rules: Vec::new(),
            on_revoke: None,
            done: Vec::new(),
            stale: Vec::new(),
            refused: Vec::new(),
            superfluous: false,
            seen: Sides::default(),
            bare: Vec::new(),
        }
    }

    /// Goes as far as it can; says how it stands then. Nothing of that is written down before [`finish`](Self::finish).
    pub(crate) async fn converge(&mut self) -> Result<Outcome, Failure> {
        for round in 0..ROUNDS {
            let (plan, limits, observed) = self.plan().await?;
            self.remember(&plan, &observed);
            let steps: Vec<Step> = match self.part {
                Part::Add => plan.additions().cloned().collect(),
                Part::Remove => plan.removals().cloned().collect(),
            };
            self.superfluous = !limits.frozen && !is_missing_something(&plan) && !plan.is_empty();
            if steps.is_empty() || limits.frozen || self.must_wait(&plan) {
                return Ok(self.settled(&plan, &observed, limits));
            }
            self.refuse_violations(&plan, &observed, &limits)?;
            tracing::info!(connection = %self.connection().id, steps = steps.len(), "plan:\n{plan}");
            self.carry_out(&steps).await?;
            if !self.refused.is_empty() {
                return Ok(Outcome::Blocked(self.refused.clone()));
            }
            if !plan.deferred.is_empty() {
                return Ok(left_over(&plan));
            }
            if round > 0 || !self.stale.is_empty() {
                self.ports.clock.sleep(SETTLING).await;
            }
        }
        let why = if self.stale.is_empty() { "EC2 does not show yet what was changed".to_owned() } else { self.stale.join("; ") };
        Ok(Outcome::Waiting { why, after: LATER })
    }

    const fn connection(&self) -> &Connection {
        &self.peering.connection
    }

    /// Plans from what the ledger and AWS say at this moment.
    async fn plan(&self) -> Result<(Plan, Limits, Observed), Failure> {
        let entry = self.ports.ledger.load(&self.connection().id).await?;
        let (owned, frozen) = entry.map(|entry| (entry.owned, entry.frozen)).unwrap_or_default();
        let limits = Limits { frozen: self.limits.frozen || frozen, ..self.limits };
        match &self.goal {
            Goal::Rules(wish) => {
                let desired = &wish.0;
                let observed = observe(self.peering, desired, &owned, &self.ports.cloud).await?;
                Ok((plan::plan(desired, &observed, &limits), limits, observed))
            }
            Goal::Nothing => {
                let observed = leftovers(self.peering, &owned, &self.ports.cloud).await?;
                Ok((plan::teardown(&observed, &limits), limits, observed))
            }
        }
    }

    /// Keeps what the ledger is to know of the ends.
    fn remember(&mut self, plan: &Plan, observed: &Observed) {
        for (side, end) in observed.ends.iter() {
            let Some(end) = end.known() else {
                continue;
            };
            match &self.goal {
                Goal::Rules(wish) => {
                    let (desired, vpcs) = &**wish;
                    if let Some(tags) = vpcs.of(side).tags.known() {
                        *self.seen.of_mut(side) = Some(LastObserved::of(side, tags, end, desired));
                    }
                }
                Goal::Nothing => {
                    let something = plan.steps.iter().chain(&plan.deferred).any(|step| step.side() == side);
                    if !something && plan.waiting.is_empty() && !self.bare.contains(&side) {
                        self.bare.push(side);
                    }
                }
            }
        }
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
            self.ports.record_planned(self.connection(), &self.rules, steps).await?;
        }
        let before = self.done.len();
        let result = self.apply(steps).await;
        if self.part == Part::Remove && self.done.len() > before {
            self.ports.record_removed(self.connection(), &self.rules, &self.done[before..]).await?;
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
            ..Note::default()
        };
        self.ports.record(self.peering, note).await?;
        Err(failure)
    }

    /// A failure doesn't stop the steps after it, which are independent; the first one is returned when all were tried. A stale step is
    /// left to the next round.
    async fn apply(&mut self, steps: &[Step]) -> Result<(), Failure> {
        let ends: &Sides<VpcRef> = &self.peering.connection.ends;
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
        if plan.waiting.iter().any(|waiting| matches!(waiting, Waiting::State(_))) {
            return Outcome::Blocked(waiting);
        }
        if waiting.is_empty() { Outcome::Converged(changed) } else { Outcome::OneSided(waiting) }
    }

    /// Writes down how it ended.
    pub(crate) async fn finish(&self, outcome: Outcome) -> Result<Outcome, Failure> {
        let calls = self.ports.cloud.calls();
        let note = Note {
            on_revoke: self.on_revoke,
            seen: self.seen.clone(),
            bare: &self.bare,
            ..Note::of(&outcome, &self.rules, self.details(), calls)
        };
        self.ports.record(self.peering, note).await?;
        Ok(outcome)
    }

    /// Each step with what came of it.
    fn details(&self) -> Vec<String> {
        let word = if self.part == Part::Add { "made" } else { "removed" };
        let done = self.done.iter().map(|step| format!("{word}: {step}"));
        done.chain(self.refused.iter().map(|why| format!("refused: {why}"))).collect()
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
