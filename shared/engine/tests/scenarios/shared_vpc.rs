//! A VPC belongs to one account, whichever accounts it is shared with.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, MESH_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::policy::Verdict;
use peerwright_engine::explain::{Subject, explain};
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::{Claims, Cloud, Meshes};
use peerwright_testkit::{FakeGroup, FakeVpc, Operation, World, parse, place, run};

use crate::demo::{A, B, DB, IRELAND, WEB, WEB_TO_DB, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{TO_DB, living, only, status};

/// Takes part in B's VPC.
const C: &str = "333333333333";

/// Whatever C asks for is allowed, and so is whatever is asked of C.
const C_MAY_ALL: &str = r#"
rules:
  - id: c-may-all
    effect: allow
    requester: { accounts: ["333333333333"] }
    accepter: { accounts: ["111111111111", "222222222222", "333333333333"] }
  - id: c-is-open
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["333333333333"] }
"#;

/// B's VPC is shared with C.
fn shared(rules: &str) -> World {
    world(rules).member(C).share(DB, C)
}

/// B's VPC as C sees it.
fn seen_from_c() -> VpcRef {
    VpcRef { place: place(C, IRELAND), vpc: parse(DB) }
}

/// A hub that sweeps C's account as well.
fn hub(world: &World) -> Hub<'_> {
    let places = [place(A, IRELAND), place(B, IRELAND), place(C, IRELAND)];
    Hub::over(world, BTreeSet::from(places))
}

/// C sets a tag on B's VPC, and its event comes.
fn tag_as_c(world: &World, key: &str, value: &str) {
    world.tag_as(C, DB, key, value);
    let log = hub(world).deliver([(Recipient::Request, Hint::Vpc(seen_from_c()))]);
    assert!(log.dead.is_empty(), "{:?}", log.dead);
}

fn told_to_c(world: &World) -> String {
    world.participants_tags(DB, C).get(STATUS_TAG).cloned().unwrap_or_default()
}

#[test]
fn a_participant_of_a_shared_vpc_who_asks_is_told_whom_to_ask_and_nothing_is_made() {
    for (key, value) in [(ASK_TAG, "vpc-0000000a/111111111111"), (MESH_TAG, "core")] {
        let world = shared(C_MAY_ALL);
        tag_as_c(&world, key, value);
        assert_eq!(told_to_c(&world), "vpc-0000000b belongs to 222222222222: set the tag there", "{key}");
        assert_eq!(status(&world, DB), "", "{key}: its owner asked for nothing");
        assert_eq!(world.writes(), [Operation::Tag], "{key}: no claim, no mesh, no connection");
        let ledger = &world.ledger;
        assert_eq!(run(ledger.claims_of(&seen_from_c())).expect("readable"), [], "{key}");
        assert_eq!(run(ledger.mesh_of(&seen_from_c())).expect("readable"), None, "{key}");
        assert_quiet(&hub(&world));
    }
}

#[test]
fn a_participants_ask_is_found_by_the_sweep_and_answered_once() {
    let world = shared(C_MAY_ALL);
    world.tag_as(C, DB, ASK_TAG, "vpc-0000000a/111111111111");
    let hub = hub(&world).deaf();
    hub.sweep_until_quiet();
    assert_eq!(told_to_c(&world), "vpc-0000000b belongs to 222222222222: set the tag there");
    assert_eq!(world.writes(), [Operation::Tag]);
    let log = hub.sweep();
    assert_eq!(log.messages(Recipient::Request), 0, "the answer stays the same");
    assert_quiet(&hub);
}

#[test]
fn a_participant_who_asks_no_longer_loses_the_answer() {
    let world = shared(C_MAY_ALL);
    tag_as_c(&world, ASK_TAG, "vpc-0000000a/111111111111");
    world.untag_as(C, DB, ASK_TAG);
    hub(&world).sweep_until_quiet();
    let tags = world.participants_tags(DB, C);
    assert!(!tags.contains_key(STATUS_TAG) && !tags.contains_key(RULE_TAG), "{tags:?}");
    assert_quiet(&hub(&world));
}

#[test]
fn a_target_in_a_participants_account_is_answered_with_its_owner() {
    let world = shared(C_MAY_ALL);
    let hub = hub(&world);
    let log = hub.tag(WEB, ASK_TAG, "vpc-0000000b/333333333333");
    assert!(log.dead.is_empty(), "{:?}", log.dead);
    assert_eq!(status(&world, WEB), "vpc-0000000b/333333333333 belongs to 222222222222: write vpc-0000000b/222222222222");
    assert_eq!(world.writes(), [Operation::Tag]);
    assert_quiet(&hub);
}

