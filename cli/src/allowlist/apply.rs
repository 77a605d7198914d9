//! `peerwright allowlist apply`: a file is written to the table, once somebody has seen what that does.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;
use peerwright_aws::{Committed, Rival};
use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{Plan, Planned, Proposed};
use crate::confirm::{can_be_asked, is_confirmed};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(flatten)]
    proposed: Proposed,
    /// Do not ask: for pipelines.
    #[arg(short, long)]
    yes: bool,
}

/// What was written.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Applied {
    /// The plan.
    plan: Plan,
    /// The rules and aliases that were written or removed.
    written: Vec<String>,
}

/// Shows the plan, asks, and writes.
pub(super) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let Planned { plan, proposal, table } = command.proposed.plan(session).await?;
    if out.is_for_a_person() {
        plan.print(out)?;
        out.flush()?;
    }
    if !proposal.is_empty() {
        if !command.yes {
            ask(command.proposed.file.is_standard_input(), out)?;
        }
        let by = session.caller().await?;
        let committed = session.allowlist().await?.commit(&proposal, &table, &by).await.map_err(explained)?;
        check(committed)?;
    }
    let written: Vec<String> = proposal.changes.iter().map(|change| format!("{} {} {}", change.verb(), change.noun(), change.id)).collect();
    if !out.is_for_a_person() {
        return out.show(&Applied { plan, written });
    }
    let removed = proposal.changes.iter().filter(|change| change.after.is_none()).count();
    let (put, unchanged) = (written.len() - removed, proposal.unchanged);
    writeln!(out, "\n{}: {put} written, {unchanged} unchanged, {removed} removed", session.allowlist_name())?;
    Ok(())
}

impl View for Applied {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        self.plan.print(out)
    }
}

/// Asks whoever sits at the terminal; without one, nobody can have meant it.
fn ask(standard_input_is_taken: bool, out: &mut Screen<'_>) -> Result<()> {
    if standard_input_is_taken || !can_be_asked(out) {
        bail!("nothing was written: there is no terminal to ask on; look at the plan (`peerwright allowlist plan`) and add --yes");
    }
    if is_confirmed("\nWrite this?", out)? { Ok(()) } else { bail!("nothing was written") }
}

/// Says what was not written, where that is so.
fn check(committed: Committed) -> Result<()> {
    match committed {
        Committed::Everything => Ok(()),
        Committed::Overtaken(rivals) => {
            let words = |Rival { id, verb, by }: &Rival| {
                let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                format!("  {id} was {verb}{by}")
            };
            let rivals: Vec<String> = rivals.iter().map(words).collect();
            bail!("nothing was written: somebody else changed the table since the plan was made\n{}\nlook at a new plan", rivals.join("\n"))
        }
        Committed::Partly { written, left, failure } => bail!(
            "only a part was written: {}\nnot written: {}\nbecause: {}\napply the file again: what is written is left alone",
            written.join(", "),
            left.join(", "),
            failure.explain_final()
        ),
    }
}
