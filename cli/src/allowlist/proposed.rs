//! What a file would change of the table, as it is shown.

use peerwright_core::allowlist::{KeyChange, Proposal, ProposedChange};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A line of a plan, for a terminal and for a pull request alike.
pub(super) struct Line {
    pub(super) indent: usize,
    /// `+`, `-`, `~`, `!`, or none.
    pub(super) mark: &'static str,
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(indent: usize, mark: &'static str, text: impl Into<String>) -> Self {
        Self { indent, mark, text: text.into() }
    }
}

/// How much of the table changes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counts {
    added: usize,
    changed: usize,
    removed: usize,
    /// In the table and not in the file, and left alone.
    kept: usize,
    unchanged: usize,
}

/// A rule or alias that changes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuleChange {
    /// `rule` or `alias`.
    what: &'static str,
    /// Its name.
    id: String,
    /// `added`, `changed` or `removed`.
    change: &'static str,
    /// The keys that differ.
    keys: Vec<KeyDifference>,
    /// All of it, as the table has it.
    before: Option<Value>,
    /// All of it, as the file has it.
    after: Option<Value>,
}

/// A key that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyDifference {
    /// Its place in the rule, such as `requester.accounts` or `security_groups.accepter[0].ingress[0].ports`.
    key: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Counts {
    pub(super) fn of(proposal: &Proposal) -> Self {
        let count = |verb: &str| proposal.changes.iter().filter(|change| change.verb() == verb).count();
        let (added, changed, removed) = (count("added"), count("changed"), count("removed"));
        Self { added, changed, removed, kept: proposal.kept.len(), unchanged: proposal.unchanged }
    }

    pub(super) fn words(&self) -> String {
        let Self { added, changed, removed, kept, unchanged } = self;
        let kept = if *kept == 0 { String::new() } else { format!(", {kept} not in the file") };
        format!("{added} added, {changed} changed, {removed} removed{kept}, {unchanged} unchanged")
    }
}

impl RuleChange {
    pub(super) fn of(change: &ProposedChange) -> Self {
        Self {
            what: change.noun(),
            id: change.id.clone(),
            change: change.verb(),
            keys: change.keys().into_iter().map(KeyDifference::of).collect(),
            before: change.before.first().map(|item| item.body.clone()),
            after: change.after.as_ref().map(|item| item.body.clone()),
        }
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let mark = match self.change {
            "added" => "+",
            "removed" => "-",
            _ => "~",
        };
        let mut lines = vec![Line::new(0, mark, format!("{} {}", self.what, self.id))];
        lines.extend(self.keys.iter().map(|key| Line::new(4, "", key.words())));
        if self.change == "changed" && self.keys.is_empty() {
            lines.push(Line::new(4, "", "the same words, stored under the key under which functions look"));
        }
        lines
    }
}

impl KeyDifference {
    fn of(KeyChange { key, before, after }: KeyChange) -> Self {
        Self { key, before, after }
    }

    fn words(&self) -> String {
        KeyChange { key: self.key.clone(), before: self.before.clone(), after: self.after.clone() }.to_string()
    }
}
