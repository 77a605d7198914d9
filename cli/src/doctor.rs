//! `peerwright doctor`: what is wrong with the deployment, and how to mend it.

mod answer;
mod left;
mod look;
mod places;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use peerwright_core::doctor::{hub, place};
use peerwright_core::ids::AccountId;

use crate::screen::Screen;
use crate::session::Session;
pub(crate) use answer::Answer;
pub(crate) use left::Left;
use look::Look;

/// The exit status that says "something is wrong": neither success nor a failure.
const FINDINGS: u8 = 2;

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Look at the swept places of this account too; may be given several times.
    #[arg(long, value_name = "ACCOUNT", conflicts_with_all = ["all", "left"])]
    account: Vec<AccountId>,
    /// Look at every place that is swept too.
    #[arg(long, conflicts_with = "left")]
    all: bool,
    /// Instead, list what is left of the deployment in the hub's account, for its removal.
    #[arg(long)]
    left: bool,
}

/// Looks, and tells what was found.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let look = Look::begin(session).await?;
    if command.left {
        return left::run(&look, out).await;
    }
    // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
    let facts = Box::pin(look.hub()).await?;
    let mut findings = hub::findings(&facts);
    let places = if command.all || !command.account.is_empty() { places::chosen(session, &command.account).await? } else { Vec::new() };
    let found = Box::pin(look.places(&facts, &places)).await?;
    findings.extend(found.iter().flat_map(place::findings));
    let answer = Answer::of(&facts, &places, findings);
    out.show(&answer)?;
    Ok(if answer.is_healthy() { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) })
}
