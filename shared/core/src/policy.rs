//! The decision: is this connection wanted?
//!
//! Deny wins, allows add up, no allow means held. Nothing depends on the order of rules. An allow rule is about a request from one VPC
//! to the other, a deny rule about the two, whichever asks. A condition that can't be checked is not met; where it belongs to a deny
//! rule, the connection is held, because the rule might forbid it.

mod approval;
mod condition;
mod explain;

use jiff::Timestamp;

use crate::allowlist::{Effect, OnRevoke, Rule, StoredAllowlist};
use crate::ids::{RuleId, Side, Sides, VpcRef};
use crate::world::VpcFacts;
pub use approval::{Awaiting, AwaitingWish};
pub use condition::{Check, Condition, Outcome};
pub use explain::{Change, Explanation, explain};

/// What is to become of a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// At least one rule allows it and none forbids it. The rules are in the order of their ids.
    Allowed(Vec<Rule>),
    /// These rules forbid it.
    Denied(Vec<RuleId>),
    /// Nothing allows it, or something might forbid it.
    Held,
}

/// How one rule looked at the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// Allow or deny; none for a rule that can't be read.
    pub effect: Option<Effect>,
    /// True for a deny rule that was looked at with its requester as the accepter of this connection, where it comes nearer.
    pub turned: bool,
    /// Each condition that was given, with what came of it.
    pub checks: Vec<Check>,
    /// The blocks of each VPC that the `cidrs` of a deny rule touch, in words.
    pub touched: Vec<String>,
}

impl Finding {
    fn failing(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.outcome != Outcome::Met)
    }

    fn matches(&self) -> bool {
        self.failing().next().is_none()
    }

    fn is_readable(&self) -> bool {
        self.checks.iter().all(|check| check.condition != Condition::Readable)
    }

    /// How far it is from matching: a rule that matches, one that might, one that does not, each by the conditions that fail.
    fn distance(&self) -> (bool, bool, usize) {
        (!self.matches(), !self.might_match(), self.failing().count())
    }

    /// Words behind a sentence about the rule.
    const fn direction(&self) -> &'static str {
        if self.turned { " (its requester is the accepter here)" } else { "" }
    }

    /// That it denies, in a sentence.
    fn denial(&self) -> String {
        let because = if self.touched.is_empty() { String::new() } else { format!(": its cidrs meet {}", self.touched.join(", ")) };
        format!("rule {} denies it{}{because}", self.rule, self.direction())
    }

    /// True when no condition is plainly unmet, yet one can't be checked.
    fn might_match(&self) -> bool {
        !self.matches() && self.failing().all(|check| matches!(check.outcome, Outcome::Unknown(_)))
    }
}

/// A verdict with its grounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// One finding per rule, by id.
    pub findings: Vec<Finding>,
    /// The verdict's reasons in sentences: the rules that decided, or those that came close.
    pub reasons: Vec<String>,
    /// What rules wish that a person has not approved yet; empty before [`Decision::approved_by`].
    pub awaiting: Vec<Awaiting>,
    /// The strictest of what the rules wish that deny the connection.
    pub denied: Option<OnRevoke>,
    /// The rules that would allow it and have expired, each with what it wishes for that case.
    pub expired: Vec<(RuleId, OnRevoke)>,
    /// The rules that allowed it until now; empty before [`Decision::recalling`].
    pub carried_by: Vec<String>,
}

impl Decision {
    /// The same, where these rules allowed the connection until now: what became of them is the first reason, and the first thing to mend.
    #[must_use]
    pub fn recalling(mut self, carried_by: &[String]) -> Self {
        if self.verdict != Verdict::Held || self.reasons != nearby(&self.findings) {
            return self;
        }
        let is_recalled = |finding: &&Finding| finding.effect == Some(Effect::Allow) && carried_by.contains(&finding.rule);
        let ended = self.findings.iter().filter(is_recalled).filter(|finding| finding.is_readable());
        let mut first: Vec<String> =
            ended.map(|finding| format!("rule {} no longer matches: {}", finding.rule, sentence(finding))).collect();
        let gone = carried_by.iter().filter(|rule| !self.findings.iter().any(|finding| finding.rule == **rule));
        first.extend(gone.map(|rule| format!("rule {rule}, which allowed it, is gone from the allowlist")));
        self.reasons = if first.is_empty() { self.reasons } else { [first, others_nearby(&self.findings, carried_by)].concat() };
        self.carried_by = carried_by.to_vec();
        self
    }

