//! `peerwright approve` and `peerwright reject`: a person's decision about a request that waits for one.

use std::io::Write;

use anyhow::{Result, anyhow};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use peerwright_aws::{LedgerTable, Outbox, SystemClock, caller, connect};
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::ApprovalDecision;
use peerwright_engine::operator::decide_request;

/// A request, and where the decision is written down.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    connection: PcxId,
    /// Why: it is written down beside your name.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    reason: String,
    /// The table of connections, in the account and Region of the credentials in the environment.
    #[arg(long = "table", env = "PEERWRIGHT_CONNECTIONS_TABLE", default_value = "peerwright-connections")]
    table: String,
    /// The queue of the function that carries the decision out.
    #[arg(long, env = "PEERWRIGHT_ACCEPT_QUEUE", default_value = "peerwright-accept")]
    queue: String,
}

/// Writes the decision down, and wakes the function that carries it out. Who decides is asked of STS, not of whoever calls.
pub(crate) async fn run(command: Command, decision: ApprovalDecision, out: &mut impl Write) -> Result<()> {
    let config = connect().await;
    let by = caller(&config).await.map_err(|failure| anyhow!(failure.explain()))?;
    let queue = Outbox::named(&config, &command.queue).await.map_err(|failure| anyhow!(failure.explain()))?;
    let ledger = LedgerTable::new(&config, &command.table);
    let decided = decide_request(&ledger, &SystemClock, &command.connection, decision, &by, &command.reason).await;
    let hint = decided.map_err(|failure| anyhow!(failure.explain()))?;
    let message = hint.message().map(|message| message.to_string()).unwrap_or_default();
    let woken = queue.send(&[message]).await;
    writeln!(out, "{} is {} by {by}", command.connection, decision.as_str())?;
    if let Err(failure) = woken {
        writeln!(out, "but nobody could be woken to carry it out ({}): the next sweep does", failure.explain())?;
    }
    Ok(())
}
