//! Laws of taking a connection apart, over random worlds in every state.

use std::collections::BTreeSet;

use peerwright_core::desired::Desired;
use peerwright_core::ids::Side;
use peerwright_core::observed::Observed;
use peerwright_core::plan::{self, Limits, Plan, Step, Waiting, lint};
use peerwright_core::world::{Fact, PeeringState, Route, RouteTarget};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::common::apply::apply;
use crate::common::plan_oracle as oracle;
use crate::common::plan_words::takes;
use crate::common::turned::turned;
use crate::common::worlds::{limits, observed};

/// The plan of everything at once.
fn teardown(world: &Observed) -> Plan {
    plan::teardown(world, &Limits::NONE)
}

/// Plans and applies until there is nothing to do.
fn converge(world: &Observed, limits: &Limits) -> Observed {
    let mut world = world.clone();
    for _ in 0..500 {
        let plan = plan::teardown(&world, limits);
        if plan.is_empty() {
            return world;
        }
        assert!(!plan.steps.is_empty(), "a limit must let something through, or it never ends:\n{plan}");
        world = apply(&plan.steps, &world);
    }
    panic!("500 runs and no end");
}

/// A world whose connection is in any state, most often one that has ended. Of one that is not shown the routes are dead, mostly; where both
/// VPCs are in one place, both ends may show the same groups.
fn anywhere() -> impl Strategy<Value = Observed> {
    let ended = select(&["deleting", "deleted", "rejected", "failed", "expired"][..]).prop_map(PeeringState::from);
    let other =
        select(&["active", "active", "active", "pending-acceptance", "provisioning", "unheard-of"][..]).prop_map(PeeringState::from);
    let state = prop_oneof![4 => ended, 2 => Just(PeeringState::Vanished), 2 => other];
    (observed(), state, prop::bool::weighted(0.7), any::<bool>()).prop_map(|(mut world, state, dead, shared)| {
        world.connection.state = state;
        if dead && world.connection.state == PeeringState::Vanished {
            dead_letter(&mut world);
        }
        if shared && world.connection.ends.requester.place == world.connection.ends.accepter.place {
            show_the_same_groups(&mut world);
        }
        world
    })
}

/// Turns every route over the connection into a black hole.
fn dead_letter(world: &mut Observed) {
    let over = RouteTarget::Peering(world.connection.id.clone());
    for side in Side::BOTH {
        let Fact::Known(end) = world.ends.of_mut(side) else { continue };
        let routes = end.tables.iter_mut().flat_map(|table| &mut table.routes);
        routes.filter(|route| route.target == over).for_each(|route| route.blackhole = true);
    }
}

/// True where a connection that is not shown is believed to be there.
fn is_kept(plan: &Plan) -> bool {
    plan.waiting.iter().any(|waiting| matches!(waiting, Waiting::State(_)))
}

