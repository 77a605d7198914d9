//! The local AWS: both emulators with everything deployed.

mod deploy;
mod down;
mod env;
mod ports;
mod profiles;
mod programs;
mod ready;
mod server;
mod shell;
mod start;
mod state;
mod status;
mod up;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::session::Session;
pub(crate) use down::end_if_running;
pub(crate) use env::command as env_command;
pub(crate) use ports::{Ports, parser as port};
pub(crate) use server::lock;
pub(crate) use start::{Running, start};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start it, deploy everything and leave it running.
    Up(up::Options),
    /// Print what a shell needs to use it: eval "$(cargo xtask local env)"
    Env(env::Options),
    /// End what this checkout started.
    Down,
    /// Tell what runs. Ends with status 0 if the local AWS runs and answers, else with 1.
    Status(status::Options),
}

/// One local AWS of this checkout. The demo has its own, so that it finds an empty world whatever else runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instance {
    Up,
    Demo,
}

impl Instance {
    const ALL: [Self; 2] = [Self::Up, Self::Demo];

    /// Of its directory.
    fn name(self) -> &'static str {
        match self {
            Self::Up => "local",
            Self::Demo => "demo",
        }
    }

    /// The one beside it.
    fn other(self) -> Self {
        if self == Self::Up { Self::Demo } else { Self::Up }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Up => "local AWS",
            Self::Demo => "local AWS of the demo",
        }
    }

    /// What starts it and leaves it running.
    fn starts(self) -> &'static str {
        match self {
            Self::Up => "cargo xtask local up",
            Self::Demo => "cargo xtask demo --keep",
        }
    }
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<ExitCode> {
    match command {
        Command::Up(options) => up::up(session, options)?,
        Command::Env(options) => env::print(session, options)?,
        Command::Down => down::down(session)?,
        Command::Status(options) => return status::status(session, options),
    }
    Ok(ExitCode::SUCCESS)
}
