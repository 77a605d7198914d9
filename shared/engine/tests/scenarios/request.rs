//! What VPCs ask for by their tags.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ask::{ASK_TAG, CREATED_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::world::PeeringState;
use peerwright_engine::explain::{Subject, explain};
use peerwright_engine::operator::reject;
use peerwright_engine::outcome::{Outcome, Recipient};
use peerwright_engine::unmet::unmet_asks;
use peerwright_testkit::{FakeVpc, Operation, World, parse, run};

use crate::demo::{A, B, DB, FAR, IRELAND, ODD, WEB, WEB_AND_DB, WEB_TO_DB, world};
use crate::hub::{Hub, assert_quiet};

/// The only connection of a world.
pub(crate) fn only(world: &World) -> PcxId {
    match &world.connections()[..] {
        [(id, _)] => id.clone(),
        other => panic!("there should be one connection: {other:?}"),
    }
}

/// The connections that have not ended.
pub(crate) fn living(world: &World) -> Vec<PcxId> {
    let all = world.connections().into_iter();
    all.filter(|(_, state)| !matches!(state, PeeringState::Ended(_))).map(|(id, _)| id).collect()
}

/// What a VPC is told.
pub(crate) fn status(world: &World, vpc: &str) -> String {
    world.tags(vpc).get(STATUS_TAG).cloned().unwrap_or_default()
}

/// How often a kind of write was made.
pub(crate) fn count(world: &World, operation: Operation) -> usize {
    world.writes().into_iter().filter(|write| *write == operation).count()
}

/// B's VPC in Ireland as A's VPC has to write it.
pub(crate) const TO_DB: &str = "vpc-0000000b/222222222222";

/// A rule in both directions between A and B, without wishes.
pub(crate) const EITHER: &str = r#"
aliases:
  database: { account: "222222222222", region: eu-west-1, vpc: vpc-0000000b }
rules:
  - id: either
    effect: allow
    requester: { accounts: ["111111111111", "222222222222"] }
    accepter: { accounts: ["111111111111", "222222222222"] }
"#;

#[test]
fn a_tag_makes_one_connection_which_is_configured_and_the_vpc_is_told() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let log = hub.tag(WEB, ASK_TAG, TO_DB);
    assert!(log.dead.is_empty(), "{:?}", log.dead);
    let id = only(&world);
    assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB);
    assert_eq!(status(&world, WEB), format!("{TO_DB} active {id} converged"));
    assert_eq!(world.tags(WEB).get(RULE_TAG).map(String::as_str), Some("web-to-db"));
    let ends = world.ends(&id);
    assert_eq!(world.tags_of(&id, &ends.requester.place).get(CREATED_TAG).map(String::as_str), Some(WEB));
    assert_eq!(world.ledger.entry(&id).created_for, Some(world.vpc_ref(WEB)));
    assert_eq!(world.ledger.history(&id), ["requested", "accepting", "accepted", "planned", "converged"]);
    assert_eq!(world.ledger.published(), ["Peering Requested", "Peering Accepted", "Peering Configured"]);
    assert_quiet(&hub);
}

#[test]
fn a_target_that_is_not_there_is_said_to_be_not_there_whatever_the_rules_say() {
    for rules in [EITHER, "rules: []"] {
        let world = world(rules);
        Hub::new(&world).tag(WEB, ASK_TAG, "vpc-00000fff/222222222222");
        assert!(status(&world, WEB).ends_with("222222222222/eu-west-1/vpc-00000fff is not there"), "{}", status(&world, WEB));
        assert!(living(&world).is_empty());
    }
}

#[test]
fn who_asked_reads_why_it_was_rejected_as_long_as_they_ask() {
    let world = world(&EITHER.replace("effect: allow", "effect: allow\n    approval: manual"));
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    let woken = run(reject(&world.ledger, &world.clock, &id, "ines", "not this quarter")).expect("it waits");
    hub.deliver(vec![woken]);
    let told = status(&world, WEB);
    assert!(
        told.contains(&format!("{id} is rejected: ines rejected it at ")) && told.contains(": not this quarter. To ask again"),
        "{told}"
    );
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), entry.why_it_ended().is_some_and(|why| why.ends_with(": not this quarter"))), ("ended", true));
    assert!(status(&world, WEB).contains(": not this quarter"), "{}", status(&world, WEB));
    let found = run(explain(&Subject::Known(Box::new(entry)), &world.ports())).expect("both ends can be read");
    assert!(found.headline().starts_with("ENDED: it is rejected: ines rejected it at "), "{}", found.headline());
    let [ask] = &run(unmet_asks(&world.vpc_ref(WEB), &BTreeSet::new(), &world.ports())).expect("it can be read")[..] else { panic!() };
    assert!(ask.answer.contains(": not this quarter") && ask.answer.contains("To ask again"), "{}", ask.answer);
}

