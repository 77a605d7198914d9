//! The part that looks at the crates we use.

use std::process::Command;

use anyhow::Result;

use super::Run;
use super::check::{Check, check};
use super::environments::{self, Made};
use super::output::Output;
use crate::workspace::like_cargo;

/// Reads the graph and the sources; nothing is compiled. Advisories are not asked for, since their database is on the network.
pub(super) fn checks(run: &Run<'_>, made: Made<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    let programs = environments::crates(made)?;
    let mut deny = like_cargo(programs.program("cargo-deny"));
    // What is only a warning is for a person who asks.
    deny.args(["--locked", "--log-level", "error", "check", "bans", "licenses", "sources"]);
    let mut shear = like_cargo(programs.program("cargo-shear"));
    shear.args(["--locked", "--deny-warnings"]);
    let checked =
        |name, command: &mut Command| check(name, command.current_dir(run.session.workspace.root()), output, &run.session.interrupt);
    Ok(vec![checked("cargo deny", &mut deny)?, checked("cargo shear", &mut shear)?])
}
