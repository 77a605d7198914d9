//! `peerwright`: the operator's tool.

mod adopt;
mod allowlist;
mod approve;
mod ask;
mod confirm;
mod doctor;
mod explain;
mod freeze;
mod global;
mod graph;
mod harmless;
mod history;
mod line;
mod list;
mod members;
mod output;
mod plan;
mod progress;
mod reason;
mod redrive;
#[cfg(test)]
mod reference;
mod retry;
mod schema;
mod screen;
mod session;
mod shell;
mod show;
mod status;
mod summary;
mod target;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use peerwright_engine::manual_decision::ApprovalDecision;

use crate::global::Global;
use crate::output::{AskedAws, say};
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
    /// Tell how it stands: with everything, or with a connection or the connections of a VPC.
    ///
    /// Without an argument it reads the tables only: how many connections have each status, and what wants attention with the one reason that
    /// counts. Of what is named, EC2 is asked as well: what stands of what is wanted, what is missing or too much, what comes next. Ends with status
    /// 2 where something wants attention. Reads only, as the role `peerwright-explain`.
    Status(status::Command),
    /// List the connections that the ledger knows.
    ///
    /// It reads the index of places, one read for each place that is swept or has an alias, and one for each hundred connections. `--all`
    /// reads the whole table of connections, history and all: that costs half a read unit for each 4 KB of it.
    List(list::Command),
    /// Show everything that is known of one connection.
    Show(show::Command),
    /// Tell what happened to a connection, to the allowlist or to the stop of everything, newest last.
    History(history::Command),
    /// Tell why a connection is allowed or not, and what would be done for it. Ends with status 3 where it is not allowed.
    ///
    /// Reads what the functions read, and changes nothing. The credentials must be those of a role that may assume the member role that
    /// reads, such as the hub's `peerwright-explain`.
    Explain(explain::Command),
    /// Tell what would be done now, side by side and table by table, and why. Ends with status 2 where something would change.
    ///
    /// Reads what the functions read, and changes nothing: the role is the hub's `peerwright-explain`. Status 0 says that there is nothing to
    /// do (what is blocked is shown), 2 that something would change, 1 that something could not be read.
    Plan(plan::Command),
    /// Draw the network as EC2 and the ledger have it.
    ///
    /// Reads every place that sweeps look at, by the role that reads, and changes nothing. What can't be read is told and stops nothing else.
    Graph(graph::Command),
    /// Plan, write, check and show the allowlist.
    #[command(subcommand)]
    Allowlist(allowlist::Command),
    /// Ask for a connection of two VPCs, by the tag of the one that asks, and tell the answer.
    ///
    /// The tag is set with your own credentials in that VPC's account, as anybody there may set it; nothing is asked of the hub but the names of
    /// VPCs. Ends with status 0 where the connection stands, 2 where the answer is no or is still to come.
    Request(ask::Command),
    /// No longer ask for a connection of two VPCs: take the one out of the tag of the other.
    ///
    /// A connection that Peerwright made for the tag is deleted once neither VPC asks for it.
    Remove(ask::Command),
    /// Accept a request that a rule leaves to a person (`approval: manual`).
    Approve(approve::Command),
    /// Reject a request that waits.
    Reject(approve::Command),
    /// Do now what is to be done for a connection, also what AWS refused before, and tell what came of it.
    ///
    /// The functions do it: whoever calls needs no power over the VPCs. Ends with status 0 where it is done, 2 where something is left (it says
    /// what and why), 1 where it could not be asked for. Its other name, `apply`, has nothing to do with `peerwright allowlist apply`, which writes
    /// rules from a file.
    #[command(visible_alias = "apply")]
    Retry(retry::Command),
    /// Keep a connection, or everything, as it is: plan, write down, and change nothing until it is thawed.
    Freeze(freeze::Command),
    /// Let what is frozen follow the allowlist again.
    Thaw(freeze::Command),
    /// Describe connections that were made by hand or by another tool, and write the rules that would allow them as they are. Changes nothing.
    Adopt(adopt::Command),
    /// Show and change the places that sweeps look at.
    #[command(subcommand)]
    Members(members::Command),
    /// Look at the deployment, and tell what is wrong with it and how to mend that. Ends with status 2 where something is.
    ///
    /// Reads only, with the role of people `peerwright-doctor`. Looks at the hub, and at the places that are named.
    Doctor(doctor::Command),
    /// Show the dead letters of a function, and bring them back to its queue: when the reason is dealt with.
    ///
    /// Ends with status 0 where none is left, 2 where letters stay where they are.
    Redrive(redrive::Command),
    /// Print the JSON Schema of what a command prints with `--json`.
    Schema(schema::Command),
    /// Print the completions for a shell
    ///
    /// Write them where the shell looks for them, and open a new shell:
    ///
    ///     peerwright completions bash > ~/.local/share/bash-completion/completions/peerwright
    ///     peerwright completions zsh  > "${fpath[1]}/_peerwright"
    ///     peerwright completions fish > ~/.config/fish/completions/peerwright.fish
    ///
    /// bash wants the package bash-completion for that; without, `source <(peerwright completions bash)` in ~/.bashrc does the same. In zsh
    /// `compinit` has to run behind it.
    #[command(verbatim_doc_comment)]
    Completions(shell::Completions),
    /// Write the man pages
    ///
    /// Into a directory man1 of a directory in which man looks (`manpath` names them):
    ///
    ///     peerwright man ~/.local/share/man/man1
    ///     man peerwright
    ///     man peerwright-status
    ///
    /// A page elsewhere is read by `man -l DIRECTORY/peerwright.1`.
    #[command(verbatim_doc_comment)]
    Man(shell::Man),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { command, global } = Arguments::parse();
    let mut out = io::stdout().lock();
    let mut screen = Screen::standard(&mut out, &global);
    let session = Session::new(global);
    progress::begin();
    let ended = run(command, &session, &mut screen).await;
    progress::rest();
    match ended {
        Ok(status) => status,
        // Whoever read has read enough: `peerwright allowlist list | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error, &session);
            ExitCode::FAILURE
        }
    }
}

