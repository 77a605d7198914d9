//! A YAML document as values, and where each of them stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};

use super::problems::{Position, Positions};
use super::reader::child;

/// How deep maps and lists may lie in each other: an allowlist needs a dozen, and what reads them is recursive.
const DEEPEST: usize = 50;

/// A document, read.
pub(super) struct Document {
    /// What it says.
    pub(super) value: Value,
    /// Where: a key of a map at its name, an entry of a list at its beginning.
    pub(super) positions: Positions,
    /// The keys that a map has more than once, where each stands again. The first of them counts.
    pub(super) repeated: Vec<Repeated>,
}

/// A key that its map has already.
pub(super) struct Repeated {
    /// The place of both.
    pub(super) place: String,
    /// Where it stands again.
    pub(super) again: Position,
}

/// Why a text is not YAML, and where.
pub(super) struct NotYaml {
    pub(super) why: String,
    pub(super) position: Option<Position>,
}

/// Reads YAML 1.2: `no`, `y` and `on` are text. Keys that are there twice are told with all else, so the reader lets them through.
pub(super) fn read(text: &str) -> Result<Document, NotYaml> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        budget: serde_saphyr::budget! { max_depth: DEEPEST },
    };
    let node: Node = serde_saphyr::from_str_with_options(text, options).map_err(|error| not_yaml(&error))?;
    let mut document = Document { value: Value::Null, positions: Positions::new(), repeated: Vec::new() };
    document.value = node.place("", &mut document.positions, &mut document.repeated);
    Ok(document)
}

fn not_yaml(error: &serde_saphyr::Error) -> NotYaml {
    let error = error.without_snippet();
    let why = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    let position = error.location().as_ref().map(position);
    // It stands before the sentence, as that of every other problem.
    let end = position.map(|position| format!(" at {position}")).unwrap_or_default();
    NotYaml { why: why.strip_suffix(&end).unwrap_or(&why).to_owned(), position }
}

/// `rules[2] (dev-to-shared)`: the number finds the rule in the file, the id is what people call it.
pub(super) fn rule_place(index: usize, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("rules[{index}] ({id})"),
        None => format!("rules[{index}]"),
    }
}

/// A value that knows where its parts stand.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl Node {
    /// The value, with the positions of its parts noted by the places that problems name.
    fn place(self, at: &str, positions: &mut Positions, repeated: &mut Vec<Repeated>) -> Value {
        match self {
            Self::Scalar(value) => value,
            Self::List(entries) => {
                let entries = entries.into_iter().enumerate().map(|(index, entry)| {
                    let place = if at == "rules" { rule_place(index, entry.value.id()) } else { format!("{at}[{index}]") };
                    positions.insert(place.clone(), position(&entry.referenced));
                    entry.value.place(&place, positions, repeated)
                });
                Value::Array(entries.collect())
            }
            Self::Map(entries) => {
                let mut map = Map::new();
                for (key, entry) in entries {
                    let place = child(at, &key.value);
                    let stands = position(&key.referenced);
                    if map.contains_key(&key.value) {
                        repeated.push(Repeated { place, again: stands });
                    } else {
                        positions.insert(place.clone(), stands);
                        let value = entry.value.place(&place, positions, repeated);
                        map.insert(key.value, value);
                    }
                }
                Value::Object(map)
            }
        }
    }

    /// The text of the key `id`.
    fn id(&self) -> Option<&str> {
        let Self::Map(entries) = self else { return None };
        let (_, id) = entries.iter().find(|(key, _)| key.value == "id")?;
        match &id.value {
            Self::Scalar(value) => value.as_str(),
            Self::List(_) | Self::Map(_) => None,
        }
    }
}

fn position(location: &Location) -> Position {
    Position { line: location.line(), column: location.column() }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map, a list or a single value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number that is not finite has no meaning here"))?;
        Ok(Node::Scalar(number.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
}
