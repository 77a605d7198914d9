//! Laws of the plan, over random worlds and wishes.

#[path = "common/apply.rs"]
mod apply;
#[path = "common/bits.rs"]
mod bits;
#[path = "common/plan_oracle.rs"]
mod oracle;
#[path = "common/worlds.rs"]
mod worlds;

use std::collections::BTreeSet;

use apply::apply;
use bits::inside;
use ipnet::IpNet;
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::Desired;
use peerwright_core::ids::Side;
use peerwright_core::plan::{Blocked, Plan, Step, Waiting, plan};
use peerwright_core::world::{Fact, Observed, PeeringState, RulePeer};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use worlds::{desired, observed};

/// `requester rtb-… 10.0.0.0/16`, as the oracle writes it.
fn routes_of(plan: &Plan) -> BTreeSet<String> {
    plan.steps
        .iter()
        .filter_map(|step| match step {
            Step::CreateRoute { side, table, destination, .. } => Some(format!("{side} {table} {destination}")),
            _ => None,
        })
        .collect()
}

/// `accepter sg-… ingress tcp all 10.0.0.0/16`, as the oracle writes it.
fn rules_of(plan: &Plan) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for step in &plan.steps {
        if let Step::AuthorizeRules { side, group, direction, rules, .. } = step {
            for rule in rules {
                found.insert(format!("{side} {group} {direction} {} {} {}", rule.protocol, rule.ports, rule.peer));
            }
        }
    }
    found
}

fn options_of(plan: &Plan) -> BTreeSet<Side> {
    let option = |step: &Step| matches!(step, Step::EnableDnsResolution { .. }).then(|| step.side());
    plan.steps.iter().filter_map(option).collect()
}

/// Everything that a plan makes, one by one, however it is put into steps.
fn makes(plan: &Plan) -> BTreeSet<String> {
    let options = options_of(plan).into_iter().map(|side| format!("{side} dns"));
    routes_of(plan).into_iter().chain(rules_of(plan)).chain(options).collect()
}

/// The same world, every list in it the other way round.
fn turned(world: &Observed) -> Observed {
    let mut turned = world.clone();
    for side in Side::BOTH {
        if let Fact::Known(end) = turned.ends.of_mut(side) {
            end.tables.reverse();
            end.groups.reverse();
            end.tables.iter_mut().for_each(|table| table.routes.reverse());
            end.groups.iter_mut().for_each(|group| group.rules.reverse());
        }
    }
    turned
}

/// The wishes of two allowlists together.
fn both(one: &Desired, other: &Desired) -> Desired {
    let mut sum = one.clone();
    for side in Side::BOTH {
        let (mine, theirs) = (sum.ends.of_mut(side), other.ends.of(side).clone());
        mine.routes.extend(theirs.routes);
        mine.groups.extend(theirs.groups);
        mine.dns_resolution |= theirs.dns_resolution;
    }
    sum
}

