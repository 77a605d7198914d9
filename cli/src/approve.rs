//! `peerwright approve` and `peerwright reject`: a person's decision about a request that waits for one.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use peerwright_aws::{Outbox, SystemClock, caller, connect};
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::ApprovalDecision;
use peerwright_engine::failure::chain;
use peerwright_engine::operator::decide_request;

use crate::output::explained;
use crate::tables::Connections;

/// A request, and where the decision is written down.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    connection: PcxId,
    /// Why: it is written down beside your name.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    table: Connections,
    /// The queue of the function that carries the decision out.
    #[arg(long, env = "PEERWRIGHT_ACCEPT_QUEUE", default_value = "peerwright-accept")]
    queue: String,
}

/// Writes the decision down, and wakes the function that carries it out. STS says who decides: a caller could claim any name.
pub(crate) async fn run(command: Command, decision: ApprovalDecision, out: &mut impl Write) -> Result<()> {
    let config = connect().await;
    let by = caller(&config).await.map_err(explained)?;
    let queue = Outbox::named(&config, &command.queue).await.map_err(explained)?;
    let ledger = command.table.open(&config);
    let recorded = decide_request(&ledger, &SystemClock, &command.connection, decision, &by, &command.reason).await;
    let hint = recorded.map_err(explained)?;
    let message = hint.message().map(|message| message.to_string()).unwrap_or_default();
    let woken = queue.send(&[message]).await;
    writeln!(out, "{} is {} by {by}", command.connection, decision.as_str())?;
    if let Err(failure) = woken {
        writeln!(out, "its function could not be woken ({}): the next sweep carries it out", chain(&failure))?;
    }
    Ok(())
}
