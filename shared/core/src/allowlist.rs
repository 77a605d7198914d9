//! The allowlist: which connections are wanted, and what is to be done for them.
//!
//! One parser serves the YAML file that people write and the DynamoDB items that functions read: an item may have been
//! written by any client, so it is validated again.

mod item;
mod permission;
mod reader;
mod routes;
mod rule;
mod selector;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

pub use item::{ALIAS_KEY, ANY_KEY, MEMBER_KEY, Stored, StoredAllowlist, StoredRule, UnreadableRule, account_key, members};
pub use permission::{AcrossRegions, GroupIntent, SecurityGroupPermission, Source};
pub use reader::{Problem, Problems};
pub use routes::{Destinations, RouteIntent, Tables};
pub use rule::{Approval, Effect, OnRevoke, Rule};
pub use selector::Selector;

use crate::ids::{AliasName, RuleId, VpcRef};
use reader::Fields;

/// Names of VPCs that rules and tags may use in place of account, Region and id.
pub type Aliases = BTreeMap<AliasName, VpcRef>;

/// An allowlist file, read and valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowlist {
    /// The file's aliases.
    pub aliases: Aliases,
    /// The file's rules with the words they were written in.
    pub rules: Vec<(Rule, Value)>,
}

impl Allowlist {
    /// Reads an allowlist file.
    ///
    /// `now` decides which rules have expired: in a file that is a mistake worth a word, in the table it is the normal end of a rule.
    /// All problems are returned at once, each with its place and how to fix it.
    pub fn from_yaml(text: &str, now: Timestamp) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let document: Value = match serde_saphyr::from_str(text) {
            Ok(document) => document,
            Err(error) => {
                let error = error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter);
                problems.add("the file", format!("can't be read as YAML: {error}"), "fix that line");
                return Err(problems);
            }
        };
        let mut fields = Fields::open(&document, "", &["aliases", "rules"], &mut problems);
        let aliases = read_aliases(&mut fields, &mut problems);
        let rules = read_rules(&mut fields, &aliases, now, &mut problems);
        problems.or(Self { aliases, rules })
    }
}

fn read_aliases(fields: &mut Fields<'_>, problems: &mut Problems) -> Aliases {
    let Some((value, place)) = fields.optional("aliases") else {
        return Aliases::new();
    };
    let Value::Object(entries) = value else {
        problems.add(&place, "is not a map of names to VPCs", "write `name: { account: \"…\", region: …, vpc: vpc-… }`");
        return Aliases::new();
    };
    entries
        .iter()
        .filter_map(|(name, value)| {
            let place = format!("{place}.{name}");
            let vpc = selector::read_vpc(value, &place, problems);
            let name = reader::parse::<AliasName>(name, &place, problems);
            Some((name?, vpc?))
        })
        .collect()
}

fn read_rules(fields: &mut Fields<'_>, aliases: &Aliases, now: Timestamp, problems: &mut Problems) -> Vec<(Rule, Value)> {
    let Some((value, place)) = fields.required("rules", problems) else {
        return Vec::new();
    };
    let Value::Array(entries) = value else {
        problems.add(&place, "is not a list", "write each rule as `- id: …`");
        return Vec::new();
    };
    let mut seen: BTreeSet<RuleId> = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = rule_place(index, entry);
        let Some(rule) = Rule::read(entry, &place, aliases, problems) else {
            continue;
        };
        if !seen.insert(rule.id.clone()) {
            problems.add(&place, "has the id of an earlier rule", "give each rule an id of its own");
        }
        if rule.expired(now) {
            problems.add(format!("{place}.not_after"), "has passed", "set a later time, or remove the rule");
        }
        rules.push((rule, entry.clone()));
    }
    rules
}

/// `rules[2] (dev-to-shared)`: the number finds the rule in the file, the id is what people call it.
fn rule_place(index: usize, entry: &Value) -> String {
    match entry.get("id").and_then(Value::as_str) {
        Some(id) => format!("rules[{index}] ({id})"),
        None => format!("rules[{index}]"),
    }
}
