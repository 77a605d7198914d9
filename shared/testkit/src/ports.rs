//! The engine's ports with the fakes behind them.

use peerwright_engine::ports::Ports;

use crate::allowlist::FakeAllowlist;
use crate::clock::FakeClock;
use crate::cloud::FakeCloud;
use crate::ledger::FakeLedger;

/// What one process works with.
pub type FakePorts = Ports<FakeCloud, FakeAllowlist, FakeLedger, FakeClock>;
