//! What is ours and no longer wanted goes; what is anybody else's stays. And how much one run may change.

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Limits;
use peerwright_engine::cleanup;
use peerwright_engine::configure::configure as configure_with;
use peerwright_engine::failure::Failure;
use peerwright_engine::operator::freeze;
use peerwright_engine::outcome::{Outcome, Report};
use peerwright_testkit::{World, run};

use crate::demo::{DB, WEB, WEB_AND_DB, WEB_TO_DB, accepted, configure, converged, of, world};
use crate::hub::{Hub, assert_quiet};

/// Follows a hint as the function `cleanup` does.
fn cleanup(world: &World, id: &PcxId) -> Result<Report, Failure> {
    run(cleanup::cleanup(&world.accepted(id), Limits::NONE, &world.ports()))
}

fn without(removed: &[&str]) -> Vec<&'static str> {
    WEB_AND_DB.into_iter().filter(|line| !removed.contains(line)).collect()
}

#[test]
fn a_block_that_the_peer_gave_up_loses_its_routes_and_nothing_else() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.disassociate(WEB, "10.2.0.0/16");
    let report = configure(&world, &world.accepted(&id)).expect("no failure");
    assert!(matches!(&report.outcomes[0].1, Outcome::Superfluous(steps) if steps.len() == 1), "{report:?}");
    assert_eq!(report.hints.len(), 1, "the work is left to cleanup");
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB, "configure removes nothing");
    assert_eq!(of(cleanup(&world, &id), &id), Outcome::Converged(1));
    assert_eq!(world.snapshot().made_for(&id), without(&["rtb-000000b2 10.2.0.0/16"]));
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.owned.routes.len()), ("converged", 6));
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "planned", "converged", "superfluous", "removed", "converged"]);
}

#[test]
fn a_converged_connection_has_nothing_to_clean_up() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let writes = world.writes();
    assert_eq!(of(cleanup(&world, &id), &id), Outcome::Converged(0));
    assert_eq!(world.writes(), writes);
}

#[test]
fn what_replaces_something_is_made_before_it_is_removed() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&WEB_TO_DB.replace("{ groups: [sg-0000000a] }, across_regions: peer-vpc", "peer-vpc"));
    let before = world.snapshot();
    let Outcome::Waiting { why, .. } = of(cleanup(&world, &id), &id) else { panic!("something is missing") };
    assert_eq!(why, "something is removed only when nothing is missing");
    assert_eq!(world.snapshot(), before);
    configure(&world, &world.accepted(&id)).expect("no failure");
    assert!(world.snapshot().keeps(&before), "the reference stands until the blocks do");
    assert_eq!(of(cleanup(&world, &id), &id), Outcome::Converged(1));
    let rules: Vec<String> = world.snapshot().made_for(&id).into_iter().filter(|line| line.starts_with("sg-0000000b")).collect();
    assert_eq!(
        rules,
        [
            "sg-0000000b ingress tcp/5432 10.1.0.0/16",
            "sg-0000000b ingress tcp/5432 10.2.0.0/16",
            "sg-0000000b ingress tcp/5432 fd00:a::/56"
        ]
    );
}

#[test]
fn a_route_that_somebody_else_made_over_the_connection_is_never_removed() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.clock.advance(std::time::Duration::from_secs(5));
    world.add_route("rtb-000000b1", "10.1.0.0/16", id.as_str());
    configure(&world, &world.accepted(&id)).expect("no failure");
    assert_eq!(of(cleanup(&world, &id), &id), Outcome::Converged(0));
    assert!(world.snapshot().made_for(&id).contains(&"rtb-000000b1 10.1.0.0/16".to_owned()));
}

#[test]
fn nothing_is_removed_while_a_selection_means_nothing() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.allowlist.replace(&WEB_TO_DB.replace("tier: private", "tier: privat"));
    let Outcome::Blocked(reasons) = of(configure(&world, &world.accepted(&id)), &id) else { panic!("no table is meant") };
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[1].contains("keeps 3 routes of ours"), "{reasons:?}");
    cleanup(&world, &id).expect("no failure");
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
}

