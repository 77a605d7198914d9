//! Conditions of a rule, checked one by one.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::IpNet;
use jiff::Timestamp;

use super::Finding;
use crate::allowlist::{Effect, Rule, Selector, UnreadableRule};
use crate::cidr::CidrSet;
use crate::ids::Side;
use crate::organization::Unit;
use crate::tags::is_one_of;
use crate::world::{Fact, VpcFacts};

/// What is found of an account that is not ours.
const OUTSIDE: &str = "it is outside the organization";

/// Which condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// A key of an end's selector.
    End(Side, &'static str),
    /// The rule's last moment.
    NotAfter,
    /// That the rule can be read at all.
    Readable,
}

/// What came of a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It holds.
    Met,
    /// It does not; says what was found instead.
    NotMet(String),
    /// It can't be checked, so it counts as not met; says why.
    Unknown(String),
}

/// A condition with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// The condition.
    pub condition: Condition,
    /// The outcome.
    pub outcome: Outcome,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(side, key) => write!(f, "{side}.{key}"),
            Self::NotAfter => f.write_str("not_after"),
            Self::Readable => f.write_str("rule"),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::NotMet(why) | Outcome::Unknown(why) if self.condition == Condition::Readable => write!(f, "it can't be read ({why})"),
            Outcome::Met => write!(f, "{} is met", self.condition),
            Outcome::NotMet(found) => write!(f, "{} is not met ({found})", self.condition),
            Outcome::Unknown(why) => write!(f, "{} is not met because unknown ({why})", self.condition),
        }
    }
}

/// Checks every condition that a rule's end gives for a VPC. An allow rule without an identity allows nobody: what is left are things
/// that a VPC's owner says of it.
pub(super) fn check_end(rule: &Rule, side: Side, vpc_facts: &VpcFacts, checks: &mut Vec<Check>) {
    let (wanted, place) = (rule.ends.of(side), &vpc_facts.vpc.place);
    let mut note = |key, outcome| checks.push(Check { condition: Condition::End(side, key), outcome });
    if rule.effect == Effect::Allow && side == Side::Requester && !wanted.names_identity() {
        note("identity", Outcome::NotMet("the rule does not say who asks".to_owned()));
    }
    if let Some((name, vpc)) = &wanted.alias {
        note("alias", met_if(*vpc == vpc_facts.vpc, || format!("{} is not {name}", vpc_facts.vpc)));
    }
    if !wanted.accounts.is_empty() {
        note("accounts", one_of(&wanted.accounts, &vpc_facts.owner));
    }
    if !wanted.units.is_empty() {
        note("organizational_units", check_units(wanted, vpc_facts));
    }
    if wanted.organization {
        note("organization", check_organization(vpc_facts));
    }
    if !wanted.regions.is_empty() {
        note("regions", one_of(&wanted.regions, &place.region));
    }
    if !wanted.vpcs.is_empty() {
        note("vpcs", one_of(&wanted.vpcs, &vpc_facts.vpc.vpc));
    }
    if !wanted.cidrs.is_empty() {
        note("cidrs", check_cidrs(rule.effect, &wanted.cidrs, vpc_facts));
    }
    if !wanted.tags.is_empty() {
        note("tags", check_tags(wanted, vpc_facts));
    }
}

/// Checks that a rule's time is not over. A rule without an end has no such condition.
pub(super) fn check_time(rule: &Rule, now: Timestamp, checks: &mut Vec<Check>) {
    if let Some(end) = rule.not_after {
        let outcome = met_if(!rule.expired(now), || format!("it expired at {end}"));
        checks.push(Check { condition: Condition::NotAfter, outcome });
    }
}

/// The finding about an item that is no rule.
pub(super) fn unreadable(item: &UnreadableRule) -> Finding {
    let why = item.problems.to_string().replace('\n', "; ");
    let (effect, outcome) = if item.may_deny { (None, Outcome::Unknown(why)) } else { (Some(Effect::Allow), Outcome::NotMet(why)) };
    Finding {
        rule: item.id.clone(),
        effect,
        turned: false,
        checks: vec![Check { condition: Condition::Readable, outcome }],
        touched: Vec::new(),
    }
}

fn met_if(met: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if met { Outcome::Met } else { Outcome::NotMet(otherwise()) }
}

fn one_of<T: Ord + fmt::Display>(wanted: &BTreeSet<T>, found: &T) -> Outcome {
    met_if(wanted.contains(found), || format!("it is {found}"))
}

fn check_units(wanted: &Selector, vpc_facts: &VpcFacts) -> Outcome {
    let is_meant = |unit: &Unit| wanted.units.iter().any(|choice| choice.is(unit));
    match &vpc_facts.units {
        Fact::Unknown(why) => Outcome::Unknown(why.clone()),
        Fact::Known(units) => met_if(units.iter().any(is_meant), || match units.last() {
            Some(nearest) => format!("it is in {}", nearest.path),
            None => OUTSIDE.to_owned(),
        }),
    }
}

fn check_organization(vpc_facts: &VpcFacts) -> Outcome {
    match &vpc_facts.units {
        Fact::Unknown(why) => Outcome::Unknown(why.clone()),
        Fact::Known(units) => met_if(!units.is_empty(), || OUTSIDE.to_owned()),
    }
}

/// An allow rule speaks of a VPC whose blocks all lie inside its own; a deny rule of one with any address in common, so that no
/// further block, of either family, takes a VPC out of it.
fn check_cidrs(effect: Effect, wanted: &CidrSet, vpc_facts: &VpcFacts) -> Outcome {
    let cidrs = match &vpc_facts.cidrs {
        Fact::Unknown(why) => return Outcome::Unknown(why.clone()),
        Fact::Known(cidrs) if cidrs.is_empty() => return Outcome::Unknown("the VPC shows no CIDR block".to_owned()),
        Fact::Known(cidrs) => cidrs,
    };
    match effect {
        Effect::Allow => {
            let outside: Vec<String> = cidrs.outside(wanted).map(ToString::to_string).collect();
            met_if(outside.is_empty(), || format!("{} is outside", outside.join(", ")))
        }
        Effect::Deny => met_if(cidrs.overlaps(wanted).next().is_some(), || format!("it has {cidrs}")),
    }
}

/// The blocks of a VPC that have an address in common with these.
pub(super) fn touched(wanted: &CidrSet, vpc_facts: &VpcFacts) -> impl Iterator<Item = IpNet> {
    let blocks: BTreeSet<IpNet> =
        vpc_facts.cidrs.known().into_iter().flat_map(|cidrs| cidrs.overlaps(wanted)).map(|(block, _)| *block).collect();
    blocks.into_iter()
}

fn check_tags(wanted: &Selector, vpc_facts: &VpcFacts) -> Outcome {
    let tags = match &vpc_facts.tags {
        Fact::Unknown(why) => return Outcome::Unknown(why.clone()),
        Fact::Known(tags) => tags,
    };
    let wrong: Vec<String> = wanted
        .tags
        .iter()
        .filter_map(|(key, values)| match tags.get(key) {
            Some(value) if is_one_of(value, values) => None,
            Some(value) => Some(format!("{key} is {value}")),
            None => Some(format!("it has no tag {key}")),
        })
        .collect();
    met_if(wrong.is_empty(), || wrong.join(", "))
}
