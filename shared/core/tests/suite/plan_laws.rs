//! Laws of the plan, over random worlds and wishes.

mod addresses;
mod teardown;

use std::collections::BTreeSet;

use crate::common::apply::apply;
use crate::common::bits::inside;
use crate::common::plan_oracle as oracle;
use crate::common::plan_words::{conflict, makes, routes_of, rules_of, takes};
use crate::common::turned::{as_last_observed, both, turned, turned_wishes, without_one};
use crate::common::worlds::{desired, limits, observed};
use ipnet::IpNet;
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::Desired;
use peerwright_core::ids::Side;
use peerwright_core::last_observed::LastObserved;
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::plan::{self, Finding, Limits, Plan, Removal, Step, Waiting, lint};
use peerwright_core::world::{Fact, PeeringState, RulePeer, Tags};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// The plan of everything at once.
fn plan(desired: &Desired, world: &Observed) -> Plan {
    plan::plan(desired, world, &Limits::NONE)
}

/// Plans and applies until there is nothing to do.
fn converge(desired: &Desired, world: &Observed, limits: &Limits) -> Observed {
    let mut world = world.clone();
    for _ in 0..500 {
        let plan = plan::plan(desired, &world, limits);
        if plan.is_empty() {
            return world;
        }
        assert!(!plan.steps.is_empty(), "a limit must let something through, or it never ends:\n{plan}");
        world = apply(&plan.steps, &world);
    }
    panic!("500 runs and no end");
}

