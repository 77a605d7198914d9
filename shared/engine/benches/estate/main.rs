//! What a whole estate costs: calls, and time under EC2's latency and token buckets, on the fake of EC2 and in virtual time.
//!
//! `cargo xtask bench` runs it, and `docs/performance.md` has the numbers of one machine.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints what it measures, and ratios of small numbers")]

mod connections;
mod estate;
mod hub;
mod one;
mod sweep;

fn main() {
    one::print();
    sweep::print();
    connections::print();
}
