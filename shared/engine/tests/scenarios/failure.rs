//! Calls that fail.

use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Outcome;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Fault, Operation, World, place};

use crate::demo::{A, B, DB, FAR, IRELAND, WEB, WEB_AND_DB, WEB_TO_DB, accept, accepted, configure, converged, of, world};
use crate::hub::{Hub, assert_quiet};

/// What `accept` calls for a request that is allowed.
const OF_ACCEPT: [Operation; 6] = [
    Operation::DescribePeerings,
    Operation::DescribeVpc,
    Operation::ReadAllowlist,
    Operation::Accept,
    Operation::LoadEntry,
    Operation::SaveEntry,
];

/// What `configure` calls for a connection of which everything is missing.
const OF_CONFIGURE: [Operation; 9] = [
    Operation::DescribeConnection,
    Operation::DescribeVpc,
    Operation::ReadAllowlist,
    Operation::DescribeEnd,
    Operation::LoadEntry,
    Operation::SaveEntry,
    Operation::CreateRoute,
    Operation::AuthorizeRules,
    Operation::EnableDnsResolution,
];

/// Classes that no function deals with by itself, wherever they come from.
const SURFACING: [Class; 4] = [Class::Throttled, Class::Transient, Class::Denied, Class::Unexpected];

fn assert_all_there(world: &World, id: &PcxId) {
    assert_eq!(world.snapshot().made_for(id), WEB_AND_DB);
    assert_eq!(world.ledger.entry(id).status, "converged");
}

#[test]
fn whatever_call_of_accept_fails_the_class_surfaces_and_the_next_try_ends_right() {
    let all = OF_ACCEPT.into_iter().flat_map(|operation| SURFACING.map(|class| (operation, class)));
    for (operation, class) in all.filter(|case| *case != (Operation::Accept, Class::Denied)) {
        let world = world(WEB_TO_DB);
        let id = world.request(WEB, DB);
        world.fail(Fault::next(operation, class));
        if let Err(failure) = accept(&world, &world.requested(&id)) {
            assert_eq!(failure.class, class, "{operation:?}");
        } else {
            // What may not be read of an end is a person's matter; a connection that one place does not show is looked for in the other.
            assert_eq!(class, Class::Denied, "{operation:?}");
            assert!(operation == Operation::DescribePeerings || world.ledger.entry(&id).status == "held", "{operation:?}");
        }
        accept(&world, &world.requested(&id)).expect("the fault is over");
        configure(&world, &world.accepted(&id)).expect("the connection is accepted");
        assert_all_there(&world, &id);
    }
}

#[test]
fn an_acceptance_that_aws_refuses_holds_the_request_until_it_is_allowed() {
    for class in [Class::Quota, Class::Refused, Class::Denied] {
        let world = world(WEB_TO_DB);
        let id = world.request(WEB, DB);
        world.fail(Fault::next(Operation::Accept, class).for_good());
        let hub = Hub::new(&world);
        for _ in 0..20 {
            let log = hub.sweep();
            assert_eq!(log.dead.len(), 0, "{log:#?}");
            world.clock.advance(Duration::from_mins(5));
        }
        let entry = world.ledger.entry(&id);
        assert_eq!(entry.status, "held", "{class:?}");
        assert!(entry.reasons[0].starts_with("can't Accept in 222222222222/eu-west-1: an injected fault"), "{:?}", entry.reasons);
        assert_eq!(
            (world.ledger.history(&id), world.ledger.published()),
            (vec!["accepting".to_owned(), "held".to_owned()], vec!["Peering Held"]),
            "{class:?}"
        );
        world.clear_faults();
        hub.sweep_until_quiet();
        assert_all_there(&world, &id);
        assert_quiet(&hub);
    }
}

#[test]
fn whatever_call_of_configure_fails_the_class_surfaces_and_the_next_try_ends_right() {
    let step = |operation| [Operation::CreateRoute, Operation::AuthorizeRules, Operation::EnableDnsResolution].contains(&operation);
    // A step for which a permission is missing is a person's matter, and one that is throttled follows in the next run.
    let all = OF_CONFIGURE.into_iter().flat_map(|operation| SURFACING.map(|class| (operation, class)));
    for (operation, class) in all.filter(|(operation, class)| !matches!(class, Class::Denied | Class::Throttled) || !step(*operation)) {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        world.fail(Fault::next(operation, class));
        match configure(&world, &world.accepted(&id)) {
            Err(failure) => assert_eq!(failure.class, class, "{operation:?}"),
            // What may not be read of one end keeps nothing from being done at the other.
            Ok(_) => assert_eq!(class, Class::Denied, "{operation:?}"),
        }
        configure(&world, &world.accepted(&id)).expect("the fault is over");
        assert_all_there(&world, &id);
    }
}

