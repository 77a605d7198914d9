//! What would become of one connection that exists.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::Rule;
use peerwright_core::desired::Desired;
use peerwright_core::owned::Owned;
use peerwright_core::plan::{self, Limits, Plan, Step};
use peerwright_core::world::PeeringState;

use super::Rulebooks;
use super::case::Case;
use super::effect::{Effect, EffectKind};
use super::fate::{Fate, Judgement, judge};
use super::seen::Seen;
use crate::accept::check_request;
use crate::borrowers::borrowers;
use crate::failure::Failure;
use crate::observe::end::{leftovers, observe};
use crate::outcome::Outcome;
use crate::ports::{Backend, Ports};

impl Case<'_> {
    /// What becomes of it.
    pub(super) async fn foresee<B: Backend>(&self, books: &Rulebooks<'_>, seen: &Seen, ports: &Ports<B>) -> Result<Effect, Failure> {
        let connection = &self.peering.connection;
        let status = self.entry.map_or_else(|| connection.state.to_string(), |entry| entry.status.to_string());
        let none = Effect::none(Some(&connection.id), &connection.ends, status);
        let [table, proposed] = &*books.of_account(&connection.ends.accepter.place.account);
        let before = judge(self, table, ports).await?;
        let after = judge(self, proposed, ports).await?;
        let kind = self.kind(&before, &after);
        if kind == EffectKind::Unchanged {
            return Ok(none);
        }
        let (by, why) = grounds(&before, &after);
        let awaits = newly_awaiting(&before, &after);
        let effect = Effect { kind, by, why, awaits, held_up: self.frozen(ports).await?, ..none };
        match after.fate {
            Fate::Accepted => self.checked(effect, &after, seen, ports).await,
            _ if connection.state == PeeringState::Active => self.planned(effect, &before, &after, ports).await,
            _ => Ok(effect),
        }
    }

    /// What the difference of two judgements comes to.
    fn kind(&self, before: &Judgement, after: &Judgement) -> EffectKind {
        let (was, is) = (before.desired(), after.desired());
        let wishes_alike = was.ends == is.ends && was.replace == is.replace;
        if before.fate != after.fate {
            return match after.fate {
                Fate::Accepted => EffectKind::Accepted,
                Fate::Held => EffectKind::Held,
                Fate::Denied => EffectKind::Denied,
                Fate::AwaitingApproval => EffectKind::AwaitingApproval,
                Fate::Configured => EffectKind::Changed,
                Fate::Kept => EffectKind::Kept,
                Fate::Isolated => EffectKind::Isolated,
                Fate::Deleted => EffectKind::Deleted,
                Fate::Untouched if self.entry.is_none() => EffectKind::Unchanged,
                Fate::Untouched => EffectKind::Doubtful,
            };
        }
        match after.fate {
            Fate::Accepted if !wishes_alike => EffectKind::Accepted,
            Fate::Configured if !wishes_alike => EffectKind::Changed,
            Fate::Accepted | Fate::Configured | Fate::AwaitingApproval if !newly_awaiting(before, after).is_empty() => {
                EffectKind::AwaitingApproval
            }
            Fate::Accepted | Fate::Configured if was != is => carried(before, after),
            _ => EffectKind::Unchanged,
        }
    }

    async fn frozen<B: Backend>(&self, ports: &Ports<B>) -> Result<Option<String>, Failure> {
        let stop = ports.frozen(&self.peering.connection.id).await?;
        Ok(stop.map(|stop| format!("it is frozen {}", stop.words())))
    }

    /// A request that rules allow: the checks before acceptance have the last word.
    async fn checked<B: Backend>(&self, effect: Effect, after: &Judgement, seen: &Seen, ports: &Ports<B>) -> Result<Effect, Failure> {
        let desired = after.desired().without_options();
        let (outcome, plan) =
            check_request(self.peering, seen.listings(), &self.vpcs, &desired, Vec::new(), Outcome::Accepted, &ports.cloud).await?;
        Ok(match outcome {
            Outcome::Accepted(_) => Effect { opened: opened(&plan).into_iter().collect(), ..effect },
            // It was held before, too.
            other => Effect { kind: EffectKind::Held, blocked: other.reasons(), ..effect },
        })
    }

    /// What is made and taken away of an active connection.
    async fn planned<B: Backend>(
        &self,
        effect: Effect,
        before: &Judgement,
        after: &Judgement,
        ports: &Ports<B>,
    ) -> Result<Effect, Failure> {
        let (was, is) = (self.plan(before, ports).await?, self.plan(after, ports).await?);
        // What has drifted is repaired, and what is too much goes, whatever becomes of the allowlist.
        let opened: Vec<Step> = opened(&is).difference(&opened(&was)).cloned().collect();
        let closed: Vec<Step> = closed(&is).difference(&closed(&was)).cloned().collect();
        let blocked: Vec<String> = is.blocked.iter().filter(|found| !was.blocked.contains(found)).map(ToString::to_string).collect();
        let nothing = opened.is_empty() && closed.is_empty() && blocked.is_empty() && effect.awaits.is_empty();
        let kind = if effect.kind == EffectKind::Changed && nothing { carried(before, after) } else { effect.kind };
        Ok(Effect { kind, opened, closed, blocked, ..effect })
    }

    /// What would be done by a judgement, as things are.
    async fn plan<B: Backend>(&self, judgement: &Judgement, ports: &Ports<B>) -> Result<Plan, Failure> {
        let owned = self.entry.map(|entry| entry.owned.clone()).unwrap_or_default();
        match judgement.fate {
            Fate::Configured => self.plan_for(&judgement.rules, &owned, ports).await,
            Fate::Isolated | Fate::Deleted => {
                let mut observed = leftovers(self.peering, &owned, &ports.cloud).await?;
                observed.borrowers = borrowers(&self.peering.connection, &plan::teardown(&observed, &Limits::NONE), ports).await?;
                Ok(plan::teardown(&observed, &Limits::NONE))
            }
            _ => Ok(Plan::default()),
        }
    }

    async fn plan_for<B: Backend>(&self, rules: &[Rule], owned: &Owned, ports: &Ports<B>) -> Result<Plan, Failure> {
        let desired = Desired::of(rules);
        let mut observed = observe(self.peering, &desired, owned, Some(&self.vpcs), None, &ports.cloud).await?;
        let first = plan::plan(&desired, &observed, &Limits::NONE);
        observed.borrowers = borrowers(&self.peering.connection, &first, ports).await?;
        Ok(plan::plan(&desired, &observed, &Limits::NONE))
    }
}

