//! The process dies after any of its writes.

use peerwright_core::ids::PcxId;
use peerwright_testkit::{Snapshot, World};

use crate::demo::{DB, FAR, WEB, WEB_TO_DB, accept, configure, world};

/// Follows both hints; what a process that died leaves behind is all that remains of it.
fn follow(world: &World, id: &PcxId) {
    drop(accept(world, &world.requested(id)));
    drop(configure(world, &world.accepted(id)));
}

fn end_of(accepter: &str) -> Snapshot {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, accepter);
    follow(&world, &id);
    assert_eq!(world.ledger.entry(&id).status, "converged");
    world.snapshot()
}

fn assert_ledger_owns_every_route(world: &World, id: &PcxId, when: &str) {
    let snapshot = world.snapshot();
    for (table, block) in snapshot.routes_over(id) {
        let entry = world.ledger.entry(id);
        let owned = entry.owned.routes.iter().any(|route| route.table == *table && route.destination == *block);
        assert!(owned, "{when}: nobody owns {table} {block}");
    }
}

/// Crashes after the first write, then after the second, until there are no more: each time in a world of its own.
fn crash_everywhere(accepter: &str, crashes_each: usize) -> usize {
    let expected = end_of(accepter);
    for writes in 0.. {
        let when = format!("after write {writes}");
        let world = world(WEB_TO_DB);
        let id = world.request(WEB, accepter);
        let mut died = false;
        for _ in 0..crashes_each {
            world.crash_after(writes);
            follow(&world, &id);
            died |= world.restart();
            assert_ledger_owns_every_route(&world, &id, &when);
        }
        follow(&world, &id);
        assert_eq!(world.snapshot(), expected, "{when}");
        assert_eq!(world.ledger.entry(&id).status, "converged", "{when}");
        assert_ledger_owns_every_route(&world, &id, &when);
        let settled = world.writes();
        follow(&world, &id);
        assert_eq!(world.writes(), settled, "{when}: a further run writes");
        if !died {
            return writes;
        }
    }
    unreachable!("the number of writes is finite")
}

#[test]
fn after_a_crash_behind_any_write_the_next_run_reaches_the_same_world() {
    let writes = crash_everywhere(DB, 1);
    assert_eq!(
        writes, 20,
        "routes noted, acceptance noted, accepted, written down; planned, 11 steps, written down, 2 tags: and one to see that none is left"
    );
}

#[test]
fn after_a_crash_behind_any_write_the_next_run_reaches_the_same_world_across_regions() {
    assert!(crash_everywhere(FAR, 1) > 10);
}

#[test]
fn after_crashing_again_and_again_the_world_is_the_same() {
    crash_everywhere(DB, 3);
}

#[test]
fn a_crash_behind_the_accept_loses_neither_rule_nor_routes() {
    let world = world(WEB_TO_DB);
    let id = world.request(WEB, DB);
    world.crash_after(1);
    drop(accept(&world, &world.requested(&id)));
    assert!(world.restart() && world.ledger.ignores(&id), "it died between the call and the ledger");
    follow(&world, &id);
    let entry = world.ledger.entry(&id);
    assert_eq!((entry.status.as_str(), &entry.rules[..]), ("converged", &["web-to-db".to_owned()][..]));
}