#[test]
fn a_step_that_fails_does_not_stop_the_others() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Unexpected).after(2));
    let failure = configure(&world, &world.accepted(&id)).expect_err("one route fails");
    assert_eq!(failure.class, Class::Unexpected);
    assert_eq!(failure.place, Some(place(A, IRELAND)));
    let made = world.snapshot().made_for(&id);
    let missing: Vec<&str> = WEB_AND_DB.into_iter().filter(|wanted| !made.iter().any(|line| line == wanted)).collect();
    assert_eq!(missing, ["rtb-000000a2 10.20.0.0/16"]);
}

#[test]
fn what_aws_refuses_is_a_persons_matter_and_is_not_tried_for_ever() {
    for class in [Class::Quota, Class::Refused, Class::Denied] {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        world.fail(Fault::next(Operation::CreateRoute, class).after(2));
        let report = configure(&world, &world.accepted(&id)).expect("no failure");
        assert!(matches!(&report.outcomes[0].1, Outcome::Blocked(reasons) if reasons.len() == 1), "{report:?}");
        assert_eq!(world.ledger.entry(&id).status, "blocked");
        configure(&world, &world.accepted(&id)).expect("the person has mended it");
        assert_all_there(&world, &id);
    }
}

#[test]
fn a_failure_is_written_down_with_its_mend_and_with_what_was_made_before() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Unexpected));
    let failure = configure(&world, &world.accepted(&id)).expect_err("one route fails");
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.reasons), ("failed", vec![failure.explain()]));
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "planned", "failed"]);
    let made = &world.ledger.changes(&id)[3].details;
    assert_eq!((made.len(), made.iter().all(|line| line.starts_with("made: "))), (10, true), "{made:#?}");
}

#[test]
fn the_first_of_several_failures_surfaces_when_all_steps_were_tried() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Unexpected).for_good());
    world.fail(Fault::next(Operation::EnableDnsResolution, Class::Throttled).for_good());
    let failure = configure(&world, &world.accepted(&id)).expect_err("no route can be made");
    assert_eq!(failure.class, Class::Unexpected);
    let made = world.snapshot().made_for(&id);
    assert_eq!(made, WEB_AND_DB[7..10], "the security group rules are there");
}

#[test]
fn a_failure_at_one_request_does_not_stop_the_others_of_the_place() {
    let other = FakeVpc::new(A, IRELAND, "vpc-00000002").cidr("10.9.0.0/16").table(FakeTable::new("rtb-00000021"));
    let world = world(WEB_TO_DB).vpc(other.group(FakeGroup::new("sg-00000021").tag("role", "web")));
    let first = world.request(WEB, DB);
    let second = world.request("vpc-00000002", DB);
    world.clock.advance(Duration::from_secs(1));
    world.fail(Fault::next(Operation::DescribeVpc, Class::Throttled));
    let report = accept(&world, &Hint::Pending(place(B, IRELAND))).expect("the place was listed");
    assert!(matches!(of(Ok(report), &first), Outcome::Failed(_)));
    assert_eq!(world.ledger.history(&second), ["accepting", "accepted"]);
    assert!(world.ledger.ignores(&first));
    assert!(matches!(of(accept(&world, &world.requested(&first)), &first), Outcome::Accepted(_)));
}

#[test]
fn a_permission_that_is_taken_away_in_the_middle_leaves_routes_that_the_ledger_owns() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).after(1).for_good().at(B));
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert!(matches!(&outcome, Outcome::Blocked(reasons) if reasons[0].contains("service control policy")), "{outcome:?}");
    let snapshot = world.snapshot();
    assert_eq!(snapshot.routes_over(&id).filter(|(table, _)| table.as_str() == "rtb-000000b2").count(), 1);
    let entry = world.ledger.entry(&id);
    for (table, block) in snapshot.routes_over(&id) {
        assert!(entry.owned.routes.iter().any(|route| route.table == *table && route.destination == *block));
    }
    world.clear_faults();
    configure(&world, &world.accepted(&id)).expect("the policy is gone");
    assert_all_there(&world, &id);
}

