//! Reads a document of maps and lists, noting every problem instead of stopping at the first.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::problems::Problems;

/// Characters that stand for others in the values of tags, and nowhere else.
pub(super) const WILDCARDS: [char; 2] = ['*', '?'];

/// What to do with them elsewhere.
pub(super) const WRITE_OUT: &str = "write it out: `*` and `?` stand for other characters only in the values of tags";

/// The keys of one map.
pub(super) struct Fields<'v> {
    place: String,
    map: Option<&'v Map<String, Value>>,
}

impl<'v> Fields<'v> {
    /// Opens a map; keys that do not exist, and keys without a value, are noted.
    ///
    /// A value that isn't a map is noted once and then read as an empty one.
    pub(super) fn open(value: &'v Value, place: &str, keys: &[&'static str], problems: &mut Problems) -> Self {
        let Value::Object(map) = value else {
            problems.add(at(place), format!("is {}, not a map", kind(value)), format!("give it the keys {}", keys.join(", ")));
            return Self { place: place.to_owned(), map: None };
        };
        for (key, value) in map {
            if !keys.contains(&key.as_str()) {
                problems.add(child(place, key), "is not a key that exists here", suggestion(key, keys));
            } else if value.is_null() {
                problems.add(child(place, key), "has no value", "give it one, or remove the key");
            }
        }
        Self { place: place.to_owned(), map: Some(map) }
    }

    /// The value of a key that may be absent (one without a value was noted), with its place.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<(&'v Value, String)> {
        let value = self.map?.get(key).filter(|value| !value.is_null())?;
        Some((value, child(&self.place, key)))
    }

    /// The value of a condition that may be absent, with its place. One that is there and empty is refused: it could be read as
    /// "any" and as "none".
    pub(super) fn condition(&mut self, key: &'static str, problems: &mut Problems) -> Option<(&'v Value, String)> {
        let (value, place) = self.optional(key)?;
        let empty = match value {
            Value::Array(entries) => entries.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
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
        if self.map.is_some_and(|map| !map.contains_key(key)) {
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
    let fix = if text.contains(WILDCARDS) { WRITE_OUT } else { "fix the value" };
    text.parse().map_err(|error| problems.add(place, format!("{error}"), fix)).ok()
}

/// A scalar of a certain form. A number or truth value is text whose quotes were forgotten. YAML has dropped zeros of a number
/// that comes as a fraction, so its digits can't be repeated to the author.
pub(super) fn scalar<T>(value: &Value, place: &str, problems: &mut Problems) -> Option<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    match value {
        Value::String(text) => parse(text, place, problems),
        Value::Number(number) if number.is_f64() => {
            problems.add(place, "is a number, not text", "write it in quotes, with all its zeros");
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

pub(super) fn child(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

fn suggestion(key: &str, keys: &[&'static str]) -> String {
    nearest(key, keys.iter().copied()).unwrap_or_else(|| format!("the keys here are {}", keys.join(", ")))
}

/// The word that was probably meant. A word of which two letters differ from all of another is none like it.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let (distance, meant) = known.map(|known| (strsim::damerau_levenshtein(word, known), known)).min()?;
    (distance <= 2 && distance < meant.chars().count()).then(|| format!("did you mean `{meant}`?"))
}