#[test]
fn a_target_is_an_alias_or_a_vpc_with_what_is_not_the_askers_own() {
    for (asks, of, target) in [
        (WEB, "database", DB),
        (WEB, "vpc-0000000b/222222222222/eu-west-1", DB),
        (WEB, "vpc-0000000b/222222222222", DB),
        (WEB, "vpc-0000000c/222222222222/eu-central-1", FAR),
        (DB, "vpc-000000b2", "vpc-000000b2"),
    ] {
        let world = world(EITHER).vpc(FakeVpc::new(B, IRELAND, "vpc-000000b2").cidr("10.21.0.0/16"));
        let hub = Hub::new(&world);
        hub.tag(asks, ASK_TAG, of);
        let id = only(&world);
        let ends = world.ends(&id);
        assert_eq!((ends.requester, ends.accepter), (world.vpc_ref(asks), world.vpc_ref(target)), "{of}");
        assert_eq!(status(&world, asks), format!("{of} active {id} converged"));
        assert_quiet(&hub);
    }
}

#[test]
fn each_of_several_targets_gets_its_connection_and_its_answer() {
    let world = world(EITHER);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, "database, nowhere vpc-0000000c/222222222222/eu-central-1");
    assert_eq!(world.connections().len(), 2);
    let words = status(&world, WEB);
    let parts: Vec<&str> = words.split(" / ").collect();
    assert_eq!(
        parts,
        [
            "database active pcx-00000001 converged",
            "nowhere is no alias of the allowlist",
            "vpc-0000000c/222222222222/eu-central-1 active pcx-00000002 converged"
        ]
    );
    assert_quiet(&hub);
}

#[test]
fn an_existing_connection_in_either_direction_is_not_made_again() {
    for (from, to) in [(WEB, DB), (DB, WEB)] {
        let world = world(EITHER);
        let id = world.request(from, to);
        let hub = Hub::new(&world);
        hub.deliver([(Recipient::Accept, world.requested(&id))]);
        hub.tag(WEB, ASK_TAG, "database");
        assert_eq!(only(&world), id);
        assert_eq!(status(&world, WEB), format!("database active {id} converged"));
        assert_eq!(world.ledger.entry(&id).created_for, None, "somebody else asked for it");
        hub.sweep_until_quiet();
        assert_quiet(&hub);
    }
}

#[test]
fn two_vpcs_that_name_each_other_have_one_connection_and_both_are_told() {
    let world = world(EITHER);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, "database");
    hub.tag(DB, ASK_TAG, "vpc-0000000a/111111111111");
    let id = only(&world);
    assert_eq!(status(&world, WEB), format!("database active {id} converged"));
    assert_eq!(status(&world, DB), format!("vpc-0000000a/111111111111 active {id} converged"));
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn whoever_asks_for_a_connection_that_another_made_is_told_when_it_is_ready() {
    let world = world(EITHER);
    let hub = Hub::new(&world);
    let id = world.request(DB, WEB);
    hub.tag(WEB, ASK_TAG, "database");
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    assert_eq!(status(&world, WEB), format!("database active {id} converged"));
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn what_can_not_be_made_is_told_on_the_vpc_and_nothing_is_created() {
    let many: Vec<String> = (0..26).map(|number| format!("vpc-{number:08x}")).collect();
    let deny = format!(
        "{WEB_TO_DB}  - {{ id: no-dev, effect: deny, requester: {{ tags: {{ env: dev }} }}, accepter: {{ accounts: [\"{B}\"] }} }}\n"
    );
    let cases = [
        (WEB_TO_DB, "nobody", "nobody is no alias of the allowlist"),
        (WEB_TO_DB, "vpc-0000000a", "vpc-0000000a is this VPC itself"),
        (WEB_TO_DB, "vpc-zzz", "vpc-zzz is neither an alias nor vpc-id/account/region"),
        (WEB_TO_DB, "vpc-0000000b/222222222222/cn-north-1", "vpc-0000000b/222222222222/cn-north-1 is in another partition of AWS"),
        (WEB_TO_DB, &many.join(" "), "26 targets are more than 25"),
        ("rules: []", TO_DB, "vpc-0000000b/222222222222 not allowed: no rule of the allowlist speaks of these VPCs"),
        (&deny, TO_DB, "vpc-0000000b/222222222222 denied: rule no-dev denies it"),
        (WEB_TO_DB, "vpc-0000dead/222222222222", "vpc-0000dead/222222222222 held: 222222222222/eu-west-1/vpc-0000dead is not there"),
    ];
    for (rules, tag, words) in cases {
        let world = world(rules);
        let hub = Hub::new(&world);
        let log = hub.tag(WEB, ASK_TAG, tag);
        assert!(log.dead.is_empty(), "{tag}: {:?}", log.dead);
        assert_eq!(world.connections(), [], "{tag}");
        assert_eq!(status(&world, WEB), words, "{tag}");
        assert_eq!(world.writes(), [Operation::Tag], "{tag}");
        assert_quiet(&hub);
    }
}

#[test]
fn what_stands_in_the_way_is_told_and_the_connection_is_made_once_it_is_gone() {
    let world = world(WEB_TO_DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    assert_eq!(world.connections(), []);
    let words = status(&world, WEB);
    assert!(
        words.starts_with("vpc-0000000b/222222222222 held: accepter: rtb-000000b2 already sends 10.1.0.0/16 to tgw-00000001"),
        "{words}"
    );
    assert_quiet(&hub);
    world.remove_route(DB, "10.1.0.0/16");
    hub.sweep();
    assert_eq!(world.snapshot().made_for(&only(&world)), WEB_AND_DB);
    assert_quiet(&hub);
}

#[test]
fn a_vendor_without_the_role_is_asked_and_our_end_is_done_when_it_accepts() {
    let vendor = WEB_TO_DB.replace("\"222222222222\"", "\"999999999999\"");
    let world = world(&vendor);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, "vpc-0000000f/999999999999");
    let id = only(&world);
    assert_eq!(status(&world, WEB), format!("vpc-0000000f/999999999999 requested {id}"));
    world.clock.advance(Duration::from_mins(1));
    world.accept_by_hand(&id);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "one-sided");
    assert!(status(&world, WEB).starts_with(&format!("vpc-0000000f/999999999999 active {id} one-sided")), "{}", status(&world, WEB));
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_a_person_asked_of_a_vendor_is_found_when_the_vendor_has_accepted_it() {
    let world = world(&WEB_TO_DB.replace("\"222222222222\"", "\"999999999999\""));
    let hub = Hub::new(&world);
    let id = world.request(WEB, ODD);
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    world.clock.advance(Duration::from_mins(1));
    world.accept_by_hand(&id);
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&id).status, "one-sided");
    assert_quiet(&hub);
}