#[test]
fn a_role_that_is_taken_away_in_the_middle_makes_the_connection_one_sided_at_the_next_try() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::NoRole).at(B));
    let failure = configure(&world, &world.accepted(&id)).expect_err("it was there when the plan was made");
    assert_eq!(failure.class, Class::NoRole);
    world.revoke_role(B);
    let outcome = of(configure(&world, &world.accepted(&id)), &id);
    assert!(matches!(outcome, Outcome::OneSided(_)), "{outcome:?}");
}

#[test]
fn a_failed_look_at_one_end_changes_nothing_at_the_other() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.writes();
    world.fail(Fault::next(Operation::DescribeEnd, Class::Transient).at(B));
    configure(&world, &world.accepted(&id)).expect_err("B could not be read");
    assert_eq!(world.writes(), before);
}

#[test]
fn without_the_allowlist_nothing_is_accepted() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.fail(Fault::next(Operation::ReadAllowlist, Class::Transient));
    accept(&world, &world.requested(&id)).expect_err("the allowlist could not be read");
    assert_eq!(world.writes(), []);
}

#[test]
fn a_plan_that_can_not_be_written_down_is_not_carried_out() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::SaveEntry, Class::Throttled));
    configure(&world, &world.accepted(&id)).expect_err("the ledger could not be written");
    assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new());
}

#[test]
fn a_step_that_stays_stale_is_given_back_with_what_ec2_said() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::AuthorizeRules, Class::Stale).for_good().at(B));
    let Outcome::Waiting { why, .. } = of(configure(&world, &world.accepted(&id)), &id) else { panic!("EC2 refuses the rule") };
    assert!(why.matches("an injected fault").count() == 1, "each reason once: {why}");
    let made = world.snapshot().made_for(&id);
    assert_eq!(made.len(), 11, "everything else is there: {made:#?}");
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.reasons), ("waiting", vec![why]));
}

#[test]
fn a_group_that_is_not_the_peers_is_told_and_everything_else_is_done() {
    let world = world(&WEB_TO_DB.replace("[sg-0000000a]", "[sg-0000000a, sg-0badbad0]"));
    let id = accepted(&world, WEB, DB);
    let Outcome::Blocked(reasons) = of(configure(&world, &world.accepted(&id)), &id) else { panic!("that group is not the peer's") };
    assert_eq!(reasons, ["accepter: sg-0badbad0 is no security group of the peer; change the rule"]);
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
}

#[test]
fn a_rule_that_ec2_refuses_keeps_no_other_rule_of_the_call_from_being_made() {
    for class in [Class::Refused, Class::Stale] {
        let world = world(&WEB_TO_DB.replace("protocol: udp, ports: \"53\"", "protocol: udp, ports: \"54\""));
        let id = accepted(&world, WEB, DB);
        // The call for both rules, and then the one for the first of them.
        world.fail(Fault::next(Operation::AuthorizeRules, class).times(2).at(A));
        configure(&world, &world.accepted(&id)).expect("it is told");
        let made = world.snapshot().made_for(&id);
        assert!(made.contains(&"sg-0000000a egress udp/54 fd00:b::/56".to_owned()), "{class:?}: {made:#?}");
        assert!(made.contains(&"sg-0000000b ingress tcp/5432 111111111111/sg-0000000a".to_owned()), "{class:?}: {made:#?}");
    }
}

#[test]
fn a_step_that_comes_too_early_is_made_a_moment_later_and_then_in_the_next_round() {
    // Two rules of a group are one call, and each by itself when that was refused.
    for (times, planned) in [(1, 1), (3, 1), (5, 2)] {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, FAR);
        world.fail(Fault::next(Operation::AuthorizeRules, Class::Stale).times(times));
        assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(9), "{times}");
        let history = world.ledger.history(&id);
        assert_eq!(history.iter().filter(|status| *status == "planned").count(), planned, "{times}: {history:?}");
    }
}

#[test]
fn a_failure_leaves_a_configured_connection_as_it_is() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let (before, writes) = (world.snapshot(), world.writes());
    for operation in [Operation::DescribeConnection, Operation::DescribeVpc, Operation::DescribeEnd, Operation::LoadEntry] {
        world.fail(Fault::next(operation, Class::Transient));
        configure(&world, &world.accepted(&id)).expect_err("the call failed");
    }
    assert_eq!((world.snapshot(), world.writes()), (before, writes));
}
