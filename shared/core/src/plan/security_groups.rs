//! Security group rules that are missing.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{Blocked, Plan, Step};
use crate::allowlist::{GroupIntent, Protocol, SecurityGroupPermission, Source};
use crate::ids::{GroupId, Side};
use crate::world::{Direction, End, Observed, RulePeer, RuleSpec, SecurityGroup};

/// Plans the rules of one end: one step per group and direction, with every rule that is missing there.
pub(super) fn plan(side: Side, intents: &[GroupIntent], end: &End, observed: &Observed, plan: &mut Plan) {
    let mut wanted: BTreeMap<(&GroupId, Direction), BTreeSet<RuleSpec>> = BTreeMap::new();
    for intent in intents {
        let groups: Vec<&SecurityGroup> = end.groups.iter().filter(|group| intent.groups.selects(&group.id, &group.tags)).collect();
        if groups.is_empty() {
            plan.blocked.push(Blocked::NoGroups { side, wanted: intent.groups.to_string() });
        }
        for group in groups {
            for (direction, permissions) in [(Direction::Ingress, &intent.ingress), (Direction::Egress, &intent.egress)] {
                let rules = permissions.iter().flat_map(|permission| specs(side, permission, observed));
                wanted.entry((&group.id, direction)).or_default().extend(rules);
            }
        }
    }
    for ((id, direction), mut rules) in wanted {
        let group = end.groups.iter().find(|group| group.id == *id);
        let existing = group.into_iter().flat_map(|group| &group.rules).filter(|(way, _)| *way == direction);
        for (_, rule) in existing {
            rules.remove(rule);
        }
        if !rules.is_empty() {
            let connection = observed.connection.id.clone();
            plan.steps.push(Step::AuthorizeRules { side, group: id.clone(), direction, rules, connection });
        }
    }
}

/// The rules that one permission comes to on this connection.
///
/// A peer's group can be referred to only within a Region ("You can't reference the security group of a peer VPC that's in
/// a different Region", VPC peering guide); across Regions its VPC's blocks stand in.
fn specs(side: Side, permission: &SecurityGroupPermission, observed: &Observed) -> Vec<RuleSpec> {
    let ends = &observed.connection.ends;
    let peer = &ends.of(side.peer()).place;
    let same_region = peer.region == ends.of(side).place.region;
    let spec = |peer| RuleSpec { protocol: permission.protocol, ports: permission.ports, peer };
    match &permission.peer {
        Source::PeerGroups(groups) if same_region => {
            groups.iter().map(|group| spec(RulePeer::Group(group.clone(), peer.account.clone()))).collect()
        }
        Source::PeerGroups(_) | Source::PeerVpc => observed
            .cidrs
            .of(side.peer())
            .iter()
            .filter(|block| speaks(permission.protocol, block))
            .map(|block| spec(RulePeer::Cidr(*block)))
            .collect(),
    }
}

/// ICMP exists once per address family.
const fn speaks(protocol: Protocol, block: &IpNet) -> bool {
    match protocol {
        Protocol::Icmp => matches!(block, IpNet::V4(_)),
        Protocol::Icmpv6 => matches!(block, IpNet::V6(_)),
        Protocol::All | Protocol::Tcp | Protocol::Udp | Protocol::Number(_) => true,
    }
}
