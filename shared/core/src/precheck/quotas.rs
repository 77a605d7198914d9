//! Head-room below the quotas.

use std::collections::BTreeMap;

use super::{Precheck, PrecheckContext, others};
use crate::ids::{GroupId, PrefixListId, Side};
use crate::observed::Observed;
use crate::plan::{Finding, Step};
use crate::quota::{Counted, Family, Quotas};
use crate::world::{Destination, Direction, End, Fact, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup};

/// Each counts apart.
const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

pub(super) fn check(observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    for side in Side::BOTH {
        let quotas = context.quotas.of(side);
        if context.peerings.of(side).known().is_some() {
            let of = Counted::Peerings(observed.connection.ends.of(side).vpc.clone());
            compare_with_limit(side, of, others(side, observed, context).count(), 1, quotas.peerings_per_vpc, found);
        }
        if let Fact::Known(end) = observed.ends.of(side) {
            check_additions(side, end, quotas, found);
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

/// What the plan adds at an end, beside what is there.
fn check_additions(side: Side, end: &End, quotas: &Quotas, found: &mut Precheck) {
    for (of, more) in weights(found.plan.additions().filter(|step| step.side() == side), end) {
        let (used, limit) = (used(&of, end), quotas.limit(&of));
        compare_with_limit(side, of, used, more, limit, found);
    }
}

/// What steps at an end add to or take from what quotas count.
pub(super) fn weights<'s>(steps: impl Iterator<Item = &'s Step>, end: &End) -> BTreeMap<Counted, usize> {
    let mut weights = BTreeMap::new();
    for step in steps {
        for (of, more) in FAMILIES.into_iter().filter_map(|family| weight(step, family, end)) {
            *weights.entry(of).or_default() += more;
        }
    }
    weights
}

/// The numbers behind a step that AWS refuses for a quota: what is there, and what would come beside it before anything goes.
pub fn explain_quota(step: &Step, observed: &Observed) -> Option<String> {
    let end = observed.ends.of(step.side()).known()?;
    let counted = FAMILIES.into_iter().filter_map(|family| weight(step, family, end)).filter(|(_, more)| *more > 0);
    let numbers = counted.map(|(of, more)| format!("{} {of} are there, and {more} more do not fit", used(&of, end)));
    Some(numbers.collect::<Vec<_>>().join("; ")).filter(|numbers| !numbers.is_empty())
}

/// What a step adds to or takes from, and how much of one family.
fn weight(step: &Step, family: Family, end: &End) -> Option<(Counted, usize)> {
    let rules = |rules: &mut dyn Iterator<Item = &RuleSpec>| rules.map(|rule| rule_weight(rule, family, end)).sum();
    match step {
        Step::AuthorizeRules { group, direction, rules: added, .. } => {
            Some((rules_of(group, *direction, family), rules(&mut added.iter())))
        }
        Step::RevokeRules { group, direction, rules: removed, .. } => {
            Some((rules_of(group, *direction, family), rules(&mut removed.iter().map(|(_, rule)| rule))))
        }
        Step::CreateRoute { table, destination, .. } | Step::DeleteRoute { table, destination, .. } => {
            Some((Counted::Routes(table.clone(), family), route_weight(destination, family, end)))
        }
        Step::EnableDnsResolution { .. } | Step::HandOverRules { .. } | Step::DisableDnsResolution { .. } => None,
    }
}

/// How much there is of what a quota counts, at an end.
pub(super) fn used(of: &Counted, end: &End) -> usize {
    match of {
        Counted::Rules(id, direction, family) => {
            end.groups.iter().filter(|group| group.id == *id).map(|group| rules_in(group, *direction, *family, end)).sum()
        }
        Counted::Routes(id, family) => end.tables.iter().filter(|table| table.id == *id).map(|table| routes_in(table, *family, end)).sum(),
        Counted::Peerings(_) => 0,
    }
}

/// The least room that is left at an end, in percent of what a quota allows: of the tables with routes over peering connections, of the groups with
/// rules of ours, and of the VPC for so many connections.
pub fn least_room(end: &End, peerings: usize, quotas: &Quotas) -> usize {
    let tables = end.tables.iter().filter(|table| table.routes.iter().any(|route| matches!(route.target, RouteTarget::Peering(_))));
    let routes = tables.flat_map(|table| FAMILIES.map(|family| routes_in(table, family, end)));
    let groups = end.groups.iter().filter(|group| group.rules.iter().any(|rule| rule.owner.is_some()));
    let each = |direction| FAMILIES.map(|family| (direction, family));
    let rules = groups.flat_map(|group| {
        let kinds = [Direction::Ingress, Direction::Egress].into_iter().flat_map(each);
        kinds.map(move |(direction, family)| rules_in(group, direction, family, end))
    });
    let rooms = routes.map(|used| room(used, quotas.routes_per_table)).chain(rules.map(|used| room(used, quotas.usable_rules_per_group())));
    rooms.chain([room(peerings, quotas.peerings_per_vpc)]).min().unwrap_or(100)
}

/// What is left of a quota, in percent.
fn room(used: usize, limit: usize) -> usize {
    100 * limit.saturating_sub(used) / limit.max(1)
}

fn routes_in(table: &RouteTable, family: Family, end: &End) -> usize {
    countable(table).map(|route| route_weight(&route.destination, family, end)).sum()
}

fn rules_in(group: &SecurityGroup, direction: Direction, family: Family, end: &End) -> usize {
    group.rules.iter().filter(|rule| rule.direction == direction).map(|rule| rule_weight(&rule.spec, family, end)).sum()
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
