//! `peerwright allowlist diff`: how a file differs from the table.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::file::File;
use super::plan::{Planned, Proposed};
use super::status;
use crate::screen::Screen;
use crate::session::Session;

/// What to compare.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(flatten)]
    file: File,
    /// As if the rules and aliases that the file does not name were to be removed.
    #[arg(long)]
    prune: bool,
}

/// Shows the differences.
pub(super) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let proposed = Proposed { file: command.file, prune: command.prune, rules_only: true };
    let Planned { plan, proposal, .. } = proposed.plan(session).await?;
    out.show(&plan)?;
    out.flush()?;
    // What the file does not name is a difference, too.
    Ok(status(!proposal.is_empty() || !proposal.kept.is_empty()))
}
