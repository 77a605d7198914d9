//! The local AWS: both emulators with everything deployed.

mod announce;
mod deploy;
mod down;
mod profiles;
mod server;
mod start;
mod state;
mod status;
mod up;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::session::Session;
pub(crate) use down::end_if_running;
pub(crate) use start::{Running, start};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start it, deploy everything and leave it running.
    Up(Ports),
    /// End what this checkout started.
    Down,
    /// Tell what runs.
    Status,
}

#[derive(Args, Clone, Copy)]
pub(crate) struct Ports {
    /// Port of EC2 and STS [default: a free one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), hide_default_value = true)]
    ec2_port: Option<u16>,
    /// Port of all other services [default: a free one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), hide_default_value = true)]
    aws_port: Option<u16>,
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

    fn title(self) -> &'static str {
        match self {
            Self::Up => "local AWS",
            Self::Demo => "local AWS of the demo",
        }
    }
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<()> {
    match command {
        Command::Up(ports) => up::up(session, *ports),
        Command::Down => down::down(session),
        Command::Status => status::status(session),
    }
}
