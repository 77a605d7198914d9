//! The allowlist: which connections are wanted, and what is to be done for them.
//!
//! One parser serves the YAML file that people write and the DynamoDB items that functions read: an item may have been
//! written by any client, so it is validated again.

mod change;
mod document;
mod export;
mod item;
mod names;
mod permission;
mod problems;
mod proposal;
mod reader;
mod routes;
mod rule;
mod selector;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

pub use change::{AllowlistChange, settled};
pub use export::{export, in_yaml};
pub use item::{ALIAS_KEY, ANY_KEY, MEMBER_KEY, Stored, StoredAllowlist, StoredRule, UnreadableRule, account_key, members};
pub use permission::{AcrossRegions, GroupIntent, SecurityGroupPermission, Source};
pub use problems::{Position, Problem, Problems};
pub use proposal::{KeyChange, Proposal, ProposedChange, key_changes};
pub use routes::{Destinations, RouteIntent, Tables};
pub use rule::{Approval, Effect, OnRevoke, Replace, Rule};
pub use selector::Selector;

use crate::ids::{AliasName, VpcRef};
use document::{NotYaml, Repeated, rule_place};
use names::{Broken, Names};
use reader::{Fields, child};

const KEYS: &[&str] = &["aliases", "rules"];

/// The keys of each map of an allowlist, by where the map stands: what its documentation and its schema must name.
pub const ALL_KEYS: &[(&str, &[&str])] = &[
    ("", KEYS),
    ("aliases.*", selector::VPC_KEYS),
    ("rules[]", rule::KEYS),
    ("rules[].requester", selector::KEYS),
    ("rules[].accepter", selector::KEYS),
    ("rules[].routes", rule::SIDES),
    ("rules[].routes.*", routes::KEYS),
    ("rules[].routes.*.tables", routes::TABLES_KEYS),
    ("rules[].routes.*.tables.subnets", selector::TAG_KEYS),
    ("rules[].security_groups", rule::SIDES),
    ("rules[].security_groups.*[]", permission::KEYS),
    ("rules[].security_groups.*[].groups", selector::TAG_KEYS),
    ("rules[].security_groups.*[].ingress[]", permission::INGRESS_KEYS),
    ("rules[].security_groups.*[].ingress[].from", permission::PEER_KEYS),
    ("rules[].security_groups.*[].ingress[].from.groups", selector::TAG_KEYS),
    ("rules[].security_groups.*[].egress[]", permission::EGRESS_KEYS),
    ("rules[].security_groups.*[].egress[].to", permission::PEER_KEYS),
    ("rules[].security_groups.*[].egress[].to.groups", selector::TAG_KEYS),
    ("rules[].dns_resolution", rule::SIDES),
];

/// Names of VPCs that rules and tags may use in place of account, Region and id.
pub type Aliases = BTreeMap<AliasName, VpcRef>;

/// An allowlist file, read and valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowlist {
    /// The file's aliases.
    pub aliases: Aliases,
    /// The file's rules with the words they were written in.
    pub rules: Vec<(Rule, Value)>,
    /// What is valid and worth a word all the same.
    pub warnings: Vec<Problem>,
}

impl Allowlist {
    /// Reads an allowlist file.
    ///
    /// `now` decides which rules have expired: that is the normal end of a rule, and worth a word to whoever writes it.
    /// All problems are returned at once, each with its place and how to fix it.
    pub fn from_yaml(text: &str, now: Timestamp) -> Result<Self, Problems> {
        let document = document::read(text).map_err(not_yaml)?;
        let mut problems = Problems::at(document.positions);
        for Repeated { place, again } in document.repeated {
            let first = problems.position(&place).map_or_else(String::new, |first| format!(", first on line {}", first.line));
            problems.add_at(Some(again), place, format!("is here twice{first}"), "keep one of the two");
        }
        let mut fields = Fields::open(&document.value, "", KEYS, &mut problems);
        let (aliases, broken) = read_aliases(&mut fields, &mut problems);
        let names = Names { readable: &aliases, broken: &broken, noted: true };
        let rules = read_rules(&mut fields, &names, &mut problems);
        let warnings = rules.iter().filter(|(_, rule, _)| rule.expired(now)).map(|(place, _, _)| {
            problems.problem(child(place, "not_after"), "has passed: the rule is over", "set a later time, or remove the rule")
        });
        let warnings = warnings.collect();
        let rules = rules.into_iter().map(|(_, rule, body)| (rule, body)).collect();
        problems.or(Self { aliases, rules, warnings })
    }
}

fn not_yaml(NotYaml { why, position }: NotYaml) -> Problems {
    let mut problems = Problems::default();
    problems.add_at(position, "the file", format!("can't be read as YAML: {why}"), "fix that line");
    problems
}

/// The aliases that can be read, and the names of the others.
fn read_aliases(fields: &mut Fields<'_>, problems: &mut Problems) -> (Aliases, Broken) {
    let (mut aliases, mut broken) = (Aliases::new(), Broken::default());
    let Some((value, place)) = fields.optional("aliases") else {
        return (aliases, broken);
    };
    let Value::Object(entries) = value else {
        problems.add(&place, "is not a map of names to VPCs", "write `name: { account: \"…\", region: …, vpc: vpc-… }`");
        return (aliases, Broken { all: true, ..broken });
    };
    for (name, value) in entries {
        let place = format!("{place}.{name}");
        let vpc = selector::read_vpc(value, &place, problems);
        if let (Some(name), Some(vpc)) = (reader::parse::<AliasName>(name, &place, problems), vpc) {
            aliases.insert(name, vpc);
        } else {
            broken.names.insert(name.clone());
        }
    }
    (aliases, broken)
}

/// The rules, each with its place and the words it was written in.
fn read_rules(fields: &mut Fields<'_>, names: &Names<'_>, problems: &mut Problems) -> Vec<(String, Rule, Value)> {
    let Some((value, place)) = fields.required("rules", problems) else {
        return Vec::new();
    };
    let Value::Array(entries) = value else {
        problems.add(&place, "is not a list", "write each rule as `- id: …`");
        return Vec::new();
    };
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let id = entry.get("id").and_then(Value::as_str);
        let place = rule_place(index, id);
        // Of the words and not of the rule: whatever else is wrong with one of the two.
        if id.is_some_and(|id| !seen.insert(id)) {
            problems.add(&place, "has the id of an earlier rule", "give each rule an id of its own");
        }
        if let Some(rule) = Rule::read(entry, &place, names, problems) {
            rules.push((place, rule, entry.clone()));
        }
    }
    rules
}
