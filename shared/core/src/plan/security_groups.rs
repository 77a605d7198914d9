//! Security group rules that are missing, and rules of ours that are no longer wanted.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::openings::Openings;
use super::routes::Tables;
use super::{Finding, Plan, Removal, Step, Waiting};
use crate::allowlist::{AcrossRegions, GroupIntent, SecurityGroupPermission, Source};
use crate::ids::{GroupId, GroupRuleId, PcxId, Side};
use crate::observed::Observed;
use crate::owned::BorrowedRule;
use crate::tags::Selection;
use crate::world::{Direction, End, Fact, RulePeer, RuleSpec, SecurityGroup};

/// Rules that are there, by what one call can remove.
pub(super) type RulesByGroup<'a> = BTreeMap<(&'a GroupId, Direction), BTreeSet<(GroupRuleId, RuleSpec)>>;

/// The rules that are wanted in a group, and those that are not made now and yet stay where they are.
#[derive(Default)]
struct Specs {
    made: BTreeSet<RuleSpec>,
    kept: BTreeSet<RuleSpec>,
}

type Wanted<'a> = BTreeMap<(&'a GroupId, Direction), Specs>;

/// Plans the rules of one end: one step per group and direction, with every rule that is missing there.
pub(super) fn plan(side: Side, intents: &[GroupIntent], end: &End, observed: &Observed, tables: &Tables<'_>, plan: &mut Plan) {
    let mut wanted = Wanted::new();
    let mut findings = Vec::new();
    for intent in intents {
        let groups: Vec<&SecurityGroup> = end.groups.iter().filter(|group| intent.groups.selects(&group.id, &group.tags)).collect();
        findings.extend(unknown_groups(side, intent, &groups, end));
        let openings = Openings::of(side, intent, end, observed, tables);
        for (direction, permissions) in [(Direction::Ingress, &intent.ingress), (Direction::Egress, &intent.egress)] {
            for permission in permissions {
                let specs = specs(side, permission, &openings, end, observed, &mut findings);
                for group in &groups {
                    let entry = wanted.entry((&group.id, direction)).or_default();
                    entry.made.extend(specs.made.iter().cloned());
                    entry.kept.extend(specs.kept.iter().cloned());
                }
            }
        }
    }
    let meant_nothing = findings.iter().any(Finding::casts_doubt);
    plan.tell(findings);
    for group in &end.groups {
        for direction in [Direction::Ingress, Direction::Egress] {
            plan_additions(side, group, direction, wanted.get(&(&group.id, direction)), observed, plan);
        }
    }
    plan_removals(side, &wanted, meant_nothing, end, observed, plan);
}

/// What a choice of groups names in vain.
fn unknown_groups(side: Side, intent: &GroupIntent, groups: &[&SecurityGroup], end: &End) -> Vec<Finding> {
    let participants = |id: &GroupId| end.participants_groups.get(id);
    match &intent.groups {
        Selection::Ids(ids) if !groups.is_empty() || ids.iter().any(|id| participants(id).is_some()) => {
            let there: BTreeSet<&GroupId> = groups.iter().map(|group| &group.id).collect();
            let missing = ids.iter().filter(|id| !there.contains(id)).cloned();
            let finding = |group: GroupId| match participants(&group) {
                Some(owner) => Finding::ParticipantsGroup { side, owner: owner.clone(), group },
                None => Finding::NoSuchGroup { side, group },
            };
            missing.map(finding).collect()
        }
        wanted if groups.is_empty() => vec![Finding::NoGroups { side, wanted: wanted.to_string() }],
        Selection::Ids(_) | Selection::Tagged(_) => Vec::new(),
    }
}

/// Rules are the same to EC2 whoever made them: what is there is not made again.
fn plan_additions(side: Side, group: &SecurityGroup, direction: Direction, wanted: Option<&Specs>, observed: &Observed, plan: &mut Plan) {
    let mut missing = wanted.map(|specs| specs.made.clone()).unwrap_or_default();
    let kept = |rule: &RuleSpec| wanted.is_some_and(|specs| specs.kept.contains(rule));
    for rule in group.rules.iter().filter(|rule| rule.direction == direction) {
        let is_made = missing.remove(&rule.spec);
        let (group, spec) = (group.id.clone(), rule.spec.clone());
        match &rule.owner {
            Some(owner) if *owner != observed.connection.id && (is_made || kept(&spec)) => {
                plan.borrowed.insert(BorrowedRule { side, group, direction, rule: spec });
            }
            None if is_made => plan.notes.push(Finding::AdoptedRule { side, group, direction, rule: spec }),
            _ => {}
        }
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
            if !wanted.get(&key).is_some_and(|specs| specs.made.contains(&rule.spec) || specs.kept.contains(&rule.spec)) {
                superfluous.entry(key).or_default().insert((rule.id.clone(), rule.spec.clone()));
            }
        }
    }
    if meant_nothing && !superfluous.is_empty() {
        let count = superfluous.values().map(BTreeSet::len).sum();
        plan.waiting.push(Waiting::Removal { side, what: Removal::Rules, count });
        return;
    }
    plan.steps.extend(give_up(side, superfluous, observed));
}

