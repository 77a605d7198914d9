//! Why a connection is allowed or not, and what would be done for it.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::policy::{self, Verdict};
use peerwright_engine::explain::{Explained, Subject, explain};
use peerwright_engine::failure::Class;
use peerwright_engine::find::find_connection;
use peerwright_engine::operator::freeze;
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{Fault, Operation, World, parse, place, run};

use crate::demo::{A, B, DB, IRELAND, WEB, WEB_TO_DB, accepted, configure, converged, world};
use crate::hub::Hub;
use crate::request::{TO_DB, only};

fn pair(world: &World, requester: &str, accepter: &str) -> Explained {
    let ends = Sides { requester: parse(requester), accepter: parse(accepter) };
    run(explain(&Subject::Pair(ends), &world.ports())).expect("both can be read")
}

const FROM: &str = "111111111111/eu-west-1/vpc-0000000a";
const TO: &str = "222222222222/eu-west-1/vpc-0000000b";

#[test]
fn a_pair_that_never_asked_shows_the_plan_that_its_request_would_get() {
    let world = world(WEB_TO_DB);
    let found = pair(&world, FROM, TO);
    assert!(found.allowed());
    let plan = found.plan.expect("it is allowed").to_string();
    assert!(plan.contains("route rtb-000000a1 10.20.0.0/16 -> pcx-fffffffffffffffff"), "{plan}");
    assert!(plan.contains("sg-0000000b"), "{plan}");
    assert_eq!(world.writes(), []);
}

#[test]
fn a_pair_in_the_other_direction_is_another_question() {
    let found = pair(&world(WEB_TO_DB), TO, FROM);
    assert!(!found.allowed());
    assert_eq!(found.decision.verdict, Verdict::Held);
    assert_eq!((found.plan, found.precheck), (None, None));
}

#[test]
fn a_pair_with_something_in_the_way_is_not_allowed_though_a_rule_allows_it() {
    let world = world(WEB_TO_DB);
    world.add_route("rtb-000000b2", "10.1.0.0/16", "tgw-00000001");
    let found = pair(&world, FROM, TO);
    assert!(!found.allowed() && matches!(found.decision.verdict, Verdict::Allowed(_)));
    assert_eq!(found.precheck.expect("it was checked").obstacles.len(), 1);
}

#[test]
fn the_connection_of_two_vpcs_is_found_whichever_is_named_first_and_where_one_end_shuts_us_out() {
    let world = world(WEB_TO_DB);
    let find = |one: &str, other: &str| {
        run(find_connection(&Sides { requester: parse(one), accepter: parse(other) }, &world.ports())).expect("one end can be read")
    };
    assert_eq!(find(FROM, TO), None);
    let id = converged(&world, WEB, DB);
    assert_eq!(find(FROM, TO), Some((id.clone(), place(A, IRELAND))));
    assert_eq!(find(TO, FROM), Some((id.clone(), place(B, IRELAND))));
    world.revoke_role(A);
    assert_eq!(find(FROM, TO), Some((id.clone(), place(B, IRELAND))));
    Hub::new(&world).delete(&id, Side::Accepter);
    assert_eq!(find(TO, FROM), None);
}

#[test]
fn a_pair_that_is_connected_already_can_not_be_connected_again() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let found = pair(&world, FROM, TO);
    let obstacles: Vec<String> = found.precheck.expect("it was checked").obstacles.iter().map(ToString::to_string).collect();
    assert!(obstacles[0].starts_with(&format!("{id} joins the same two VPCs and is active")), "{obstacles:?}");
}

#[test]
fn a_connection_that_no_rule_ever_allowed_is_not_said_to_have_lost_a_permission() {
    let world = world("rules: []");
    let hub = Hub::new(&world);
    let id = world.request(WEB, DB);
    hub.deliver(vec![(Recipient::Accept, world.requested(&id))]);
    world.accept_by_hand(&id);
    hub.sweep_until_quiet();
    let found = run(explain(&Subject::Known(Box::new(world.ledger.entry(&id))), &world.ports())).expect("both ends can be read");
    assert_eq!(found.remembered, ["no rule ever allowed it: Peerwright adds and removes nothing; the ledger says unmanaged"]);
}

#[test]
fn a_connection_for_which_no_tag_asks_any_more_is_to_be_deleted_and_not_allowed() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    let id = only(&world);
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    world.untag(WEB, ASK_TAG);
    let found = run(explain(&Subject::Known(Box::new(world.ledger.entry(&id))), &world.ports())).expect("both ends can be read");
    assert!(!found.allowed() && found.plan.is_none());
    assert!(found.headline().ends_with("; without that: TO BE DELETED: neither VPC asks for it any more"), "{}", found.headline());
}

#[test]
fn the_rule_that_allowed_a_connection_until_now_comes_before_any_that_is_as_near() {
    let other = WEB_TO_DB.replace("web-to-db", "a-nearer-one").replace("\"111111111111\"", "\"333333333333\"");
    let expired = WEB_TO_DB.replace("effect: allow", "effect: allow\n    not_after: 2026-01-01T01:00:00Z");
    let both = format!("{expired}{}", other.trim_start().trim_start_matches("rules:\n"));
    let world = world(&both);
    let id = converged(&world, WEB, DB);
    world.clock.advance(Duration::from_hours(2));
    let told = |world: &World| {
        let found = run(explain(&Subject::Known(Box::new(world.ledger.entry(&id))), &world.ports())).expect("both ends can be read");
        let changes: Vec<String> = policy::explain(&found.decision).changes.iter().map(ToString::to_string).collect();
        (found.headline(), changes)
    };
    let (headline, changes) = told(&world);
    assert!(headline.starts_with("NOT ALLOWED: rule web-to-db no longer matches: not_after is not met"), "{headline}");
    assert!(changes[0].starts_with("meet one condition of the allow rule web-to-db: not_after"), "{changes:?}");
    // What has come of it is told in the same words for as long as it stays so.
    Hub::new(&world).sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), &entry.carried_by[..]), ("isolated", &["web-to-db".to_owned()][..]));
    assert!(entry.reasons[0].starts_with("rule web-to-db no longer matches: "), "{:?}", entry.reasons);
    assert_eq!(told(&world).0, headline);
    world.allowlist.replace(&other);
    assert_eq!(told(&world).0, "NOT ALLOWED: rule web-to-db, which allowed it, is gone from the allowlist");
}

