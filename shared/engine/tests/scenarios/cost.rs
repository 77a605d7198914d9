//! A day of five hundred accounts in three Regions, and what `docs/cost.md` counts with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use peerwright_core::event::Hint;
use peerwright_core::ids::Place;
use peerwright_engine::sweep::{Schedule, sweep};
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World, place, run};

use crate::demo::converged;

const ACCOUNTS: usize = 500;
const REGIONS: [&str; 3] = ["eu-west-1", "eu-central-1", "us-east-1"];
/// So many accounts ask as many others, in each Region.
const ASKING: usize = 10;
const SWEEP: Duration = Duration::from_mins(20);
const QUIET: Duration = Duration::from_hours(24);

fn account(number: usize) -> String {
    format!("{:012}", 100_000_000_000 + number)
}

fn vpc(number: usize, region: usize) -> String {
    format!("vpc-{:08x}", number * REGIONS.len() + region)
}

/// One VPC in each place, and a rule that lets some accounts ask others.
fn estate() -> World {
    let list = |numbers: std::ops::Range<usize>| numbers.map(|number| format!("{:?}", account(number))).collect::<Vec<_>>().join(", ");
    let (asking, asked) = (list(0..ASKING), list(ASKING..2 * ASKING));
    let mut world = World::new().metered(Duration::ZERO).allow(&format!(
        r#"
rules:
  - id: some-to-others
    effect: allow
    requester: {{ accounts: [{asking}] }}
    accepter: {{ accounts: [{asked}] }}
    routes: {{ requester: {{ tables: all }}, accepter: {{ tables: all }} }}
    security_groups:
      accepter: [{{ groups: {{ tag: {{ role: service }} }}, ingress: [{{ protocol: tcp, ports: "443", from: peer-vpc }}] }}]
"#
    ));
    for number in 0..ACCOUNTS {
        world = world.member(&account(number));
        for (index, region) in REGIONS.iter().enumerate() {
            let id = number * REGIONS.len() + index;
            let made = FakeVpc::new(&account(number), region, &vpc(number, index)).cidr(&format!("10.{}.{}.0/24", id / 256, id % 256));
            let made = made.table(FakeTable::new(&format!("rtb-{id:08x}")));
            world = world.vpc(made.group(FakeGroup::new(&format!("sg-{id:08x}")).tag("role", "service")));
        }
    }
    world.allowlist.replace_members(world.vpcs().into_iter().map(|vpc| vpc.place).collect::<BTreeSet<_>>());
    world
}

/// Connects them in pairs; tells where. How many connections a place has makes no difference to the calls.
fn connect(world: &World) -> BTreeSet<Place> {
    for region in 0..REGIONS.len() {
        for one in 0..ASKING {
            converged(world, &vpc(one, region), &vpc(one + ASKING, region));
        }
    }
    (0..2 * ASKING).flat_map(|number| REGIONS.map(|region| place(&account(number), region))).collect()
}

/// One sweep; tells how many places it looked at.
fn sweep_once(world: &World, schedule: Option<Schedule>) -> usize {
    let begun = run(sweep(&Hint::Everywhere, &BTreeSet::new(), schedule, &world.ports())).expect("a sweep");
    for (_, hint) in &begun.hints {
        let mut ports = world.ports();
        ports.cause.since = begun.since;
        let report = run(sweep(hint, &BTreeSet::new(), None, &ports)).expect("a look");
        assert_eq!(report.hints, BTreeSet::new(), "nothing is to be done");
    }
    begun.hints.len()
}

/// The calls so far in each place.
fn calls(world: &World) -> BTreeMap<Place, u64> {
    let mut sum = BTreeMap::new();
    for ((place, _), count) in world.metered_calls().0 {
        *sum.entry(place).or_default() += count;
    }
    sum
}

/// The numbers in the row of `docs/cost.md` that begins with a word.
fn row(word: &str) -> Vec<u64> {
    let document = include_str!("../../../../docs/cost.md");
    let row = document.lines().find(|line| line.starts_with(&format!("| {word} |"))).unwrap_or_else(|| panic!("no row of {word}"));
    row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect()
}

#[test]
fn a_day_of_fifteen_hundred_places_costs_the_calls_that_the_document_counts_with() {
    let world = estate();
    let busy = connect(&world);
    world.clock.advance(SWEEP);
    assert_eq!(sweep_once(&world, None), ACCOUNTS * REGIONS.len(), "a person looks everywhere");
    let (before, mut most) = (calls(&world), 0);
    for _ in 0..72 {
        world.clock.advance(SWEEP);
        most = most.max(sweep_once(&world, Some(Schedule { quiet: QUIET, backlog: false })));
    }
    let of_a_day = |place: &Place| calls(&world)[place] - before[place];
    let (busy_row, quiet_row) = (row("busy"), row("quiet"));
    let ([busy_calls, _, _, busy_looks], [quiet_calls, _, _, quiet_looks]) = (&busy_row[..], &quiet_row[..]) else {
        panic!("{busy_row:?} {quiet_row:?}");
    };
    let all = calls(&world);
    for place in all.keys() {
        let expected = if busy.contains(place) { busy_calls * busy_looks } else { quiet_calls * quiet_looks };
        assert_eq!(all[place] - before[place], expected, "{place}");
    }
    assert_eq!(all.len(), ACCOUNTS * REGIONS.len());
    assert!(of_a_day(busy.first().expect("a busy place")) > 0);
    assert!(most < busy.len() + 2 * (all.len() - busy.len()) / 72, "quiet places are looked at by turns: {most} in one sweep");
}
