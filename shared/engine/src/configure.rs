//! Active connections: add what the rules want and nothing else.

use std::time::Duration;

use peerwright_core::desired::Desired;
use peerwright_core::event::Hint;
use peerwright_core::ids::{Side, Sides, VpcRef};
use peerwright_core::plan::{self, Plan, Step, Waiting};
use peerwright_core::policy::{self, Verdict};
use peerwright_core::world::{End, Fact, Observed, PeeringState, Sighting};

use crate::failure::{Class, Failure};
use crate::ledger::Note;
use crate::locate::{LATER, ripe};
use crate::outcome::{Outcome, Report};
use crate::parties::parties;
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

/// How often to look, plan and apply before giving the message back. Two are the rule: one that makes, one that finds nothing to make.
const ROUNDS: usize = 4;

/// How long to let EC2 settle when the world was not as it had looked a moment ago.
const SETTLING: Duration = Duration::from_millis(500);

/// Brings the connection that the hint points at to what the allowlist wants.
pub async fn configure<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(hint: &Hint, ports: &Ports<C, A, L, K>) -> Result<Report, Failure> {
    let (id, places) = match hint {
        Hint::Ignored(what) => return Ok(Report::nothing(format!("{what} is not for us"))),
        Hint::Pending(place) => return Ok(Report::nothing(format!("{place} names no connection"))),
        Hint::Connection { id, places } => (id, places),
    };
    match ripe(&ports.cloud, &ports.clock, id, places, not_active_yet).await? {
        Err(outcome) => Ok(Report::of(id, outcome)),
        Ok(sighting) if sighting.connection.state == PeeringState::Active => Ok(Report::of(id, converge(&sighting, ports).await?)),
        Ok(sighting) => Ok(Report::of(id, Outcome::Nothing(format!("it is {}", sighting.connection.state)))),
    }
}

/// A hint that leads here follows an acceptance: whatever earlier state the connection still shows, it is on its way.
fn not_active_yet(sighting: &Sighting) -> Option<String> {
    matches!(sighting.connection.state, PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning)
        .then(|| format!("{} is not active yet", sighting.connection.id))
}

async fn converge<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(sighting: &Sighting, ports: &Ports<C, A, L, K>) -> Result<Outcome, Failure> {
    let connection = &sighting.connection;
    let parties = parties(&ports.cloud, sighting).await?;
    let allowlist = ports.allowlist.rules_for(&connection.ends.accepter.place.account).await?;
    let decision = policy::decide(&parties, &allowlist, ports.clock.now());
    let Verdict::Allowed(rules) = &decision.verdict else {
        return Ok(Outcome::Nothing(format!("no rule wants it: {}", decision.reasons.join("; "))));
    };
    let desired = Desired::of(rules);
    let rules: Vec<String> = desired.rules.iter().map(ToString::to_string).collect();
    let mut attempt = Attempt::default();
    for round in 0..ROUNDS {
        let observed = observe(sighting, &desired, &ports.cloud).await?;
        let plan = plan::plan(&desired, &observed);
        if plan.is_empty() {
            let outcome = settled(&plan, &observed, attempt.made.iter().map(Step::size).sum());
            ports.record(connection, Note::of(&outcome, &rules, attempt.details(), ports.cloud.calls())).await?;
            return Ok(outcome);
        }
        tracing::info!(connection = %connection.id, steps = plan.steps.len(), "plan:\n{plan}");
        ports.intend(connection, &rules, &plan.steps).await?;
        attempt.stale.clear();
        if let Err(failure) = attempt.apply(&plan.steps, &connection.ends, &ports.cloud).await {
            let note = Note {
                status: "failed",
                reasons: vec![failure.explain()],
                rules: &rules,
                details: attempt.details(),
                calls: ports.cloud.calls(),
            };
            ports.record(connection, note).await?;
            return Err(failure);
        }
        if !attempt.refused.is_empty() {
            let outcome = Outcome::Blocked(attempt.refused.clone());
            ports.record(connection, Note::of(&outcome, &rules, attempt.details(), ports.cloud.calls())).await?;
            return Ok(outcome);
        }
        if round > 0 || !attempt.stale.is_empty() {
            ports.clock.sleep(SETTLING).await;
        }
    }
    let why = if attempt.stale.is_empty() { "EC2 does not show yet what was made".to_owned() } else { attempt.stale.join("; ") };
    let outcome = Outcome::Waiting { why, after: LATER };
    ports.record(connection, Note::of(&outcome, &rules, attempt.details(), ports.cloud.calls())).await?;
    Ok(outcome)
}

/// What was tried in one run.
#[derive(Default)]
struct Attempt {
    /// Steps that were made.
    made: Vec<Step>,
    /// Why steps of the last round were not: the world was not as it had looked.
    stale: Vec<String>,
    /// What AWS refuses as such, or for a quota: trying again changes nothing, a person can.
    refused: Vec<String>,
}

impl Attempt {
    /// Makes the steps in order. A failure doesn't stop the steps after it, which are independent; the first one is returned when
    /// all were tried. A stale step is left to the next round.
    async fn apply<C: Cloud>(&mut self, steps: &[Step], ends: &Sides<VpcRef>, cloud: &C) -> Result<(), Failure> {
        let mut first = None;
        for step in steps {
            match cloud.apply(&ends.of(step.side()).place, step).await {
                Ok(()) => self.made.push(step.clone()),
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

    fn details(&self) -> Vec<String> {
        self.made.iter().map(|step| format!("made: {step}")).collect()
    }
}

/// What remains when nothing is left to do.
fn settled(plan: &Plan, observed: &Observed, made: usize) -> Outcome {
    // An end that we can read waits for nothing but its peer's CIDR blocks, which the connection shows a little later.
    let passing = |waiting: &Waiting| matches!(waiting, Waiting::End { side, .. } if observed.ends.of(*side).known().is_some());
    let waiting: Vec<String> = plan.waiting.iter().map(ToString::to_string).collect();
    if plan.waiting.iter().any(passing) {
        return Outcome::Waiting { why: waiting.join("; "), after: LATER };
    }
    if !plan.blocked.is_empty() {
        return Outcome::Blocked(plan.blocked.iter().map(ToString::to_string).chain(waiting).collect());
    }
    if waiting.is_empty() { Outcome::Converged(made) } else { Outcome::OneSided(waiting) }
}

/// Looks at both ends. CIDR blocks come from the VPC itself where we may read it: the connection's own list can lag behind.
async fn observe<C: Cloud>(sighting: &Sighting, desired: &Desired, cloud: &C) -> Result<Observed, Failure> {
    let ends = Sides {
        requester: end(sighting, Side::Requester, desired, cloud).await?,
        accepter: end(sighting, Side::Accepter, desired, cloud).await?,
    };
    let cidrs = |side: Side| ends.of(side).known().map_or_else(|| sighting.cidrs.of(side).clone(), |end| end.cidrs.clone());
    let cidrs = Sides { requester: cidrs(Side::Requester), accepter: cidrs(Side::Accepter) };
    Ok(Observed { connection: sighting.connection.clone(), cidrs, ends })
}

async fn end<C: Cloud>(sighting: &Sighting, side: Side, desired: &Desired, cloud: &C) -> Result<Fact<End>, Failure> {
    match cloud.end(&sighting.connection, side, desired.ends.of(side)).await {
        Ok(end) => Ok(Fact::Known(end)),
        Err(failure) if failure.class == Class::NoRole => {
            Ok(Fact::Unknown(format!("we hold no role in {}", sighting.connection.ends.of(side).place)))
        }
        Err(failure) => Err(failure),
    }
}
