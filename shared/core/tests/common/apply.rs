//! A strict stand-in for EC2: carries out steps on a world, and refuses what EC2 would refuse.

use ipnet::IpNet;
use peerwright_core::ids::{GroupId, RouteTableId, Side};
use peerwright_core::plan::Step;
use peerwright_core::world::{
    Direction, End, Fact, Observed, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup,
};

/// The world after the steps. Panics at a step that EC2 would refuse, or that touches what exists.
pub(crate) fn apply(steps: &[Step], world: &Observed) -> Observed {
    let mut world = world.clone();
    for step in steps {
        assert_eq!(world.connection.state, PeeringState::Active, "`{step}` needs an active connection");
        match step {
            Step::CreateRoute { side, table, destination, connection } => {
                assert_eq!(*connection, world.connection.id, "`{step}` leads over another connection");
                let target = RouteTarget::Peering(connection.clone());
                create_route(table_of(&mut world, *side, table), *destination, target);
            }
            Step::AuthorizeRules { side, group, direction, rules, connection } => {
                assert_eq!(*connection, world.connection.id, "`{step}` belongs to another connection");
                assert!(!rules.is_empty(), "`{step}` has no rules");
                for rule in rules {
                    refuse_far_reference(&world, rule);
                    authorize(group_of(&mut world, *side, group), *direction, rule);
                }
            }
            Step::EnableDnsResolution { side, connection } => {
                assert_eq!(*connection, world.connection.id, "`{step}` is about another connection");
                enable_dns_resolution(&mut world, *side);
            }
        }
    }
    world
}

fn create_route(table: &mut RouteTable, destination: IpNet, target: RouteTarget) {
    let taken = table.routes.iter().any(|route| route.destination == destination);
    assert!(!taken, "RouteAlreadyExists: {destination} in {}", table.id);
    table.routes.push(Route { destination, target, blackhole: false });
}

fn authorize(group: &mut SecurityGroup, direction: Direction, rule: &RuleSpec) {
    let rule = (direction, rule.clone());
    assert!(!group.rules.contains(&rule), "InvalidPermission.Duplicate: {rule:?} in {}", group.id);
    group.rules.push(rule);
}

fn enable_dns_resolution(world: &mut Observed, side: Side) {
    for side in Side::BOTH {
        let ready = world.ends.of(side).known().is_none_or(|end| end.dns_ready);
        assert!(ready, "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled: {side}");
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
