//! Look, plan, check, do, look again: one part of a plan, additions or removals.

mod room;
mod steps;

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::count::counted;
use peerwright_core::desired::Desired;
use peerwright_core::ids::{RouteTableId, Side, Sides};
use peerwright_core::last_observed::LastObserved;
use peerwright_core::observed::Observed;
use peerwright_core::owned::BorrowedRule;
use peerwright_core::plan::{self, Finding, Limits, Plan, Step, Waiting};
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, RouteTable};
use room::{Room, alone};

use crate::attempt::Attempt;
use crate::borrowers::borrowers;
use crate::delays::{LAG, LATER, SETTLING};
use crate::entry::Entry;
use crate::failure::{Class, Failure};
use crate::frozen::Hold;
use crate::goal::{Goal, Wish};
use crate::lines::shown;
use crate::observe::end::{denied_ends, leftovers, observe};
use crate::outcome::Outcome;
use crate::ports::{Backend, Clock, Cloud, Ports};
use crate::record::Note;
use crate::refusal::{RefusedSteps, Tried, UNREAD, refused_steps};
use crate::status::Status;

/// How often to look, plan and apply before giving the message back. Two are the rule: one that changes, one that finds nothing to change.
const ROUNDS: usize = 4;

/// How many refusals are shown: each may be as long as AWS likes, and an event has 256 KB for all.
const SHOWN: usize = 10;

/// How many of the steps that are left are named.
const NAMED: usize = 20;

/// What is said behind the numbers of a quota.
const NEW_FIRST: &str = ": what they replace goes only after them, unless every rule of the connection says `replace: in-place`";
const OLD_FIRST: &str = ": what they replace goes first, where that makes room enough";

/// Brings a connection as close to a goal as it can. What it has come to is not written down yet, but what was made or removed on the way is;
/// so is a failure, which ends the attempt.
pub(crate) async fn reconcile<B: Backend>(
    goal: Goal,
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    limits: Limits,
    ports: &Ports<B>,
) -> Result<Attempt, Failure> {
    let mut run = Run::new(&goal, peering, entry, limits, ports);
    match run.converge().await {
        Ok(outcome) => Ok(run.attempt(outcome)),
        Err(Ended::Unrecorded(failure)) => Err(failure),
        Err(Ended::Recorded(failure)) => {
            let note = Note {
                status: Status::Failed,
                reasons: vec![failure.explain()],
                rules: run.rules.clone(),
                details: run.details(),
                calls: ports.cloud.calls(),
                ..Note::default()
            };
            ports.record(peering, &note).await?;
            Err(failure)
        }
    }
}

/// How a run ends that fails.
enum Ended {
    /// A step failed: the ledger is to tell.
    Recorded(Failure),
    /// Something else did, which the message's retry is enough for.
    Unrecorded(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Unrecorded(failure)
    }
}

/// One connection, one function, one message.
struct Run<'r, B: Backend> {
    goal: &'r Goal,
    peering: &'r ObservedConnection,
    limits: Limits,
    ports: &'r Ports<B>,
    /// What the ledger had at the last look or write.
    entry: Option<Entry>,
    /// The rules in force.
    rules: Vec<String>,
    /// Steps that were carried out.
    done: Vec<Step>,
    /// Why steps of the last round were not: the world was not as it had looked.
    stale: Vec<String>,
    /// What AWS refuses as such, for a quota or for a missing permission: trying again changes nothing, a person can.
    refused: Vec<String>,
    /// The steps of both.
    undone: Vec<Step>,
    /// What stands for these.
    undone_digests: RefusedSteps,
    /// How many steps there was no time for.
    left: usize,
    /// True where a quota was what refused a step.
    over_quota: bool,
    /// True where something went before what replaces it.
    made_room: bool,
    superfluous: bool,
    /// Why nothing may be changed.
    hold: Option<Hold>,
    seen: Sides<Option<LastObserved>>,
    clean: Vec<Side>,
    borrowed: Sides<Option<BTreeSet<BorrowedRule>>>,
    gone_tables: Sides<BTreeSet<RouteTableId>>,
    /// The ends whose option was to be switched.
    switched: BTreeSet<Side>,
    /// What was seen before the steps of the last round, where all of them could be carried out.
    seen_before: Option<Observed>,
}

