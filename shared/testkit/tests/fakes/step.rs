//! What EC2 makes of steps.

use std::time::Duration;

use peerwright_core::allowlist::{Destinations, GroupIntent, RouteIntent, Tables};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::EndIntent;
use peerwright_core::ids::{PcxId, Side, Sides};
use peerwright_core::plan::Step;
use peerwright_core::tags::Selection;
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Direction, RulePeer, RuleSpec};
use peerwright_engine::failure::Class;
use peerwright_engine::ports::Cloud;
use peerwright_testkit::{FakeTable, FakeVpc, parse, place, run};

use crate::common::{A, ASKED, ASKS, B, FAR, FRANKFURT, IRELAND, active, apply, end, pending, places, refusal, world};

fn route(table: &str, block: &str, id: &PcxId) -> Step {
    Step::CreateRoute { side: Side::Requester, table: parse(table), destination: parse(block), connection: id.clone() }
}

fn rule(peer: RulePeer) -> RuleSpec {
    RuleSpec { traffic: Traffic::Tcp(parse("5432")), peer }
}

fn authorize(group: &str, rules: &[RuleSpec], id: &PcxId) -> Step {
    let rules = rules.iter().cloned().collect();
    Step::AuthorizeRules { side: Side::Accepter, group: parse(group), direction: Direction::Ingress, rules, connection: id.clone() }
}

fn dns(side: Side, id: &PcxId) -> Step {
    Step::EnableDnsResolution { side, connection: id.clone() }
}

fn stale(code: &str) -> (Class, String) {
    (Class::Stale, code.to_owned())
}

fn routes() -> EndIntent {
    let intent =
        RouteIntent { tables: Tables::All, destinations: Destinations::All, exclude: CidrSet::default(), peer_cidrs: CidrSet::default() };
    EndIntent { routes: vec![intent], ..EndIntent::default() }
}

#[test]
fn a_route_is_made_once_and_its_destination_is_canonical() {
    let world = world();
    let id = active(&world, ASKED);
    let [here, _] = places();
    apply(&world, &here, &route("rtb-0000000a", "10.2.1.1/16", &id)).expect("nothing is in the way");
    assert_eq!(world.snapshot().made_for(&id), ["rtb-0000000a 10.2.0.0/16"]);
    assert_eq!(refusal(apply(&world, &here, &route("rtb-0000000a", "10.2.0.0/16", &id))), stale("RouteAlreadyExists"));
    assert_eq!(refusal(apply(&world, &here, &route("rtb-0000000a", "10.1.0.0/16", &id))), stale("RouteAlreadyExists"), "it is local");
    assert_eq!(world.writes().len(), 1);
}

#[test]
fn the_route_table_of_a_gateway_takes_no_route_over_a_connection() {
    let world = world();
    let id = active(&world, ASKED);
    let [here, _] = places();
    let vpc = world.ends(&id).requester.vpc;
    world.add_table(vpc.as_str(), FakeTable::new("rtb-0000000e").of_gateway());
    let (class, _) = refusal(apply(&world, &here, &route("rtb-0000000e", "10.2.0.0/16", &id)));
    assert_eq!(class, Class::Refused);
    assert!(end(&world, &id, Side::Requester, &routes()).tables.iter().any(|table| table.gateway));
}

#[test]
fn a_route_over_a_pending_connection_is_a_black_hole_until_it_is_active() {
    let world = world();
    let id = pending(&world, ASKED);
    let [here, _] = places();
    apply(&world, &here, &route("rtb-0000000a", "10.2.0.0/16", &id)).expect("EC2 lets it be made early");
    let black = |world| end(world, &id, Side::Requester, &routes()).tables[0].routes.iter().any(|route| route.blackhole);
    assert!(black(&world));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    assert!(!black(&world));
    world.delete(&id, Side::Accepter);
    assert!(black(&world), "a deleted connection leaves its routes behind");
}

#[test]
fn a_route_table_is_found_in_its_place_and_must_belong_to_an_end() {
    let world = world().vpc(FakeVpc::new(A, IRELAND, "vpc-0000000d").cidr("10.9.0.0/16").table(FakeTable::new("rtb-0000000d")));
    let id = active(&world, ASKED);
    let [here, there] = places();
    assert_eq!(refusal(apply(&world, &there, &route("rtb-0000000a", "10.2.0.0/16", &id))), stale("InvalidRouteTableID.NotFound"));
    let elsewhere = stale("InvalidParameterValue (they belong to different networks)");
    assert_eq!(refusal(apply(&world, &here, &route("rtb-0000000d", "10.2.0.0/16", &id))), elsewhere);
}

