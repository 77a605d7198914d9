//! Security group rules that are missing, and rules of ours that are no longer wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::{Blocked, Plan, Removal, Step, Waiting};
use crate::allowlist::{GroupIntent, SecurityGroupPermission, Source};
use crate::ids::{GroupId, GroupRuleId, PcxId, Side};
use crate::observed::Observed;
use crate::tags::Selection;
use crate::world::{Direction, End, Fact, RulePeer, RuleSpec, SecurityGroup};

/// Rules that are there, by what one call can remove.
pub(super) type RulesByGroup<'a> = BTreeMap<(&'a GroupId, Direction), BTreeSet<(GroupRuleId, RuleSpec)>>;

type Wanted<'a> = BTreeMap<(&'a GroupId, Direction), BTreeSet<RuleSpec>>;

/// Plans the rules of one end: one step per group and direction, with every rule that is missing there.
pub(super) fn plan(side: Side, intents: &[GroupIntent], end: &End, observed: &Observed, plan: &mut Plan) {
    let mut wanted = Wanted::new();
    let mut meant_nothing = false;
    for intent in intents {
        let groups: Vec<&SecurityGroup> = end.groups.iter().filter(|group| intent.groups.selects(&group.id, &group.tags)).collect();
        if groups.is_empty() {
            meant_nothing = true;
            plan.blocked.push(Blocked::NoGroups { side, wanted: intent.groups.to_string() });
        }
        for (direction, permissions) in [(Direction::Ingress, &intent.ingress), (Direction::Egress, &intent.egress)] {
            for permission in permissions {
                let rules = specs(side, permission, observed).unwrap_or_else(|blocked| {
                    meant_nothing = true;
                    plan.blocked.push(blocked);
                    Vec::new()
                });
                for group in &groups {
                    wanted.entry((&group.id, direction)).or_default().extend(rules.iter().cloned());
                }
            }
        }
    }
    for group in &end.groups {
        for direction in [Direction::Ingress, Direction::Egress] {
            plan_additions(side, group, direction, wanted.get(&(&group.id, direction)), observed, plan);
        }
    }
    plan_removals(side, &wanted, meant_nothing, end, observed, plan);
}

/// Rules are the same to EC2 whoever made them: what is there is not made again.
fn plan_additions(
    side: Side,
    group: &SecurityGroup,
    direction: Direction,
    wanted: Option<&BTreeSet<RuleSpec>>,
    observed: &Observed,
    plan: &mut Plan,
) {
    let mut missing = wanted.cloned().unwrap_or_default();
    for rule in group.rules.iter().filter(|rule| rule.direction == direction) {
        missing.remove(&rule.spec);
    }
    if !missing.is_empty() {
        let connection = observed.connection.id.clone();
        plan.steps.push(Step::AuthorizeRules { side, group: group.id.clone(), direction, rules: missing, connection });
    }
}

/// Rules that bear this connection's tag and are wanted no longer.
fn plan_removals(side: Side, wanted: &Wanted<'_>, meant_nothing: bool, end: &End, observed: &Observed, plan: &mut Plan) {
    let connection = &observed.connection.id;
    let mut superfluous = RulesByGroup::new();
    for group in &end.groups {
        for rule in group.rules.iter().filter(|rule| rule.owner.as_ref() == Some(connection)) {
            let key = (&group.id, rule.direction);
            if !wanted.get(&key).is_some_and(|specs| specs.contains(&rule.spec)) {
                superfluous.entry(key).or_default().insert((rule.id.clone(), rule.spec.clone()));
            }
        }
    }
    if meant_nothing && !superfluous.is_empty() {
        let count = superfluous.values().map(BTreeSet::len).sum();
        plan.waiting.push(Waiting::Removal { side, what: Removal::Rules, count });
        return;
    }
    plan.steps.extend(revoke(side, superfluous, connection));
}

/// One step per group and direction.
pub(super) fn revoke<'a>(side: Side, rules: RulesByGroup<'a>, connection: &'a PcxId) -> impl Iterator<Item = Step> + 'a {
    rules.into_iter().map(move |((group, direction), rules)| Step::RevokeRules {
        side,
        group: group.clone(),
        direction,
        rules,
        connection: connection.clone(),
    })
}

/// The rules that one permission comes to on this connection.
///
/// A peer's group can be referred to only within a Region ("You can't reference the security group of a peer VPC that's in
/// a different Region", VPC peering guide); across Regions its VPC's blocks stand in.
fn specs(side: Side, permission: &SecurityGroupPermission, observed: &Observed) -> Result<Vec<RuleSpec>, Blocked> {
    let ends = &observed.connection.ends;
    let peer = &ends.of(side.peer()).place;
    let same_region = peer.region == ends.of(side).place.region;
    let spec = |peer| RuleSpec { traffic: permission.traffic, peer };
    match &permission.peer {
        Source::PeerGroups(groups) if same_region => {
            let groups = peer_groups(side, groups, observed)?;
            Ok(groups.into_iter().map(|group| spec(RulePeer::Group(group, peer.account.clone()))).collect())
        }
        Source::PeerGroups(_) | Source::PeerVpc => Ok(observed
            .cidrs
            .of(side.peer())
            .iter()
            .filter(|block| permission.traffic.suits(block))
            .map(|block| spec(RulePeer::Cidr(*block)))
            .collect()),
    }
}

/// The peer's groups that are meant. Those that are named need not be readable; those with a tag have to be looked up on the other side.
fn peer_groups(side: Side, groups: &Selection<GroupId>, observed: &Observed) -> Result<BTreeSet<GroupId>, Blocked> {
    match (groups, observed.ends.of(side.peer())) {
        (Selection::Ids(ids), _) => Ok(ids.clone()),
        (Selection::Tagged(_), Fact::Unknown(why)) => Err(Blocked::NoPeerGroups { side, wanted: format!("{groups}: {why}") }),
        (Selection::Tagged(_), Fact::Known(end)) => {
            let found: BTreeSet<GroupId> =
                end.groups.iter().filter(|group| groups.selects(&group.id, &group.tags)).map(|group| group.id.clone()).collect();
            if found.is_empty() { Err(Blocked::NoPeerGroups { side, wanted: groups.to_string() }) } else { Ok(found) }
        }
    }
}
