//! Fuzzing on stable Rust: what comes from outside ends in a value or in an error that says something, never in a panic.
//!
//! Each test goes on for `PEERWRIGHT_FUZZ_SECONDS` (1 unless told; `cargo xtask test --fuzz SECONDS` tells), with another seed each
//! time. A failure names its seed and shows the input; put the input in `tests/suite/fuzz/found/<test>/` and it is tried first from then on.

mod blocks;
mod corpus;
mod events;
mod items;
mod mutate;
mod random;
mod run;
mod text;
