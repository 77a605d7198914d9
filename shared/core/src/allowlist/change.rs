//! What somebody changed of the allowlist: an item before and after.

use jiff::Timestamp;
use serde_json::Value;

use super::{ALIAS_KEY, MEMBER_KEY};

/// A change of a rule or an alias.
#[derive(Debug, Clone, PartialEq)]
pub struct AllowlistChange {
    /// Partition key of the item.
    pub accepter: String,
    /// The rule's or the alias' name.
    pub id: String,
    /// What it said before; nothing for a new one.
    pub before: Option<Value>,
    /// What it says now; nothing for one that was removed.
    pub after: Option<Value>,
    /// Who wrote it, as the writer told: `peerwright` writes what STS says of its caller.
    pub by: Option<String>,
    /// When, to the second.
    pub at: Timestamp,
    /// The number of the record in the table's stream: with `at` the name of this change.
    pub sequence: String,
}

impl AllowlistChange {
    /// `added`, `changed` or `removed`.
    pub const fn verb(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(_), Some(_)) => "changed",
        }
    }

    /// `alias` or `rule`.
    pub fn noun(&self) -> &'static str {
        if self.accepter == ALIAS_KEY { "alias" } else { "rule" }
    }
}

/// What a batch of changes tells, in its order. A rule that moves to another partition is written there and removed here: that is one change. What
/// only says who is about to remove an item is none, and neither is a place that is to be swept.
pub fn settled(changes: impl IntoIterator<Item = AllowlistChange>) -> Vec<AllowlistChange> {
    let mut found: Vec<AllowlistChange> = Vec::new();
    for change in changes.into_iter().filter(|change| change.accepter != MEMBER_KEY && change.before != change.after) {
        let is_new_place = |earlier: &&mut AllowlistChange| {
            let same = earlier.id == change.id && earlier.noun() == change.noun();
            same && earlier.accepter != change.accepter && earlier.before.is_none() && change.after.is_none()
        };
        match found.iter_mut().rev().find(is_new_place) {
            Some(moved) => moved.before = change.before,
            None => found.push(change),
        }
    }
    found.retain(|change| change.before != change.after);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(accepter: &str, before: Option<Value>, after: Option<Value>) -> AllowlistChange {
        let (id, at) = ("no-prod".to_owned(), Timestamp::UNIX_EPOCH);
        AllowlistChange { accepter: accepter.to_owned(), id, before, after, by: None, at, sequence: "1".to_owned() }
    }

    fn told(changes: &[AllowlistChange]) -> Vec<(&'static str, Option<Value>, Option<Value>)> {
        settled(changes.to_vec()).into_iter().map(|change| (change.verb(), change.before, change.after)).collect()
    }

    #[test]
    fn a_rule_is_added_changed_and_removed() {
        let (one, two) = (Some(json!(1)), Some(json!(2)));
        for (verb, before, after) in [("added", None, one.clone()), ("changed", one.clone(), two), ("removed", one, None)] {
            assert_eq!(told(&[change("any", before.clone(), after.clone())]), [(verb, before, after)]);
        }
    }

    #[test]
    fn what_leaves_a_rule_as_it_is_is_no_change() {
        let one = Some(json!(1));
        assert_eq!(told(&[change("any", one.clone(), one.clone())]), []);
        assert_eq!(told(&[change("any", None, one.clone()), change("account#222222222222", one, None)]), []);
    }

    #[test]
    fn what_is_changed_and_changed_back_at_once_is_told_twice() {
        let (one, two) = (Some(json!(1)), Some(json!(2)));
        let verbs = |changes: &[AllowlistChange]| told(changes).into_iter().map(|(verb, ..)| verb).collect::<Vec<_>>();
        assert_eq!(verbs(&[change("any", one.clone(), two.clone()), change("any", two, one.clone())]), ["changed", "changed"]);
        assert_eq!(verbs(&[change("any", None, one.clone()), change("any", one, None)]), ["added", "removed"]);
    }

    #[test]
    fn a_rule_that_moves_to_another_partition_is_changed_and_not_removed() {
        let (one, two) = (Some(json!(1)), Some(json!(2)));
        let moved = [change("account#222222222222", None, two.clone()), change("any", one.clone(), None)];
        assert_eq!(told(&moved), [("changed", one, two)]);
    }

    #[test]
    fn an_alias_is_no_rule_of_that_name_and_a_place_to_sweep_is_neither() {
        let one = Some(json!(1));
        let both = [change("alias", None, one.clone()), change("any", None, one.clone()), change("member", None, one.clone())];
        let nouns: Vec<&str> = settled(both).iter().map(AllowlistChange::noun).collect();
        assert_eq!(nouns, ["alias", "rule"]);
    }
}
