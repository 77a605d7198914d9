//! Tags of resources, and choices by them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use wildmatch::WildMatch;

/// Tags of a resource.
pub type Tags = BTreeMap<String, String>;

/// Tags that a resource must bear, each with one of the values. In a value `*` stands for any characters, also none, and `?` for
/// one, as in IAM's conditions. They can't be written as themselves: AWS's rules for tags leave them out.
pub type WantedTags = BTreeMap<String, BTreeSet<String>>;

/// True when a resource bears each wanted tag with one of its values.
pub fn bears(tags: &Tags, wanted: &WantedTags) -> bool {
    wanted.iter().all(|(key, values)| tags.get(key).is_some_and(|value| is_one_of(value, values)))
}

/// True when one of the wanted values means the value.
pub fn is_one_of(value: &str, wanted: &BTreeSet<String>) -> bool {
    wanted.iter().any(|pattern| WildMatch::new(pattern).matches(value))
}

/// A choice among resources of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection<Id> {
    /// These.
    Ids(BTreeSet<Id>),
    /// Those that bear each of the tags with one of its values.
    Tagged(WantedTags),
}

impl<Id: Ord> Selection<Id> {
    /// True for a resource that is meant.
    pub fn selects(&self, id: &Id, tags: &Tags) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(id),
            Self::Tagged(wanted) => bears(tags, wanted),
        }
    }
}

impl<Id: fmt::Display> fmt::Display for Selection<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ids(ids) => f.write_str(&joined(ids)),
            Self::Tagged(tags) => {
                let words: Vec<String> = tags.iter().map(|(key, values)| format!("{key}={}", joined(values))).collect();
                f.write_str(&words.join(", "))
            }
        }
    }
}

fn joined<T: fmt::Display>(values: &BTreeSet<T>) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    words.join(" | ")
}