fn network(octets: [u8; 4], length: u8) -> IpNet {
    let block = ipnet::Ipv4Net::new(octets.into(), length).expect("a length up to 32");
    IpNet::V4(block).trunc()
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn a_plan_carried_out_leaves_nothing_to_do(desired in desired(), world in observed()) {
        let first = plan(&desired, &world);
        let again = plan(&desired, &apply(&first.steps, &world));
        prop_assert!(again.is_empty(), "left to do:\n{}", again);
        prop_assert_eq!((again.waiting, again.blocked), (first.waiting, first.blocked));
    }

    #[test]
    fn what_there_is_in_the_end_is_what_an_oracle_computes_one_by_one(desired in desired(), world in observed(), limits in limits()) {
        let end = converge(&desired, &world, &limits);
        prop_assert_eq!(oracle::state(&end), oracle::expected(&desired, &world));
    }

    #[test]
    fn a_limit_changes_when_things_are_done_and_not_what(desired in desired(), world in observed(), limits in limits()) {
        let (whole, part) = (plan(&desired, &world), plan::plan(&desired, &world, &limits));
        prop_assert_eq!(&whole.steps, &[part.steps.clone(), part.deferred.clone()].concat());
        let changes: usize = part.steps.iter().map(Step::size).sum();
        prop_assert!(changes <= limits.max_changes || part.steps.len() == 1);
        prop_assert!(part.deferred.first().is_none_or(|next| changes + next.size() > limits.max_changes), "there was room for more");
    }

    #[test]
    fn a_freeze_changes_nothing_and_names_everything(desired in desired(), world in observed(), limits in limits()) {
        let (whole, frozen) = (plan(&desired, &world), plan::plan(&desired, &world, &Limits { frozen: true, ..limits }));
        prop_assert_eq!((frozen.steps, frozen.deferred), (Vec::new(), whole.steps));
        prop_assert_eq!((frozen.waiting, frozen.blocked, frozen.notes), (whole.waiting, whole.blocked, whole.notes));
    }

    #[test]
    fn a_plan_cut_short_is_taken_up_where_it_was_left(desired in desired(), world in observed(), cut in any::<Index>()) {
        let whole = plan(&desired, &world);
        let (done, left) = whole.steps.split_at(cut.index(whole.steps.len() + 1));
        prop_assert_eq!(plan(&desired, &apply(done, &world)).steps, left);
    }

    #[test]
    fn a_run_that_ends_after_it_was_remembered_is_taken_up_as_well(desired in desired(), world in observed(), cut in any::<Index>()) {
        let whole = plan(&desired, &world);
        let (done, left) = whole.steps.split_at(cut.index(whole.steps.len() + 1));
        let mut after = apply(done, &world);
        after.owned.extend(&whole.steps);
        // What is remembered counts on no other route any more, so the order may be another one.
        let in_any_order = |steps: &[Step]| steps.iter().cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(in_any_order(&plan(&desired, &after).steps), in_any_order(left));
    }

    #[test]
    fn steps_may_be_carried_out_in_any_order(desired in desired(), world in observed()) {
        let steps = plan(&desired, &world).steps;
        let backwards: Vec<Step> = steps.iter().rev().cloned().collect();
        prop_assert!(plan(&desired, &apply(&backwards, &world)).is_empty());
    }

    #[test]
    fn the_order_of_what_aws_lists_changes_nothing(desired in desired(), world in observed(), limits in limits()) {
        prop_assert_eq!(plan::plan(&desired, &world, &limits), plan::plan(&desired, &turned(&world), &limits));
    }

    #[test]
    fn the_order_of_wishes_changes_nothing(desired in desired(), world in observed(), limits in limits()) {
        prop_assert_eq!(plan::plan(&desired, &world, &limits), plan::plan(&turned_wishes(&desired), &world, &limits));
    }

    #[test]
    fn the_routes_are_those_of_an_oracle_that_asks_one_by_one(desired in desired(), world in observed()) {
        let plan = plan(&desired, &world);
        let conflicts = plan.blocked.iter().filter_map(conflict).collect();
        let adopted = plan.notes.iter().filter_map(|note| match note {
            Finding::Adopted { side, table, destination } => Some(format!("{side} {table} {destination}")),
            _ => None,
        });
        let expected = oracle::routes(&desired, &world);
        prop_assert_eq!((routes_of(&plan), conflicts, adopted.collect()), (expected.missing, expected.conflicts, expected.adopted));
    }

    #[test]
    fn the_rules_are_those_of_an_oracle_that_asks_one_by_one(desired in desired(), world in observed()) {
        prop_assert_eq!(rules_of(&plan(&desired, &world)), oracle::rules(&desired, &world));
    }

    #[test]
    fn wishes_add_up_and_none_takes_from_another(one in desired(), other in desired(), world in observed()) {
        let (first, second, sum) = (plan(&one, &world), plan(&other, &world), plan(&both(&one, &other), &world));
        let union: BTreeSet<String> = makes(&first).union(&makes(&second)).cloned().collect();
        // A route that one of them names may hold addresses that the other wishes for as well, so there may be more.
        prop_assert!(makes(&sum).is_superset(&union), "one takes from the other:\n{}{}{}", sum, first, second);
        let common: BTreeSet<String> = takes(&first).intersection(&takes(&second)).cloned().collect();
        prop_assert!(takes(&sum).is_subset(&common), "what one still wants was removed");
        let mut complaints: BTreeSet<Finding> = first.blocked.into_iter().chain(second.blocked).collect();
        // What one does not name the other may: then the route is made.
        complaints.retain(|finding| sum.blocked.contains(finding) || !matches!(finding, Finding::TakenFrom { .. }));
        prop_assert_eq!(sum.blocked, complaints.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_wish_less_adds_nothing(desired in desired(), world in observed(), which in any::<Index>()) {
        let (more, less) = (plan(&desired, &world), plan(&without_one(&desired, which), &world));
        prop_assert!(makes(&less).is_subset(&makes(&more)), "with a wish less:\n{}with it:\n{}", less, more);
    }

    #[test]
    fn what_was_made_is_undone_and_nothing_else(desired in desired(), world in observed().prop_map(without_borrowers), limits in limits()) {
        let made = converge(&desired, &world, &limits);
        let undone = converge(&Desired::default(), &made, &limits);
        let mut before = oracle::without_ours(&world);
        // An option that is on and that we did not switch on may be somebody's by now.
        let ours = |line: &str| made.owned.dns_resolution.iter().any(|side| line == format!("{side} dns"));
        before.extend(oracle::state(&made).into_iter().filter(|line| line.ends_with(" dns") && !ours(line)));
        prop_assert_eq!(oracle::state(&undone), before);
    }

    #[test]
    fn without_anything_of_ours_before_undoing_leads_back_to_the_same_world(desired in desired(), world in observed()) {
        let mut world = without_borrowers(world);
        world.owned = peerwright_core::owned::Owned::default();
        for side in Side::BOTH {
            if let Fact::Known(end) = world.ends.of_mut(side) {
                end.dns_resolution = true;
                let connection = &world.connection.id;
                end.groups.iter_mut().for_each(|group| group.rules.retain(|rule| rule.owner.as_ref() != Some(connection)));
            }
        }
        let made = apply(&plan(&desired, &world).steps, &world);
        let undone = apply(&plan(&Desired::default(), &made).steps, &made);
        prop_assert_eq!(undone.ends, world.ends);
    }

    #[test]
    fn nothing_of_somebody_else_is_changed_or_removed(desired in desired(), world in observed(), limits in limits()) {
        let after = oracle::state(&converge(&desired, &world, &limits));
        prop_assert!(oracle::without_ours(&without_borrowers(world)).is_subset(&after));
    }

    #[test]
    fn nothing_is_removed_before_everything_is_added(desired in desired(), world in observed()) {
        prop_assert!(plan(&desired, &world).steps.is_sorted_by_key(Step::removes));
    }

    #[test]
    fn the_linter_accepts_every_plan(desired in desired(), world in observed(), limits in limits(), frozen in prop::bool::weighted(0.1)) {
        let limits = Limits { frozen, ..limits };
        prop_assert_eq!(lint(&plan::plan(&desired, &world, &limits), &desired, &world, &limits), Vec::new());
    }

    #[test]
    fn nothing_but_the_peers_addresses_and_groups_is_let_through(desired in desired(), world in observed()) {
        for step in plan(&desired, &world).additions() {
            let peer = step.side().peer();
            let blocks = world.cidrs.of(peer);
            match step {
                Step::CreateRoute { side, destination, .. } => {
                    let end = world.ends.of(*side).known().expect("an end that can be read");
                    let addresses: Vec<IpNet> = match destination {
                        peerwright_core::world::Destination::Cidr(block) => vec![*block],
                        peerwright_core::world::Destination::PrefixList(id) => {
                            end.prefix_lists[id].known().expect("a list that can be read").cidrs.iter().copied().collect()
                        }
                    };
                    prop_assert!(addresses.iter().all(|address| blocks.iter().any(|block| inside(address, block))), "{}", step);
                }
                Step::AuthorizeRules { rules, .. } => for rule in rules {
                    match &rule.peer {
                        RulePeer::Cidr(block) => prop_assert!(blocks.iter().any(|theirs| theirs == block), "{}", step),
                        RulePeer::Group(_, owner) => prop_assert_eq!(owner, &world.connection.ends.of(peer).place.account),
                        other @ (RulePeer::PrefixList(_) | RulePeer::Other(_)) => prop_assert!(false, "{}", other),
                    }
                },
                _ => prop_assert!(desired.ends.of(step.side()).dns_resolution),
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
    fn no_wishes_and_nothing_of_ours_mean_no_plan_in_an_active_world(world in observed()) {
        prop_assume!(world.connection.state == PeeringState::Active);
        let mut world = world;
        world.owned = peerwright_core::owned::Owned::default();
        prop_assert_eq!(plan(&Desired::default(), &world), Plan::default());
    }

    #[test]
    fn no_wishes_only_remove(world in observed()) {
        let plan = plan(&Desired::default(), &world);
        prop_assert!(plan.additions().next().is_none() && plan.blocked.is_empty() && plan.notes.is_empty(), "{}", plan);
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
    fn what_nobody_asks_to_read_makes_no_difference(desired in desired(), world in observed(), limits in limits()) {
        prop_assert_eq!(plan::plan(&desired, &as_last_observed(&desired, &world), &limits), plan::plan(&desired, &world, &limits));
    }

    #[test]
    fn an_end_is_planned_alike_with_what_was_seen_of_the_other(desired in desired(), world in observed(), requester in any::<bool>()) {
        let side = if requester { Side::Requester } else { Side::Accepter };
        let mut remembered = world.clone();
        let other = remembered.ends.of_mut(side.peer());
        if let Fact::Known(end) = other {
            *end = LastObserved::of(side.peer(), &Tags::new(), end, &desired).end();
        }
        let of_side = |plan: &Plan| plan.steps.iter().filter(|step| step.side() == side).cloned().collect::<Vec<_>>();
        let (whole, part) = (plan(&desired, &world), plan(&desired, &remembered));
        prop_assert_eq!(of_side(&whole), of_side(&part));
        let no_groups = |plan: &Plan| plan.blocked.iter().filter(|blocked| matches!(blocked, Finding::NoPeerGroups { side: of, .. } if *of == side)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(no_groups(&whole), no_groups(&part));
    }

    #[test]
    fn every_line_of_a_plan_is_one_step_or_one_reason(desired in desired(), world in observed(), limits in limits()) {
        let whole = plan(&desired, &world);
        let part = plan::plan(&desired, &world, &limits);
        let reasons = part.waiting.len() + part.blocked.len() + part.notes.len();
        prop_assert_eq!(part.to_string().lines().count(), (part.steps.len() + part.deferred.len() + reasons).max(1));
        prop_assert_eq!(whole.steps.iter().map(Step::size).sum::<usize>(), makes(&whole).len() + takes(&whole).len());
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

/// The same world, in which no other connection relies on rules of ours.
fn without_borrowers(world: Observed) -> Observed {
    Observed { borrowers: Borrowers::new(), ..world }
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
            Step::DeleteRoute { .. } => "route gone",
            Step::HandOverRules { .. } => "rules handed over",
            Step::RevokeRules { .. } => "rules gone",
            Step::DisableDnsResolution { .. } => "dns gone",
        }));
        seen.extend(plan.waiting.iter().map(|waiting| match waiting {
            Waiting::State(_) => "state",
            Waiting::End { .. } => "end",
            Waiting::Removal { what: Removal::Routes, .. } => "routes kept",
            Waiting::Removal { what: Removal::Rules, .. } => "rules kept",
        }));
        seen.extend(plan.blocked.iter().chain(&plan.notes).map(|finding| match finding {
            Finding::RouteConflict { .. } => "conflict",
            Finding::TakenFrom { .. } => "taken from",
            Finding::TakesOver { .. } => "takes over",
            Finding::NoTables { .. } => "no tables",
            Finding::NoSuchTable { .. } => "no such table",
            Finding::NoSuchSubnet { .. } => "no such subnet",
            Finding::GatewayTable { .. } => "gateway table",
            Finding::GatewayTablesLeftOut { .. } => "gateway tables left out",
            Finding::NotPeers { .. } => "not the peer's",
            Finding::NoGroups { .. } => "no groups",
            Finding::NoSuchGroup { .. } => "no such group",
            Finding::ParticipantsGroup { .. } => "a participant's group",
            Finding::NotPeersGroup { .. } => "not the peer's group",
            Finding::AcrossRegions { .. } => "across Regions",
            Finding::DnsNotReady { .. } | Finding::NeitherDnsReady => "dns not ready",
            Finding::ExcludesPart { .. } => "excludes a part",
            Finding::ExcludesEverything { .. } => "excludes everything",
            Finding::UnreadablePrefixList { .. } => "unreadable list",
            Finding::NoPeerGroups { .. } => "no groups of the peer",
            Finding::Unchecked { .. } => "unchecked",
            Finding::Adopted { .. } => "adopted",
            Finding::AdoptedRule { .. } => "adopted rule",
            Finding::Shadowed { .. } => "shadowed",
            Finding::PublicSpace { .. } => "public space",
            other => panic!("no plan finds this: {other}"),
        }));
    }
    let steps = ["route", "rules", "dns", "route gone", "rules handed over", "rules gone", "dns gone"];
    let waiting = ["state", "end", "routes kept", "rules kept"];
    let tables =
        ["conflict", "taken from", "takes over", "shadowed", "adopted", "unchecked", "no tables", "no such table", "no such subnet"];
    let gateways = ["gateway table", "gateway tables left out"];
    let addresses = ["not the peer's", "excludes a part", "excludes everything", "unreadable list", "public space"];
    let groups = ["adopted rule", "no groups", "no such group", "no groups of the peer", "not the peer's group", "across Regions"];
    let expected = steps.into_iter().chain(waiting).chain(tables).chain(gateways).chain(addresses).chain(groups);
    assert_eq!(seen, expected.chain(["dns not ready"]).collect());
}