#[test]
fn a_rejected_request_is_not_repeated_until_the_tag_is_removed_and_set_anew() {
    let world = world(&WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual"));
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let first = only(&world);
    world.reject_by_hand(&first);
    hub.deliver([(Recipient::Cleanup, world.accepted(&first))]);
    hub.sweep_until_quiet();
    assert_eq!(only(&world), first);
    assert_eq!(status(&world, WEB), format!("{TO_DB} {first} is rejected. To ask again remove it from the tag and add it anew"));
    assert_quiet(&hub);
    hub.untag(WEB, ASK_TAG);
    assert_eq!(world.tags(WEB).get(STATUS_TAG), None);
    hub.tag(WEB, ASK_TAG, TO_DB);
    assert_eq!(world.connections().len(), 2);
}

#[test]
fn a_rejected_request_is_not_repeated_because_something_else_happens_to_the_other_vpc() {
    let world = world(&WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual"));
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let first = only(&world);
    world.reject_by_hand(&first);
    hub.deliver([(Recipient::Cleanup, world.accepted(&first))]);
    hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(DB)))]);
    hub.sweep_until_quiet();
    assert_eq!(only(&world), first);
    assert_quiet(&hub);
}

#[test]
fn an_answer_is_written_only_where_it_says_something_else() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, "nobody");
    assert_eq!(count(&world, Operation::Tag), 1);
    for _ in 0..3 {
        hub.deliver(hub.retagged(WEB, ASK_TAG));
        hub.sweep();
    }
    assert_eq!(count(&world, Operation::Tag), 1);
    hub.tag(WEB, ASK_TAG, "nobody somebody");
    assert_eq!(count(&world, Operation::Tag), 2);
    hub.untag(WEB, ASK_TAG);
    assert_eq!(count(&world, Operation::Tag), 3);
    assert_eq!(world.tags(WEB).keys().collect::<Vec<_>>(), ["env"]);
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_either_side_deletes_is_taken_away_and_told_and_not_made_again() {
    for by in Side::BOTH {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        let before = world.snapshot();
        hub.tag(WEB, ASK_TAG, TO_DB);
        let id = only(&world);
        hub.delete(&id, by);
        let after = world.snapshot();
        assert_eq!((after.routes, after.rules), (before.routes, before.rules));
        assert_eq!(world.ledger.entry(&id).status, "ended");
        assert_eq!(status(&world, WEB), format!("{TO_DB} {id} is deleted. To ask again remove it from the tag and add it anew"));
        assert_quiet(&hub);
        assert_eq!(only(&world), id);
    }
}

#[test]
fn a_vpc_in_an_account_without_the_role_is_unreachable() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    let report = hub.send(Recipient::Request, &Hint::Vpc(world.vpc_ref(ODD))).expect("no failure");
    assert_eq!(report.outcomes[0].1, Outcome::Unreachable("we hold no role in 999999999999/eu-west-1".to_owned()));
    assert_eq!(world.writes(), []);
}

#[test]
fn hints_that_name_no_vpc_lead_nowhere() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    for hint in [Hint::Everywhere, Hint::Pending(world.vpc_ref(WEB).place), Hint::Connection { id: parse("pcx-00000001"), places: vec![] }]
    {
        let report = hub.send(Recipient::Request, &hint).expect("no failure");
        assert_eq!(report.outcomes, [(None, Outcome::Nothing("no VPC is named".to_owned()))]);
    }
    assert_eq!(world.writes(), []);
    assert_eq!(world.vpc_ref(WEB).place.account.as_str(), A);
}
