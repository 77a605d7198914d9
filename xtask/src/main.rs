//! Peerwright's own commands: `cargo xtask …`.

mod advice;
mod bench;
mod binaries;
mod command;
mod demo;
mod interrupt;
mod layers;
mod local;
mod package;
mod process;
mod python;
mod sdk;
mod session;
mod test;
mod ui;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use session::Session;
use ui::Target;

#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", about = "Try, test and develop Peerwright. Everything stays on this machine.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the main job: peering requests in several accounts that are answered, routed and opened by themselves.
    Demo(demo::Options),
    /// The local AWS with everything deployed.
    #[command(subcommand)]
    Local(local::Command),
    /// Check everything, or the parts that are selected.
    Test(test::Options),
    /// Measure what a whole estate and the start of a function cost, and write it into docs/performance.md.
    Bench(bench::Options),
    /// Build what a user deploys: the functions as zips, the templates, the operator's tool, checksums and a bill of materials.
    Package(package::Options),
    /// Print where the EC2 SDK is that development builds use: cut down to what Peerwright calls.
    Sdk,
}

fn main() -> ExitCode {
    run(&Cli::parse().command).unwrap_or_else(|error| {
        let text = format!("error: {error:#}");
        ui::error(&text);
        if let Some(advice) = advice::about(&text).or_else(advice::about_room) {
            ui::error(&format!("hint: {advice}"));
        }
        ExitCode::FAILURE
    })
}

fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Demo(options) => demo::run(options, &Session::open(Target::Stdout)?)?,
        Command::Local(command) => return local::run(command, &Session::open(Target::Stderr)?),
        Command::Test(options) => return test::run(options, &Session::open(Target::Stdout)?),
        Command::Bench(options) => bench::bench(options, &Session::open(Target::Stdout)?)?,
        Command::Package(options) => package::run(options, &Session::open(Target::Stdout)?)?,
        Command::Sdk => sdk::print(&Session::open(Target::Stdout)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_first_port_must_be_a_number_that_another_one_follows() {
        for port in ["0", "65535", "65536", "x"] {
            let error = Cli::try_parse_from(["xtask", "local", "up", "--port", port]).err().expect("refused");
            assert_eq!(error.exit_code(), 2, "{port}");
        }
        assert!(Cli::try_parse_from(["xtask", "demo", "--keep", "--port", "65534"]).is_ok());
    }
}
