//! Failing has a memory: what AWS refuses for good is tried ever less often, written down and told once, and tried at once when something changes.

use std::time::Duration;

use peerwright_core::ask::{ASK_TAG, STATUS_TAG};
use peerwright_core::event::Cause;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Step;
use peerwright_core::world::Direction;
use peerwright_engine::failure::Class;
use peerwright_engine::operator::retry;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Cloud;
use peerwright_testkit::{Fault, Operation, World, place, run};

use crate::demo::{A, B, DB, IRELAND, WEB, WEB_AND_DB, WEB_TO_DB, accepted, converged, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{TO_DB, count, living, only};

/// What a day may cost.
const RUNS: usize = 30;
const HISTORY: usize = 30;
const MESSAGES: usize = 2;

/// The runs of a function in a day with a sweep every five minutes, and the messages that were given up.
fn a_day(hub: &Hub<'_>, to: Recipient) -> (usize, usize) {
    let (mut runs, mut dead) = (0, 0);
    for _ in 0..288 {
        let log = hub.sweep();
        runs += log.done.iter().filter(|(by, ..)| *by == to).count();
        dead += log.dead.len();
        hub.world.clock.advance(Duration::from_mins(5));
    }
    (runs, dead)
}

fn assert_bounded(world: &World, id: &PcxId, runs: usize, dead: usize, told: usize, fault: &str) {
    let history = world.ledger.history(id).len();
    let told = world.ledger.published().len() - told;
    assert!(
        runs <= RUNS && history <= HISTORY && told <= MESSAGES && dead == 0,
        "{fault}: {runs} runs, {history} items, {told} told, {dead} dead"
    );
    assert!(runs > 1, "{fault} is tried again");
}

#[test]
fn what_is_refused_for_good_while_it_is_made_costs_little_in_a_day() {
    let operations = [Operation::CreateRoute, Operation::AuthorizeRules, Operation::EnableDnsResolution];
    let classes = [Class::Denied, Class::Refused, Class::Quota, Class::Stale];
    for (operation, class) in operations.into_iter().flat_map(|operation| classes.map(|class| (operation, class))) {
        let world = world(WEB_TO_DB);
        let id = accepted(&world, WEB, DB);
        let told = world.ledger.published().len();
        world.fail(Fault::next(operation, class).for_good().at(A));
        let hub = Hub::new(&world);
        let (runs, dead) = a_day(&hub, Recipient::Configure);
        assert_bounded(&world, &id, runs, dead, told, &format!("{operation:?} {class:?}"));
        let entry = world.ledger.entry(&id);
        assert_eq!((entry.status.as_str(), entry.reasons.is_empty()), ("blocked", false), "{operation:?} {class:?}");
        world.clear_faults();
        world.clock.advance(Duration::from_hours(24));
        hub.sweep_until_quiet();
        assert_eq!((world.snapshot().made_for(&id), world.ledger.entry(&id).refusal), (WEB_AND_DB.map(str::to_owned).to_vec(), None));
    }
}

#[test]
fn what_is_refused_for_good_while_it_is_taken_away_costs_little_in_a_day() {
    for class in [Class::Denied, Class::Refused, Class::Stale] {
        for operation in [Operation::DeleteRoute, Operation::RevokeRules] {
            let world = world(WEB_TO_DB);
            let id = converged(&world, WEB, DB);
            let told = world.ledger.published().len();
            world.fail(Fault::next(operation, class).for_good().at(A));
            let hub = Hub::new(&world);
            hub.delete(&id, Side::Accepter);
            let (runs, dead) = a_day(&hub, Recipient::Cleanup);
            assert_bounded(&world, &id, runs, dead, told, &format!("{operation:?} {class:?}"));
            world.clear_faults();
            world.clock.advance(Duration::from_hours(24));
            hub.sweep_until_quiet();
            assert_eq!(
                (world.snapshot().made_for(&id).len(), world.ledger.entry(&id).status.as_str()),
                (2, "ended"),
                "options end with it"
            );
        }
    }
}

#[test]
fn status_tags_that_are_refused_are_not_tried_at_every_sweep() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let told = world.ledger.published().len();
    world.fail(Fault::next(Operation::Tag, Class::Denied).for_good().at(A));
    let hub = Hub::new(&world);
    let (runs, dead) = a_day(&hub, Recipient::Configure);
    assert_bounded(&world, &id, runs, dead, told, "Tag Denied");
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn what_was_refused_is_tried_at_once_when_the_rules_change() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::AuthorizeRules, Class::Refused).for_good().at(A));
    let hub = Hub::new(&world);
    for _ in 0..50 {
        hub.sweep();
        world.clock.advance(Duration::from_mins(5));
    }
    world.clear_faults();
    world.allowlist.replace(&WEB_TO_DB.replace("\"53\"", "\"54\""));
    hub.sweep();
    assert!(world.snapshot().made_for(&id).iter().any(|line| line.contains("udp/54")), "{:#?}", world.snapshot().made_for(&id));
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn a_deny_is_followed_at_once_whatever_was_refused_before() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::AuthorizeRules, Class::Denied).for_good().at(A));
    let hub = Hub::new(&world);
    for _ in 0..50 {
        hub.sweep();
        world.clock.advance(Duration::from_mins(5));
    }
    assert_eq!(world.ledger.entry(&id).status, "blocked");
    let ends = r#"requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] }"#;
    world.allowlist.replace(&format!("{WEB_TO_DB}  - {{ id: no-more, effect: deny, {ends} }}\n"));
    hub.sweep();
    assert_eq!((world.ledger.entry(&id).status.as_str(), world.snapshot().made_for(&id)), ("isolated", Vec::new()));
}

