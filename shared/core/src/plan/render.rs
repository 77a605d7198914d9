//! Plans as text, one line each, for people, logs and tests.

use std::fmt;

use super::{Blocked, Note, Plan, Removal, Step, Waiting};
use crate::count::counted;
use crate::ids::{GroupId, Side};
use crate::world::{Direction, RuleSpec};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("nothing to do\n");
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "{} {step}", sign(step)))?;
        self.deferred.iter().try_for_each(|step| writeln!(f, "> later {} {step}", sign(step)))?;
        self.waiting.iter().try_for_each(|waiting| writeln!(f, "~ {waiting}"))?;
        self.blocked.iter().try_for_each(|blocked| writeln!(f, "! {blocked}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "i {note}"))
    }
}

const fn sign(step: &Step) -> char {
    if step.removes() { '-' } else { '+' }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateRoute { side, table, destination, connection } | Self::DeleteRoute { side, table, destination, connection } => {
                write!(f, "{side:<9} route {table} {destination} -> {connection}")
            }
            Self::AuthorizeRules { side, group, direction, rules, .. } => write_rules(f, *side, group, *direction, rules.iter()),
            Self::RevokeRules { side, group, direction, rules, .. } => {
                write_rules(f, *side, group, *direction, rules.iter().map(|(_, rule)| rule))
            }
            Self::EnableDnsResolution { side, connection } => write!(f, "{side:<9} dns resolution over {connection}"),
        }
    }
}

fn write_rules<'a>(
    f: &mut fmt::Formatter<'_>,
    side: Side,
    group: &GroupId,
    direction: Direction,
    rules: impl Iterator<Item = &'a RuleSpec>,
) -> fmt::Result {
    let word = if direction == Direction::Ingress { "from" } else { "to" };
    let rules: Vec<String> = rules.map(|rule| format!("{} {word} {}", rule.traffic, rule.peer)).collect();
    write!(f, "{side:<9} {direction} {group} {}", rules.join(", "))
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "the connection is {state}, not active"),
            Self::End { side, why } => write!(f, "{side}: {why}"),
            Self::Removal { side, what, count } => {
                let kept = match what {
                    Removal::Routes => counted(*count, "route", "routes"),
                    Removal::Rules => counted(*count, "security group rule", "security group rules"),
                };
                write!(f, "{side}: keeps {kept} of ours that nothing asks for, until what is wrong with the wishes is fixed")
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopted { side, table, destination } => {
                write!(f, "{side}: {table} {destination}: somebody else made the wanted route; it is not removed by us")
            }
            Self::MoreSpecific { side, table, destination, part, target } => {
                write!(f, "{side}: {table} sends {part} of {destination} to {target}")
            }
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
            Self::ExcludesPart { side, destination } => {
                write!(f, "{side}: a part of {destination} is excluded, and a route is for all of it; name the destinations instead")
            }
            Self::UnreadablePrefixList { side, list, why } => {
                write!(f, "{side}: {list} can't be read: {why}; share the prefix list with this account, or change the rule")
            }
            Self::NoPeerGroups { side, wanted } => {
                write!(f, "{side}: no security group of the peer is meant by `{wanted}`; tag one there, or change the rule")
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