    /// True when it is certain that nothing allows the connection. A condition that can't be checked, or a rule that can't be read, may be
    /// what allowed it until now: that is no reason to take anything away.
    pub fn forbids(&self) -> bool {
        let doubtful =
            |finding: &Finding| finding.might_match() || finding.checks.iter().any(|check| check.condition == Condition::Readable);
        match self.verdict {
            Verdict::Allowed(_) => false,
            Verdict::Denied(_) => true,
            Verdict::Held => !self.findings.iter().any(doubtful),
        }
    }

    /// What becomes of a connection that is [forbidden](Self::forbids): the strictest of what each reason for it calls for. `last` is what the
    /// rules that allowed it last wished for the case that they are gone, which counts only if they are; an expired rule counts only if it is
    /// one of those, `carried_by`: one that was over long before is no reason.
    pub fn end_of_permission(&self, last: OnRevoke, carried_by: &[String]) -> OnRevoke {
        let still_allows = self.findings.iter().any(|finding| finding.effect == Some(Effect::Allow) && finding.matches());
        let carried = |rule: &RuleId| carried_by.iter().any(|name| name == rule.as_str());
        let expired = self.expired.iter().filter(|(rule, _)| carried(rule)).map(|(_, wish)| *wish).max();
        let gone = if still_allows && self.denied.is_some() { None } else { expired.max(Some(last)) };
        self.denied.max(gone).unwrap_or_default()
    }
}

/// Decides about a connection between two vpcs at a moment.
pub fn decide(vpcs: &Sides<VpcFacts>, allowlist: &StoredAllowlist, now: Timestamp) -> Decision {
    let mut findings: Vec<(Finding, Option<&Rule>)> = allowlist
        .rules
        .iter()
        .map(|stored| match stored {
            Ok(rule) => (examine(rule, vpcs, now), Some(rule)),
            Err(unreadable) => (condition::unreadable(unreadable), None),
        })
        .collect();
    findings.sort_by(|(a, rule_a), (b, rule_b)| (&a.rule, a.effect, &a.checks, rule_a).cmp(&(&b.rule, b.effect, &b.checks, rule_b)));
    let not_ours = not_its_owners(vpcs);
    let verdict = if not_ours.is_empty() { verdict(&findings) } else { Verdict::Held };
    let ending = |effect| findings.iter().filter_map(move |(finding, rule)| ends_permission(effect, finding, (*rule)?));
    let denied = ending(Effect::Deny).map(|(_, wish)| wish).max();
    let expired = ending(Effect::Allow).collect();
    let findings: Vec<Finding> = findings.into_iter().map(|(finding, _)| finding).collect();
    let reasons = if not_ours.is_empty() { reasons(&verdict, &findings) } else { not_ours };
    Decision { verdict, findings, reasons, awaiting: Vec::new(), denied, expired, carried_by: Vec::new() }
}

/// A VPC that is only shared with the account where it was read can't be peered from there, whatever the rules say.
fn not_its_owners(vpcs: &Sides<VpcFacts>) -> Vec<String> {
    let words = |(_, facts): (Side, &VpcFacts)| {
        let (VpcRef { vpc, place }, owner) = (&facts.vpc, facts.other_owner()?);
        Some(format!("{vpc} belongs to {owner} and is shared with {}: only its owner can peer it", place.account))
    };
    vpcs.iter().filter_map(words).collect()
}

/// What becomes of a connection by a rule that denies it, or by one that allowed it and whose time is over.
fn ends_permission(effect: Effect, finding: &Finding, rule: &Rule) -> Option<(RuleId, OnRevoke)> {
    let ends = match effect {
        Effect::Deny => finding.matches(),
        Effect::Allow => !finding.matches() && finding.failing().all(|check| check.condition == Condition::NotAfter),
    };
    (rule.effect == effect && ends).then(|| (rule.id.clone(), rule.on_revoke.unwrap_or(OnRevoke::Isolate)))
}

fn examine(rule: &Rule, vpcs: &Sides<VpcFacts>, now: Timestamp) -> Finding {
    let as_written = examine_one_way(rule, false, vpcs, now);
    match rule.effect {
        Effect::Allow => as_written,
        Effect::Deny => {
            let turned = examine_one_way(rule, true, vpcs, now);
            if turned.distance() < as_written.distance() { turned } else { as_written }
        }
    }
}