/// Who carries it from now on, where nothing is made or taken away.
fn carried(before: &Judgement, after: &Judgement) -> EffectKind {
    let names = |judgement: &Judgement| judgement.rules.iter().map(|rule| rule.id.clone()).collect::<BTreeSet<_>>();
    match (names(before), names(after)) {
        (was, _) if was.is_empty() => EffectKind::NewlyCarried,
        (was, is) if was == is => EffectKind::CarriedOtherwise,
        _ => EffectKind::Carried,
    }
}

fn opened(plan: &Plan) -> BTreeSet<Step> {
    plan.additions().flat_map(Step::rule_by_rule).collect()
}

fn closed(plan: &Plan) -> BTreeSet<Step> {
    // What is handed over stays open, for the connection that gets it.
    let closes = |step: &&Step| !matches!(step, Step::HandOverRules { .. });
    plan.removals().filter(closes).flat_map(Step::rule_by_rule).collect()
}

/// The rules whose coming, going or changing makes the difference, and why in sentences.
fn grounds(before: &Judgement, after: &Judgement) -> (BTreeSet<String>, Vec<String>) {
    let by_id = |judgement: &Judgement| judgement.rules.iter().map(|rule| (rule.id.to_string(), rule.clone())).collect::<BTreeMap<_, _>>();
    let (was, is) = (by_id(before), by_id(after));
    let new_denials: Vec<&String> = after.denying.iter().filter(|rule| !before.denying.contains(rule)).collect();
    let lost_denials: Vec<&String> = before.denying.iter().filter(|rule| !after.denying.contains(rule)).collect();
    let mut why = Vec::new();
    let mut by: BTreeSet<String> = new_denials.iter().chain(&lost_denials).map(|rule| (*rule).clone()).collect();
    why.extend(lost_denials.iter().map(|rule| format!("rule {rule} no longer denies it")));
    for (id, rule) in &is {
        match was.get(id) {
            Some(same) if same == rule => continue,
            Some(_) => why.push(format!("rule {id} wishes something else")),
            None => why.push(format!("rule {id} allows it")),
        }
        by.insert(id.clone());
    }
    // What denies it says more than that it is no longer allowed.
    for id in was.keys().filter(|id| !is.contains_key(*id)) {
        if new_denials.is_empty() {
            why.push(format!("rule {id} no longer allows it"));
            by.insert(id.clone());
        }
    }
    let is_said = |reason: &String| why.contains(reason);
    let others: Vec<String> = after.reasons.iter().filter(|reason| !is_said(reason)).cloned().collect();
    if !matches!(after.fate, Fate::Accepted | Fate::Configured) {
        why.extend(others);
    }
    (by, why)
}

/// What waits for a person by the second judgement and did not by the first.
fn newly_awaiting(before: &Judgement, after: &Judgement) -> Vec<String> {
    let words = |judgement: &Judgement| {
        let each = judgement.awaiting.iter().flat_map(|one| one.wishes.iter().map(|wish| format!("rule {}: {}", one.rule, wish.words)));
        each.collect::<BTreeSet<String>>()
    };
    words(after).difference(&words(before)).cloned().collect()
}