#[test]
fn a_crash_behind_any_removal_leaves_nothing_behind_at_the_next_run() {
    for k in 0..6 {
        let world = world(WEB_TO_DB);
        let id = converged(&world, WEB, DB);
        world.disassociate(WEB, "10.2.0.0/16");
        world.disassociate(WEB, "fd00:a::/56");
        world.crash_after(k);
        drop(cleanup(&world, &id));
        world.restart();
        cleanup(&world, &id).expect("no failure");
        let kept = world.snapshot().made_for(&id);
        assert!(kept.iter().all(|line| !line.contains("10.2.0.0/16") && !line.contains("fd00:a")), "crash after {k}: {kept:#?}");
        assert_eq!(world.ledger.entry(&id).status, "converged", "crash after {k}");
    }
}

#[test]
fn a_run_changes_no_more_than_its_limit_and_names_what_is_left() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let limits = Limits { max_changes: 5, frozen: false };
    let step = || of(run(configure_with(&world.accepted(&id), limits, &world.ports())), &id);
    let Outcome::Unfinished(why) = step() else { panic!("there is more to do") };
    assert!(why.starts_with("6 steps left for the next run: "), "{why}");
    assert_eq!(world.snapshot().made_for(&id).len(), 5);
    step();
    assert!(matches!(step(), Outcome::Converged(_)));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
}

#[test]
fn a_frozen_hub_plans_and_changes_nothing() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.snapshot();
    let limits = Limits { max_changes: 200, frozen: true };
    let outcome = of(run(configure_with(&world.accepted(&id), limits, &world.ports())), &id);
    assert!(
        matches!(&outcome, Outcome::Frozen(words) if words.len() == 12
            && words[0] == "everything is frozen by the stack's parameter Freeze"
            && words[1..].iter().all(|step| step.starts_with("it would add "))),
        "{outcome:?}"
    );
    let after = world.snapshot();
    assert_eq!((after.routes, after.rules, after.dns), (before.routes, before.rules, before.dns));
    assert_eq!(world.ledger.entry(&id).status, "frozen");
}

#[test]
fn a_frozen_connection_stays_as_it_is_until_it_is_thawed() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let ports = world.ports();
    assert!(run(freeze(&ports.ledger, &ports.clock, &id, true, "ines", "a test")).expect("no failure"));
    assert!(!run(freeze(&ports.ledger, &ports.clock, &id, true, "ines", "a test")).expect("no failure"), "it is frozen already");
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Frozen(_)));
    assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new());
    assert!(run(freeze(&ports.ledger, &ports.clock, &id, false, "ines", "a test")).expect("no failure"));
    assert!(matches!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(_)));
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "frozen by hand", "frozen", "thawed by hand", "planned", "converged"]);
}

#[test]
fn a_connection_that_the_ledger_does_not_know_can_not_be_frozen() {
    let world = world(WEB_TO_DB);
    let ports = world.ports();
    let failure = run(freeze(&ports.ledger, &ports.clock, &"pcx-0000dead".parse().expect("an id"), true, "ines", "a test"))
        .expect_err("it is unknown");
    assert!(failure.explain().starts_with("can't freeze pcx-0000dead: the ledger does not know pcx-0000dead: "));
}

#[test]
fn a_connection_that_has_ended_can_be_thawed_and_not_frozen() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let id = converged(&world, WEB, DB);
    let ports = world.ports();
    let turn = |frozen| run(freeze(&ports.ledger, &ports.clock, &id, frozen, "ines", "a test"));
    assert!(turn(true).expect("it lives"));
    hub.delete(&id, Side::Requester);
    hub.sweep_until_quiet();
    assert!(turn(false).expect("what is frozen can be thawed"));
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "ended");
    let refused = turn(true).expect_err("it has ended");
    assert!(refused.explain().starts_with(&format!("can't freeze {id}: it has ended")), "{}", refused.explain());
}

#[test]
fn routes_of_a_table_that_is_gone_are_forgotten_once_that_is_no_lag() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let remembered = || world.ledger.entry(&id).owned.routes.iter().filter(|route| route.table.as_str() == "rtb-000000a2").count();
    assert!(remembered() > 0);
    world.delete_table(WEB, "rtb-000000a2");
    configure(&world, &world.accepted(&id)).expect("no failure");
    assert!(remembered() > 0, "what was changed a moment ago may be shown late");
    world.clock.advance(std::time::Duration::from_mins(11));
    configure(&world, &world.accepted(&id)).expect("no failure");
    assert_eq!(remembered(), 0);
    assert_quiet(&Hub::new(&world));
}
