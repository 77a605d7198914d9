//! `peerwright`: the operator's tool.

mod allowlist;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Allowlist(command) => allowlist::run(command, &mut io::stdout()).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
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