#[test]
fn nothing_is_made_for_a_connection_that_ended() {
    let world = world();
    let id = active(&world, ASKED);
    world.delete(&id, Side::Accepter);
    let [here, there] = places();
    let route = route("rtb-0000000a", "10.2.0.0/16", &id);
    let elsewhere = stale("InvalidParameterValue (they belong to different networks)");
    assert_eq!(refusal(apply(&world, &here, &route)), elsewhere);
    assert_eq!(refusal(apply(&world, &there, &dns(Side::Accepter, &id))), stale("OperationNotPermitted (the peering is not active)"));
    world.clock.advance(Duration::from_hours(50));
    assert_eq!(refusal(apply(&world, &here, &route)), stale("InvalidVpcPeeringConnectionID.NotFound"));
}

#[test]
fn rules_are_made_all_or_none_and_bear_the_connections_tag() {
    let world = world();
    let id = active(&world, ASKED);
    let [_, there] = places();
    let (one, two) = (rule(RulePeer::Cidr(parse("10.1.0.0/16"))), rule(RulePeer::Cidr(parse("10.1.128.0/17"))));
    apply(&world, &there, &authorize("sg-0000000b", std::slice::from_ref(&one), &id)).expect("it is new");
    assert_eq!(refusal(apply(&world, &there, &authorize("sg-0000000b", &[one, two], &id))), stale("InvalidPermission.Duplicate"));
    assert_eq!(world.snapshot().made_for(&id), ["sg-0000000b ingress tcp/5432 10.1.0.0/16"]);
}

#[test]
fn a_peers_group_can_be_referred_to_over_an_active_connection_in_one_region() {
    let world = world();
    let id = pending(&world, ASKED);
    let [_, there] = places();
    let near = authorize("sg-0000000b", &[rule(RulePeer::Group(parse("sg-0000000a"), parse(A)))], &id);
    assert_eq!(refusal(apply(&world, &there, &near)), stale("InvalidGroup.NotFound"), "it is not active");
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    apply(&world, &there, &near).expect("it is active");
    let stolen = authorize("sg-0000000b", &[rule(RulePeer::Group(parse("sg-0000000a"), parse(B)))], &id);
    assert_eq!(refusal(apply(&world, &there, &stolen)), stale("InvalidGroup.NotFound"), "it is not B's");
    let unknown = authorize("sg-0000000b", &[rule(RulePeer::Group(parse("sg-0badbad0"), parse(A)))], &id);
    assert_eq!(refusal(apply(&world, &there, &unknown)), stale("InvalidGroup.NotFound"));
}

#[test]
fn a_group_in_another_region_can_not_be_referred_to() {
    let world = world();
    let id = active(&world, FAR);
    let far = authorize("sg-0000000c", &[rule(RulePeer::Group(parse("sg-0000000a"), parse(A)))], &id);
    assert_eq!(refusal(apply(&world, &place(B, FRANKFURT), &far)), stale("InvalidGroup.NotFound"));
}

#[test]
fn each_owner_switches_on_the_dns_option_of_its_own_end_once_the_connection_is_active() {
    let world = world();
    let id = pending(&world, ASKED);
    let [here, there] = places();
    assert_eq!(refusal(apply(&world, &here, &dns(Side::Requester, &id))).0, Class::Stale, "it is not active");
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(apply(&world, &there, &dns(Side::Requester, &id))).0, Class::Refused);
    apply(&world, &here, &dns(Side::Requester, &id)).expect("it is its own");
    apply(&world, &here, &dns(Side::Requester, &id)).expect("switching it on again is nothing new");
    assert_eq!(world.snapshot().made_for(&id), ["dns requester"]);
    let shown = |place| run(world.ports().cloud.connection(place, &id)).expect("no failure").expect("it is there").dns_resolution;
    assert_eq!(shown(&here), Sides { requester: Some(true), accepter: None });
    assert_eq!(shown(&there), Sides { requester: None, accepter: Some(false) });
}

#[test]
fn the_dns_option_needs_both_vpcs_to_be_ready() {
    let world = world().vpc(FakeVpc::new(A, IRELAND, ASKS).cidr("10.1.0.0/16").without_dns());
    let id = active(&world, ASKED);
    let [_, there] = places();
    let refused = (Class::Refused, "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled".to_owned());
    assert_eq!(refusal(apply(&world, &there, &dns(Side::Accepter, &id))), refused);
    let wants = EndIntent { dns_resolution: true, ..EndIntent::default() };
    assert_eq!(end(&world, &id, Side::Requester, &wants).dns_ready, Some(false));
}

#[test]
fn all_groups_are_shown_and_rules_only_of_those_that_are_meant() {
    let world = world();
    let id = active(&world, ASKED);
    let meant = |role: &str| {
        let tags = [("role".to_owned(), [role.to_owned()].into())].into();
        let intent = GroupIntent {
            groups: Selection::Tagged(tags),
            ingress: Vec::new(),
            egress: Vec::new(),
            routes: None,
            peer_cidrs: CidrSet::default(),
        };
        end(&world, &id, Side::Accepter, &EndIntent { groups: vec![intent], ..EndIntent::default() }).groups
    };
    let counts = |role: &str| (meant(role).len(), meant(role)[0].rules.len());
    assert_eq!((counts("db"), counts("web")), ((1, 1), (1, 0)));
}
