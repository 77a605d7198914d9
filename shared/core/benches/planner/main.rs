//! How long planning takes, and how it grows: `cargo bench --package peerwright-core`.
//!
//! The first table plans a whole estate in one process and doubles one dimension at a time; what follows is divan's measurement of a
//! single connection. `docs/performance.md` has the numbers of one machine.

mod growth;
mod worlds;

use divan::Bencher;
use peerwright_core::plan::{Limits, lint, plan};
use worlds::{State, desired, world};

fn main() {
    growth::print();
    divan::main();
}

/// Nothing is there yet: every route and rule is a step.
#[divan::bench(args = [50, 100, 200, 400])]
fn new_connection_by_tables(bencher: Bencher<'_, '_>, tables: usize) {
    let (desired, world) = (desired(), world(State::New, 0, tables, 10));
    bencher.bench(|| plan(&desired, &world, &Limits::NONE));
}

/// Everything is there: the usual case of every later run.
#[divan::bench(args = [50, 100, 200, 400])]
fn converged_connection_by_tables(bencher: Bencher<'_, '_>, tables: usize) {
    let (desired, world) = (desired(), world(State::Converged, 0, tables, 10));
    bencher.bench(|| plan(&desired, &world, &Limits::NONE));
}

/// The linter looks at every step again.
#[divan::bench(args = [50, 100, 200, 400])]
fn lint_of_a_new_connection_by_tables(bencher: Bencher<'_, '_>, tables: usize) {
    let world = world(State::New, 0, tables, 10);
    let desired = desired();
    let steps = plan(&desired, &world, &Limits::NONE);
    bencher.bench(|| lint(&steps, &desired, &world, &Limits::NONE));
}
