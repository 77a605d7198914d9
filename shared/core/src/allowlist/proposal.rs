//! What a file would change of the table, item by item and key by key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::{ALIAS_KEY, MEMBER_KEY, Stored};

/// What becomes of the table when a file is applied to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proposal {
    /// Rules and aliases that change, so that at no moment more is allowed than before or after, as long as those that [alter](ProposedChange::alters)
    /// something are written at once: first what is new and forbids, then what no longer allows, then what alters something, then what is new and allows,
    /// and last what no longer forbids. New aliases come before all of it, since rules refer to them; those that go come behind it.
    pub changes: Vec<ProposedChange>,
    /// Rules and aliases that the file does not name, and that stay.
    pub kept: Vec<Stored>,
    /// How many are the same in both.
    pub unchanged: usize,
}

/// One rule or alias that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedChange {
    /// Its name.
    pub id: String,
    /// The items of the table that go: what it says now, and the same rule under any other key.
    pub before: Vec<Stored>,
    /// What it is to say; none where it is removed.
    pub after: Option<Stored>,
}

/// A key whose value differs.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyChange {
    /// Its place in the rule, such as `requester.accounts`.
    pub key: String,
    /// What stood there.
    pub before: Option<Value>,
    /// What is to stand there.
    pub after: Option<Value>,
}

impl Proposal {
    /// Compares a table with what a file wants it to say. What the file does not name goes where that is `pruned`. Places to sweep are no part of a
    /// file.
    pub fn of(table: &[Stored], wanted: &[Stored], pruned: bool) -> Self {
        let name = |item: &Stored| (item.accepter == ALIAS_KEY, item.id.clone());
        let mut existing: BTreeMap<(bool, String), Vec<Stored>> = BTreeMap::new();
        for item in table.iter().filter(|item| item.accepter != MEMBER_KEY) {
            existing.entry(name(item)).or_default().push(item.clone());
        }
        let mut proposal = Self::default();
        for item in wanted {
            let mut before = existing.remove(&name(item)).unwrap_or_default();
            if before == [item.clone()] {
                proposal.unchanged += 1;
                continue;
            }
            // What it replaces first.
            before.sort_by_key(|stored| stored.accepter != item.accepter);
            proposal.changes.push(ProposedChange { id: item.id.clone(), before, after: Some(item.clone()) });
        }
        for (_, before) in existing {
            match (pruned, before.first()) {
                (true, Some(first)) => proposal.changes.push(ProposedChange { id: first.id.clone(), before, after: None }),
                _ => proposal.kept.extend(before),
            }
        }
        proposal.changes.sort_by_key(ProposedChange::turn);
        proposal
    }

    /// True where the file says what the table says.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What a table says once the changes are made.
    pub fn applied_to(&self, table: &[Stored]) -> Vec<Stored> {
        let gone: Vec<&Stored> = self.changes.iter().flat_map(|change| &change.before).collect();
        let stays = table.iter().filter(|item| !gone.contains(item)).cloned();
        stays.chain(self.changes.iter().filter_map(|change| change.after.clone())).collect()
    }

    /// The names of the rules that change.
    pub fn rules(&self) -> BTreeSet<&str> {
        self.changes.iter().filter(|change| change.noun() == "rule").map(|change| change.id.as_str()).collect()
    }
}

impl ProposedChange {
    /// `added`, `changed` or `removed`, as the history of the allowlist says it.
    pub const fn verb(&self) -> &'static str {
        match (self.before.is_empty(), &self.after) {
            (_, None) => "removed",
            (true, Some(_)) => "added",
            (false, Some(_)) => "changed",
        }
    }

    /// `alias` or `rule`.
    pub fn noun(&self) -> &'static str {
        let one = self.after.as_ref().or(self.before.first());
        if one.is_some_and(|item| item.accepter == ALIAS_KEY) { "alias" } else { "rule" }
    }

    /// The keys whose values differ, in the order of a rule; none where all of it is new or goes.
    pub fn keys(&self) -> Vec<KeyChange> {
        match (self.before.first(), &self.after) {
            (Some(before), Some(after)) => key_changes(&before.body, &after.body),
            _ => Vec::new(),
        }
    }

    /// The items of the table that are removed for it: those that nothing is written over.
    pub fn removals(&self) -> impl Iterator<Item = &Stored> {
        let key = self.after.as_ref().map(|after| &after.accepter);
        self.before.iter().filter(move |item| Some(&item.accepter) != key)
    }

    /// The item that is written over.
    pub fn replaced(&self) -> Option<&Stored> {
        let after = self.after.as_ref()?;
        self.before.iter().find(|item| item.accepter == after.accepter)
    }

    /// True where the table says something of it before and after.
    pub const fn alters(&self) -> bool {
        !self.before.is_empty() && self.after.is_some()
    }

    fn turn(&self) -> (u8, String) {
        // A rule that can't be read forbids.
        let allows = |item: &Stored| item.body.get("effect").and_then(Value::as_str) == Some("allow");
        let is_alias = self.noun() == "alias";
        let turn = match &self.after {
            Some(_) if self.alters() => 3,
            Some(_) if is_alias => 0,
            Some(item) if !allows(item) => 1,
            Some(_) => 4,
            None if is_alias => 6,
            None if self.before.iter().all(allows) => 2,
            None => 5,
        };
        (turn, self.id.clone())
    }
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |value: &Option<Value>| value.as_ref().map_or_else(|| "not given".to_owned(), ToString::to_string);
        write!(f, "{}: {} -> {}", self.key, word(&self.before), word(&self.after))
    }
}

/// The keys whose values differ between two wordings of a rule or an alias, each as deep as the difference goes.
pub fn key_changes(before: &Value, after: &Value) -> Vec<KeyChange> {
    let mut keys = Vec::new();
    compare("", Some(before), Some(after), &mut keys);
    keys
}

/// Notes each key below a place whose value differs. A list of maps is compared entry by entry; one of single values is shown as a whole: it is
/// short, and where an entry stands in it says nothing.
fn compare(place: &str, before: Option<&Value>, after: Option<&Value>, keys: &mut Vec<KeyChange>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                compare(&place, old.get(name), new.get(name), keys);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.iter().chain(new).all(Value::is_object) => {
            compare_entries(place, old, new, keys);
        }
        _ => keys.push(KeyChange { key: place.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

/// Entries that are the same at the beginning and at the end are left out, so that one that is put between others is one change.
fn compare_entries(place: &str, old: &[Value], new: &[Value], keys: &mut Vec<KeyChange>) {
    let same = |(old, new): &(&Value, &Value)| old == new;
    let begin = old.iter().zip(new).take_while(same).count();
    let end = old[begin..].iter().rev().zip(new[begin..].iter().rev()).take_while(same).count();
    let (old, new) = (&old[begin..old.len() - end], &new[begin..new.len() - end]);
    for index in 0..old.len().max(new.len()) {
        compare(&format!("{place}[{}]", begin + index), old.get(index), new.get(index), keys);
    }
}