fn report(error: &anyhow::Error, session: &Session) {
    say(&format!("peerwright: {error:#}"));
    if error.is::<AskedAws>() {
        say(&format!("({})", session.whereabouts()));
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    match command {
        Command::Allowlist(command) => return allowlist::run(command, session, out).await,
        Command::Approve(command) => approve::run(command, ApprovalDecision::Approved, session, out).await?,
        Command::Reject(command) => approve::run(command, ApprovalDecision::Rejected, session, out).await?,
        Command::Members(command) => members::run(command, session, out).await?,
        Command::Freeze(command) => freeze::run(command, true, session, out).await?,
        Command::Thaw(command) => freeze::run(command, false, session, out).await?,
        Command::Retry(command) => return retry::run(command, session, out).await,
        Command::Adopt(command) => return adopt::run(command, session, out).await,
        Command::Redrive(command) => return redrive::run(command, session, out).await,
        Command::Request(command) => return ask::run(command, true, session, out).await,
        Command::Remove(command) => return ask::run(command, false, session, out).await,
        Command::Doctor(command) => return doctor::run(command, session, out).await,
        Command::Plan(command) => return plan::run(command, session, out).await,
        Command::Explain(command) => return explain::run(command, session, out).await,
        Command::Graph(command) => graph::run(command, session, out).await?,
        Command::Status(command) => return status::run(command, session, out).await,
        Command::List(command) => list::run(command, session, out).await?,
        Command::Show(command) => show::run(command, session, out).await?,
        Command::History(command) => history::run(command, session, out).await?,
        Command::Schema(command) => schema::run(&command, out)?,
        Command::Completions(command) => shell::complete(&command, out),
        Command::Man(command) => shell::write_man(&command, out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
