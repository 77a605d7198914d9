//! Which routes an end wants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::reader::{Fields, Problems, kind, list};
use super::selector::{read_cidrs, read_tags};
use crate::cidr::CidrSet;
use crate::ids::RouteTableId;

/// Routes wanted in one end's route tables, towards the other end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteIntent {
    /// The route tables that get them.
    pub tables: Tables,
    /// The peer's CIDR blocks they lead to.
    pub destinations: Destinations,
    /// Blocks of the peer that get none (those inside one of these).
    pub exclude: CidrSet,
}

/// A choice among a VPC's route tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tables {
    /// Every route table.
    All,
    /// The main route table.
    Main,
    /// These.
    Ids(BTreeSet<RouteTableId>),
    /// Those that bear each of the tags with one of its values.
    Tagged(BTreeMap<String, BTreeSet<String>>),
}

/// A choice among the peer's addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destinations {
    /// Every CIDR block of the peer, IPv4 and IPv6.
    All,
    /// These, as far as they lie inside the peer's blocks.
    Only(CidrSet),
}

const KEYS: &[&str] = &["tables", "destinations", "exclude"];

/// Reads the routes of one end; `none` says that it gets none.
pub(super) fn read_route_intent(value: &Value, place: &str, problems: &mut Problems) -> Option<RouteIntent> {
    if value.as_str() == Some("none") {
        return None;
    }
    let mut fields = Fields::open(value, place, KEYS, &[], problems);
    let tables = fields.required("tables", problems).and_then(|(v, at)| read_tables(v, &at, problems));
    let destinations = fields.optional("destinations").map_or(Some(Destinations::All), |(v, at)| read_destinations(v, &at, problems));
    let exclude = fields.optional("exclude").map(|(v, at)| read_cidrs(v, &at, problems)).unwrap_or_default();
    Some(RouteIntent { tables: tables?, destinations: destinations?, exclude })
}

fn read_tables(value: &Value, place: &str, problems: &mut Problems) -> Option<Tables> {
    match value {
        Value::String(word) if word == "all" => Some(Tables::All),
        Value::String(word) if word == "main" => Some(Tables::Main),
        Value::Array(ids) if !ids.is_empty() => Some(Tables::Ids(list(value, place, problems).into_iter().collect())),
        Value::Object(_) => {
            let mut fields = Fields::open(value, place, &["tag"], &["subnets"], problems);
            let (tags, place) = fields.required("tag", problems)?;
            Some(Tables::Tagged(read_tags(tags, &place, problems)))
        }
        other => {
            problems.add(place, format!("is {}", kind(other)), "write all, main, [rtb-…] or { tag: { key: value } }");
            None
        }
    }
}

fn read_destinations(value: &Value, place: &str, problems: &mut Problems) -> Option<Destinations> {
    match value {
        Value::String(word) if word == "all" => Some(Destinations::All),
        Value::Array(blocks) if !blocks.is_empty() => Some(Destinations::Only(read_cidrs(value, place, problems))),
        Value::Object(map) if map.contains_key("prefix_lists") => {
            problems.add(place, "prefix lists are not supported yet", "write all or a list of CIDR blocks");
            None
        }
        other => {
            problems.add(place, format!("is {}", kind(other)), "write all or a list of CIDR blocks");
            None
        }
    }
}
