//! Active connections.

use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::ids::Side;
use peerwright_engine::outcome::Outcome;
use peerwright_engine::ports::Clock;
use peerwright_testkit::{Operation, place};

use crate::demo::{A, B, DB, FAR, IRELAND, WEB, WEB_AND_DB, WEB_TO_DB, accept, accepted, configure, converged, nothing, of, world};

#[test]
fn an_accepted_request_is_configured_on_both_sides() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(12));
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), &entry.rules[..], &entry.reasons[..]), ("converged", &["web-to-db".to_owned()][..], &[][..]));
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "planned", "converged"]);
}

#[test]
fn the_ledger_owns_exactly_the_routes_that_were_made() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let owned: Vec<String> =
        world.ledger.entry(&id).owned.routes.iter().map(|route| format!("{} {}", route.table, route.destination)).collect();
    let snapshot = world.snapshot();
    let mut made: Vec<String> = snapshot.routes_over(&id).map(|(table, block)| format!("{table} {block}")).collect();
    made.sort_unstable();
    let mut sorted = owned;
    sorted.sort_unstable();
    assert_eq!(sorted, made);
}

#[test]
fn the_ledger_tells_each_step_before_and_after_it_was_made() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let changes = world.ledger.changes(&id);
    let planned: Vec<String> = changes[2].details.iter().map(|step| format!("made: {step}")).collect();
    assert_eq!(changes[3].details, planned);
    assert!(planned.contains(&format!("made: requester route rtb-000000a1 10.20.0.0/16 -> {id}")), "{planned:#?}");
}

#[test]
fn the_second_delivery_of_the_acceptance_writes_nothing() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let before = world.writes();
    for hint in [world.accepted(&id), world.requested(&id), world.accepted(&id)] {
        assert_eq!(of(configure(&world, &hint), &id), Outcome::Converged(0));
        assert_eq!(of(accept(&world, &hint), &id), Outcome::Nothing("it is active".to_owned()));
    }
    assert_eq!(world.writes(), before);
}

#[test]
fn across_regions_the_peers_group_is_replaced_by_its_blocks() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, FAR);
    let made = world.snapshot().made_for(&id);
    let rules: Vec<&String> = made.iter().filter(|line| line.starts_with("sg-0000000c")).collect();
    assert_eq!(
        rules,
        ["sg-0000000c ingress tcp/5432 10.1.0.0/16", "sg-0000000c ingress tcp/5432 10.2.0.0/16"],
        "the VPC in Frankfurt has no IPv6"
    );
    assert!(!made.iter().any(|line| line.starts_with("rtb-000000c1 fd00")), "the VPC in Frankfurt has no IPv6: {made:?}");
}

#[test]
fn a_connection_that_was_accepted_by_hand_is_configured_like_any_other() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    world.accept_by_hand(&id);
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(12));
}

#[test]
fn nothing_is_configured_when_the_rule_is_revoked_between_the_two_functions() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.allowlist.replace("rules: []");
    let before = world.writes();
    let Outcome::Nothing(why) = of(configure(&world, &world.accepted(&id)), &id) else { panic!("nothing may be done") };
    assert!(why.starts_with("no rule wants it: "), "{why}");
    assert_eq!((world.writes(), world.snapshot().made_for(&id)), (before, Vec::new()));
}

#[test]
fn nothing_is_configured_when_a_deny_rule_comes_between() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let deny = "  - { id: stop, effect: deny, requester: { tags: { env: dev } }, accepter: { regions: [eu-west-1] } }\n";
    world.allowlist.replace(&format!("{WEB_TO_DB}{deny}"));
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Nothing("no rule wants it: rule stop denies it".to_owned()));
    assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new());
}

#[test]
fn a_block_that_a_vpc_gets_later_is_routed_at_the_next_look() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.associate(DB, "10.21.0.0/16");
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(3));
    let made = world.snapshot().made_for(&id);
    for line in ["rtb-000000a1 10.21.0.0/16", "rtb-000000a2 10.21.0.0/16", "sg-0000000a egress udp/53 10.21.0.0/16"] {
        assert!(made.iter().any(|found| found == line), "{line} is missing in {made:#?}");
    }
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "planned", "converged", "planned", "converged"]);
}

#[test]
fn a_connection_that_ended_gets_nothing() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.delete(&id, Side::Requester);
    let before = world.writes();
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Nothing("it is deleted".to_owned()));
    assert_eq!(world.writes(), before);
}

#[test]
fn a_rule_that_wants_nothing_leaves_an_active_connection_as_it_is() {
    let bare =
        "rules: [{ id: bare, effect: allow, requester: { accounts: [\"111111111111\"] }, accepter: { accounts: [\"222222222222\"] } }]";
    let world = world(bare);
    let id = converged(&world, WEB, DB);
    assert_eq!(world.snapshot().made_for(&id), Vec::<String>::new());
    assert_eq!(world.ledger.history(&id), ["accepting", "accepted", "converged"]);
}

#[test]
fn dns_resolution_of_one_side_asks_nothing_of_the_other_but_readiness() {
    let one = WEB_TO_DB.replace("{ requester: true, accepter: true }", "{ accepter: true }");
    let world = world(&one);
    let id = converged(&world, WEB, DB);
    let dns: Vec<String> = world.snapshot().made_for(&id).into_iter().filter(|line| line.starts_with("dns")).collect();
    assert_eq!(dns, ["dns accepter"]);
}

#[test]
fn only_steps_and_the_ledger_are_written_and_the_plan_comes_first() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.writes().len();
    configure(&world, &world.accepted(&id)).expect("converges");
    let writes = world.writes().split_off(before);
    let (told, writes): (Vec<_>, Vec<_>) = writes.into_iter().partition(|write| *write == Operation::Tag);
    assert_eq!(told.len(), 2, "the connection's tags on both sides");
    assert_eq!((writes.first(), writes.last()), (Some(&Operation::SaveEntry), Some(&Operation::SaveEntry)));
    let steps = &writes[1..writes.len() - 1];
    let allowed = [Operation::CreateRoute, Operation::AuthorizeRules, Operation::EnableDnsResolution];
    assert!(steps.iter().all(|write| allowed.contains(write)), "{steps:?}");
    assert_eq!(steps.len(), 11, "one call for the two egress rules: {steps:?}");
}

#[test]
fn an_active_connection_on_which_every_step_succeeds_is_done_without_a_pause() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    let start = world.clock.now();
    assert_eq!(of(configure(&world, &world.accepted(&id)), &id), Outcome::Converged(12));
    assert_eq!(world.clock.now(), start);
}

#[test]
fn hints_without_a_connection_lead_nowhere() {
    let world = world(WEB_TO_DB);
    assert_eq!(nothing(configure(&world, &Hint::Pending(place(B, IRELAND)))), "222222222222/eu-west-1 names no connection");
}

#[test]
fn the_calls_of_both_functions_are_added_up() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    let before = world.ledger.entry(&id).ec2_calls;
    configure(&world, &world.accepted(&id)).expect("converges");
    let after = world.ledger.entry(&id).ec2_calls;
    assert!(after >= before + 11 + 6, "11 steps, 2 VPCs, 2 looks at 2 ends: {before} and then {after}");
    assert!(after < 60, "{after} calls are too many in {A}");
}