impl<'r, B: Backend> Run<'r, B> {
    fn new(goal: &'r Goal, peering: &'r ObservedConnection, entry: Option<&Entry>, limits: Limits, ports: &'r Ports<B>) -> Self {
        let rules = match goal.wish() {
            Some(wish) => wish.desired.rules.iter().map(ToString::to_string).collect(),
            None => entry.map(|entry| entry.rules.clone()).unwrap_or_default(),
        };
        Self {
            goal,
            peering,
            limits,
            ports,
            entry: entry.cloned(),
            rules,
            done: Vec::new(),
            stale: Vec::new(),
            refused: Vec::new(),
            undone: Vec::new(),
            undone_digests: RefusedSteps::default(),
            left: 0,
            over_quota: false,
            made_room: false,
            superfluous: false,
            hold: None,
            seen: Sides::default(),
            clean: Vec::new(),
            borrowed: Sides::default(),
            gone_tables: Sides::default(),
            switched: BTreeSet::new(),
            seen_before: None,
        }
    }

    /// Goes as far as it can; says how it stands then.
    async fn converge(&mut self) -> Result<Outcome, Ended> {
        for round in 0..ROUNDS {
            self.stale.clear();
            self.undone.clear();
            self.undone_digests = RefusedSteps::default();
            let limits = self.limits().await?;
            let (plan, observed) = self.plan(&limits).await?;
            self.remember(&plan, &observed);
            if self.must_wait(&plan) {
                match self.make_room(&plan, &observed, &limits).await? {
                    Room::Made => continue,
                    Room::Limited(left) => return Ok(left),
                    Room::Refused => return Ok(Outcome::Blocked(merged(&self.refused))),
                    Room::None => {}
                }
            }
            // What AWS does not let us make keeps only what it replaces.
            let without_refused = self.must_wait(&plan) && self.is_missing_what_was_refused(&plan, &observed);
            let plan = if without_refused { alone(&plan, &limits) } else { plan };
            let steps: Vec<Step> =
                if self.goal.removes() { plan.removals().cloned().collect() } else { plan.additions().cloned().collect() };
            if without_refused && steps.is_empty() {
                return Ok(Outcome::Blocked(self.entry.as_ref().map(|entry| entry.reasons.clone()).unwrap_or_default()));
            }
            self.superfluous = !limits.frozen && !is_missing_something(&plan) && !plan.is_empty();
            if steps.is_empty() || limits.frozen || self.must_wait(&plan) {
                return Ok(self.settled(&plan, &observed, limits));
            }
            self.refuse_violations(&plan, &observed, &limits)?;
            self.log("plan", &steps);
            self.carry_out(&steps, &observed).await?;
            self.undone_digests = refused_steps(&self.undone, self.goal.replace(), &observed);
            if self.left > 0 {
                return Ok(Outcome::Unfinished(format!("{} left for the next run", counted(self.left, "step is", "steps are"))));
            }
            if !self.refused.is_empty() {
                if self.over_quota && plan.steps.iter().chain(&plan.deferred).any(Step::removes) {
                    let order = if self.goal.replaces_in_place() { OLD_FIRST } else { NEW_FIRST };
                    if let Some(last) = self.refused.last_mut() {
                        last.push_str(order);
                    }
                    self.superfluous |= !self.is_removal_refused() && !self.room(&plan, &observed, &limits).await?.steps.is_empty();
                }
                self.superfluous |= !self.is_removal_refused() && plan.removals_alone().next().is_some();
                let others = plan.blocked.iter().map(ToString::to_string);
                return Ok(Outcome::Blocked(merged(&self.refused).into_iter().chain(others).collect()));
            }
            if !plan.deferred.is_empty() {
                return Ok(left_over(&plan));
            }
            if round > 0 || !self.stale.is_empty() {
                self.ports.clock.sleep(SETTLING).await;
            }
            self.seen_before = self.stale.is_empty().then_some(observed);
        }
        if !self.stale.is_empty() && self.has_been_so_for(LAG) {
            return Ok(Outcome::Blocked(merged(&self.stale)));
        }
        let why = if self.stale.is_empty() { "EC2 does not show yet what was changed".to_owned() } else { self.stale.join("; ") };
        Ok(Outcome::Waiting { why, after: LATER })
    }

    /// True where just these steps could not be made for so long: what was changed a moment ago is shown by then.
    fn has_been_so_for(&self, time: Duration) -> bool {
        let before = self.entry.as_ref().and_then(|entry| entry.refusal_of(self.goal.removes()));
        let same = before.filter(|refusal| refusal.steps == self.undone_digests);
        same.is_some_and(|refusal| self.ports.clock.now().duration_since(refusal.since).unsigned_abs() >= time)
    }

    const fn connection(&self) -> &Connection {
        &self.peering.connection
    }

    /// The function's limits, and the freeze of this connection and of everything.
    async fn limits(&mut self) -> Result<Limits, Failure> {
        let hold = self.ports.hold(&self.connection().id).await?;
        self.hold = hold.or_else(|| self.limits.frozen.then(Hold::by_stack));
        Ok(Limits { frozen: self.hold.is_some(), ..self.limits })
    }