fn examine_one_way(rule: &Rule, turned: bool, vpcs: &Sides<VpcFacts>, now: Timestamp) -> Finding {
    let (mut checks, mut touched) = (Vec::new(), Vec::new());
    for side in Side::BOTH {
        let here = if turned { side.peer() } else { side };
        condition::check_end(rule, side, vpcs.of(here), &mut checks);
        if rule.effect == Effect::Deny {
            touched.extend(condition::touched(&rule.ends.of(side).cidrs, vpcs.of(here)).map(|block| format!("{block} of the {here}")));
        }
    }
    condition::check_time(rule, now, &mut checks);
    Finding { rule: rule.id.to_string(), effect: Some(rule.effect), turned, checks, touched }
}

fn verdict(findings: &[(Finding, Option<&Rule>)]) -> Verdict {
    let deny = |finding: &Finding| finding.effect == Some(Effect::Deny);
    let denied: Vec<RuleId> = findings
        .iter()
        .filter(|(finding, _)| deny(finding) && finding.matches())
        .filter_map(|(_, rule)| rule.map(|rule| rule.id.clone()))
        .collect();
    if !denied.is_empty() {
        return Verdict::Denied(denied);
    }
    if findings.iter().any(|(finding, _)| finding.effect != Some(Effect::Allow) && finding.might_match()) {
        return Verdict::Held;
    }
    let allowed: Vec<Rule> = findings
        .iter()
        .filter(|(finding, _)| finding.effect == Some(Effect::Allow) && finding.matches())
        .filter_map(|(_, rule)| rule.cloned())
        .collect();
    if allowed.is_empty() { Verdict::Held } else { Verdict::Allowed(allowed) }
}

fn reasons(verdict: &Verdict, findings: &[Finding]) -> Vec<String> {
    match verdict {
        Verdict::Allowed(rules) => rules.iter().map(|rule| format!("rule {} allows it", rule.id)).collect(),
        Verdict::Denied(_) => {
            findings.iter().filter(|finding| finding.effect == Some(Effect::Deny) && finding.matches()).map(Finding::denial).collect()
        }
        Verdict::Held => {
            let doubts: Vec<String> = findings
                .iter()
                .filter(|finding| finding.effect != Some(Effect::Allow) && finding.might_match())
                .map(|finding| format!("rule {} might deny it{}: {}", finding.rule, finding.direction(), sentence(finding)))
                .collect();
            if !doubts.is_empty() {
                return doubts;
            }
            nearby(findings)
        }
    }
}

/// Why no rule allows it.
fn nearby(findings: &[Finding]) -> Vec<String> {
    let none = nearest(findings, &[]).is_empty().then(|| "no rule of the allowlist speaks of these VPCs".to_owned());
    none.into_iter().chain(others_nearby(findings, &[])).collect()
}

/// Why no rule allows it besides these.
fn others_nearby(findings: &[Finding], besides: &[String]) -> Vec<String> {
    // Behind the first, and before many that are as near: people read no more than the first of them.
    let mut near = nearest(findings, besides);
    let others = near.split_off(near.len().min(1));
    [near, unreadable(findings), others].concat()
}

/// The allow rules that fail in the fewest conditions, among those that meet at least one.
fn nearest(findings: &[Finding], besides: &[String]) -> Vec<String> {
    let close: Vec<(usize, &Finding)> = findings
        .iter()
        .filter(|finding| finding.effect != Some(Effect::Deny) && !besides.contains(&finding.rule))
        .map(|finding| (finding.failing().count(), finding))
        .filter(|(failing, finding)| *failing < finding.checks.len())
        .collect();
    let fewest = close.iter().map(|(failing, _)| *failing).min();
    close
        .iter()
        .filter(|(failing, _)| Some(*failing) == fewest)
        .map(|(_, finding)| format!("rule {} does not match: {}", finding.rule, sentence(finding)))
        .collect()
}

/// The rules that would have allowed something, had they been readable.
fn unreadable(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|finding| {
            finding.effect == Some(Effect::Allow) && finding.checks.iter().any(|check| check.condition == Condition::Readable)
        })
        .map(|finding| format!("rule {} allows nothing: {}", finding.rule, sentence(finding)))
        .collect()
}

fn sentence(finding: &Finding) -> String {
    let parts: Vec<String> = finding.failing().map(ToString::to_string).collect();
    parts.join("; ")
}
