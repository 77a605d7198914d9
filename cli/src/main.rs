//! `peerwright`: the operator's tool.

mod allowlist;
mod approve;
mod explain;
mod freeze;
mod members;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use peerwright_engine::entry::ApprovalDecision;

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
    /// Keep a connection as it is: plan, write down, and change nothing until it is thawed.
    Freeze(freeze::Command),
    /// Let a frozen connection follow the allowlist again.
    Thaw(freeze::Command),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Allowlist(command) => allowlist::run(command, &mut io::stdout()).await.map(|()| ExitCode::SUCCESS),
        Command::Approve(command) => approve::run(command, ApprovalDecision::Approved, &mut io::stdout()).await.map(|()| ExitCode::SUCCESS),
        Command::Reject(command) => approve::run(command, ApprovalDecision::Rejected, &mut io::stdout()).await.map(|()| ExitCode::SUCCESS),
        Command::Members(command) => members::run(command, &mut io::stdout()).await.map(|()| ExitCode::SUCCESS),
        Command::Freeze(command) => freeze::run(command, true, &mut io::stdout()).await.map(|()| ExitCode::SUCCESS),
        Command::Thaw(command) => freeze::run(command, false, &mut io::stdout()).await.map(|()| ExitCode::SUCCESS),
        Command::Explain(command) => explain::run(*command, &mut io::stdout()).await,
    };
    match result {
        Ok(status) => status,
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