fn network(octets: [u8; 4], length: u8) -> IpNet {
    let block = ipnet::Ipv4Net::new(octets.into(), length).expect("a length up to 32");
    IpNet::V4(block).trunc()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_plan_carried_out_leaves_nothing_to_do(desired in desired(), world in observed()) {
        let first = plan(&desired, &world);
        let again = plan(&desired, &apply(&first.steps, &world));
        prop_assert!(again.is_empty(), "left to do:\n{}", again);
        prop_assert_eq!((again.waiting, again.blocked), (first.waiting, first.blocked));
    }

    #[test]
    fn a_plan_cut_short_is_taken_up_where_it_was_left(desired in desired(), world in observed(), cut in any::<prop::sample::Index>()) {
        let whole = plan(&desired, &world);
        let (done, left) = whole.steps.split_at(cut.index(whole.steps.len() + 1));
        prop_assert_eq!(plan(&desired, &apply(done, &world)).steps, left);
    }

    #[test]
    fn steps_may_be_carried_out_in_any_order(desired in desired(), world in observed()) {
        let steps = plan(&desired, &world).steps;
        let backwards: Vec<Step> = steps.iter().rev().cloned().collect();
        prop_assert!(plan(&desired, &apply(&backwards, &world)).is_empty());
    }

    #[test]
    fn the_order_of_what_aws_lists_changes_nothing(desired in desired(), world in observed()) {
        prop_assert_eq!(plan(&desired, &world), plan(&desired, &turned(&world)));
    }

    #[test]
    fn the_order_of_wishes_changes_nothing(desired in desired(), world in observed()) {
        let mut turned = desired.clone();
        for side in Side::BOTH {
            let intent = turned.ends.of_mut(side);
            intent.routes.reverse();
            intent.groups.reverse();
            intent.groups.iter_mut().for_each(|groups| { groups.ingress.reverse(); groups.egress.reverse(); });
        }
        prop_assert_eq!(plan(&desired, &world), plan(&turned, &world));
    }

    #[test]
    fn the_routes_are_those_of_an_oracle_that_asks_one_by_one(desired in desired(), world in observed()) {
        let plan = plan(&desired, &world);
        let conflicts = plan.blocked.iter().filter_map(|blocked| match blocked {
            Blocked::RouteConflict { side, table, destination, .. } => Some(format!("{side} {table} {destination}")),
            _ => None,
        });
        let expected = oracle::routes(&desired, &world);
        prop_assert_eq!((routes_of(&plan), conflicts.collect()), (expected.missing, expected.conflicts));
    }

    #[test]
    fn the_rules_are_those_of_an_oracle_that_asks_one_by_one(desired in desired(), world in observed()) {
        prop_assert_eq!(rules_of(&plan(&desired, &world)), oracle::rules(&desired, &world));
    }

    #[test]
    fn wishes_add_up_and_none_takes_from_another(one in desired(), other in desired(), world in observed()) {
        let (first, second, sum) = (plan(&one, &world), plan(&other, &world), plan(&both(&one, &other), &world));
        let union: BTreeSet<String> = makes(&first).union(&makes(&second)).cloned().collect();
        prop_assert_eq!(makes(&sum), union);
        let complaints: BTreeSet<Blocked> = first.blocked.into_iter().chain(second.blocked).collect();
        prop_assert_eq!(sum.blocked, complaints.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn no_step_touches_a_route_or_a_rule_that_is_there(desired in desired(), world in observed()) {
        let after = apply(&plan(&desired, &world).steps, &world);
        for (before, after) in Side::BOTH.into_iter().filter_map(|side| world.ends.of(side).known().zip(after.ends.of(side).known())) {
            for (old, new) in before.tables.iter().zip(&after.tables) {
                prop_assert!(new.routes.starts_with(&old.routes));
            }
            for (old, new) in before.groups.iter().zip(&after.groups) {
                prop_assert!(new.rules.starts_with(&old.rules));
            }
        }
    }

    #[test]
    fn nothing_but_the_peers_addresses_and_groups_is_let_through(desired in desired(), world in observed()) {
        for step in plan(&desired, &world).steps {
            let peer = step.side().peer();
            let blocks = world.cidrs.of(peer);
            match &step {
                Step::CreateRoute { destination, .. } => {
                    prop_assert!(blocks.iter().any(|block| inside(destination, block)), "{}", step);
                }
                Step::AuthorizeRules { rules, .. } => for rule in rules {
                    match &rule.peer {
                        RulePeer::Cidr(block) => prop_assert!(blocks.iter().any(|theirs| theirs == block), "{}", step),
                        RulePeer::Group(_, owner) => prop_assert_eq!(owner, &world.connection.ends.of(peer).place.account),
                        RulePeer::Other(text) => prop_assert!(false, "{}", text),
                    }
                },
                Step::EnableDnsResolution { side, .. } => prop_assert!(desired.ends.of(*side).dns_resolution),
            }
        }
    }

    #[test]
    fn a_connection_that_is_not_active_only_waits(desired in desired(), world in observed(), state in "[a-z-]{1,12}") {
        prop_assume!(state != "active");
        let mut world = world;
        world.connection.state = PeeringState::from(state.as_str());
        prop_assert_eq!(plan(&desired, &world), Plan { waiting: vec![Waiting::State(state)], ..Plan::default() });
    }

    #[test]
    fn no_wishes_means_no_plan_in_an_active_world(world in observed()) {
        prop_assume!(world.connection.state == PeeringState::Active);
        prop_assert_eq!(plan(&Desired::default(), &world), Plan::default());
    }

    #[test]
    fn a_side_is_planned_alike_whatever_is_wanted_of_the_other(desired in desired(), world in observed(), requester in any::<bool>()) {
        let side = if requester { Side::Requester } else { Side::Accepter };
        let mut alone = Desired::default();
        *alone.ends.of_mut(side) = desired.ends.of(side).clone();
        let of_side = |plan: &Plan| plan.steps.iter().filter(|step| step.side() == side).cloned().collect::<Vec<_>>();
        prop_assert_eq!(of_side(&plan(&desired, &world)), of_side(&plan(&alone, &world)));
    }

    #[test]
    fn every_line_of_a_plan_is_one_step_or_one_reason(desired in desired(), world in observed()) {
        let plan = plan(&desired, &world);
        let count = plan.steps.len() + plan.waiting.len() + plan.blocked.len();
        prop_assert_eq!(plan.to_string().lines().count(), count.max(1));
        prop_assert_eq!(plan.steps.iter().map(Step::size).sum::<usize>(), makes(&plan).len());
    }

    #[test]
    fn containment_and_overlap_of_blocks_are_those_of_their_bits(
        one in prop::collection::vec((any::<[u8; 4]>(), 0..=6_u8), 0..4),
        other in prop::collection::vec((any::<[u8; 4]>(), 0..=6_u8), 0..4),
    ) {
        let set = |blocks: &[([u8; 4], u8)]| blocks.iter().map(|(octets, length)| network(*octets, *length)).collect::<CidrSet>();
        let (one, other) = (set(&one), set(&other));
        for block in one.iter() {
            prop_assert_eq!(other.contains(block), other.iter().any(|wide| inside(block, wide)));
        }
        let overlapping = one.iter().flat_map(|a| other.iter().map(move |b| (a, b))).filter(|(a, b)| inside(a, b) || inside(b, a));
        prop_assert_eq!(one.overlaps(&other).collect::<BTreeSet<_>>(), overlapping.collect::<BTreeSet<_>>());
    }
}

/// The laws above would hold of worlds in which nothing is ever wanted, too.
#[test]
fn the_random_worlds_reach_every_kind_of_step_and_reason() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let wishes = desired().new_tree(&mut runner).expect("wishes").current();
        let world = observed().new_tree(&mut runner).expect("a world").current();
        let plan = plan(&wishes, &world);
        seen.extend(plan.steps.iter().map(|step| match step {
            Step::CreateRoute { .. } => "route",
            Step::AuthorizeRules { .. } => "rules",
            Step::EnableDnsResolution { .. } => "dns",
        }));
        seen.extend(plan.waiting.iter().map(|waiting| match waiting {
            Waiting::State(_) => "state",
            Waiting::End { .. } => "end",
        }));
        seen.extend(plan.blocked.iter().map(|blocked| match blocked {
            Blocked::RouteConflict { .. } => "conflict",
            Blocked::NoTables { .. } => "no tables",
            Blocked::NotPeers { .. } => "not the peer's",
            Blocked::NoGroups { .. } => "no groups",
            Blocked::DnsNotReady { .. } => "dns not ready",
        }));
    }
    let all = ["route", "rules", "dns", "state", "end", "conflict", "no tables", "not the peer's", "no groups", "dns not ready"];
    assert_eq!(seen, BTreeSet::from(all));
}
