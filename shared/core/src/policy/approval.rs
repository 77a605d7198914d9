//! What is left of a decision without the wishes that nobody approved.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Decision, Verdict};
use crate::allowlist::Approval;
use crate::count::counted;
use crate::ids::RuleId;
use crate::wish::{Approvals, WishDigest};

/// What a rule wishes and a person has not approved yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaiting {
    /// The rule.
    pub rule: RuleId,
    /// Its wishes.
    pub wishes: Vec<AwaitingWish>,
}

/// One wish that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitingWish {
    /// What it is, in words.
    pub words: String,
    /// What an approval is bound to.
    pub digest: WishDigest,
}

impl AwaitingWish {
    /// True where the digest stands for the words: a person approves what they are shown, whoever wrote it.
    pub fn says_what_it_is(&self) -> bool {
        self.digest == WishDigest::of(&self.words)
    }
}

impl Decision {
    /// True where a rule that allows the connection leaves its wishes to a person.
    pub fn asks_a_person(&self) -> bool {
        matches!(&self.verdict, Verdict::Allowed(rules) if rules.iter().any(|rule| rule.approval == Approval::Manual))
    }

    /// Leaves out of the rules that allow the connection what waits for a person. A connection that no rule allows without one is held.
    #[must_use]
    pub fn approved_by(mut self, approvals: &Approvals) -> Self {
        let Verdict::Allowed(rules) = &self.verdict else {
            return self;
        };
        let none = BTreeSet::new();
        let approved = |rule: &RuleId| approvals.get(rule).unwrap_or(&none);
        for rule in rules {
            let waiting = rule.unapproved(approved(&rule.id));
            let wishes: Vec<_> = waiting.iter().map(|wish| AwaitingWish { words: wish.to_string(), digest: wish.digest() }).collect();
            if !wishes.is_empty() {
                self.awaiting.push(Awaiting { rule: rule.id.clone(), wishes });
            }
        }
        let granted: Vec<_> = rules.iter().filter_map(|rule| rule.approved(approved(&rule.id))).collect();
        let waits = self.awaiting.iter().map(Awaiting::reason);
        self.reasons =
            if granted.is_empty() { waits.chain(self.reasons).collect() } else { self.reasons.into_iter().chain(waits).collect() };
        self.verdict = if granted.is_empty() { Verdict::Held } else { Verdict::Allowed(granted) };
        self
    }
}

impl Awaiting {
    /// That it waits, in a sentence.
    pub fn reason(&self) -> String {
        let wishes = counted(self.wishes.len(), "wish", "wishes");
        format!("rule {} waits for approval of {wishes}, see `peerwright approve`", self.rule)
    }
}