#[test]
fn an_active_connection_shows_what_is_left_to_do_and_no_checks() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let before = world.writes();
    let subject = Subject::Connection(id, place(B, IRELAND));
    let found = run(explain(&subject, &world.ports())).expect("it can be read");
    assert!(found.allowed() && found.precheck.is_none());
    assert!(found.plan.expect("it is allowed").is_empty());
    assert_eq!(world.writes(), before);
}

#[test]
fn a_connection_is_explained_from_either_of_its_ends() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    for at in [place(A, IRELAND), place(B, IRELAND)] {
        assert!(run(explain(&Subject::Connection(id.clone(), at), &world.ports())).expect("it can be read").allowed());
    }
}

#[test]
fn a_connection_that_is_not_there_is_an_error_that_says_what_to_name() {
    let world = world(WEB_TO_DB);
    let subject = Subject::Connection(parse("pcx-0000dead"), place(B, IRELAND));
    let failure = run(explain(&subject, &world.ports())).expect_err("nobody has it");
    assert_eq!(failure.class, Class::Refused);
    assert!(failure.explain().contains("name the account and Region of one of its ends"), "{}", failure.explain());
}

#[test]
fn a_connection_that_is_frozen_or_refused_says_what_holds_it_up() {
    let world = world(WEB_TO_DB);
    let id = accepted(&world, WEB, DB);
    world.fail(Fault::next(Operation::CreateRoute, Class::Denied).for_good().at(A));
    configure(&world, &world.accepted(&id)).expect("the rest is made");
    world.clear_faults();
    run(freeze(&world.ports().ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    let found = run(explain(&Subject::Connection(id, place(B, IRELAND)), &world.ports())).expect("both ends can be read");
    let [frozen, refused] = &found.remembered[..] else { panic!("{:?}", found.remembered) };
    assert!(frozen.contains("frozen") && refused.contains("AWS refuses a part of it since 2026-01-01T"), "{:?}", found.remembered);
}

#[test]
fn a_pair_is_told_what_would_become_of_it_and_of_no_connection() {
    let found = pair(&world(WEB_TO_DB), FROM, TO);
    assert!(found.headline().starts_with("WOULD BE ACCEPTED: "), "{}", found.headline());
    let plan = found.words(found.plan.as_ref().expect("it is allowed"));
    assert!(plan.contains("10.20.0.0/16 -> the new connection") && !plan.contains("pcx-"), "{plan}");
    let held = pair(&world("rules: []"), FROM, TO);
    assert!(held.headline().starts_with("WOULD BE HELD: "), "{}", held.headline());
}

#[test]
fn a_vpc_that_is_not_there_is_said_to_be_not_there_whatever_the_rules_say() {
    let ends = Sides { requester: parse(FROM), accepter: parse("222222222222/eu-west-1/vpc-00000fff") };
    for rules in [WEB_TO_DB, "rules: []"] {
        let failure = run(explain(&Subject::Pair(ends.clone()), &world(rules).ports())).expect_err("it is not there");
        let told = failure.explain_final();
        assert!(told.starts_with("can't look at the accepter in 222222222222/eu-west-1: vpc-00000fff is not there"), "{told}");
    }
}

#[test]
fn a_connection_that_is_over_frozen_or_active_without_a_rule_is_spoken_of_as_it_is() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let headline = |world: &World| {
        let entry = Box::new(world.ledger.entry(&id));
        run(explain(&Subject::Known(entry), &world.ports())).expect("both ends can be read").headline()
    };
    assert!(headline(&world).starts_with("ALLOWED: "), "{}", headline(&world));
    run(freeze(&world.ledger, &world.clock, &id, true, "ines", "a test")).expect("it is known");
    assert!(headline(&world).starts_with("FROZEN: it is frozen by ines since "), "{}", headline(&world));
    assert!(headline(&world).contains(": a test; without that: ALLOWED: "), "{}", headline(&world));
    world.allowlist.replace("rules: []");
    assert!(headline(&world).contains("; without that: NOT ALLOWED: "), "{}", headline(&world));
    let hub = Hub::new(&world);
    hub.delete(&id, Side::Requester);
    assert!(headline(&world).starts_with("ENDED: it is deleted"), "{}", headline(&world));
}

#[test]
fn a_connection_whose_permission_has_ended_says_what_becomes_of_it() {
    for (wish, what) in
        [("keep", "it stays as it is"), ("isolate", "and the connection stays"), ("delete", "it was not created by Peerwright")]
    {
        let world = world(&WEB_TO_DB.replace("effect: allow", &format!("effect: allow\n    on_revoke: {wish}")));
        let id = converged(&world, WEB, DB);
        world.allowlist.replace("rules: []");
        let found = run(explain(&Subject::Connection(id, place(B, IRELAND)), &world.ports())).expect("both ends can be read");
        let [ended] = &found.remembered[..] else { panic!("{:?}", found.remembered) };
        assert!(ended.starts_with("its permission has ended: ") && ended.contains(what), "{ended}");
        assert!(ended.ends_with(&format!("(on_revoke: {wish}); the ledger says converged")), "{ended}");
    }
}