    /// Plans from what the ledger had last and AWS says at this moment.
    async fn plan(&self, limits: &Limits) -> Result<(Plan, Observed), Failure> {
        let owned = self.entry.as_ref().map(|entry| entry.owned.clone()).unwrap_or_default();
        let (cloud, desired) = (&self.ports.cloud, self.goal.wish().map(|wish| &wish.desired));
        let mut observed = match desired {
            Some(desired) => {
                let vpcs = self.goal.wish().map(|wish| &wish.vpcs);
                observe(&self.peering_now(), desired, &owned, vpcs, self.seen_before.as_ref(), cloud).await?
            }
            None => leftovers(self.peering, &owned, cloud).await?,
        };
        let plan =
            |observed: &Observed| desired.map_or_else(|| plan::teardown(observed, limits), |desired| plan::plan(desired, observed, limits));
        let first = plan(&observed);
        if !self.goal.removes() {
            return Ok((first, observed));
        }
        observed.borrowers = borrowers(self.connection(), &first, self.ports).await?;
        Ok((plan(&observed), observed))
    }

    /// The connection without the options that were switched since it was seen.
    fn peering_now(&self) -> ObservedConnection {
        let mut peering = self.peering.clone();
        for side in &self.switched {
            *peering.dns_resolution.of_mut(*side) = None;
        }
        peering
    }

    fn log(&self, what: &str, steps: &[Step]) {
        let words: Vec<String> = steps.iter().map(|step| format!("{} {step}", if step.removes() { '-' } else { '+' })).collect();
        tracing::info!(connection = %self.connection().id, steps = steps.len(), "{what}:\n{}", shown(&words).join("\n"));
    }

    /// Keeps what the ledger is to know of the ends.
    fn remember(&mut self, plan: &Plan, observed: &Observed) {
        for (side, _) in denied_ends(observed) {
            *self.undone_digests.of_mut(side) = Some(UNREAD.to_owned());
        }
        for (side, end) in observed.ends.iter() {
            let Some(end) = end.known() else {
                continue;
            };
            if let Some(Wish { desired, vpcs }) = self.goal.wish() {
                // While something is in doubt, or the peer can't be read, nobody knows which rules are needed: those of before are.
                let certain = plan.waiting.is_empty() && observed.ends.of(side.peer()).known().is_some();
                if observed.connection.state == PeeringState::Active && certain {
                    let rules = plan.borrowed.iter().filter(|borrowed| borrowed.side == side);
                    *self.borrowed.of_mut(side) = Some(rules.cloned().collect());
                }
                *self.gone_tables.of_mut(side) = self.gone_tables(side, &end.tables);
                if let Some(tags) = vpcs.of(side).tags.known() {
                    let known = self.entry.as_ref().and_then(|entry| entry.seen.of(side).as_ref()?.dns_ready);
                    let before = self.seen.of(side).as_ref().and_then(|seen| seen.dns_ready).or(known);
                    let seen = LastObserved::of(side, tags, end, desired);
                    *self.seen.of_mut(side) = Some(LastObserved { dns_ready: seen.dns_ready.or(before), ..seen });
                }
            } else {
                let something = plan.steps.iter().chain(&plan.deferred).any(|step| step.side() == side);
                let of_the_other = |waiting: &Waiting| matches!(waiting, Waiting::End { side: at, .. } if *at == side.peer());
                if !something && plan.waiting.iter().all(of_the_other) && !self.clean.contains(&side) {
                    self.clean.push(side);
                }
            }
        }
    }

    /// Tables with routes of ours that are not shown, where nothing was changed for so long that this is no lag.
    fn gone_tables(&self, side: Side, shown: &[RouteTable]) -> BTreeSet<RouteTableId> {
        let now = self.ports.clock.now();
        let calm = self.entry.as_ref().filter(|entry| now.duration_since(entry.updated_at).unsigned_abs() >= LAG);
        let mut tables = calm.map(|entry| entry.owned.tables(side)).unwrap_or_default();
        tables.retain(|table| !shown.iter().any(|shown| shown.id == *table));
        tables
    }

    /// Nothing is removed while something is missing: what replaces it may be among that.
    fn must_wait(&self, plan: &Plan) -> bool {
        self.goal.removes() && is_missing_something(plan)
    }

