//! `peerwright freeze` and `peerwright thaw`: keep a connection as it is for a while.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use peerwright_aws::{LedgerTable, SystemClock, connect};
use peerwright_core::ids::PcxId;
use peerwright_engine::operator::freeze;

/// A connection, and the table that remembers it.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    connection: PcxId,
    /// The table of connections, in the account and Region of the credentials in the environment.
    #[arg(long = "table", env = "PEERWRIGHT_CONNECTIONS_TABLE", default_value = "peerwright-connections")]
    table: String,
}

/// Freezes the connection, or thaws it.
pub(crate) async fn run(command: Command, frozen: bool, out: &mut impl Write) -> Result<()> {
    let ledger = LedgerTable::new(&connect().await, &command.table);
    let changed = freeze(&ledger, &SystemClock, &command.connection, frozen).await.map_err(|failure| anyhow::anyhow!(failure.explain()))?;
    let word = if frozen { "frozen: plans are written down, and not carried out" } else { "thawed: the next event carries the plan out" };
    let already = if changed { "" } else { "already " };
    writeln!(out, "{} is {already}{word}", command.connection)?;
    Ok(())
}
