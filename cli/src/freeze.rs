//! `peerwright freeze` and `peerwright thaw`: keep a connection as it is for a while.

use std::io::Write;

use anyhow::Result;
use peerwright_aws::{SystemClock, connect};
use peerwright_engine::failure::chain;
use peerwright_engine::operator::{freeze, retry};

use crate::output::explained;
use crate::subject::Command;

/// Freezes the connection, or thaws it and wakes who carries out what was left.
pub(crate) async fn run(command: Command, frozen: bool, out: &mut impl Write) -> Result<()> {
    let config = connect().await;
    let ledger = command.table.open(&config);
    let changed = freeze(&ledger, &SystemClock, &command.connection, frozen).await.map_err(explained)?;
    let word = match (frozen, changed) {
        (true, true) => "frozen: plans are written down, and not carried out",
        (true, false) => "frozen already",
        (false, true) => "thawed: what was left is carried out",
        (false, false) => "not frozen",
    };
    writeln!(out, "{} is {word}", command.connection)?;
    if !frozen && changed {
        // One that is over has nothing left.
        if let Ok((to, hint)) = retry(&ledger, &command.connection).await
            && let Err(failure) = command.queues.wake(&config, to, &hint).await
        {
            writeln!(out, "its function could not be woken ({}): the next sweep carries it out", chain(&failure))?;
        }
    }
    Ok(())
}
