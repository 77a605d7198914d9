//! `peerwright freeze` and `peerwright thaw`: keep a connection, or everything, as it is for a while.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use peerwright_aws::SystemClock;
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_engine::freeze::Stop;
use peerwright_engine::operator::{freeze, freeze_everything, retry};
use peerwright_engine::outcome::Recipient;

use crate::output::explained;
use crate::session::Session;

/// What to freeze or thaw, and why.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(required_unless_present = "all")]
    connection: Option<PcxId>,
    /// Everything: no connection is created, accepted, rejected, changed or deleted.
    #[arg(long, conflicts_with = "connection")]
    all: bool,
    /// Why: it is written down beside your name.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    reason: String,
}

/// Freezes or thaws; what was left meanwhile is carried out. STS says who does it.
pub(crate) async fn run(command: Command, frozen: bool, session: &Session, out: &mut impl Write) -> Result<()> {
    let by = session.caller().await?;
    match &command.connection {
        Some(id) => one(id, &command, frozen, &by, session, out).await,
        None => everything(&command, frozen, &by, session, out).await,
    }
}

async fn one(id: &PcxId, command: &Command, frozen: bool, by: &str, session: &Session, out: &mut impl Write) -> Result<()> {
    let ledger = session.ledger().await?;
    let changed = freeze(&ledger, &SystemClock, id, frozen, by, &command.reason).await.map_err(explained)?;
    let word = match (frozen, changed) {
        (true, true) => "frozen: plans are written down, and not carried out",
        (true, false) => "frozen already",
        (false, true) => "thawed: what was left is carried out",
        (false, false) => "not frozen",
    };
    writeln!(out, "{id} is {word}")?;
    // One that is over has nothing left.
    if !frozen
        && changed
        && let Ok(hints) = retry(&ledger, id).await
    {
        for (to, hint) in hints {
            let woken = session.wake_to_retry(to, &hint).await;
            tell_unless(woken, out)?;
        }
    }
    Ok(())
}

async fn everything(command: &Command, frozen: bool, by: &str, session: &Session, out: &mut impl Write) -> Result<()> {
    let ledger = session.ledger().await?;
    let before = freeze_everything(&ledger, &SystemClock, frozen, by, &command.reason).await.map_err(explained)?;
    match (frozen, before) {
        (true, None) => writeln!(out, "everything is frozen within seconds: plans are written down, and nothing is carried out")?,
        (true, Some(Stop { by, at, reason })) => writeln!(out, "everything is frozen already, by {by} since {at}: {reason}")?,
        (false, None) => writeln!(out, "nothing is frozen but what the stack's parameter Freeze or the freeze of one connection says")?,
        (false, Some(_)) => {
            writeln!(out, "everything is thawed: what was left is found by a sweep that begins now")?;
            tell_unless(session.wake(Recipient::Sweep, &Hint::Everywhere).await, out)?;
        }
    }
    Ok(())
}

fn tell_unless(woken: Result<()>, out: &mut impl Write) -> Result<()> {
    if let Err(failure) = woken {
        writeln!(out, "its function could not be woken ({failure}): the next sweep carries it out")?;
    }
    Ok(())
}
