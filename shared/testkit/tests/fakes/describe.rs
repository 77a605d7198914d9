//! Who sees what.

use std::collections::BTreeMap;
use std::time::Duration;

use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::ids::{Side, Sides, VpcRef};
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::world::{Fact, PeeringState, VpcFacts};
use peerwright_engine::failure::Class;
use peerwright_engine::ports::{Allowlist, Clock, Cloud};
use peerwright_testkit::{Lag, World, parse, place, run};

use crate::common::{A, ASKED, ASKS, B, FAR, FRANKFURT, IRELAND, active, connection, end, observed, pending, places, refusal, world};

/// What a rule wants that wants everything of an end.
fn everything(world: &World) -> EndIntent {
    world.allowlist.replace(
        r#"
rules:
  - id: all
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    routes: { accepter: { tables: all } }
    security_groups: { accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: all, from: peer-vpc }] }] }
    dns_resolution: { accepter: true }
"#,
    );
    let rules = run(world.allowlist.rules_for(&parse(B))).expect("the table can be read");
    let vpc_facts = |vpc: &str, account| VpcFacts {
        vpc: VpcRef { place: place(account, IRELAND), vpc: parse(vpc) },
        owner: parse(account),
        cidrs: Fact::Unknown(String::new()),
        tags: Fact::Unknown(String::new()),
        units: Fact::Unknown(String::new()),
    };
    let vpcs = Sides { requester: vpc_facts(ASKS, A), accepter: vpc_facts(ASKED, B) };
    match decide(&vpcs, &rules, world.clock.now()).verdict {
        Verdict::Allowed(rules) => Desired::of(&rules).ends.accepter,
        other => panic!("the rule allows it: {other:?}"),
    }
}

#[test]
fn a_connection_is_shown_only_in_the_places_of_its_ends() {
    let world = world();
    let id = pending(&world, ASKED);
    assert!(places().iter().all(|place| observed(&world, place, &id).is_some()));
    for elsewhere in [place(A, FRANKFURT), place(B, FRANKFURT)] {
        assert_eq!(observed(&world, &elsewhere, &id), None);
    }
}

#[test]
fn a_place_without_the_role_answers_nothing() {
    let world = world();
    let id = pending(&world, ASKED);
    let found = connection(&world, &id);
    world.revoke_role(B);
    let [_, there] = places();
    let cloud = world.ports().cloud;
    assert_eq!(refusal(run(cloud.connection(&there, &id))).0, Class::NoRole);
    assert_eq!(refusal(run(cloud.pending(&there))).0, Class::NoRole);
    assert_eq!(refusal(run(cloud.vpc_facts(&found.ends.accepter))).0, Class::NoRole);
    assert_eq!(refusal(run(cloud.ends(&found.ends.accepter.place, &BTreeMap::new()))).0, Class::NoRole);
    assert_eq!(refusal(run(cloud.accept(&found))).0, Class::NoRole);
    assert_eq!(refusal(run(cloud.reject(&found))).0, Class::NoRole);
}

#[test]
fn a_pending_request_shows_the_requesters_blocks_to_their_owner_and_an_active_connection_all_to_both() {
    let world = world();
    let id = pending(&world, ASKED);
    let [requester, accepter] = places();
    let shown = observed(&world, &requester, &id).expect("visible").cidrs;
    assert_eq!((shown.requester.to_string(), shown.accepter.to_string()), ("10.1.0.0/16".to_owned(), String::new()));
    let shown = observed(&world, &accepter, &id).expect("visible").cidrs;
    assert_eq!((shown.requester.to_string(), shown.accepter.to_string()), (String::new(), String::new()));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_secs(1));
    for place in places() {
        let shown = observed(&world, &place, &id).expect("visible").cidrs;
        assert_eq!((shown.requester.to_string(), shown.accepter.to_string()), ("10.1.0.0/16".to_owned(), "10.2.0.0/16".to_owned()));
    }
}

#[test]
fn only_the_accepters_place_lists_a_request_and_only_while_it_is_pending() {
    let world = world();
    let id = pending(&world, FAR);
    let listed = |at| run(world.ports().cloud.pending(&at)).expect("the place has a role").len();
    assert_eq!([listed(place(B, FRANKFURT)), listed(place(B, IRELAND)), listed(place(A, IRELAND))], [1, 0, 0]);
    world.accept_by_hand(&id);
    assert_eq!(listed(place(B, FRANKFURT)), 0);
}

#[test]
fn a_vpc_is_found_in_its_own_place_only() {
    let world = world();
    let id = pending(&world, ASKED);
    let vpc = world.ends(&id).accepter;
    let vpc_facts = run(world.ports().cloud.vpc_facts(&vpc)).expect("the place has a role").expect("it exists");
    assert_eq!(vpc_facts.cidrs, Fact::Known(world.blocks(&vpc.vpc)));
    let elsewhere = VpcRef { place: place(B, FRANKFURT), ..vpc };
    assert_eq!(run(world.ports().cloud.vpc_facts(&elsewhere)).expect("the place has a role"), None);
}

#[test]
fn of_an_end_only_that_is_read_which_the_intent_needs() {
    let world = world();
    let id = active(&world, ASKED);
    let nothing = end(&world, &id, Side::Accepter, &EndIntent::default());
    assert_eq!((nothing.tables.len(), nothing.groups.len()), (0, 0));
    let full = end(&world, &id, Side::Accepter, &everything(&world));
    assert_eq!((full.tables.len(), full.groups.len(), full.tables[0].main), (1, 1, true));
}

#[test]
fn a_lag_lasts_for_its_calls_and_in_its_place() {
    let world = world();
    let id = active(&world, ASKED);
    let [requester, accepter] = places();
    world.lag(&id, &requester, Lag::Absent, 2);
    world.lag(&id, &requester, Lag::Outdated(PeeringState::Pending), 1);
    world.lag(&id, &requester, Lag::WithoutCidrs, 1);
    assert!(observed(&world, &accepter, &id).is_some());
    let found: Vec<_> = (0..5).map(|_| observed(&world, &requester, &id)).collect();
    assert_eq!(found[..2], [None, None]);
    let outdated = found[2].as_ref().expect("visible");
    assert_eq!((&outdated.connection.state, outdated.cidrs.accepter.len()), (&PeeringState::Pending, 0));
    let without_cidrs = found[3].as_ref().expect("visible");
    assert_eq!(
        (&without_cidrs.connection.state, without_cidrs.cidrs.requester.len(), without_cidrs.cidrs.accepter.len()),
        (&PeeringState::Active, 1, 0)
    );
    assert_eq!(found[4].as_ref().expect("visible").cidrs.accepter.len(), 1);
}

#[test]
fn each_process_counts_its_own_calls() {
    let world = world();
    let id = pending(&world, ASKED);
    let (one, other) = (world.ports().cloud, world.ports().cloud);
    for place in places() {
        run(one.connection(&place, &id)).expect("the place has a role");
    }
    assert_eq!((one.calls(), other.calls()), (2, 0));
}
