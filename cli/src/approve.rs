//! `peerwright approve` and `peerwright reject`: a person's decision about what waits for one.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use peerwright_aws::SystemClock;
use peerwright_core::ids::PcxId;
use peerwright_core::policy::Awaiting;
use peerwright_engine::manual_decision::ApprovalDecision;
use peerwright_engine::operator::{approve, awaiting, reject};

use crate::output::explained;
use crate::session::Session;

/// A request, and why it is decided so.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    connection: PcxId,
    /// Why: it is written down beside your name.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    reason: String,
}

/// Shows what waits, writes the decision down, and wakes the function that carries it out. STS says who decides: a caller could claim any name.
pub(crate) async fn run(command: Command, decision: ApprovalDecision, session: &Session, out: &mut impl Write) -> Result<()> {
    let by = session.caller().await?;
    let ledger = session.ledger().await?;
    let (id, reason) = (&command.connection, &command.reason);
    let decided = match decision {
        ApprovalDecision::Approved => {
            let shown = awaiting(&ledger, id).await.map_err(explained)?;
            show(id, &shown, out)?;
            approve(&ledger, &SystemClock, id, &shown, &by, reason).await
        }
        ApprovalDecision::Rejected => reject(&ledger, &SystemClock, id, &by, reason).await,
    };
    let (to, hint) = decided.map_err(explained)?;
    writeln!(out, "{id} is {} by {by}", decision.as_str())?;
    if let Err(failure) = session.wake(to, &hint).await {
        writeln!(out, "its function could not be woken ({failure}): the next sweep carries it out")?;
    }
    Ok(())
}

/// What an approval lets happen, rule by rule.
fn show(id: &PcxId, waiting: &[Awaiting], out: &mut impl Write) -> Result<()> {
    for awaiting in waiting {
        writeln!(out, "rule {} wishes for {id}:", awaiting.rule)?;
        awaiting.wishes.iter().try_for_each(|wish| writeln!(out, "  {}", wish.words))?;
    }
    Ok(())
}
