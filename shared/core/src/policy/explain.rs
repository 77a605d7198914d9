//! A decision in full: the verdict, the rules behind it with each of their conditions, and the smallest change that would turn it.

use std::fmt;

use serde_json::{Value, json};

use super::{Check, Condition, Decision, Finding, Outcome, Verdict};
use crate::allowlist::Effect;

/// One thing to change in the allowlist or in what can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This deny rule matches.
    RemoveDeny(String),
    /// This rule can't be read, or a fact that it asks for can't, so that it might deny.
    Settle(String, Vec<Check>),
    /// This allow rule comes nearest, and these are the conditions that fail.
    Meet(String, Vec<Check>),
    /// This allow rule matches, and leaves it to a person.
    Approve(String),
    /// No allow rule meets even one condition.
    AddAllow,
    /// This allow rule is the only one that matches.
    RemoveAllow(String),
    /// So many allow rules match: to remove one would change nothing.
    AddDeny(usize),
}

/// A decision with the smallest change that would turn it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'d> {
    decision: &'d Decision,
    /// What would have to change, all of it: from allowed to not allowed, or the reverse.
    pub changes: Vec<Change>,
    /// True to show every rule as text; otherwise those that match or might, those that can't be read, and the nearest of the others.
    pub all_rules: bool,
}

/// Explains a decision.
pub fn explain(decision: &Decision) -> Explanation<'_> {
    let changes = match &decision.verdict {
        Verdict::Allowed(rules) => match &rules[..] {
            [only] => vec![Change::RemoveAllow(only.id.to_string())],
            several => vec![Change::AddDeny(several.len())],
        },
        Verdict::Denied(_) | Verdict::Held => opening(decision),
    };
    Explanation { decision, changes, all_rules: false }
}

/// What stands between a connection and its acceptance: each deny rule that matches or might, the want of an allow rule, and of a person's
/// approval.
fn opening(Decision { findings, awaiting, carried_by, .. }: &Decision) -> Vec<Change> {
    let failing = |finding: &Finding| finding.failing().cloned().collect::<Vec<_>>();
    let mut changes = Vec::new();
    for finding in findings.iter().filter(|finding| finding.effect != Some(Effect::Allow)) {
        if finding.matches() {
            changes.push(Change::RemoveDeny(finding.rule.clone()));
        } else if finding.might_match() {
            changes.push(Change::Settle(finding.rule.clone(), failing(finding)));
        }
    }
    let allows = || findings.iter().filter(|finding| finding.effect == Some(Effect::Allow));
    if !allows().any(Finding::matches) {
        let close = allows().filter(|finding| finding.failing().count() < finding.checks.len());
        // One that allowed it until now before any other; of several that are as near the first: findings are in the order of the rules' ids.
        changes.push(match close.min_by_key(|finding| (!carried_by.contains(&finding.rule), finding.failing().count())) {
            Some(finding) => Change::Meet(finding.rule.clone(), failing(finding)),
            None => Change::AddAllow,
        });
    }
    changes.extend(awaiting.iter().map(|awaiting| Change::Approve(awaiting.rule.to_string())));
    changes
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |checks: &[Check]| checks.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        match self {
            Self::RemoveDeny(rule) => write!(f, "remove the deny rule {rule}, or narrow it: it matches"),
            Self::Settle(rule, checks) if checks.iter().any(|check| check.condition == Condition::Readable) => {
                write!(f, "fix or remove the rule {rule}: {}", list(checks))
            }
            Self::Settle(rule, checks) => {
                write!(f, "make known what the deny rule {rule} asks for, or remove it: {}", list(checks))
            }
            Self::Meet(rule, checks) => match &checks[..] {
                [one] => write!(f, "meet one condition of the allow rule {rule}: {one}"),
                several => write!(f, "meet {} conditions of the allow rule {rule}: {}", several.len(), list(several)),
            },
            Self::Approve(rule) => write!(f, "approve what the rule {rule} wishes (`peerwright approve`)"),
            Self::AddAllow => f.write_str("add an allow rule: none speaks of these VPCs"),
            Self::RemoveAllow(rule) => write!(f, "remove the allow rule {rule}: no other matches"),
            Self::AddDeny(count) => write!(f, "add a deny rule: {count} allow rules match, so removing one of them is not enough"),
        }
    }
}

