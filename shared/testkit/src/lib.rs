//! A world to test the engine in: EC2 over many accounts and Regions, both tables and the clock, in memory and deterministic.
//!
//! ```text
//! World ── ports() ──► Ports { FakeCloud, FakeAllowlist, FakeLedger, FakeClock }
//!   │                     each call yields once, and passes the CallGate: faults, crashes, the list of writes
//!   └── FakeVpc { FakeTable, FakeGroup }, Peering: what EC2 knows; they move with the clock
//! ```
//!
//! The fake refuses what EC2 refuses, with EC2's codes and the classes that the AWS adapters give them. Something that a test
//! sets up and EC2 would not have is a mistake of the test, and panics.
#![allow(clippy::missing_panics_doc, reason = "a panic of the test kit is a failed test, wherever it comes from")]

mod allowlist;
mod call_gate;
mod capacity;
mod clock;
mod cloud;
mod describe;
mod fault;
mod group;
mod habits;
mod inventory;
mod lag;
mod ledger;
mod lifecycle;
mod metering;
mod network;
mod operation;
mod organization;
mod parse;
mod peering;
mod ports;
mod refusal;
mod route_change;
mod run;
mod simulate;
mod snapshot;
mod step;
mod table;
mod user_actions;
mod vpc;
mod world;
mod world_habits;
mod yielding;

pub use allowlist::FakeAllowlist;
pub use clock::FakeClock;
pub use cloud::FakeCloud;
pub use fault::Fault;
pub use group::FakeGroup;
pub use lag::Lag;
pub use ledger::FakeLedger;
pub use metering::{Action, least_seconds};
pub use operation::Operation;
pub use parse::{parse, place};
pub use ports::FakePorts;
pub use run::{Turn, interleave, run};
pub use simulate::{Task, simulate};
pub use snapshot::Snapshot;
pub use table::FakeTable;
pub use vpc::FakeVpc;
pub use world::World;
