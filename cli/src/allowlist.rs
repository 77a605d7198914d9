//! `peerwright allowlist`: what is allowed, what a file would change of it, and what that would do.

mod apply;
mod diff;
mod export;
mod file;
mod foreseen;
mod lint;
mod list;
mod plan;
mod proposed;
mod selector;
mod show;
mod validate;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

pub(crate) use foreseen::busy_places;

use crate::screen::Screen;
use crate::session::Session;
use file::Unusable;
use validate::Validated;

/// The exit status that says that something would change, or is worth a word.
const CHANGES: u8 = 2;

/// What to do with the allowlist.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a file without asking AWS anything. Ends with status 1 where something is wrong with it.
    ///
    /// With `--json` all that is wrong stands on standard output, each with its line and column. The other commands that read a file answer the same where
    /// something is wrong with it.
    Validate(validate::Command),
    /// Show what a file would change, rule by rule, and what that would do to what exists.
    ///
    /// Ends with status 0 where nothing would change, 2 where something would, and 1 where that can't be told.
    Plan(plan::Command),
    /// Write a file to the table: shows the plan, and asks on a terminal.
    ///
    /// What somebody else changed since the plan was made is refused, and named.
    Apply(apply::Command),
    /// Show how a file differs from the table, without its effect. Ends with status 0 where it does not, and 2 where it does.
    Diff(diff::Command),
    /// Look for rules that never match, that contradict each other, or that open more than they say. Ends with status 2 where some do.
    Lint(lint::Command),
    /// Show the rules of the table, and the connections that each carries.
    ///
    /// CARRIES counts the connections that are not over and that the rule allows. LAST CHANGE is when the ledger's entry of one of them was written last: `-`
    /// where the rule carries none now, also where one that it carried has ended (`peerwright history` has what was).
    List,
    /// Show a rule or an alias as it is written, who wrote it, and the connections that it carries.
    Show(show::Command),
    /// Write the table as a file in YAML, which `apply` takes back unchanged. `list --json` has the rules for a program.
    Export,
}

/// Runs the command; its output goes to `out`.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    match answer(command, session, out).await {
        Err(error) if !out.is_for_a_person() => match error.downcast_ref::<Unusable>() {
            // For a program that is an answer like any other.
            Some(Unusable { file, problems }) => out.show(&Validated::invalid(file, problems)).map(|()| ExitCode::FAILURE),
            None => Err(error),
        },
        answered => answered,
    }
}

async fn answer(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    match command {
        Command::Validate(command) => validate::run(&command, out).map(|()| ExitCode::SUCCESS),
        // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
        Command::Plan(command) => Box::pin(plan::run(command, session, out)).await,
        Command::Apply(command) => Box::pin(apply::run(command, session, out)).await.map(|()| ExitCode::SUCCESS),
        Command::Diff(command) => diff::run(command, session, out).await,
        Command::Lint(command) => Box::pin(lint::run(command, session, out)).await,
        Command::List => Box::pin(list::run(session, out)).await,
        Command::Show(command) => Box::pin(show::run(command, session, out)).await.map(|()| ExitCode::SUCCESS),
        Command::Export => export::run(session, out).await.map(|()| ExitCode::SUCCESS),
    }
}

/// The shapes of what the commands print with `--json`.
pub(crate) fn shapes() -> [(&'static str, Schema); 7] {
    [
        ("allowlist validate", schema_for!(Validated)),
        ("allowlist plan", schema_for!(OfAFile<plan::Plan>)),
        ("allowlist apply", schema_for!(OfAFile<apply::Applied>)),
        ("allowlist diff", schema_for!(OfAFile<plan::Plan>)),
        ("allowlist lint", schema_for!(OfAFile<lint::Lint>)),
        ("allowlist list", schema_for!(list::List)),
        ("allowlist show", schema_for!(show::Shown)),
    ]
}

/// What a command answers that reads a file.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape is used")]
enum OfAFile<T> {
    /// The file is valid.
    Valid(T),
    /// It is not: what `allowlist validate` answers.
    Invalid(Validated),
}

/// The exit status of a comparison.
fn status(differs: bool) -> ExitCode {
    if differs { ExitCode::from(CHANGES) } else { ExitCode::SUCCESS }
}
