//! `peerwright retry`: look at a connection now, whatever AWS refused before.

use std::io::Write;

use anyhow::Result;
use peerwright_engine::operator::retry;

use crate::output::explained;
use crate::session::Session;
use crate::subject::Command;

/// Wakes the function that serves the connection as it stands, and the one that answers VPCs where an answer was refused.
pub(crate) async fn run(command: Command, session: &Session, out: &mut impl Write) -> Result<()> {
    for (to, hint) in retry(&session.ledger().await?, &command.connection).await.map_err(explained)? {
        session.wake_to_retry(to, &hint).await?;
    }
    writeln!(out, "{} is looked at now: see its history for what comes of it", command.connection)?;
    Ok(())
}