#[test]
fn what_a_refusal_rests_on_is_looked_at_anew_when_it_changes() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.add_rule("sg-0000000b", "22", "192.0.2.0/24");
    world.fail(Fault::next(Operation::AuthorizeRules, Class::Quota).for_good().at(B));
    let hub = Hub::new(&world);
    for _ in 0..50 {
        hub.sweep();
        world.clock.advance(Duration::from_mins(5));
    }
    world.clear_faults();
    hub.sweep();
    assert_eq!(world.ledger.entry(&id).status, "blocked", "nothing has changed that anybody could see");
    world.clear_rules("sg-0000000b", Direction::Ingress);
    hub.sweep();
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn an_option_that_aws_refused_and_its_owner_switched_on_stays_when_the_permission_ends() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::EnableDnsResolution, Class::Denied).for_good().at(A));
    let hub = Hub::new(&world);
    world.clock.advance(Duration::from_mins(1));
    hub.sweep();
    world.clear_faults();
    assert_eq!(world.ledger.entry(&id).owned.dns_resolution, [Side::Accepter].into());
    let by_hand = Step::EnableDnsResolution { side: Side::Requester, connection: id.clone() };
    run(world.ports().cloud.apply(&place(A, IRELAND), &by_hand)).expect("its owner may");
    let ends = r#"requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] }"#;
    world.allowlist.replace(&format!("{WEB_TO_DB}  - {{ id: no-more, effect: deny, {ends} }}\n"));
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&id), ["dns requester"]);
}

#[test]
fn what_aws_refuses_to_make_keeps_only_what_it_replaces() {
    let both = r#"ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }, { protocol: tcp, ports: "5433", from: peer-vpc }]"#;
    let rules = |egress: &str, ingress: &str| {
        let groups = format!(
            "requester: [{{ groups: {{ tag: {{ role: web }} }}, egress: [{{ protocol: udp, ports: \"{egress}\", to: peer-vpc }}] }}], \
             accepter: [{{ groups: {{ tag: {{ role: db }} }}, {ingress} }}]"
        );
        let ends = r#"requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] }"#;
        format!("rules:\n  - {{ id: web-to-db, effect: allow, {ends}, security_groups: {{ {groups} }} }}\n")
    };
    let world = world(&rules("53", both));
    let id = converged(&world, WEB, DB);
    world.fail(Fault::next(Operation::AuthorizeRules, Class::Denied).for_good().at(A));
    // One port of the database is wanted no longer, and the group at the other end is to open another port, which AWS refuses.
    world.allowlist.replace(&rules("54", r#"ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }]"#));
    let hub = Hub::new(&world);
    let (runs, dead) = a_day(&hub, Recipient::Cleanup);
    assert!(runs <= RUNS && dead == 0, "{runs} runs, {dead} dead");
    let made = world.snapshot().made_for(&id);
    assert!(made.iter().any(|line| line.contains("udp/53")), "it is replaced by what is refused: {made:#?}");
    assert!(!made.iter().any(|line| line.contains("tcp/5433")), "nothing replaces it: {made:#?}");
    assert_eq!(world.ledger.entry(&id).status, "blocked");
}

#[test]
fn a_person_may_say_when_to_try_again() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    let hub = Hub::new(&world);
    world.clock.advance(Duration::from_mins(1));
    hub.sweep();
    world.clear_faults();
    hub.deliver(run(retry(&world.ledger, &id)).expect("it is known"));
    assert_eq!(world.ledger.entry(&id).status, "converged");
    hub.delete(&id, Side::Requester);
    assert!(run(retry(&world.ledger, &id)).expect_err("it has ended").explain().contains("it is over"));
}

#[test]
fn what_is_refused_on_an_ended_connection_is_tried_again_when_a_person_says_so() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.fail(Fault::next(Operation::DeleteRoute, Class::Denied).for_good().at(A));
    let hub = Hub::new(&world);
    hub.delete(&id, Side::Accepter);
    assert_eq!(world.ledger.entry(&id).status, "blocked");
    world.clear_faults();
    hub.deliver(run(retry(&world.ledger, &id)).expect("it is known"));
    assert_eq!(world.ledger.entry(&id).status, "ended");
}

