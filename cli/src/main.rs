//! `peerwright`: the operator's tool.

mod allowlist;
mod approve;
mod explain;
mod freeze;
mod members;
mod output;
mod queues;
mod retry;
mod subject;
mod tables;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use peerwright_engine::manual_decision::ApprovalDecision;

/// Hands-off VPC peering: the operator's tool.
#[derive(Debug, Parser)]
#[command(name = "peerwright", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
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
    /// Reads what the functions read, and changes nothing. The credentials in the environment must be those of a role that may assume
    /// the member role, such as the hub's `peerwright-explain`.
    Explain(Box<explain::Command>),
    /// Keep a connection, or everything, as it is: plan, write down, and change nothing until it is thawed.
    Freeze(freeze::Command),
    /// Let what is frozen follow the allowlist again.
    Thaw(freeze::Command),
    /// Look at a connection now, without waiting until it is time to try again what AWS refused.
    Retry(subject::Command),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse().command, &mut io::stdout()).await {
        Ok(status) => status,
        // Whoever read has read enough: `peerwright allowlist list | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // The one place that writes to standard error.
            #[allow(clippy::print_stderr)]
            {
                eprintln!("peerwright: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn run(command: Command, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        Command::Allowlist(command) => allowlist::run(command, out).await?,
        Command::Approve(command) => approve::run(command, ApprovalDecision::Approved, out).await?,
        Command::Reject(command) => approve::run(command, ApprovalDecision::Rejected, out).await?,
        Command::Members(command) => members::run(command, out).await?,
        Command::Freeze(command) => freeze::run(command, true, out).await?,
        Command::Thaw(command) => freeze::run(command, false, out).await?,
        Command::Retry(command) => retry::run(command, out).await?,
        Command::Explain(command) => return explain::run(*command, out).await,
    }
    Ok(ExitCode::SUCCESS)
}
