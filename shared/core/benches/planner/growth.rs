//! A whole estate in one process, and how its cost grows when one dimension doubles.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use peerwright_core::plan::{Limits, lint, plan};

use crate::worlds::{State, desired, world};

#[derive(Clone, Copy)]
struct Estate {
    connections: usize,
    tables: usize,
    blocks: usize,
}

const WHOLE: Estate = Estate { connections: 1_000, tables: 200, blocks: 10 };
const SMALL: Estate = Estate { connections: 50, tables: 50, blocks: 5 };

/// Prints the whole estate, then each dimension doubled from a small one.
pub(crate) fn print() {
    println!("plan and lint of every connection, one after the other; tables and blocks are those of each end\n");
    println!("| connections | tables | CIDRs | nothing made | everything made |");
    println!("|---|---|---|---|---|");
    let (new, converged) = (measure(State::New, WHOLE), measure(State::Converged, WHOLE));
    println!("| {} | {} | {} | {:.2?} | {:.2?} |\n", WHOLE.connections, WHOLE.tables, WHOLE.blocks, new, converged);
    println!("| what doubles | from | to | nothing made | everything made |");
    println!("|---|---|---|---|---|");
    for factor in [1, 2, 4] {
        row("connections", SMALL.connections * factor, |connections| Estate { connections, ..SMALL });
    }
    for factor in [1, 2, 4] {
        row("tables", SMALL.tables * factor, |tables| Estate { tables, ..SMALL });
    }
    for factor in [1, 2, 4] {
        row("CIDRs", SMALL.blocks * factor, |blocks| Estate { blocks, ..SMALL });
    }
    println!();
}

fn row(what: &str, from: usize, estate: impl Fn(usize) -> Estate) {
    let ratio = |state| measure(state, estate(from * 2)).as_secs_f64() / measure(state, estate(from)).as_secs_f64();
    println!("| {what} | {from} | {} | × {:.2} | × {:.2} |", from * 2, ratio(State::New), ratio(State::Converged));
}

/// The time of planning and linting alone; making the worlds is not counted.
fn measure(state: State, estate: Estate) -> Duration {
    let desired = desired();
    let mut spent = Duration::ZERO;
    for number in 0..estate.connections {
        let world = world(state, number, estate.tables, estate.blocks);
        let begun = Instant::now();
        let plan = plan(&desired, &world, &Limits::NONE);
        let violations = lint(&plan, &desired, &world, &Limits::NONE);
        spent += begun.elapsed();
        assert!(violations.is_empty(), "the linter refuses the plan: {violations:?}");
        assert_eq!(plan.is_empty(), state == State::Converged, "the world is not what it should be");
        black_box(plan);
    }
    spent
}
