//! Calls that take effect and whose answers are lost, and answers about what was there already.

use std::time::Duration;

use peerwright_core::ask::{ASK_TAG, CREATED_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::Side;
use peerwright_core::world::PeeringState;
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::request::request;
use peerwright_testkit::{Fault, Lag, Operation, Turn, interleave};

use crate::demo::{DB, FAR, WEB, WEB_AND_DB, WEB_TO_DB, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{TO_DB, living, only, status};

const WRITES: [Operation; 6] = [
    Operation::Create,
    Operation::Accept,
    Operation::CreateRoute,
    Operation::AuthorizeRules,
    Operation::EnableDnsResolution,
    Operation::Tag,
];

#[test]
fn whichever_answer_is_lost_there_is_one_connection_and_all_of_it() {
    for lost in WRITES {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        world.lose_answer(lost);
        let log = hub.tag(WEB, ASK_TAG, TO_DB);
        assert_eq!(log.dead.len(), 0, "{lost:?} {:?}", log.dead);
        hub.sweep_until_quiet();
        let id = only(&world);
        assert_eq!(world.snapshot().made_for(&id), WEB_AND_DB, "{lost:?}");
        assert_eq!(status(&world, WEB), format!("{TO_DB} active {id} converged"), "{lost:?}");
        assert!(world.ledger.entry(&id).created_for.is_some(), "{lost:?}");
        assert_quiet(&hub);
    }
}

#[test]
fn whichever_answer_to_a_removal_is_lost_nothing_of_ours_is_left() {
    for lost in [Operation::DeleteRoute, Operation::RevokeRules, Operation::DisableDnsResolution, Operation::Delete, Operation::Tag] {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        hub.tag(WEB, ASK_TAG, TO_DB);
        hub.sweep_until_quiet();
        let id = only(&world);
        world.lose_answer(lost);
        hub.untag(WEB, ASK_TAG);
        hub.sweep_until_quiet();
        assert_eq!((living(&world).len(), world.snapshot().routes_over(&id).count()), (0, 0), "{lost:?}");
        assert_eq!(world.ledger.entry(&id).status, "ended", "{lost:?}");
        assert_quiet(&hub);
    }
}

#[test]
fn what_somebody_else_asked_for_at_the_same_moment_is_not_taken_for_ours() {
    let mut theirs = 0;
    for (calls, shows_tags) in (0..30).flat_map(|calls| [(calls, false), (calls, true)]) {
        let world = world(WEB_TO_DB);
        let world = if shows_tags { world.answers_with_tags() } else { world };
        world.tag(WEB, ASK_TAG, TO_DB);
        let (hint, ports) = (Hint::Vpc(world.vpc_ref(WEB)), world.ports());
        let asking = async {
            if world.connections().is_empty() {
                world.request(WEB, DB);
            }
        };
        let turns = [vec![Turn::First; calls], vec![Turn::Second]].concat();
        let (asked, ()) = interleave(&turns, request(&hint, &ports), asking);
        asked.expect("no failure");
        let id = only(&world);
        let place = world.ends(&id).requester.place;
        let bears_our_tag = world.tags_of(&id, &place).contains_key(CREATED_TAG);
        theirs += usize::from(!bears_our_tag);
        let hub = Hub::new(&world);
        hub.sweep_until_quiet();
        let entry = world.ledger.entry(&id);
        assert_eq!(entry.created_for.is_some(), bears_our_tag, "after {calls} calls");
        hub.untag(WEB, ASK_TAG);
        hub.sweep_until_quiet();
        assert_eq!(living(&world).len(), usize::from(!bears_our_tag), "what is theirs stays, after {calls} calls");
    }
    assert!(theirs > 10, "{theirs}");
}

#[test]
fn of_two_requests_that_meet_each_other_one_is_accepted_and_the_other_told_why_not() {
    let world = world(WEB_TO_DB);
    let both = r#"
rules:
  - id: either
    effect: allow
    requester: { accounts: ["111111111111", "222222222222"] }
    accepter: { accounts: ["111111111111", "222222222222"] }
"#;
    world.allowlist.replace(both);
    let (one, other) = (world.vpc_ref(WEB), world.vpc_ref(FAR));
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, &format!("{}/{}/{}", other.vpc, other.place.account, other.place.region));
    // By hand, the other way round: EC2 makes a second one, and refuses to accept it.
    let id = world.request_beside(FAR, WEB);
    world.clock.advance(Duration::from_secs(1));
    hub.sweep_until_quiet();
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "held", "{:?}", entry.reasons);
    assert!(entry.ends.requester == other && entry.ends.accepter == one);
    world.delete(&id, Side::Requester);
    hub.sweep_until_quiet();
    assert_quiet(&hub);
}

