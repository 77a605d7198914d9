//! Which routes an end wants.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::IpNet;
use serde_json::Value;

use super::problems::Problems;
use super::reader::{Fields, kind, list, scalar};
use super::selector::{read_cidr, read_cidrs, read_selection, read_tags};
use crate::cidr::CidrSet;
use crate::ids::{PrefixListId, RouteTableId, SubnetId};
use crate::tags::Selection;

/// Routes wanted in one end's route tables, towards the other end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteIntent {
    /// The route tables that get them.
    pub tables: Tables,
    /// The peer's CIDR blocks they lead to.
    pub destinations: Destinations,
    /// Blocks of the peer that get none (those inside one of these).
    pub exclude: CidrSet,
    /// What the rule's own condition says of the peer's blocks; empty where it says nothing.
    pub peer_cidrs: CidrSet,
}

impl RouteIntent {
    /// The addresses that the rule names, in its destinations and in its condition on the peer.
    pub fn named(&self) -> impl Iterator<Item = &IpNet> {
        let destinations = match &self.destinations {
            Destinations::Only { cidrs, .. } => Some(cidrs),
            Destinations::All => None,
        };
        destinations.into_iter().flat_map(CidrSet::iter).chain(self.peer_cidrs.iter())
    }
}

/// A choice among a VPC's route tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tables {
    /// Every route table.
    All,
    /// The main route table.
    Main,
    /// Those that are selected.
    Selected(Selection<RouteTableId>),
    /// Those that serve these subnets: the one a subnet is associated with, or else the main one.
    OfSubnets(Selection<SubnetId>),
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Main => f.write_str("main"),
            Self::Selected(tables) => write!(f, "{tables}"),
            Self::OfSubnets(subnets) => write!(f, "subnets {subnets}"),
        }
    }
}

/// A choice among the peer's addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destinations {
    /// Every CIDR block of the peer, IPv4 and IPv6.
    All,
    /// These blocks and the blocks of these prefix lists, as far as they lie inside the peer's. A block that is wider than the peer's means
    /// those of the peer's that it contains.
    Only {
        /// Blocks.
        cidrs: CidrSet,
        /// Managed prefix lists, each the destination of one route.
        prefix_lists: BTreeSet<PrefixListId>,
    },
}

pub(super) const KEYS: &[&str] = &["tables", "destinations", "exclude"];
/// The keys of a choice of tables.
pub(super) const TABLES_KEYS: &[&str] = &["tag", "subnets"];

/// Reads the routes of one end; `none` says that it gets none.
pub(super) fn read_route_intent(value: &Value, place: &str, problems: &mut Problems) -> Option<RouteIntent> {
    if value.as_str() == Some("none") {
        return None;
    }
    let mut fields = Fields::open(value, place, KEYS, problems);
    let tables = fields.required("tables", problems).and_then(|(v, at)| read_tables(v, &at, problems));
    let destinations = fields.optional("destinations").map_or(Some(Destinations::All), |(v, at)| read_destinations(v, &at, problems));
    let exclude = fields.optional("exclude").map(|(v, at)| read_cidrs(v, &at, problems)).unwrap_or_default();
    Some(RouteIntent { tables: tables?, destinations: destinations?, exclude, peer_cidrs: CidrSet::default() })
}

fn read_tables(value: &Value, place: &str, problems: &mut Problems) -> Option<Tables> {
    match value {
        Value::String(word) if word == "all" => Some(Tables::All),
        Value::String(word) if word == "main" => Some(Tables::Main),
        Value::Array(ids) if !ids.is_empty() => Some(Tables::Selected(Selection::Ids(list(value, place, problems).into_iter().collect()))),
        Value::Object(_) => {
            let mut fields = Fields::open(value, place, TABLES_KEYS, problems);
            match (fields.optional("tag"), fields.optional("subnets")) {
                (Some((tags, place)), None) => Some(Tables::Selected(Selection::Tagged(read_tags(tags, &place, problems)))),
                (None, Some((subnets, place))) => read_selection(subnets, &place, "subnet-…", problems).map(Tables::OfSubnets),
                _ => {
                    problems.add(place, "has to name either tags or subnets", "write { tag: { key: value } } or { subnets: [subnet-…] }");
                    None
                }
            }
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
        Value::Array(entries) if !entries.is_empty() => Some(read_named(entries, place, problems)),
        other => {
            problems.add(place, format!("is {}", kind(other)), "write all or a list of CIDR blocks and prefix lists");
            None
        }
    }
}

/// A list of blocks and prefix lists, told apart by the prefix of an id.
fn read_named(entries: &[Value], place: &str, problems: &mut Problems) -> Destinations {
    let mut cidrs = Vec::new();
    let mut prefix_lists = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = format!("{place}[{index}]");
        if entry.as_str().is_some_and(|text| text.starts_with("pl-")) {
            prefix_lists.extend(scalar::<PrefixListId>(entry, &place, problems));
        } else if let Some(text) = scalar::<String>(entry, &place, problems) {
            cidrs.extend(read_cidr(&text, &place, problems));
        }
    }
    Destinations::Only { cidrs: cidrs.into_iter().collect(), prefix_lists }
}
