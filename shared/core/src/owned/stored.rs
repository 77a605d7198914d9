//! What is ours as it is stored: what is the same in many tables or groups is written once, since an item of DynamoDB has 400 KB for all.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{BorrowedRule, Owned, OwnedGroup, OwnedRoute};
use crate::ids::{GroupId, RouteTableId, Side};
use crate::world::{Destination, Direction, RuleSpec};

/// [`Owned`], written short.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    routes: Vec<Routes>,
    #[serde(default)]
    groups: Vec<Groups>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    dns_resolution: BTreeSet<Side>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    borrowed: Vec<Borrowed>,
}

/// Routes of one end: each destination in each of the tables.
#[derive(Serialize, Deserialize)]
struct Routes {
    side: Side,
    #[serde(alias = "table", deserialize_with = "one_or_many")]
    tables: Vec<RouteTableId>,
    #[serde(alias = "destination", deserialize_with = "one_or_many")]
    destinations: Vec<Destination>,
}

/// Groups of one end.
#[derive(Serialize, Deserialize)]
struct Groups {
    side: Side,
    #[serde(alias = "group", deserialize_with = "one_or_many")]
    groups: Vec<GroupId>,
}

/// One rule that is borrowed in each of some groups.
#[derive(Serialize, Deserialize)]
struct Borrowed {
    side: Side,
    #[serde(alias = "group", deserialize_with = "one_or_many")]
    groups: Vec<GroupId>,
    direction: Direction,
    rule: RuleSpec,
}

/// A list, or one thing as it was written before there were lists.
fn one_or_many<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Many(many) => many,
        Either::One(one) => vec![one],
    })
}

impl From<Owned> for Stored {
    fn from(owned: Owned) -> Self {
        Self {
            routes: routes(owned.routes),
            groups: groups(owned.groups),
            dns_resolution: owned.dns_resolution,
            borrowed: borrowed(owned.borrowed),
        }
    }
}

/// The tables with the same destinations stand together.
fn routes(owned: BTreeSet<OwnedRoute>) -> Vec<Routes> {
    let mut of_table: BTreeMap<(Side, RouteTableId), Vec<Destination>> = BTreeMap::new();
    for OwnedRoute { side, table, destination } in owned {
        of_table.entry((side, table)).or_default().push(destination);
    }
    let mut together: BTreeMap<(Side, Vec<Destination>), Vec<RouteTableId>> = BTreeMap::new();
    for ((side, table), destinations) in of_table {
        together.entry((side, destinations)).or_default().push(table);
    }
    together.into_iter().map(|((side, destinations), tables)| Routes { side, tables, destinations }).collect()
}

fn groups(owned: BTreeSet<OwnedGroup>) -> Vec<Groups> {
    let mut of_side: BTreeMap<Side, Vec<GroupId>> = BTreeMap::new();
    for OwnedGroup { side, group } in owned {
        of_side.entry(side).or_default().push(group);
    }
    of_side.into_iter().map(|(side, groups)| Groups { side, groups }).collect()
}

fn borrowed(rules: BTreeSet<BorrowedRule>) -> Vec<Borrowed> {
    let mut of_rule: BTreeMap<(Side, Direction, RuleSpec), Vec<GroupId>> = BTreeMap::new();
    for BorrowedRule { side, group, direction, rule } in rules {
        of_rule.entry((side, direction, rule)).or_default().push(group);
    }
    of_rule.into_iter().map(|((side, direction, rule), groups)| Borrowed { side, groups, direction, rule }).collect()
}

impl From<Stored> for Owned {
    fn from(stored: Stored) -> Self {
        let mut owned = Self { dns_resolution: stored.dns_resolution, ..Self::default() };
        for Routes { side, tables, destinations } in stored.routes {
            for table in tables {
                owned.routes.extend(destinations.iter().map(|destination| OwnedRoute {
                    side,
                    table: table.clone(),
                    destination: destination.clone(),
                }));
            }
        }
        for Groups { side, groups } in stored.groups {
            owned.groups.extend(groups.into_iter().map(|group| OwnedGroup { side, group }));
        }
        for Borrowed { side, groups, direction, rule } in stored.borrowed {
            owned.borrowed.extend(groups.into_iter().map(|group| BorrowedRule { side, group, direction, rule: rule.clone() }));
        }
        owned
    }
}
