//! `peerwright`: the operator's tool.

mod allowlist;
mod approve;
mod explain;
mod freeze;
mod global;
mod members;
mod output;
#[cfg(test)]
mod reference;
mod retry;
mod schema;
mod screen;
mod session;
mod shell;
mod subject;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use peerwright_engine::manual_decision::ApprovalDecision;

use crate::global::Global;
use crate::output::AskedAws;
use crate::screen::Screen;
use crate::session::Session;

/// Hands-off VPC peering: the operator's tool.
#[derive(Debug, Parser)]
#[command(name = "peerwright", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check, write and show the allowlist.
    #[command(subcommand)]
    Allowlist(allowlist::Command),
    /// Accept a request that a rule leaves to a person (`approval: manual`).
    Approve(approve::Command),
    /// Reject a request that waits.
    Reject(approve::Command),
    /// Show and change the places that sweeps look at.
    #[command(subcommand)]
    Members(members::Command),
    /// Tell why a connection is allowed or not, and what would be done for it. Ends with status 3 where it is not allowed.
    ///
    /// Reads what the functions read, and changes nothing. The credentials must be those of a role that may assume the member role that
    /// reads, such as the hub's `peerwright-explain`.
    Explain(explain::Command),
    /// Keep a connection, or everything, as it is: plan, write down, and change nothing until it is thawed.
    Freeze(freeze::Command),
    /// Let what is frozen follow the allowlist again.
    Thaw(freeze::Command),
    /// Look at a connection now, without waiting until it is time to try again what AWS refused.
    Retry(subject::Command),
    /// Print the JSON Schema of what a command prints with `--json`.
    Schema(schema::Command),
    /// Print the completions for a shell.
    Completions(shell::Completions),
    /// Write the man pages.
    Man(shell::Man),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { command, global } = Arguments::parse();
    let mut out = io::stdout().lock();
    let mut screen = Screen::standard(&mut out, &global);
    let session = Session::new(global);
    match run(command, &session, &mut screen).await {
        Ok(status) => status,
        // Whoever read has read enough: `peerwright allowlist list | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error, &session);
            ExitCode::FAILURE
        }
    }
}

/// The one place that writes to standard error.
#[allow(clippy::print_stderr)]
fn report(error: &anyhow::Error, session: &Session) {
    eprintln!("peerwright: {error:#}");
    if error.is::<AskedAws>() {
        eprintln!("({})", session.whereabouts());
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    match command {
        Command::Allowlist(command) => allowlist::run(command, session, out).await?,
        Command::Approve(command) => approve::run(command, ApprovalDecision::Approved, session, out).await?,
        Command::Reject(command) => approve::run(command, ApprovalDecision::Rejected, session, out).await?,
        Command::Members(command) => members::run(command, session, out).await?,
        Command::Freeze(command) => freeze::run(command, true, session, out).await?,
        Command::Thaw(command) => freeze::run(command, false, session, out).await?,
        Command::Retry(command) => retry::run(command, session, out).await?,
        Command::Explain(command) => return explain::run(command, session, out).await,
        Command::Schema(command) => schema::run(&command, out)?,
        Command::Completions(command) => shell::complete(&command, out),
        Command::Man(command) => shell::write_man(&command, out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