fn show_the_same_groups(world: &mut Observed) {
    if let (Fact::Known(requester), Fact::Known(accepter)) = (&mut world.ends.requester, &mut world.ends.accepter) {
        accepter.groups.clone_from(&requester.groups);
    }
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn what_is_left_of_a_connection_is_what_an_oracle_computes_one_by_one(world in anywhere(), limits in limits()) {
        prop_assert_eq!(oracle::state(&converge(&world, &limits)), oracle::taken_apart(&world));
    }

    #[test]
    fn nothing_of_somebody_else_is_taken_away(world in anywhere(), limits in limits()) {
        let after = converge(&world, &limits);
        prop_assert!(oracle::taken_apart(&world).is_subset(&oracle::state(&after)));
        for step in teardown(&world).steps {
            match step {
                Step::DeleteRoute { side, table, destination, connection } => {
                    prop_assert_eq!(&connection, &world.connection.id);
                    prop_assert!(world.owned.routes.iter().any(|ours| (ours.side, &ours.table, &ours.destination) == (side, &table, &destination)));
                }
                Step::RevokeRules { side, rules, .. } | Step::HandOverRules { side, rules, .. } => {
                    let end = world.ends.of(side).known().expect("an end that can be read");
                    let all: Vec<_> = end.groups.iter().flat_map(|group| &group.rules).collect();
                    for (id, _) in rules {
                        prop_assert!(all.iter().any(|rule| rule.id == id && rule.owner.as_ref() == Some(&world.connection.id)), "{}", id);
                    }
                }
                Step::DisableDnsResolution { side, .. } => prop_assert!(world.owned.dns_resolution.contains(&side)),
                other => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn nothing_of_ours_is_left_on_an_end_that_can_be_read(world in anywhere(), limits in limits()) {
        let after = converge(&world, &limits);
        if is_kept(&teardown(&after)) {
            return Ok(());
        }
        for (side, end) in after.ends.iter() {
            let Fact::Known(end) = end else { continue };
            prop_assert!(end.groups.iter().flat_map(|group| &group.rules).all(|rule| rule.owner.as_ref() != Some(&after.connection.id)));
            for (table, destinations) in after.owned.routes_of(side) {
                let Some(table) = end.tables.iter().find(|found| found.id == *table) else { continue };
                let over = RouteTarget::Peering(after.connection.id.clone());
                prop_assert!(!table.routes.iter().any(|route| route.target == over && destinations.contains(&route.destination)));
            }
        }
    }

    #[test]
    fn what_was_taken_apart_is_not_taken_apart_again(world in anywhere()) {
        let first = teardown(&world);
        let again = teardown(&apply(&first.steps, &world));
        prop_assert!(again.is_empty(), "left to do:\n{}", again);
        prop_assert_eq!(again.waiting, first.waiting);
    }

    #[test]
    fn taking_apart_may_stop_anywhere_and_go_on(world in anywhere(), cut in any::<Index>()) {
        let whole = teardown(&world);
        let (done, left) = whole.steps.split_at(cut.index(whole.steps.len() + 1));
        prop_assert_eq!(teardown(&apply(done, &world)).steps, left);
    }

    #[test]
    fn things_may_be_taken_away_in_any_order(world in anywhere()) {
        let backwards: Vec<Step> = teardown(&world).steps.into_iter().rev().collect();
        prop_assert!(teardown(&apply(&backwards, &world)).is_empty());
    }

    #[test]
    fn the_order_of_what_aws_lists_makes_no_difference(world in anywhere(), limits in limits()) {
        prop_assert_eq!(plan::teardown(&world, &limits), plan::teardown(&turned(&world), &limits));
    }

    #[test]
    fn a_limit_changes_when_things_are_taken_away_and_not_what(world in anywhere(), limits in limits()) {
        let (whole, part) = (teardown(&world), plan::teardown(&world, &limits));
        prop_assert_eq!(&whole.steps, &[part.steps.clone(), part.deferred.clone()].concat());
        let changes: usize = part.steps.iter().map(Step::size).sum();
        prop_assert!(changes <= limits.max_changes || part.steps.len() == 1);
        prop_assert_eq!(whole.waiting, part.waiting);
    }

    #[test]
    fn a_freeze_takes_nothing_away_and_names_everything(world in anywhere()) {
        let (whole, frozen) = (teardown(&world), plan::teardown(&world, &Limits { frozen: true, ..Limits::NONE }));
        prop_assert_eq!((frozen.steps, frozen.deferred, frozen.waiting), (Vec::new(), whole.steps, whole.waiting));
    }

    #[test]
    fn no_thing_is_taken_away_twice(world in anywhere()) {
        let plan = teardown(&world);
        prop_assert_eq!(plan.steps.iter().map(Step::size).sum::<usize>(), takes(&plan).len());
        let mut rules = BTreeSet::new();
        for step in &plan.steps {
            if let Step::RevokeRules { rules: ids, .. } | Step::HandOverRules { rules: ids, .. } = step {
                prop_assert!(ids.iter().all(|(id, _)| rules.insert(id.clone())), "{}", step);
            }
        }
    }

    #[test]
    fn the_linter_accepts_every_taking_apart(world in anywhere(), limits in limits(), frozen in prop::bool::weighted(0.1)) {
        let limits = Limits { frozen, ..limits };
        prop_assert_eq!(lint(&plan::teardown(&world, &limits), &Desired::default(), &world, &limits), Vec::new());
    }

    #[test]
    fn an_active_connection_is_taken_apart_as_if_nothing_were_wanted(world in observed()) {
        let plannable = world.connection.state == PeeringState::Active;
        if !plannable || world.cidrs.requester.is_empty() || world.cidrs.accepter.is_empty() {
            return Ok(());
        }
        let (apart, unwanted) = (teardown(&world), plan::plan(&Desired::default(), &world, &Limits::NONE));
        prop_assert_eq!((apart.steps, apart.waiting), (unwanted.steps, unwanted.waiting));
    }

    #[test]
    fn a_connection_that_is_not_shown_loses_nothing_while_anything_leads_over_it(world in anywhere(), side in any::<bool>(), table in any::<Index>()) {
        let mut world = world;
        world.connection.state = PeeringState::Vanished;
        let side = if side { Side::Requester } else { Side::Accepter };
        let over = RouteTarget::Peering(world.connection.id.clone());
        let Fact::Known(end) = world.ends.of_mut(side) else { return Ok(()) };
        if end.tables.is_empty() {
            return Ok(());
        }
        let at = table.index(end.tables.len());
        let destination = "203.0.113.0/24".parse().expect("a block");
        end.tables[at].routes.push(Route { destination, target: over, blackhole: false, propagated: false });
        let plan = teardown(&world);
        prop_assert!(plan.is_empty(), "{}", plan);
        prop_assert_eq!(plan.waiting, [Waiting::State("vanished (though a route over it is alive)".to_owned())]);
    }

    #[test]
    fn an_end_is_waited_for_where_it_can_not_be_read_and_something_of_ours_may_be_there(world in anywhere()) {
        let plan = teardown(&world);
        if is_kept(&plan) {
            return Ok(());
        }
        let active = world.connection.state == PeeringState::Active;
        let may_be_there = |side: &Side| {
            let (routes, groups) = (world.owned.routes.iter().map(|route| route.side), world.owned.groups.iter().map(|group| group.side));
            routes.chain(groups).any(|at| at == *side) || (active && world.owned.dns_resolution.contains(side))
        };
        let unread = Side::BOTH.into_iter().filter(|side| matches!(world.ends.of(*side), Fact::Unknown(_)));
        let expected: BTreeSet<Side> = unread.filter(may_be_there).collect();
        let found: BTreeSet<Side> = plan.waiting.iter().filter_map(|waiting| match waiting {
            Waiting::End { side, .. } => Some(*side),
            Waiting::State(_) | Waiting::Removal { .. } => None,
        }).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn an_end_that_was_cleaned_may_be_forgotten(world in anywhere()) {
        let mut after = converge(&world, &Limits::NONE);
        let stays = after.owned.clone();
        for side in Side::BOTH {
            if matches!(after.ends.of(side), Fact::Known(_)) {
                after.owned.clear(side);
            }
            prop_assert_eq!(after.owned.touches(side), stays.touches(side) && matches!(after.ends.of(side), Fact::Unknown(_)));
        }
        prop_assert!(teardown(&after).is_empty() || oracle::taken_apart(&world) == oracle::state(&world));
    }
}

/// The laws above would hold of worlds in which there is never anything of ours, too.
#[test]
fn the_random_worlds_are_worth_taking_apart() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let world = anywhere().new_tree(&mut runner).expect("a world").current();
        let plan = teardown(&world);
        let vanished = world.connection.state == PeeringState::Vanished;
        for step in &plan.steps {
            seen.insert(match step {
                Step::DeleteRoute { .. } if vanished => "route of one that is not shown",
                Step::DeleteRoute { .. } => "route",
                Step::RevokeRules { .. } if vanished => "rules of one that is not shown",
                Step::DisableDnsResolution { .. } => "dns",
                Step::HandOverRules { .. } => "rules handed over",
                Step::RevokeRules { .. } => "rules",
                _ => "an addition",
            });
        }
        seen.extend(plan.waiting.iter().map(|waiting| match waiting {
            Waiting::State(_) => "alive",
            Waiting::End { .. } => "end",
            Waiting::Removal { .. } => "kept",
        }));
        let groups = Side::BOTH.map(|side| world.ends.of(side).known().map(|end| &end.groups));
        if groups[0].is_some_and(|shown| !shown.is_empty()) && groups[0] == groups[1] {
            seen.insert("shared groups");
        }
    }
    let expected = [
        "route",
        "rules",
        "rules handed over",
        "dns",
        "route of one that is not shown",
        "rules of one that is not shown",
        "alive",
        "end",
        "shared groups",
    ];
    assert_eq!(seen, BTreeSet::from(expected));
}
