//! A strict stand-in for EC2 and the ledger: carries out steps on a world, and refuses what EC2 would refuse.

use peerwright_core::ids::{GroupId, GroupRuleId, PcxId, RouteTableId, Side};
use peerwright_core::observed::Observed;
use peerwright_core::plan::Step;
use peerwright_core::world::{
    Destination, Direction, End, Fact, GroupRule, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup,
};

/// The world after the steps. Panics at a step that EC2 would refuse, or that touches what isn't ours.
///
/// The ledger is kept as the engine keeps it: what is about to be made is remembered first, what was removed is forgotten last.
pub(crate) fn apply(steps: &[Step], world: &Observed) -> Observed {
    let mut world = world.clone();
    world.owned.extend(steps);
    for step in steps {
        assert!(step.removes() || world.connection.state == PeeringState::Active, "`{step}` needs an active connection");
        carry_out(step, &mut world);
    }
    world.owned.forget(steps);
    world
}

fn carry_out(step: &Step, world: &mut Observed) {
    match step {
        Step::CreateRoute { side, table, destination, connection } => {
            assert_eq!(*connection, world.connection.id, "`{step}` leads over another connection");
            create_route(table_of(world, *side, table), destination, connection);
        }
        Step::AuthorizeRules { side, group, direction, rules, connection } => {
            assert_eq!(*connection, world.connection.id, "`{step}` belongs to another connection");
            assert!(!rules.is_empty(), "`{step}` has no rules");
            for rule in rules {
                refuse_far_reference(world, rule);
                let id = next_rule_id(world);
                let owner = Some(connection.clone());
                authorize(group_of(world, *side, group), GroupRule { id, direction: *direction, spec: rule.clone(), owner });
            }
        }
        Step::EnableDnsResolution { side, connection } => {
            assert_eq!(*connection, world.connection.id, "`{step}` is about another connection");
            enable_dns_resolution(world, *side);
        }
        Step::DisableDnsResolution { side, connection } => {
            assert_eq!(*connection, world.connection.id, "`{step}` is about another connection");
            assert!(world.owned.dns_resolution.contains(side), "`{step}` switches off what is not ours");
            end_of(world, *side).dns_resolution = false;
        }
        Step::DeleteRoute { side, table, destination, connection } => {
            assert_eq!(*connection, world.connection.id, "`{step}` leads over another connection");
            assert!(world.owned.has_route(*side, table, destination), "`{step}` removes what is not ours");
            delete_route(table_of(world, *side, table), destination, connection);
        }
        Step::HandOverRules { group, direction, rules, connection, to, .. } => {
            assert_eq!(*connection, world.connection.id, "`{step}` belongs to another connection");
            for (id, spec) in rules {
                hand_over(world, group, id, *direction, spec, to);
            }
        }
        Step::RevokeRules { side, group, direction, rules, connection } => {
            assert_eq!(*connection, world.connection.id, "`{step}` belongs to another connection");
            assert!(!rules.is_empty(), "`{step}` has no rules");
            for (id, spec) in rules {
                revoke(group_of(world, *side, group), id, *direction, spec, connection);
                // Where both VPCs are in one place, the other end may show the same rule.
                if let Fact::Known(peer) = world.ends.of_mut(side.peer()) {
                    peer.groups.iter_mut().filter(|other| other.id == *group).for_each(|other| other.rules.retain(|rule| rule.id != *id));
                }
            }
        }
    }
}

fn create_route(table: &mut RouteTable, destination: &Destination, connection: &PcxId) {
    let taken = table.routes.iter().any(|route| route.destination == *destination && !route.propagated);
    assert!(!taken, "RouteAlreadyExists: {destination} in {}", table.id);
    let target = RouteTarget::Peering(connection.clone());
    table.routes.push(Route { destination: destination.clone(), target, blackhole: false, propagated: false });
}

/// EC2 removes the static route for a destination, wherever it leads: that it leads over the connection is for us to know.
fn delete_route(table: &mut RouteTable, destination: &Destination, connection: &PcxId) {
    let at = table.routes.iter().position(|route| route.destination == *destination && !route.propagated);
    let removed = table.routes.remove(at.unwrap_or_else(|| panic!("InvalidRoute.NotFound: {destination} in {}", table.id)));
    assert_eq!(removed.target, RouteTarget::Peering(connection.clone()), "a route of somebody else was removed from {}", table.id);
}

