//! `peerwright freeze` and `peerwright thaw`: keep a connection as it is for a while.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use peerwright_aws::{SystemClock, connect};
use peerwright_core::ids::PcxId;
use peerwright_engine::operator::freeze;

use crate::output::explained;
use crate::tables::Connections;

/// A connection, and the table that remembers it.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    connection: PcxId,
    #[command(flatten)]
    table: Connections,
}

/// Freezes the connection, or thaws it.
pub(crate) async fn run(command: Command, frozen: bool, out: &mut impl Write) -> Result<()> {
    let ledger = command.table.open(&connect().await);
    let changed = freeze(&ledger, &SystemClock, &command.connection, frozen).await.map_err(explained)?;
    let word = if frozen { "frozen: plans are written down, and not carried out" } else { "thawed: the next event carries the plan out" };
    let already = if changed { "" } else { "already " };
    writeln!(out, "{} is {already}{word}", command.connection)?;
    Ok(())
}
