//! Reads a document of maps and lists, noting every problem instead of stopping at the first.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

/// One mistake in an allowlist: where, what, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The place, as a path from the top of the document.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.fix)
    }
}

/// All mistakes of a document, in the order they were met.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes one more.
    pub(super) fn add(&mut self, place: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem { place: place.into(), what: what.into(), fix: fix.into() });
    }

    /// `value` when nothing was noted, all notes otherwise.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The keys of one map.
pub(super) struct Fields<'v> {
    place: String,
    map: Option<&'v Map<String, Value>>,
}

impl<'v> Fields<'v> {
    /// Opens a map; keys that do not exist are noted.
    ///
    /// A value that isn't a map is noted once and then read as an empty one.
    pub(super) fn open(value: &'v Value, place: &str, keys: &[&'static str], problems: &mut Problems) -> Self {
        let Value::Object(map) = value else {
            problems.add(at(place), format!("is {}, not a map", kind(value)), format!("give it the keys {}", keys.join(", ")));
            return Self { place: place.to_owned(), map: None };
        };
        for key in map.keys() {
            if !keys.contains(&key.as_str()) {
                problems.add(child(place, key), "is not a key that exists here", suggestion(key, keys));
            }
        }
        Self { place: place.to_owned(), map: Some(map) }
    }

    /// The value of a key that may be absent (an explicit null is absent), with its place.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<(&'v Value, String)> {
        let value = self.map?.get(key).filter(|value| !value.is_null())?;
        Some((value, child(&self.place, key)))
    }

    /// The value of a condition that may be absent, with its place. One that is there and empty is refused: it could be read as
    /// "any" and as "none".
    pub(super) fn condition(&mut self, key: &'static str, problems: &mut Problems) -> Option<(&'v Value, String)> {
        let value = self.map?.get(key)?;
        let place = child(&self.place, key);
        let empty = match value {
            Value::Null => true,
            Value::Array(entries) => entries.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if empty {
            problems.add(place, format!("is {}, which could mean any or none", kind(value)), "name a value, or remove the key");
            return None;
        }
        Some((value, place))
    }

    /// The value of a key that must be there, with its place.
    pub(super) fn required(&mut self, key: &'static str, problems: &mut Problems) -> Option<(&'v Value, String)> {
        let found = self.optional(key);
        if found.is_none() && self.map.is_some() {
            problems.add(at(&self.place), format!("lacks the key `{key}`"), "add it");
        }
        found
    }
}

/// A string of a certain form.
pub(super) fn parse<T>(text: &str, place: &str, problems: &mut Problems) -> Option<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    text.parse().map_err(|error| problems.add(place, format!("{error}"), "fix the value")).ok()
}

/// A scalar of a certain form. A number or truth value is text whose quotes were forgotten. YAML has dropped the leading zeros
/// of a number that comes as a fraction, so its digits can't be repeated to the author.
pub(super) fn scalar<T>(value: &Value, place: &str, problems: &mut Problems) -> Option<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    match value {
        Value::String(text) => parse(text, place, problems),
        Value::Number(number) if number.is_f64() => {
            problems.add(place, "is a number, not text", "write it in quotes, with its leading zeros");
            None
        }
        Value::Number(_) | Value::Bool(_) => {
            problems.add(place, format!("is {}, not text", kind(value)), format!("write it in quotes: \"{value}\""));
            None
        }
        other => {
            problems.add(place, format!("is {}, not text", kind(other)), "write a single value");
            None
        }
    }
}

/// A list of scalars of a certain form.
pub(super) fn list<T>(value: &Value, place: &str, problems: &mut Problems) -> Vec<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let Value::Array(entries) = value else {
        problems.add(place, format!("is {}, not a list", kind(value)), "write it in brackets: [ … ]");
        return Vec::new();
    };
    entries.iter().enumerate().filter_map(|(index, entry)| scalar(entry, &format!("{place}[{index}]"), problems)).collect()
}

/// True or false.
pub(super) fn boolean(value: &Value, place: &str, problems: &mut Problems) -> Option<bool> {
    if value.as_bool().is_none() {
        problems.add(place, format!("is {}, not true or false", kind(value)), "write true or false");
    }
    value.as_bool()
}

/// One of a few words, each with what it stands for.
pub(super) fn word<T: Copy>(value: &Value, place: &str, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let meant = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
    if meant.is_none() {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let (last, others) = names.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
        problems.add(place, format!("is {}", kind(value)), format!("write {} or {last}", others.join(", ")));
    }
    meant.map(|(_, meaning)| *meaning)
}

/// What a value is, for a sentence.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(flag) => format!("the truth value {flag}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(entries) if entries.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(entries) if entries.is_empty() => "an empty map".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

fn at(place: &str) -> String {
    if place.is_empty() { "the file".to_owned() } else { place.to_owned() }
}

fn child(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

fn suggestion(key: &str, keys: &[&'static str]) -> String {
    let nearest = keys.iter().map(|known| (strsim::damerau_levenshtein(key, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 2 => format!("did you mean `{known}`?"),
        _ => format!("the keys here are {}", keys.join(", ")),
    }
}
