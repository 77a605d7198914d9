//! `peerwright retry`: look at a connection now, whatever AWS refused before.

use std::io::Write;

use anyhow::Result;
use peerwright_aws::{SystemClock, connect};
use peerwright_engine::operator::retry;

use crate::output::explained;
use crate::subject::Command;

/// Wakes the function that serves the connection as it stands.
pub(crate) async fn run(command: Command, out: &mut impl Write) -> Result<()> {
    let config = connect().await;
    let (to, hint) = retry(&command.table.open(&config), &SystemClock, &command.connection).await.map_err(explained)?;
    command.queues.wake(&config, to, &hint).await.map_err(explained)?;
    writeln!(out, "{} is looked at now: see its history for what comes of it", command.connection)?;
    Ok(())
}
