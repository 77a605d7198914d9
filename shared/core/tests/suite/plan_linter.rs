//! The linter: one test for each way in which a plan can be wrong, whoever made it.
//!
//! Each takes the plan of the planner for one small world, spoils one thing, and names what the linter must say of it.

use std::collections::BTreeSet;

use crate::common::world_text::{read, read_world};
use peerwright_core::allowlist::{AcrossRegions, Destinations, GroupIntent, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::ids::{PcxId, Side, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::owned::OwnedRoute;
use peerwright_core::plan::{Limits, Plan, Step, lint, plan};
use peerwright_core::tags::Selection;
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Direction, Fact, PeeringState, Route, RouteTarget, RulePeer, RuleSpec};

const WORLD: &str = "
connection pcx-00000001 active
requester 111111111111 eu-west-1 vpc-a0000000 10.10.0.0/16
  table rtb-a0000001 main
    10.20.0.0/16 pcx-00000001
    10.99.0.0/16 tgw-00000001
  table rtb-a0000002
    10.21.0.0/16 pcx-00000001 ours
  remembers rtb-a0000001 10.99.0.0/16
  list pl-00000001 max 10 10.20.1.0/24 10.99.0.0/16
  list pl-00000002 unreadable not shared
  list pl-00000003 max 10 10.20.1.0/24
  group sg-a0000001
accepter 222222222222 eu-west-1 vpc-b0000000 10.20.0.0/16 10.30.0.0/16
  dns on
  table rtb-b0000001 main
  group sg-b0000001
    ingress tcp 22 10.10.0.0/16 ours
    ingress tcp 80 10.10.0.0/16
    ingress tcp 81 10.10.0.0/16 of pcx-00000002
";

fn world() -> Observed {
    read_world(WORLD).0
}

fn everywhere() -> RouteIntent {
    RouteIntent { tables: Tables::All, destinations: Destinations::All, exclude: CidrSet::default(), peer_cidrs: CidrSet::default() }
}

/// Routes on both ends, a port for the peer, DNS resolution on the requester's end.
fn wishes() -> Desired {
    let postgres =
        SecurityGroupPermission { traffic: Traffic::Tcp(read("5432")), peer: Source::PeerVpc, across_regions: AcrossRegions::Block };
    let groups = GroupIntent {
        groups: Selection::Ids(BTreeSet::from([read("sg-b0000001")])),
        ingress: vec![postgres],
        egress: Vec::new(),
        routes: None,
        peer_cidrs: CidrSet::default(),
    };
    Desired {
        ends: Sides {
            requester: EndIntent { routes: vec![everywhere()], groups: Vec::new(), dns_resolution: true },
            accepter: EndIntent { routes: vec![everywhere()], groups: vec![groups], dns_resolution: false },
        },
        ..Desired::default()
    }
}

/// What the linter says of the good plan with these steps behind it.
fn with(steps: impl IntoIterator<Item = Step>) -> Vec<String> {
    let mut bad = good();
    // Additions go before the removals, so that only the step itself is wrong.
    for step in steps {
        let at = if step.removes() { bad.steps.len() } else { bad.additions().count() };
        bad.steps.insert(at, step);
    }
    said(&bad, &world(), &Limits::NONE)
}

fn good() -> Plan {
    plan(&wishes(), &world(), &Limits::NONE)
}

fn said(plan: &Plan, world: &Observed, limits: &Limits) -> Vec<String> {
    lint(plan, &wishes(), world, limits).iter().map(|violation| violation.why.to_owned()).collect()
}

fn ours() -> PcxId {
    read("pcx-00000001")
}

fn create(side: Side, table: &str, destination: &str) -> Step {
    Step::CreateRoute { side, table: read(table), destination: read(destination), connection: ours() }
}

fn delete(table: &str, destination: &str) -> Step {
    Step::DeleteRoute { side: Side::Requester, table: read(table), destination: read(destination), connection: ours() }
}

fn open(ports: &str, peer: RulePeer) -> RuleSpec {
    RuleSpec { traffic: Traffic::Tcp(read(ports)), peer }
}

fn authorize(group: &str, rules: impl IntoIterator<Item = RuleSpec>) -> Step {
    let rules = rules.into_iter().collect();
    Step::AuthorizeRules { side: Side::Accepter, group: read(group), direction: Direction::Ingress, rules, connection: ours() }
}

fn revoke(ids: &[&str], ports: &str) -> Step {
    let rules = ids.iter().map(|id| (read(id), open(ports, RulePeer::Cidr(read("10.10.0.0/16"))))).collect();
    Step::RevokeRules { side: Side::Accepter, group: read("sg-b0000001"), direction: Direction::Ingress, rules, connection: ours() }
}

#[test]
fn the_plan_that_is_spoilt_below_is_good_and_has_every_kind_of_step() {
    let good = good();
    assert_eq!(said(&good, &world(), &Limits::NONE), [""; 0]);
    let kinds: BTreeSet<&str> = good.steps.iter().flat_map(Step::actions).copied().collect();
    let expected = [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateRoute",
        "ec2:CreateTags",
        "ec2:DeleteRoute",
        "ec2:ModifyVpcPeeringConnectionOptions",
        "ec2:RevokeSecurityGroupIngress",
    ];
    assert_eq!(kinds, BTreeSet::from(expected), "{good}");
}

#[test]
fn an_addition_while_the_connection_is_not_active() {
    let good = good();
    assert!(good.removals().next().is_some(), "what is ours may go in any state");
    for state in ["initiating-request", "pending-acceptance", "provisioning", "deleted", "rejected", "failed", "expired", "unheard-of"] {
        let mut world = world();
        world.connection.state = PeeringState::from(state);
        assert_eq!(said(&good, &world, &Limits::NONE), vec!["needs an active connection"; good.additions().count()], "{state}");
    }
}

/// The world after AWS no longer shows the connection: its routes are black holes.
fn vanished() -> Observed {
    let mut world = world();
    world.connection.state = PeeringState::Vanished;
    for side in Side::BOTH {
        let Fact::Known(end) = world.ends.of_mut(side) else { panic!("both ends are known") };
        for table in &mut end.tables {
            table.routes.iter_mut().filter(|route| route.target.to_string().starts_with("pcx-")).for_each(|route| route.blackhole = true);
        }
    }
    world
}

#[test]
fn a_removal_from_a_connection_that_is_not_shown_while_a_route_over_it_is_alive() {
    let removals = [delete("rtb-a0000002", "10.21.0.0/16"), revoke(&["sgr-00000001"], "22")];
    let plan = Plan { steps: removals.to_vec(), ..Plan::default() };
    assert_eq!(said(&plan, &vanished(), &Limits::NONE), [""; 0]);
    let wrong = "takes from a connection that is not shown and yet carries a living route";
    // Of somebody else, and of ours: each shows that the connection is there.
    for table in [0, 1] {
        let mut world = vanished();
        let Fact::Known(end) = &mut world.ends.requester else { panic!("both ends are known") };
        end.tables[table].routes[0].blackhole = false;
        assert_eq!(said(&plan, &world, &Limits::NONE), [wrong, wrong], "table {table}");
    }
}

#[test]
fn an_addition_to_a_connection_that_is_not_shown() {
    let additions: Vec<Step> = good().additions().cloned().collect();
    let plan = Plan { steps: additions.clone(), ..Plan::default() };
    assert_eq!(said(&plan, &vanished(), &Limits::NONE), vec!["needs an active connection"; additions.len()]);
}

#[test]
fn a_living_route_over_another_connection_shows_nothing_of_this_one() {
    let mut world = vanished();
    let Fact::Known(end) = &mut world.ends.accepter else { panic!("both ends are known") };
    let route = |target: &str| Route {
        destination: read("10.77.0.0/16"),
        target: RouteTarget::Peering(read(target)),
        blackhole: false,
        propagated: false,
    };
    end.tables[0].routes.push(route("pcx-00000002"));
    let plan = Plan { steps: vec![delete("rtb-a0000002", "10.21.0.0/16")], ..Plan::default() };
    assert_eq!(said(&plan, &world, &Limits::NONE), [""; 0]);
}

#[test]
fn each_kind_of_step_about_another_connection() {
    let other: PcxId = read("pcx-00000002");
    for mut step in good().steps {
        match &mut step {
            Step::CreateRoute { connection, .. }
            | Step::AuthorizeRules { connection, .. }
            | Step::EnableDnsResolution { connection, .. }
            | Step::DeleteRoute { connection, .. }
            | Step::HandOverRules { connection, .. }
            | Step::DisableDnsResolution { connection, .. }
            | Step::RevokeRules { connection, .. } => *connection = other.clone(),
        }
        let alone = Plan { steps: vec![step], ..Plan::default() };
        assert!(said(&alone, &world(), &Limits::NONE).contains(&"is about another connection".to_owned()), "{alone}");
    }
}

#[test]
fn a_step_on_an_end_that_was_not_read() {
    let mut world = world();
    world.ends.accepter = Fact::Unknown("no role".to_owned());
    let steps: Vec<Step> = good().steps.into_iter().filter(|step| step.side() == Side::Accepter).collect();
    let expected = vec!["is on an end that was not read"; steps.len()];
    assert_eq!(said(&Plan { steps, ..Plan::default() }, &world, &Limits::NONE), expected);
}

#[test]
fn a_route_in_a_table_of_another_vpc() {
    assert_eq!(with([create(Side::Requester, "rtb-b0000001", "10.20.0.0/16")]), ["names a route table that is not the VPC's"]);
}

#[test]
fn a_route_where_one_is_whatever_its_target() {
    assert_eq!(with([create(Side::Requester, "rtb-a0000001", "10.20.0.0/16")]), ["would meet a route that is there"]);
    let elsewhere = create(Side::Requester, "rtb-a0000001", "10.99.0.0/16");
    assert_eq!(with([elsewhere]), ["would meet a route that is there", "leads to addresses that are not the peer's"]);
}

#[test]
fn a_route_to_addresses_that_are_not_the_peers() {
    for destination in ["0.0.0.0/0", "10.0.0.0/8", "10.10.0.0/16", "fd00:20::/56"] {
        assert_eq!(
            with([create(Side::Requester, "rtb-a0000002", destination)]),
            ["leads to addresses that are not the peer's"],
            "{destination}"
        );
    }
}

#[test]
fn a_route_to_a_prefix_list_that_is_foreign_or_unreadable_or_unheard_of() {
    for list in ["pl-00000001", "pl-00000002", "pl-00000009"] {
        assert_eq!(with([create(Side::Requester, "rtb-a0000002", list)]), ["leads to addresses that are not the peer's"], "{list}");
    }
    assert_eq!(with([create(Side::Requester, "rtb-a0000002", "pl-00000003")]), [""; 0]);
}

#[test]
fn the_removal_of_a_route_that_somebody_else_made() {
    assert_eq!(with([delete("rtb-a0000001", "10.20.0.0/16")]), ["removes a route that is not ours"]);
}

#[test]
fn the_removal_of_a_route_of_ours_that_leads_elsewhere_by_now() {
    assert_eq!(with([delete("rtb-a0000001", "10.99.0.0/16")]), ["removes a route that does not lead over the connection"]);
}

#[test]
fn the_removal_of_a_route_that_is_not_there() {
    let expected = ["removes a route that does not lead over the connection", "removes a route that is not ours"];
    assert_eq!(with([delete("rtb-a0000002", "10.22.0.0/16")]), expected);
    assert_eq!(with([delete("rtb-b0000001", "10.21.0.0/16")]), expected);
}

#[test]
fn rules_in_a_group_of_another_vpc() {
    let rule = open("443", RulePeer::Cidr(read("10.10.0.0/16")));
    assert_eq!(with([authorize("sg-a0000001", [rule])]), ["names a security group that is not the VPC's"]);
}

#[test]
fn a_call_without_rules() {
    assert_eq!(with([authorize("sg-b0000001", [])]), ["has no rules"]);
    assert_eq!(with([revoke(&[], "22")]), ["has no rules"]);
}

#[test]
fn a_rule_that_is_there() {
    let rules = [open("80", RulePeer::Cidr(read("10.10.0.0/16"))), open("443", RulePeer::Cidr(read("10.10.0.0/16")))];
    assert_eq!(with([authorize("sg-b0000001", rules)]), ["would meet a rule that is there"]);
}

#[test]
fn a_rule_that_looks_the_other_way_is_not_there() {
    let rules = BTreeSet::from([open("80", RulePeer::Cidr(read("10.10.0.0/16")))]);
    let (side, group, direction) = (Side::Accepter, read("sg-b0000001"), Direction::Egress);
    assert_eq!(with([Step::AuthorizeRules { side, group, direction, rules, connection: ours() }]), [""; 0]);
}

#[test]
fn a_group_opened_to_more_than_the_peer() {
    let anybody = ["0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16", "::/0"].map(|block| RulePeer::Cidr(read(block)));
    let listed = RulePeer::PrefixList(read("pl-00000003"));
    let strangers = RulePeer::Group(read("sg-c0000001"), read("999999999999"));
    let own = RulePeer::Group(read("sg-b0000002"), read("222222222222"));
    for peer in anybody.into_iter().chain([listed, strangers, own]) {
        let rules = [open("443", peer.clone()), open("444", RulePeer::Cidr(read("10.10.0.0/16")))];
        assert_eq!(with([authorize("sg-b0000001", rules)]), ["opens a group to more than the peer"], "{peer}");
    }
}

#[test]
fn a_reference_to_a_group_in_another_region() {
    let step = authorize("sg-b0000001", [open("443", RulePeer::Group(read("sg-a0000001"), read("111111111111")))]);
    let alone = Plan { steps: vec![step], ..Plan::default() };
    let mut world = world();
    assert_eq!(said(&alone, &world, &Limits::NONE), [""; 0]);
    world.connection.ends.requester.place.region = read("eu-central-1");
    assert_eq!(said(&alone, &world, &Limits::NONE), ["opens a group to more than the peer"]);
}

#[test]
fn a_reference_to_a_group_that_was_not_read_at_the_peer() {
    let step = |group: &str| authorize("sg-b0000001", [open("443", RulePeer::Group(read(group), read("111111111111")))]);
    assert_eq!(with([step("sg-a0000001")]), [""; 0]);
    assert_eq!(with([step("sg-c0000001")]), ["opens a group to more than the peer"]);
    let mut world = world();
    world.ends.requester = Fact::Unknown("no role".to_owned());
    let alone = Plan { steps: vec![step("sg-a0000001")], ..Plan::default() };
    assert_eq!(said(&alone, &world, &Limits::NONE), ["opens a group to more than the peer"]);
}

/// The world with one more line in the requester's second table.
fn world_with(line: &str) -> Observed {
    read_world(&WORLD.replace("  table rtb-a0000002\n", &format!("  table rtb-a0000002\n    {line}\n"))).0
}

fn route_alone(destination: &str) -> Plan {
    let step = Step::CreateRoute { side: Side::Requester, table: read("rtb-a0000002"), destination: read(destination), connection: ours() };
    Plan { steps: vec![step], ..Plan::default() }
}

#[test]
fn a_route_into_the_table_of_a_gateway() {
    let world = read_world(&WORLD.replace("table rtb-a0000002", "table rtb-a0000002 gateway")).0;
    let said = said(&route_alone("10.20.0.0/16"), &world, &Limits::NONE);
    assert_eq!(said, ["leads to a peer from the route table of a gateway"]);
}

#[test]
fn a_route_that_takes_addresses_of_another_living_peering() {
    const TAKES: &str = "takes addresses that lead to another peer, and no rule names them";
    for line in ["10.16.0.0/12 pcx-00000002", "pl-00000003 pcx-00000002", "10.20.0.0/16 pcx-00000002 propagated"] {
        let narrow = if line.starts_with("pl") { "10.20.1.0/24" } else { "10.20.0.0/16" };
        assert_eq!(said(&route_alone(narrow), &world_with(line), &Limits::NONE), [TAKES], "{line}");
    }
    for line in ["10.16.0.0/12 pcx-00000002 blackhole", "10.16.0.0/12 pcx-00000001", "10.16.0.0/12 tgw-00000001", "0.0.0.0/0 pcx-00000002"]
    {
        assert_eq!(said(&route_alone("10.20.0.0/16"), &world_with(line), &Limits::NONE), [""; 0], "{line}");
    }
    let between = world_with("10.16.0.0/12 pcx-00000002\n    10.20.0.0/15 pcx-00000001");
    assert_eq!(said(&route_alone("10.20.0.0/16"), &between, &Limits::NONE), [""; 0], "ours is between");
}

#[test]
fn a_route_that_takes_an_entry_of_which_another_living_peering_has_its_share() {
    const TAKES: &str = "takes addresses that lead to another peer, and no rule names them";
    let lists = "  list pl-00000004 max 10 10.20.1.0/24\n  list pl-00000005 max 10 10.20.1.0/24\n  group sg-a0000001\n";
    let world = |lines: &str| {
        let text = WORLD.replace("  group sg-a0000001\n", lists);
        read_world(&text.replace("  table rtb-a0000002\n", &format!("  table rtb-a0000002\n{lines}"))).0
    };
    for first in ["pl-00000004", "pl-00000005"] {
        let last = if first == "pl-00000004" { "pl-00000005" } else { "pl-00000004" };
        let shared = world(&format!("    {first} pcx-00000001\n    {last} pcx-00000002\n"));
        assert_eq!(said(&route_alone("pl-00000003"), &shared, &Limits::NONE), [TAKES], "{first}");
        assert_eq!(said(&route_alone("10.20.1.0/24"), &shared, &Limits::NONE), [TAKES], "{first}");
        let all_ours = world(&format!("    {first} pcx-00000001\n    {last} pcx-00000002 blackhole\n"));
        assert_eq!(said(&route_alone("pl-00000003"), &all_ours, &Limits::NONE), [""; 0], "{first}");
    }
}

#[test]
fn a_route_before_the_one_that_takes_its_addresses_rightly() {
    const TAKES: &str = "takes addresses that lead to another peer, and no rule names them";
    let mut world = world_with("10.16.0.0/12 pcx-00000002");
    let destination = read("pl-00000003");
    world.owned.routes.insert(OwnedRoute { side: Side::Requester, table: read("rtb-a0000002"), destination });
    let steps = ["pl-00000003", "10.20.1.0/24"].map(|destination| create(Side::Requester, "rtb-a0000002", destination));
    let mut plan = Plan { steps: steps.to_vec(), ..Plan::default() };
    assert_eq!(said(&plan, &world, &Limits::NONE), [""; 0]);
    plan.steps.reverse();
    assert_eq!(said(&plan, &world, &Limits::NONE), [TAKES]);
    world.owned.routes.clear();
    for _ in 0..2 {
        assert!(!said(&plan, &world, &Limits::NONE).is_empty(), "neither of two excuses the other");
        plan.steps.reverse();
    }
}

#[test]
fn a_route_to_a_prefix_list_takes_nothing_from_a_static_route_to_just_the_same_addresses() {
    const TAKES: &str = "takes addresses that lead to another peer, and no rule names them";
    for (line, expected) in [("10.20.1.0/24 pcx-00000002", vec![]), ("10.20.1.0/24 pcx-00000002 propagated", vec![TAKES])] {
        assert_eq!(said(&route_alone("pl-00000003"), &world_with(line), &Limits::NONE), expected, "{line}");
    }
}

#[test]
fn public_addresses_that_no_rule_names() {
    for (block, public) in [("8.8.8.0/24", true), ("11.0.0.0/8", true), ("100.64.0.0/16", false), ("2600:1f00::/40", false)] {
        let world = read_world(&WORLD.replace("10.20.0.0/16 10.30.0.0/16", &format!("10.20.0.0/16 10.30.0.0/16 {block}"))).0;
        let expected = |why: &str| if public { vec![why.to_owned()] } else { Vec::new() };
        assert_eq!(said(&route_alone(block), &world, &Limits::NONE), expected("leads to public addresses that no rule names"), "{block}");
        let world = read_world(&WORLD.replace("vpc-a0000000 10.10.0.0/16", &format!("vpc-a0000000 10.10.0.0/16 {block}"))).0;
        let step = authorize("sg-b0000001", [open("443", RulePeer::Cidr(read(block)))]);
        let alone = Plan { steps: vec![step], ..Plan::default() };
        assert_eq!(said(&alone, &world, &Limits::NONE), expected("opens a group to public addresses that no rule names"), "{block}");
    }
    let world = read_world(&WORLD.replace("10.20.0.0/16 10.30.0.0/16", "10.20.0.0/16 10.30.0.0/16 8.8.8.0/24")).0;
    for (name, count) in [("8.8.8.0/24", 0), ("8.8.0.0/16", 0), ("0.0.0.0/0", 1), ("9.0.0.0/8", 1)] {
        let mut named = wishes();
        named.ends.requester.routes[0].peer_cidrs = CidrSet::from_iter([read(name)]);
        assert_eq!(lint(&route_alone("8.8.8.0/24"), &named, &world, &Limits::NONE).len(), count, "{name}");
    }
}

#[test]
fn a_route_that_takes_addresses_of_another_peering_by_name_or_takes_them_back() {
    let mut world = world_with("10.16.0.0/12 pcx-00000002");
    for (name, expected) in [("10.20.0.0/16", 0), ("10.20.0.0/14", 0), ("10.16.0.0/12", 1), ("10.20.1.0/24", 1)] {
        let mut named = wishes();
        let cidrs = CidrSet::from_iter([read(name)]);
        named.ends.requester.routes[0].destinations = Destinations::Only { cidrs, prefix_lists: BTreeSet::new() };
        assert_eq!(lint(&route_alone("10.20.0.0/16"), &named, &world, &Limits::NONE).len(), expected, "{name}");
        let mut named = wishes();
        named.ends.requester.routes[0].peer_cidrs = CidrSet::from_iter([read(name)]);
        assert_eq!(lint(&route_alone("10.20.0.0/16"), &named, &world, &Limits::NONE).len(), expected, "{name}");
    }
    let destination = read("10.20.0.0/16");
    world.owned.routes.insert(OwnedRoute { side: Side::Requester, table: read("rtb-a0000002"), destination });
    assert_eq!(said(&route_alone("10.20.0.0/16"), &world, &Limits::NONE), [""; 0]);
}

#[test]
fn the_removal_of_a_rule_of_somebody_else_or_of_another_connection_or_of_none() {
    for id in ["sgr-00000002", "sgr-00000003", "sgr-00000099"] {
        assert_eq!(with([revoke(&["sgr-00000001", id], "80")]), ["removes a rule that does not bear the connection's tag"], "{id}");
    }
}

#[test]
fn the_removal_of_a_rule_of_ours_under_a_false_description() {
    assert_eq!(with([revoke(&["sgr-00000001"], "23")]), ["removes a rule that does not bear the connection's tag"]);
    let mut step = revoke(&["sgr-00000001"], "22");
    let Step::RevokeRules { direction, .. } = &mut step else { panic!("a removal") };
    *direction = Direction::Egress;
    assert_eq!(with([step]), ["removes a rule that does not bear the connection's tag"]);
}

fn hand_over(id: &str, ports: &str, to: &str) -> Step {
    let rules = BTreeSet::from([(read(id), open(ports, RulePeer::Cidr(read("10.10.0.0/16"))))]);
    let (group, direction) = (read("sg-b0000001"), Direction::Ingress);
    Step::HandOverRules { side: Side::Accepter, group, direction, rules, connection: ours(), to: read(to) }
}

#[test]
fn the_handing_over_of_a_rule_that_is_not_ours_or_that_nobody_borrows() {
    let mut world = world();
    let borrowed = |ports| (read("sg-b0000001"), Direction::Ingress, open(ports, RulePeer::Cidr(read("10.10.0.0/16"))));
    world.borrowers.extend(["22", "80"].map(|ports| (borrowed(ports), read("pcx-00000002"))));
    let handed_over = |step| said(&Plan { steps: vec![step], ..Plan::default() }, &world, &Limits::NONE);
    assert_eq!(handed_over(hand_over("sgr-00000001", "22", "pcx-00000002")), [""; 0]);
    let foreign = handed_over(hand_over("sgr-00000002", "80", "pcx-00000002"));
    assert_eq!(foreign, ["removes a rule that does not bear the connection's tag"]);
    let stranger = handed_over(hand_over("sgr-00000001", "22", "pcx-00000003"));
    assert_eq!(stranger, ["hands a rule over to a connection that does not borrow it"]);
    world.borrowers.insert(borrowed("22"), ours());
    let itself = said(&Plan { steps: vec![hand_over("sgr-00000001", "22", ours().as_str())], ..Plan::default() }, &world, &Limits::NONE);
    assert_eq!(itself, ["hands a rule over to the connection that has it"]);
}

#[test]
fn the_removal_of_rules_of_a_group_of_another_vpc() {
    let mut step = revoke(&["sgr-00000001"], "22");
    let Step::RevokeRules { group, .. } = &mut step else { panic!("a removal") };
    *group = read("sg-a0000001");
    assert_eq!(with([step]), ["removes a rule that does not bear the connection's tag"]);
}

#[test]
fn an_option_that_is_on() {
    let step = Step::EnableDnsResolution { side: Side::Accepter, connection: ours() };
    assert_eq!(with([step]), ["switches on what is on"]);
}

#[test]
fn an_option_that_one_of_the_vpcs_is_not_ready_for() {
    for unready in Side::BOTH {
        let mut world = world();
        let Fact::Known(end) = world.ends.of_mut(unready) else { panic!("both ends are known") };
        end.dns_ready = Some(false);
        let alone = Plan { steps: vec![Step::EnableDnsResolution { side: Side::Requester, connection: ours() }], ..Plan::default() };
        assert_eq!(said(&alone, &world, &Limits::NONE), ["asks for an option that a VPC is not ready for"]);
    }
}

#[test]
fn an_addition_after_a_removal() {
    let mut bad = good();
    bad.steps.reverse();
    let late = good().additions().count();
    assert_eq!(said(&bad, &world(), &Limits::NONE), vec!["adds after something was removed"; late]);
}

#[test]
fn a_step_that_is_there_twice() {
    let again = good().steps[0].clone();
    assert_eq!(with([again]), ["is there twice"]);
}

#[test]
fn more_changes_than_the_limit_allows() {
    let good = good();
    let changes: usize = good.steps.iter().map(Step::size).sum();
    let limit = |max_changes| Limits { max_changes, frozen: false };
    assert_eq!(said(&good, &world(), &limit(changes)), [""; 0]);
    assert_eq!(said(&good, &world(), &limit(changes - 1)), ["exceeds the limit of changes"]);
}

#[test]
fn one_step_is_larger_than_the_limit_and_must_be_alone() {
    let rules = ["443", "444"].map(|ports| open(ports, RulePeer::Cidr(read("10.10.0.0/16"))));
    let large = Plan { steps: vec![authorize("sg-b0000001", rules)], ..Plan::default() };
    assert_eq!(said(&large, &world(), &Limits { max_changes: 1, frozen: false }), [""; 0]);
}

#[test]
fn any_step_during_a_freeze() {
    let limits = Limits { frozen: true, ..Limits::NONE };
    assert_eq!(said(&good(), &world(), &limits), ["exceeds the limit of changes"]);
    let later = Plan { deferred: good().steps, ..Plan::default() };
    assert_eq!(said(&later, &world(), &limits), [""; 0]);
}

#[test]
fn a_violation_names_the_step_and_what_is_wrong_with_it() {
    let alone = Plan { steps: vec![delete("rtb-a0000001", "10.20.0.0/16")], ..Plan::default() };
    let violations = lint(&alone, &wishes(), &world(), &Limits::NONE);
    let text: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(text, ["`requester route rtb-a0000001 10.20.0.0/16 -> pcx-00000001` removes a route that is not ours"]);
}
