//! The engine's ports with the fakes behind them.

use peerwright_engine::ports::{Backend, Ports};

use crate::allowlist::FakeAllowlist;
use crate::clock::FakeClock;
use crate::cloud::FakeCloud;
use crate::ledger::FakeLedger;

/// The fakes.
pub enum Fakes {}

impl Backend for Fakes {
    type Cloud = FakeCloud;
    type Allowlist = FakeAllowlist;
    type Ledger = FakeLedger;
    type Clock = FakeClock;
}

/// What one process works with.
pub type FakePorts = Ports<Fakes>;
