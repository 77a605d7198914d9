//! Head-room below the quotas.

use std::collections::{BTreeMap, BTreeSet};

use super::{Precheck, PrecheckContext, others};
use crate::ids::{GroupId, PrefixListId, Side};
use crate::observed::Observed;
use crate::plan::{Finding, Step};
use crate::quota::{Counted, Family, Quotas};
use crate::world::{Destination, Direction, End, Fact, Route, RouteTable, RouteTarget, RulePeer, RuleSpec};

pub(super) fn check(observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    for side in Side::BOTH {
        let quotas = context.quotas.of(side);
        if context.peerings.of(side).known().is_some() {
            let of = Counted::Peerings(observed.connection.ends.of(side).vpc.clone());
            compare_with_limit(side, of, others(side, observed, context).count(), 1, quotas.peerings_per_vpc, found);
        }
        if let Fact::Known(end) = observed.ends.of(side) {
            check_routes(side, end, quotas, found);
            check_rules(side, end, quotas, found);
        }
    }
}

fn compare_with_limit(side: Side, of: Counted, used: usize, more: usize, limit: usize, found: &mut Precheck) {
    if more > 0 && used + more > limit {
        found.obstacles.push(Finding::Quota { side, of, used, more, limit });
    }
}

/// Propagated routes have a quota of their own, which no step of ours touches; local ones come with the VPC.
fn countable(table: &RouteTable) -> impl Iterator<Item = &Route> {
    table.routes.iter().filter(|route| !route.propagated && route.target != RouteTarget::Other("local".to_owned()))
}

fn check_routes(side: Side, end: &End, quotas: &Quotas, found: &mut Precheck) {
    for table in &end.tables {
        let made: Vec<Destination> = found
            .plan
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::CreateRoute { table: id, destination, .. } if *id == table.id => Some(destination.clone()),
                _ => None,
            })
            .collect();
        for family in [Family::V4, Family::V6] {
            let used = countable(table).map(|route| route_weight(&route.destination, family, end)).sum();
            let more = made.iter().map(|destination| route_weight(destination, family, end)).sum();
            compare_with_limit(side, Counted::Routes(table.id.clone(), family), used, more, quotas.routes_per_table, found);
        }
    }
}

fn check_rules(side: Side, end: &End, quotas: &Quotas, found: &mut Precheck) {
    let mut made: BTreeMap<_, BTreeSet<RuleSpec>> = BTreeMap::new();
    for step in &found.plan.steps {
        if let Step::AuthorizeRules { side: at, group, direction, rules, .. } = step
            && *at == side
        {
            made.entry((group.clone(), *direction)).or_default().extend(rules.iter().cloned());
        }
    }
    for ((id, direction), rules) in made {
        for family in [Family::V4, Family::V6] {
            let group = end.groups.iter().filter(|group| group.id == id).flat_map(|group| &group.rules);
            let used = group.filter(|rule| rule.direction == direction).map(|rule| rule_weight(&rule.spec, family, end)).sum();
            let more = rules.iter().map(|rule| rule_weight(rule, family, end)).sum();
            compare_with_limit(side, rules_of(&id, direction, family), used, more, quotas.usable_rules_per_group(), found);
        }
    }
}

/// The numbers behind a step that AWS refuses for a quota: what is there, and what would come beside it before anything goes.
pub fn explain_quota(step: &Step, observed: &Observed) -> Option<String> {
    let end = observed.ends.of(step.side()).known()?;
    let counted = [Family::V4, Family::V6].into_iter().filter_map(|family| count(step, family, end)).filter(|(_, _, more)| *more > 0);
    let numbers: Vec<String> = counted.map(|(of, used, more)| format!("{used} {of} are there, and {more} more do not fit")).collect();
    (!numbers.is_empty()).then(|| format!("{}; what they replace goes only after them", numbers.join("; ")))
}

/// What a step adds to, how much is there, and how much it adds, of one family.
fn count(step: &Step, family: Family, end: &End) -> Option<(Counted, usize, usize)> {
    match step {
        Step::AuthorizeRules { group: id, direction, rules, .. } => {
            let group = end.groups.iter().find(|group| group.id == *id)?;
            let there = group.rules.iter().filter(|rule| rule.direction == *direction);
            let used = there.map(|rule| rule_weight(&rule.spec, family, end)).sum();
            let more = rules.iter().map(|rule| rule_weight(rule, family, end)).sum();
            Some((rules_of(id, *direction, family), used, more))
        }
        Step::CreateRoute { table: id, destination, .. } => {
            let table = end.tables.iter().find(|table| table.id == *id)?;
            let used = countable(table).map(|route| route_weight(&route.destination, family, end)).sum();
            Some((Counted::Routes(id.clone(), family), used, route_weight(destination, family, end)))
        }
        Step::EnableDnsResolution { .. } | Step::DeleteRoute { .. } | Step::RevokeRules { .. } => None,
    }
}

fn rules_of(group: &GroupId, direction: Direction, family: Family) -> Counted {
    Counted::Rules(group.clone(), direction, family)
}

/// A prefix list counts with the most entries that it may have, however few there are ("Prefix list rules", VPC user guide).
fn route_weight(destination: &Destination, family: Family, end: &End) -> usize {
    match destination {
        Destination::Cidr(block) => usize::from(Family::from(block) == family),
        Destination::PrefixList(id) => list_weight(id, family, end),
    }
}

/// A reference to a group counts once in each family ("Security group quotas", VPC user guide).
fn rule_weight(rule: &RuleSpec, family: Family, end: &End) -> usize {
    match &rule.peer {
        RulePeer::Cidr(block) => usize::from(Family::from(block) == family),
        RulePeer::PrefixList(id) => list_weight(id, family, end),
        RulePeer::Group(..) | RulePeer::Other(_) => 1,
    }
}

/// A list has one family. Of a list that nobody asked for no more is known than that it is there.
fn list_weight(id: &PrefixListId, family: Family, end: &End) -> usize {
    match end.prefix_lists.get(id) {
        Some(Fact::Known(list)) => {
            let first = list.cidrs.iter().next().map(Family::from);
            if first.is_none_or(|first| first == family) { list.max_entries } else { 0 }
        }
        Some(Fact::Unknown(_)) | None => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cidr::CidrSet;
    use crate::traffic::{Ports, Traffic};

    #[test]
    fn a_source_that_nobody_knows_counts_once() {
        let nothing = End {
            cidrs: CidrSet::default(),
            dns_ready: None,
            dns_resolution: false,
            tables: Vec::new(),
            groups: Vec::new(),
            participants_groups: BTreeMap::new(),
            subnets: Vec::new(),
            prefix_lists: BTreeMap::new(),
        };
        let rule = RuleSpec { traffic: Traffic::Tcp(Ports::ALL), peer: RulePeer::Other("another source".to_owned()) };
        assert_eq!((rule_weight(&rule, Family::V4, &nothing), rule_weight(&rule, Family::V6, &nothing)), (1, 1));
    }
}