    fn refuse_violations(&self, plan: &Plan, observed: &Observed, limits: &Limits) -> Result<(), Failure> {
        let nothing = Desired::default();
        let desired = self.goal.wish().map_or(&nothing, |wish| &wish.desired);
        let violations = plan::lint(plan, desired, observed, limits);
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

    /// How it stands when this function has nothing to do, or must not.
    fn settled(&self, plan: &Plan, observed: &Observed, limits: Limits) -> Outcome {
        let changed = self.done.iter().map(Step::size).sum();
        if limits.frozen && (!plan.is_empty() || self.is_frozen_by_itself()) {
            return Outcome::Frozen(self.frozen_words(plan));
        }
        if self.must_wait(plan) && self.made_room {
            return Outcome::Waiting { why: "there is room for what is missing".to_owned(), after: LATER };
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
        if !plan.blocked.is_empty() && plan.is_empty() && plan.blocked.iter().all(Finding::is_about_dns) {
            return Outcome::Partial(plan.blocked.iter().map(ToString::to_string).chain(waiting).collect());
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
        let denied = denied_ends(observed);
        match (waiting.is_empty(), denied.is_empty()) {
            (true, _) => Outcome::Converged(changed),
            (false, true) => Outcome::OneSided(waiting),
            // A person can mend it; what there is to do at the other end is done.
            (false, false) => Outcome::Blocked(denied.into_iter().map(|(side, why)| format!("{side}: {why}")).collect()),
        }
    }

    /// True where a person froze this connection, and the rules wish for something of it: whoever looks sees that, also where nothing is left undone.
    fn is_frozen_by_itself(&self) -> bool {
        self.goal.wish().is_some() && self.hold.as_ref().is_some_and(|hold| hold.singly)
    }

    /// Who froze it and why, and what would be done otherwise.
    fn frozen_words(&self, plan: &Plan) -> Vec<String> {
        let would = |step: &Step| format!("it would {} {step}", if step.removes() { "remove" } else { "add" });
        let besides = plan.blocked.iter().map(ToString::to_string).chain(plan.waiting.iter().map(ToString::to_string));
        self.hold.iter().map(|hold| hold.why.clone()).chain(plan.deferred.iter().map(would)).chain(besides).collect()
    }

    /// Each step with what came of it.
    fn details(&self) -> Vec<String> {
        let word = if self.goal.removes() { "removed" } else { "made" };
        let done = self.done.iter().map(|step| format!("{word}: {step}"));
        done.chain(merged(&self.refused).iter().map(|why| format!("refused: {why}"))).collect()
    }

    fn attempt(self, outcome: Outcome) -> Attempt {
        let details = self.details();
        // What waits for something else was not tried, and what was refused before is still missing.
        let tried = !self.undone.is_empty() || !matches!(outcome, Outcome::Waiting { .. } | Outcome::Unfinished(_) | Outcome::Frozen(_));
        let refused_for_good = self.undone.iter().filter(|_| !self.refused.is_empty());
        let dns = refused_for_good.filter(|step| matches!(step, Step::EnableDnsResolution { .. })).map(Step::side).collect();
        let (removing, teardown) = (self.goal.removes(), matches!(self.goal, Goal::Bare));
        let tried = tried.then(|| Tried { refused: self.undone_digests.clone(), dns, removing, teardown });
        let heirs = self.done.iter().filter_map(|step| match step {
            Step::HandOverRules { to, .. } => Some(to.clone()),
            _ => None,
        });
        let heirs = heirs.collect();
        let on_revoke = self.goal.wish().map(|wish| wish.desired.on_revoke);
        Attempt {
            outcome,
            superfluous: self.superfluous,
            made_room: self.made_room,
            rules: self.rules,
            on_revoke,
            awaiting: None,
            by_hand: None,
            changed: self.done.len(),
            tried,
            heirs,
            gave_up_rules: self.done.iter().any(|step| matches!(step, Step::RevokeRules { .. } | Step::HandOverRules { .. })),
            details,
            seen: self.seen,
            clean: self.clean,
            borrowed: self.borrowed,
            gone_tables: self.gone_tables,
        }
    }
}

/// Refusals as people read them: the first ones, and how many more.
fn merged(refusals: &[String]) -> Vec<String> {
    let mut words: Vec<String> = refusals.iter().take(SHOWN).cloned().collect();
    if refusals.len() > SHOWN {
        words.push(format!("{} more steps are refused as well", refusals.len() - SHOWN));
    }
    words
}

fn is_missing_something(plan: &Plan) -> bool {
    plan.steps.iter().chain(&plan.deferred).any(|step| !step.removes())
}

/// What a limit leaves for the next run, the first of it by name.
fn left_over(plan: &Plan) -> Outcome {
    let steps: Vec<String> = plan.deferred.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if plan.deferred.len() > NAMED { "; …" } else { "" };
    Outcome::Unfinished(format!("{} left for the next run: {}{more}", counted(plan.deferred.len(), "step", "steps"), steps.join("; ")))
}
