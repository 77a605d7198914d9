//! What holds in every world.

use std::time::Duration;

use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{PcxId, Side};
use peerwright_core::world::{Destination, PeeringState};
use peerwright_engine::failure::Class;
use peerwright_engine::outcome::{Outcome, Report};
use peerwright_testkit::{Fault, Operation, Snapshot, World};
use proptest::prelude::*;
use proptest::sample::select;

use crate::demo::{accept, configure};
use crate::random::{crowded, roomy};

/// What came of the deliveries, function by function.
struct Reports {
    accepts: Vec<Report>,
    configures: Vec<Report>,
}

impl Reports {
    /// True when something is left undone, to be tried at the next message: a step that EC2 never takes is tried each time.
    fn unfinished(&self) -> bool {
        self.configures.iter().any(|report| report.again_after().is_some())
    }

    fn outcomes(self) -> impl Iterator<Item = Outcome> {
        self.accepts.into_iter().chain(self.configures).flat_map(|report| report.outcomes).map(|(_, outcome)| outcome)
    }
}

/// Delivers every event once, and nothing fails. What was not accepted has no event of its acceptance.
fn deliver_all(world: &World, ids: &[PcxId]) -> Reports {
    let accepts = ids.iter().map(|id| accept(world, &world.requested(id)).expect("nothing fails")).collect();
    world.clock.advance(Duration::from_secs(10));
    let snapshot = world.snapshot();
    let active = ids.iter().filter(|id| snapshot.state(id) == PeeringState::Active);
    let configures = active.map(|id| configure(world, &world.accepted(id)).expect("nothing fails")).collect();
    Reports { accepts, configures }
}

/// Routes lead only to the peer, and the ledger owns them; what isn't active has nothing.
fn assert_modest(world: &World, snapshot: &Snapshot, ids: &[PcxId]) {
    for id in ids {
        let ends = world.ends(id);
        if snapshot.state(id) != PeeringState::Active {
            assert_eq!(snapshot.made_for(id), Vec::<String>::new(), "{id} is not active");
            continue;
        }
        for (table, block) in snapshot.routes_over(id) {
            let entry = world.ledger.entry(id);
            let mut owned = entry.owned.routes.iter().filter(|route| route.table == *table && route.destination == *block);
            let side = owned.next().map(|route| route.side);
            let blocks = side.map(|side: Side| world.blocks(&ends.of(side.peer()).vpc));
            let inside = |blocks: &CidrSet| matches!(block, Destination::Cidr(block) if blocks.contains(block));
            assert!(blocks.as_ref().is_some_and(inside), "{table} {block} over {id}");
        }
    }
}

/// A snapshot as text, without the tags of rules: one that two connections of a VPC want bears the tag of whichever came first.
fn things(snapshot: &Snapshot) -> String {
    let rules: Vec<_> = snapshot.rules.iter().map(|(group, direction, rule, _)| (group, direction, rule)).collect();
    format!("{:?}\n{:?}\n{rules:?}\n{:?}", snapshot.states, snapshot.routes, snapshot.dns)
}

/// One delivery on the way to the end.
#[derive(Debug, Clone)]
struct Delivery {
    connection: usize,
    configure: bool,
    trouble: Trouble,
    pause: u64,
}

#[derive(Debug, Clone)]
enum Trouble {
    None,
    Crash(usize),
    Fault(Operation, Class, u32),
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let class = select(vec![Class::Throttled, Class::Transient, Class::Stale, Class::Denied, Class::NoRole]);
    let trouble = prop_oneof![
        Just(Trouble::None),
        (0..12_usize).prop_map(Trouble::Crash),
        (select(Operation::ALL.to_vec()), class, 0..6_u32).prop_map(|(operation, class, after)| Trouble::Fault(operation, class, after)),
    ];
    (0..3_usize, any::<bool>(), trouble, 0..2000_u64).prop_map(|(connection, configure, trouble, pause)| Delivery {
        connection,
        configure,
        trouble,
        pause,
    })
}

impl Delivery {
    fn happen(&self, world: &World, ids: &[PcxId]) {
        let id = &ids[self.connection % ids.len()];
        match self.trouble {
            Trouble::None => {}
            Trouble::Crash(writes) => world.crash_after(writes),
            Trouble::Fault(operation, class, after) => world.fail(Fault::next(operation, class).after(after)),
        }
        let result = if self.configure { configure(world, &world.accepted(id)) } else { accept(world, &world.requested(id)) };
        drop(result);
        world.restart();
        world.clear_faults();
        world.clock.advance(Duration::from_millis(self.pause));
    }
}

proptest! {
    #[test]
    fn once_everything_is_delivered_a_further_delivery_writes_nothing_and_what_others_made_is_untouched(sketch in crowded()) {
        let (world, ids) = sketch.build();
        let before = world.snapshot();
        // Twice: what one connection made may be a further reason why another one is held.
        deliver_all(&world, &ids);
        deliver_all(&world, &ids);
        let between = world.snapshot();
        let writes = world.writes();
        let reports = deliver_all(&world, &ids);
        let after = world.snapshot();
        prop_assert!(after.keeps(&before), "{before}\n{after}");
        prop_assert_eq!(&after, &between);
        if !reports.unfinished() {
            prop_assert_eq!(world.writes(), writes);
        }
        assert_modest(&world, &after, &ids);
    }

    #[test]
    fn whatever_happens_on_the_way_the_end_is_the_same(sketch in roomy(), deliveries in prop::collection::vec(delivery(), 1..12)) {
        let (calm, ids) = sketch.build();
        deliver_all(&calm, &ids);
        let (rough, ids) = sketch.build();
        let before = rough.snapshot();
        for delivery in &deliveries {
            delivery.happen(&rough, &ids);
        }
        // A lease that could not be given back ends by itself.
        rough.clock.advance(Duration::from_secs(65));
        let reports = deliver_all(&rough, &ids);
        let after = rough.snapshot();
        prop_assert!(after.keeps(&before));
        prop_assert_eq!(things(&after), things(&calm.snapshot()));
        assert_modest(&rough, &after, &ids);
        for id in ids.iter().filter(|id| after.state(id) == PeeringState::Active && !reports.unfinished()) {
            let (rough, calm) = (rough.ledger.entry(id), calm.ledger.entry(id));
            // Not the groups: of two connections that want the same rule, the one that came first has made it.
            let (rough, calm) = [rough, calm].map(|entry| (entry.status, entry.rules, entry.reasons, entry.owned.routes)).into();
            prop_assert_eq!(rough, calm);
        }
    }

    #[test]
    fn nothing_is_accepted_or_made_without_an_allowlist(sketch in crowded()) {
        let (world, ids) = sketch.build();
        world.allowlist.replace("rules: []");
        let before = world.snapshot();
        for outcome in deliver_all(&world, &ids).outcomes() {
            prop_assert!(matches!(outcome, Outcome::Held(_) | Outcome::Nothing(_) | Outcome::Unreachable(_) | Outcome::Waiting { .. }), "{:?}", outcome);
        }
        let after = world.snapshot();
        prop_assert_eq!((before.routes, before.rules, before.dns), (after.routes, after.rules, after.dns));
        prop_assert!(!after.states.values().any(|state| state == "active"));
    }
}
