//! The network as it is drawn: all places together.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ids::{Region, Side};
use peerwright_core::world::RouteTarget;
use peerwright_engine::failure::Class;
use peerwright_engine::network::{Network, Standing, histories, look};
use peerwright_testkit::{Fault, Operation, World, parse, place, run};

use crate::demo::{A, B, DB, FAR, FRANKFURT, IRELAND, WEB, WEB_TO_DB, accept, converged, world};

/// The places of the demo are named as members.
fn seen_with(world: &World, regions: &[&str]) -> Network {
    world.allowlist.replace_members([(A, IRELAND), (B, IRELAND), (B, FRANKFURT)].map(|(account, region)| place(account, region)));
    let regions: BTreeSet<Region> = regions.iter().map(|region| parse(region)).collect();
    run(look(&regions, |_, _| {}, &world.ports())).expect("the tables can be read")
}

fn seen(world: &World) -> Network {
    seen_with(world, &[])
}

#[test]
fn a_connection_is_seen_once_with_what_both_ends_have_of_it() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let network = seen(&world);
    assert_eq!(network.connections.keys().collect::<Vec<_>>(), [&id]);
    let found = &network.connections[&id];
    assert_eq!((found.shown.len(), found.standing(), found.reason()), (2, Standing::Working, None));
    for side in Side::BOTH {
        let vpc = network.vpc(found.connection.ends.of(side)).expect("both places were read");
        let over = vpc.tables.iter().flat_map(|table| &table.routes).filter(|route| route.target == RouteTarget::Peering(id.clone()));
        assert!(over.count() > 0, "{side}");
    }
}

#[test]
fn looking_writes_nothing() {
    let world = world(WEB_TO_DB);
    converged(&world, WEB, DB);
    let before = world.writes();
    seen(&world);
    assert_eq!(world.writes(), before);
}

#[test]
fn what_is_held_says_why() {
    let world = world("rules: []");
    let id = world.request(WEB, DB);
    world.clock.advance(Duration::from_secs(1));
    accept(&world, &world.requested(&id)).expect("a decision");
    let network = seen(&world);
    let found = &network.connections[&id];
    assert_eq!(found.standing(), Standing::Held);
    assert_eq!(found.reason(), world.ledger.entry(&id).reasons.first().cloned());
    assert!(found.reason().is_some());
}

#[test]
fn a_place_that_can_not_be_read_is_told_and_stops_nothing_else() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.revoke_role(B);
    let network = seen(&world);
    let unread: Vec<String> = network.unread.keys().cloned().collect();
    assert_eq!(unread, [format!("{B}/{FRANKFURT}"), format!("{B}/{IRELAND}")]);
    assert!(network.places[&place(B, IRELAND)].as_ref().is_err_and(|why| why.contains("infra/member.yaml")));
    assert_eq!((network.connections[&id].standing(), network.connections[&id].shown.len()), (Standing::Working, 1));
}

#[test]
fn tables_that_can_not_be_read_leave_the_vpcs_and_connections_of_their_place() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.fail(Fault::next(Operation::LookInto, Class::Denied).for_good());
    let network = seen(&world);
    assert!(network.unread.keys().any(|what| what == &format!("route tables and groups of {A}/{IRELAND}")), "{:?}", network.unread);
    assert!(network.vpc(&network.connections[&id].connection.ends.requester).is_some_and(|vpc| vpc.tables.is_empty()));
}

#[test]
fn a_connection_that_the_ledger_does_not_know_is_nobodys() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, FAR);
    world.clock.advance(Duration::from_secs(1));
    world.accept_by_hand(&id);
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(seen(&world).connections[&id].standing(), Standing::Unmanaged);
}

#[test]
fn a_connection_that_only_the_ledger_knows_is_there_too() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    world.revoke_role(A);
    world.revoke_role(B);
    let network = seen(&world);
    assert_eq!(network.connections[&id].connection.state.to_string(), "not shown");
    assert!(network.connections[&id].entry.is_some());
}

#[test]
fn regions_are_looked_at_in_every_account_of_the_organization_with_its_name() {
    let world = world(WEB_TO_DB).in_unit(A, "Root/Dev");
    let network = seen_with(&world, &[FRANKFURT]);
    assert!(network.places.contains_key(&place(A, FRANKFURT)));
    assert_eq!(network.names.get(&parse(A)).map(String::as_str), Some(format!("account {A}").as_str()));
}

#[test]
fn where_the_organization_tells_nothing_the_named_places_are_looked_at() {
    let world = world(WEB_TO_DB);
    world.fail(Fault::next(Operation::ReadAccounts, Class::Denied).for_good());
    let network = seen_with(&world, &[FRANKFURT]);
    assert_eq!(network.places.len(), 3);
    assert!(network.unread.contains_key("accounts of the organization"), "{:?}", network.unread);
}

#[test]
fn the_history_of_each_connection_is_read_where_somebody_asks() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let mut network = seen(&world);
    let histories = run(histories(&mut network, &world.ports()));
    assert_eq!(histories[&id].iter().map(|change| change.what.clone()).collect::<Vec<_>>(), world.ledger.history(&id));
}

#[test]
fn whoever_waits_hears_how_far_it_is() {
    let world = world(WEB_TO_DB);
    world.allowlist.replace_members([A, B].map(|account| place(account, IRELAND)));
    let heard = RefCell::new(Vec::new());
    run(look(&BTreeSet::new(), |done, of| heard.borrow_mut().push((done, of)), &world.ports())).expect("the tables can be read");
    assert_eq!(heard.into_inner(), [(0, 2), (1, 2), (2, 2)]);
}