#[test]
fn a_deletion_that_is_refused_for_good_costs_little_in_a_day_and_is_done_once_it_is_allowed() {
    for on_revoke in [false, true] {
        let world = world(&WEB_TO_DB.replace("effect: allow", "effect: allow\n    on_revoke: delete"));
        let hub = Hub::new(&world);
        hub.tag(WEB, ASK_TAG, TO_DB);
        let id = only(&world);
        world.fail(Fault::next(Operation::Delete, Class::Denied).for_good());
        let told = world.ledger.published().len();
        if on_revoke {
            world.allowlist.replace("rules: []");
        } else {
            hub.untag(WEB, ASK_TAG);
        }
        hub.sweep();
        let routes = count(&world, Operation::CreateRoute);
        let (runs, dead) = a_day(&hub, Recipient::Cleanup);
        assert_bounded(&world, &id, runs, dead, told, &format!("delete, on_revoke: {on_revoke}"));
        assert_eq!((count(&world, Operation::CreateRoute), world.snapshot().made_for(&id)), (routes, vec![]), "nothing is made anew");
        // Nor by an event of the connection.
        hub.deliver([(Recipient::Configure, world.accepted(&id))]);
        assert_eq!((count(&world, Operation::CreateRoute), living(&world)), (routes, vec![id.clone()]));
        let entry = world.ledger.entry(&id);
        assert_eq!(entry.status, "blocked");
        assert!(
            entry.reasons[0].starts_with("it is not deleted: can't Delete in 111111111111/eu-west-1: an injected fault"),
            "{:?}",
            entry.reasons
        );
        world.clear_faults();
        hub.deliver(run(retry(&world.ledger, &id)).expect("it is known"));
        assert_eq!((living(&world), world.ledger.entry(&id).status.as_str()), (vec![], "ended"));
        hub.sweep_until_quiet();
        assert_quiet(&hub);
    }
}

#[test]
fn an_event_is_followed_whatever_was_refused_before() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    let hub = Hub::new(&world);
    world.clock.advance(Duration::from_mins(1));
    hub.sweep();
    world.clear_faults();
    hub.sweep();
    assert_eq!(world.ledger.entry(&id).status, "blocked", "a sweep waits for its time");
    hub.deliver([(Recipient::Configure, world.accepted(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn an_answer_that_aws_does_not_let_us_write_on_a_vpc_is_tried_ever_less_often() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    world.tag(WEB, ASK_TAG, &format!("{DB}/{B}"));
    world.fail(Fault::next(Operation::Tag, Class::Denied).for_good().at(A));
    hub.sweep_until_quiet();
    let (runs, dead) = a_day(&hub, Recipient::Request);
    assert!(runs <= 30 && dead == 0, "{runs} runs, {dead} dead letters");
    world.clear_faults();
    world.clock.advance(Duration::from_hours(24));
    hub.sweep();
    assert!(world.tags(WEB)[STATUS_TAG].contains("converged"), "{:?}", world.tags(WEB));
}

#[test]
fn what_could_not_be_told_on_tags_is_told_when_a_person_says_so() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    world.tag(WEB, ASK_TAG, &format!("{DB}/{B}"));
    world.fail(Fault::next(Operation::Tag, Class::Denied).for_good().at(A));
    hub.sweep_until_quiet();
    let (id, place) = (only(&world), world.vpc_ref(WEB).place);
    let told = || (world.tags(WEB).contains_key(STATUS_TAG), world.tags_of(&id, &place).contains_key(STATUS_TAG));
    world.clear_faults();
    hub.sweep();
    assert_eq!(told(), (false, false), "it is not time to try again");
    let retries = run(retry(&world.ledger, &id)).expect("it is known");
    assert_eq!(retries.len(), 2, "the connection, and the VPC whose answer was refused");
    let hub = hub.because_of(Cause { retry: true, ..Cause::default() });
    hub.deliver(retries);
    assert_eq!(told(), (true, true));
    assert_quiet(&Hub::new(&world));
}
