//! The engine's ports with AWS behind them.

use peerwright_engine::ports::{Backend, Ports};

use crate::allowlist::AllowlistTable;
use crate::clock::SystemClock;
use crate::cloud::Ec2Cloud;
use crate::ledger::LedgerTable;

/// AWS.
pub enum Aws {}

impl Backend for Aws {
    type Cloud = Ec2Cloud;
    type Allowlist = AllowlistTable;
    type Ledger = LedgerTable;
    type Clock = SystemClock;
}

/// What one run of a function works with.
pub type AwsPorts = Ports<Aws>;