#[test]
fn the_owner_of_a_shared_vpc_is_served_whatever_a_participant_asks() {
    let world = shared(WEB_TO_DB);
    tag_as_c(&world, ASK_TAG, "vpc-0000000a/111111111111");
    let hub = hub(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    assert_eq!(status(&world, WEB), format!("{TO_DB} active {id} converged"));
    hub.sweep_until_quiet();
    assert_eq!(living(&world), [id]);
    assert_quiet(&hub);
}

#[test]
fn a_rule_about_a_participant_says_nothing_about_the_owners_vpc() {
    let world = shared(C_MAY_ALL);
    let a = world.vpc_ref(WEB);
    for ends in [Sides { requester: seen_from_c(), accepter: a.clone() }, Sides { requester: a.clone(), accepter: seen_from_c() }] {
        let found = run(explain(&Subject::Pair(ends), &world.ports())).expect("both can be read");
        assert_eq!(found.decision.verdict, Verdict::Held);
        assert_eq!(
            found.headline(),
            "WOULD BE HELD: vpc-0000000b belongs to 222222222222 and is shared with 333333333333: only its owner can peer it"
        );
    }
    let hub = hub(&world);
    hub.tag(DB, ASK_TAG, "vpc-0000000a/111111111111");
    assert_eq!(status(&world, DB).split(": ").next(), Some("vpc-0000000a/111111111111 not allowed"), "the owner is B, not C");
    assert_quiet(&hub);
}

#[test]
fn a_participants_group_is_not_written_and_told_by_name() {
    let rules = WEB_TO_DB.replace("groups: { tag: { role: db } }", "groups: [sg-0000000b, sg-0000000d]");
    let world = shared(&rules);
    world.add_group(DB, FakeGroup::new("sg-0000000d").of(C));
    let hub = hub(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    let outcome = world.ledger.entry(&id);
    let words = "accepter: sg-0000000d belongs to 333333333333, which the VPC is shared with";
    assert!(outcome.reasons.iter().any(|reason| reason.starts_with(words)), "{:?}", outcome.reasons);
    let made = world.snapshot().made_for(&id);
    assert!(made.iter().any(|line| line.starts_with("sg-0000000b")), "{made:?}");
    assert!(!made.iter().any(|line| line.starts_with("sg-0000000d")), "{made:?}");
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn a_choice_by_tag_leaves_a_participants_group_out() {
    let world = shared(WEB_TO_DB);
    world.add_group(DB, FakeGroup::new("sg-0000000d").tag("role", "db").of(C));
    let hub = hub(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    assert_eq!(status(&world, WEB), format!("{TO_DB} active {id} converged"));
    assert!(!world.snapshot().made_for(&id).iter().any(|line| line.starts_with("sg-0000000d")));
    assert_quiet(&hub);
}

#[test]
fn a_vpc_of_a_mesh_is_not_joined_to_a_shared_one_that_a_participant_marked() {
    let world = shared(C_MAY_ALL).vpc(FakeVpc::new(C, IRELAND, "vpc-000000c1").cidr("10.60.0.0/16"));
    tag_as_c(&world, MESH_TAG, "core");
    let hub = hub(&world);
    hub.tag("vpc-000000c1", MESH_TAG, "core");
    assert_eq!(world.connections(), []);
    assert_eq!(status(&world, "vpc-000000c1"), "mesh core has no other VPC yet");
    // As an earlier version may have noted it.
    run(world.ledger.set_mesh(&seen_from_c(), None, Some(&parse("core")))).expect("writable");
    hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref("vpc-000000c1")))]);
    assert_eq!(world.connections(), []);
    assert_eq!(run(world.ledger.mesh_of(&seen_from_c())).expect("readable"), None);
    assert_quiet(&hub);
}

#[test]
fn ec2_refuses_a_request_of_a_participant() {
    let world = shared(C_MAY_ALL);
    let ends = Sides { requester: seen_from_c(), accepter: world.vpc_ref(WEB) };
    let refused = run(world.ports().cloud.create(&ends, &seen_from_c())).expect_err("only the owner may");
    assert_eq!(refused.class, Class::Gone, "{refused:?}");
}
