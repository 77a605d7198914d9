//! Plans as text, one line each, for people, logs and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Blocked, Plan, Step, Waiting};
use crate::allowlist::{GroupSelector, Ports, Protocol, Tables};
use crate::world::{Direction, RuleSpec};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() && self.waiting.is_empty() && self.blocked.is_empty() {
            return f.write_str("nothing to do\n");
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "+ {step}"))?;
        self.waiting.iter().try_for_each(|waiting| writeln!(f, "~ {waiting}"))?;
        self.blocked.iter().try_for_each(|blocked| writeln!(f, "! {blocked}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateRoute { side, table, destination, connection } => {
                write!(f, "{side:<9} route {table} {destination} -> {connection}")
            }
            Self::AuthorizeRules { side, group, direction, rules, .. } => {
                let word = if *direction == Direction::Ingress { "from" } else { "to" };
                let rules: Vec<String> = rules.iter().map(|rule| describe(rule, word)).collect();
                write!(f, "{side:<9} {direction} {group} {}", rules.join(", "))
            }
            Self::EnableDnsResolution { side, connection } => write!(f, "{side:<9} dns resolution over {connection}"),
        }
    }
}

fn describe(rule: &RuleSpec, word: &str) -> String {
    let protocol = if rule.protocol == Protocol::All { "all".to_owned() } else { rule.protocol.to_string() };
    match rule.ports {
        Ports::All => format!("{protocol} {word} {}", rule.peer),
        ports @ Ports::Range(..) => format!("{protocol}/{ports} {word} {}", rule.peer),
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "the connection is {state}, not active"),
            Self::End { side, why } => write!(f, "{side}: {why}"),
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RouteConflict { side, table, destination, target } => {
                write!(
                    f,
                    "{side}: {table} already sends {destination} to {target}; remove that route, or exclude the destination in the rule"
                )
            }
            Self::NoTables { side, wanted } => {
                write!(f, "{side}: no route table of the VPC is meant by `{wanted}`; tag one, or change the rule")
            }
            Self::NotPeers { side, destination } => {
                write!(f, "{side}: {destination} is not inside the peer's CIDR blocks; change the rule's destinations")
            }
            Self::NoGroups { side, wanted } => {
                write!(f, "{side}: no security group of the VPC is meant by `{wanted}`; tag one, or change the rule")
            }
            Self::DnsNotReady { side } => {
                write!(f, "{side}: the VPC lacks DNS support or DNS hostnames; switch both on")
            }
        }
    }
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Main => f.write_str("main"),
            Self::Ids(ids) => f.write_str(&joined(ids)),
            Self::Tagged(tags) => f.write_str(&tag_words(tags)),
        }
    }
}

impl fmt::Display for GroupSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ids(ids) => f.write_str(&joined(ids)),
            Self::Tagged(tags) => f.write_str(&tag_words(tags)),
        }
    }
}

fn joined<T: fmt::Display>(values: &BTreeSet<T>) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    words.join(" | ")
}

fn tag_words(tags: &BTreeMap<String, BTreeSet<String>>) -> String {
    let words: Vec<String> = tags.iter().map(|(key, values)| format!("{key}={}", joined(values))).collect();
    words.join(", ")
}