fn authorize(group: &mut SecurityGroup, rule: GroupRule) {
    let double = group.rules.iter().any(|other| other.direction == rule.direction && other.spec == rule.spec);
    assert!(!double, "InvalidPermission.Duplicate: {rule:?} in {}", group.id);
    group.rules.push(rule);
}

fn revoke(group: &mut SecurityGroup, id: &GroupRuleId, direction: Direction, spec: &RuleSpec, connection: &PcxId) {
    let at = group.rules.iter().position(|rule| rule.id == *id && rule.direction == direction);
    let removed = group.rules.remove(at.unwrap_or_else(|| panic!("InvalidSecurityGroupRuleId.NotFound: {id} in {}", group.id)));
    assert_eq!(removed.owner.as_ref(), Some(connection), "a rule of somebody else was removed from {}", group.id);
    assert_eq!(removed.spec, *spec, "what people read is not what is removed from {}", group.id);
}

/// Where both VPCs are in one place, both ends may show the rule.
fn hand_over(world: &mut Observed, group: &GroupId, id: &GroupRuleId, direction: Direction, spec: &RuleSpec, to: &PcxId) {
    let connection = world.connection.id.clone();
    let mut found = 0;
    for side in Side::BOTH {
        let Fact::Known(end) = world.ends.of_mut(side) else { continue };
        for rule in end.groups.iter_mut().filter(|found| found.id == *group).flat_map(|group| &mut group.rules) {
            if rule.id == *id {
                assert_eq!(rule.owner.as_ref(), Some(&connection), "a rule of somebody else was handed over in {group}");
                assert_eq!((rule.direction, &rule.spec), (direction, spec), "what people read is not what is handed over in {group}");
                rule.owner = Some(to.clone());
                found += 1;
            }
        }
    }
    assert!(found > 0, "InvalidSecurityGroupRuleId.NotFound: {id} in {group}");
}

fn enable_dns_resolution(world: &mut Observed, side: Side) {
    for side in Side::BOTH {
        let refused = world.ends.of(side).known().is_some_and(|end| end.dns_ready == Some(false));
        assert!(!refused, "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled: {side}");
    }
    let end = end_of(world, side);
    assert!(!end.dns_resolution, "the {side}'s option is on already");
    end.dns_resolution = true;
}

fn refuse_far_reference(world: &Observed, rule: &RuleSpec) {
    let ends = &world.connection.ends;
    let far = ends.requester.place.region != ends.accepter.place.region;
    assert!(!(far && matches!(rule.peer, RulePeer::Group(..))), "InvalidGroup.NotFound: {rule:?} refers to a group in another Region");
}

/// One more than the highest so far, in hexadecimal.
fn next_rule_id(world: &Observed) -> GroupRuleId {
    let ends = Side::BOTH.into_iter().filter_map(|side| world.ends.of(side).known());
    let rules = ends.flat_map(|end| &end.groups).flat_map(|group| &group.rules);
    let numbers = rules.map(|rule| u32::from_str_radix(rule.id.as_str().trim_start_matches("sgr-"), 16).expect("a short id"));
    format!("sgr-{:08x}", numbers.max().unwrap_or_default() + 1).parse().expect("a rule id")
}

fn end_of(world: &mut Observed, side: Side) -> &mut End {
    match world.ends.of_mut(side) {
        Fact::Known(end) => end,
        Fact::Unknown(why) => panic!("a step for the {side}, where we can't act: {why}"),
    }
}

fn table_of<'w>(world: &'w mut Observed, side: Side, id: &RouteTableId) -> &'w mut RouteTable {
    end_of(world, side).tables.iter_mut().find(|table| table.id == *id).expect("a step names a route table of its end")
}

fn group_of<'w>(world: &'w mut Observed, side: Side, id: &GroupId) -> &'w mut SecurityGroup {
    end_of(world, side).groups.iter_mut().find(|group| group.id == *id).expect("a step names a security group of its end")
}