impl Explanation<'_> {
    /// The verdict in one word.
    pub const fn verdict(&self) -> &'static str {
        match self.decision.verdict {
            Verdict::Allowed(_) => "allowed",
            Verdict::Denied(_) => "denied",
            Verdict::Held => "held",
        }
    }

    /// What the changes lead to.
    const fn opposite(&self) -> &'static str {
        match self.decision.verdict {
            Verdict::Allowed(_) => "not allowed",
            Verdict::Denied(_) | Verdict::Held => "allowed",
        }
    }

    /// The rules in the order in which they are shown: those that match, those that might or can't be read, the others by how many of
    /// their conditions fail. How many of them are shown.
    fn shown(&self) -> (Vec<&Finding>, usize) {
        let mut findings: Vec<&Finding> = self.decision.findings.iter().collect();
        findings.sort_by_key(|finding| rank(finding));
        let fewest = findings.iter().map(|finding| rank(finding)).find(|(class, _)| *class == UNMATCHED);
        let count = match fewest {
            Some(nearest) if !self.all_rules => findings.iter().filter(|finding| rank(finding) <= nearest).count(),
            _ => findings.len(),
        };
        (findings, count)
    }

    /// The explanation as JSON, with every rule.
    pub fn json(&self) -> Value {
        let rules: Vec<Value> = self.decision.findings.iter().map(finding_json).collect();
        let changes: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        json!({ "verdict": self.verdict(), "reasons": self.decision.reasons, "rules": rules, "would_be": { self.opposite(): changes } })
    }
}

fn finding_json(finding: &Finding) -> Value {
    let conditions: Vec<Value> = finding
        .checks
        .iter()
        .map(|check| {
            let mut condition = json!({ "condition": check.condition.to_string(), "outcome": outcome_word(&check.outcome) });
            if let Outcome::NotMet(why) | Outcome::Unknown(why) = &check.outcome {
                condition["why"] = json!(why);
            }
            condition
        })
        .collect();
    json!({
        "rule": finding.rule,
        "effect": effect_word(finding.effect),
        "outcome": finding_word(finding),
        "turned": finding.turned,
        "conditions": conditions,
    })
}

/// The place of a rule that plainly does not match.
const UNMATCHED: u8 = 3;

/// Where a rule is shown: by what came of it, then by how many of its conditions fail.
fn rank(finding: &Finding) -> (u8, usize) {
    let unreadable = finding.checks.iter().any(|check| check.condition == Condition::Readable);
    match finding.failing().count() {
        0 => (0, 0),
        _ if finding.might_match() => (1, 0),
        _ if unreadable => (2, 0),
        failing => (UNMATCHED, failing),
    }
}

const fn effect_word(effect: Option<Effect>) -> &'static str {
    match effect {
        Some(Effect::Allow) => "allow",
        Some(Effect::Deny) => "deny",
        None => "allow or deny",
    }
}

fn finding_word(finding: &Finding) -> &'static str {
    match (finding.matches(), finding.might_match()) {
        (true, _) => "match",
        (false, true) => "unknown",
        (false, false) => "no match",
    }
}

const fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "match",
        Outcome::NotMet(_) => "no match",
        Outcome::Unknown(_) => "unknown",
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict())?;
        self.decision.reasons.iter().try_for_each(|reason| writeln!(f, "  {reason}"))?;
        let (findings, shown) = self.shown();
        for finding in &findings[..shown] {
            let (effect, word) = (effect_word(finding.effect), finding_word(finding));
            writeln!(f, "\n{effect} {}: {word}{}", finding.rule, finding.direction())?;
            for check in &finding.checks {
                write!(f, "  {:<8} {}", outcome_word(&check.outcome), check.condition)?;
                match &check.outcome {
                    Outcome::Met => writeln!(f)?,
                    Outcome::NotMet(why) | Outcome::Unknown(why) => writeln!(f, " ({why})")?,
                }
            }
        }
        match findings.len() - shown {
            0 => {}
            1 => writeln!(f, "\n1 more rule does not match (--all-rules shows it)")?,
            hidden => writeln!(f, "\n{hidden} more rules do not match (--all-rules shows them)")?,
        }
        let all = if self.changes.len() > 1 { ", if all of this is done" } else { "" };
        writeln!(f, "\nIt would be {}{all}:", self.opposite())?;
        self.changes.iter().try_for_each(|change| writeln!(f, "  {change}"))
    }
}