#[test]
fn a_request_that_could_not_tell_of_what_it_made_tells_it_at_the_next_try() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    world.tag(WEB, ASK_TAG, TO_DB);
    world.fail(Fault::next(Operation::Tag, Class::Throttled));
    hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(WEB)))]);
    assert_eq!(world.ledger.entry(&only(&world)).status, "converged");
}

#[test]
fn a_request_whose_maker_could_not_look_at_it_is_told_to_accept_by_whoever_finds_it() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    world.tag(WEB, ASK_TAG, TO_DB);
    // The look behind the creation, whose answer shows no tags.
    world.fail(Fault::next(Operation::DescribeConnection, Class::Throttled));
    hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(WEB)))]);
    assert_eq!(world.ledger.entry(&only(&world)).status, "converged");
}

#[test]
fn an_acceptance_that_could_not_be_told_wakes_configure_at_the_next_try() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world).deaf();
    let id = world.request(WEB, DB);
    world.fail(Fault::next(Operation::SaveEntry, Class::Throttled).after(1));
    hub.deliver([(Recipient::Accept, world.requested(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "converged");
}

#[test]
fn an_answer_believes_the_ledger_where_the_askers_place_lags_behind_and_is_looked_at_again() {
    for (lag, words) in [(PeeringState::Provisioning, "active"), (PeeringState::Pending, "active")] {
        let world = world(WEB_TO_DB);
        let hub = Hub::new(&world);
        hub.tag(WEB, ASK_TAG, TO_DB);
        hub.sweep_until_quiet();
        let id = only(&world);
        world.untag(WEB, STATUS_TAG);
        world.lag(&id, &world.ends(&id).requester.place, Lag::Outdated(lag), 1);
        hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(WEB)))]);
        assert_eq!(status(&world, WEB), format!("{TO_DB} {words} {id} converged"));
    }
}

#[test]
fn a_connection_that_lost_our_tag_is_still_known_as_ours_and_whoever_can_is_told_how_to_let_it_go() {
    let world = world(WEB_TO_DB);
    let hub = Hub::new(&world);
    hub.tag(WEB, ASK_TAG, TO_DB);
    hub.sweep_until_quiet();
    let id = only(&world);
    let place = world.ends(&id).requester.place;
    world.untag_connection(&id, &place, CREATED_TAG);
    // IAM knows by the tag which connections are ours.
    world.fail(Fault::next(Operation::Delete, Class::Denied).for_good());
    hub.untag(WEB, ASK_TAG);
    hub.deliver([(Recipient::Cleanup, world.requested(&id))]);
    let entry = world.ledger.entry(&id);
    assert_eq!(entry.status, "blocked");
    assert!(entry.reasons[0].contains("somebody took its tag peerwright:created-for away: set it again in"), "{:?}", entry.reasons);
    assert_eq!(world.snapshot().routes_over(&id).count(), 0);
    world.clear_faults();
    hub.deliver([(Recipient::Cleanup, world.requested(&id))]);
    assert_eq!(world.ledger.entry(&id).status, "ended");
}