/// Revokes rules of ours, one step per group and direction; those that another connection borrows become its own instead.
pub(super) fn give_up(side: Side, rules: RulesByGroup<'_>, observed: &Observed) -> Vec<Step> {
    let connection = &observed.connection.id;
    let mut steps = Vec::new();
    for ((group, direction), rules) in rules {
        let mut heirs: BTreeMap<Option<&PcxId>, BTreeSet<(GroupRuleId, RuleSpec)>> = BTreeMap::new();
        for (id, spec) in rules {
            let heir = observed.borrowers.get(&(group.clone(), direction, spec.clone()));
            heirs.entry(heir).or_default().insert((id, spec));
        }
        steps.extend(heirs.into_iter().map(|(heir, rules)| {
            let (group, connection) = (group.clone(), connection.clone());
            match heir {
                Some(to) => Step::HandOverRules { side, group, direction, rules, connection, to: to.clone() },
                None => Step::RevokeRules { side, group, direction, rules, connection },
            }
        }));
    }
    steps
}

/// The rules that one permission comes to on this connection.
///
/// A peer's group can be referred to only within a Region ("You can't reference the security group of a peer VPC that's in
/// a different Region", VPC peering guide); across Regions its VPC's blocks stand in where the rule says so.
fn specs(
    side: Side,
    permission: &SecurityGroupPermission,
    openings: &Openings,
    end: &End,
    observed: &Observed,
    findings: &mut Vec<Finding>,
) -> Specs {
    let ends = &observed.connection.ends;
    let peer = &ends.of(side.peer()).place;
    let same_region = peer.region == ends.of(side).place.region;
    let spec = |peer| RuleSpec { traffic: permission.traffic, peer };
    match (&permission.peer, permission.across_regions) {
        (Source::PeerGroups(groups), _) if same_region => {
            let (groups, found) = peer_groups(side, groups, end, observed);
            findings.extend(found);
            let made = groups.into_iter().map(|group| spec(RulePeer::Group(group.clone(), peer.account.clone())));
            Specs { made: made.collect(), kept: BTreeSet::new() }
        }
        (Source::PeerGroups(groups), AcrossRegions::Block) => {
            findings.push(Finding::AcrossRegions { side, wanted: groups.to_string() });
            Specs::default()
        }
        (Source::PeerGroups(_), AcrossRegions::PeerVpc) | (Source::PeerVpc, _) => {
            findings.extend(openings.findings.iter().cloned());
            let suitable = |blocks: &[IpNet]| {
                let blocks = blocks.iter().filter(|block| permission.traffic.suits(block));
                blocks.map(|block| spec(RulePeer::Cidr(*block))).collect()
            };
            Specs { made: suitable(&openings.open), kept: suitable(&openings.kept) }
        }
    }
}

/// The peer's groups that are meant, looked up on the other side: an id that is not the peer's may be that of a third VPC. Where the peer can't
/// be read any more, a rule of ours vouches for the group that it refers to: it was looked up when it was made.
fn peer_groups<'o>(side: Side, groups: &Selection<GroupId>, end: &'o End, observed: &'o Observed) -> (Vec<&'o GroupId>, Vec<Finding>) {
    let peer = match observed.ends.of(side.peer()) {
        Fact::Known(peer) => peer,
        Fact::Unknown(why) => {
            let Selection::Ids(ids) = groups else {
                return (Vec::new(), vec![Finding::NoPeerGroups { side, wanted: format!("{groups}: {why}") }]);
            };
            let vouched: BTreeSet<&GroupId> = referred_by_us(end, observed).filter(|id| ids.contains(id)).collect();
            let unknown = (vouched.len() < ids.len()).then(|| Finding::NoPeerGroups { side, wanted: format!("{groups}: {why}") });
            return (vouched.into_iter().collect(), unknown.into_iter().collect());
        }
    };
    let meant: Vec<&GroupId> = peer.groups.iter().filter(|group| groups.selects(&group.id, &group.tags)).map(|group| &group.id).collect();
    let unknown = match groups {
        wanted if meant.is_empty() => vec![Finding::NoPeerGroups { side, wanted: wanted.to_string() }],
        Selection::Ids(ids) => {
            let foreign = ids.iter().filter(|id| !meant.contains(id));
            foreign.map(|id| Finding::NotPeersGroup { side, group: id.clone() }).collect()
        }
        Selection::Tagged(_) => Vec::new(),
    };
    (meant, unknown)
}

/// The groups that rules of ours refer to.
fn referred_by_us<'o>(end: &'o End, observed: &'o Observed) -> impl Iterator<Item = &'o GroupId> {
    let rules = end.groups.iter().flat_map(|group| &group.rules);
    rules.filter(|rule| rule.owner.as_ref() == Some(&observed.connection.id)).filter_map(|rule| match &rule.spec.peer {
        RulePeer::Group(id, _) => Some(id),
        RulePeer::Cidr(_) | RulePeer::PrefixList(_) | RulePeer::Other(_) => None,
    })
}
