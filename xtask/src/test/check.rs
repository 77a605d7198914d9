//! One command of a part: its output shown, its tests counted.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use super::counts::Counts;
use super::output::Output;
use crate::command;
use crate::interrupt::Interrupt;

pub(super) struct Check {
    pub(super) name: String,
    pub(super) counts: Counts,
    pub(super) seconds: f64,
}

/// Runs a command and shows its output; what it counted, or else the command itself as one test.
pub(super) fn check(name: &str, command: &mut Command, output: &Output<'_>, interrupt: &Interrupt) -> Result<Check> {
    output.line(&output.ui().dim(&format!("$ {}", command::shown(command))));
    let begun = Instant::now();
    let mut counted: Option<Counts> = None;
    let status = command::run(command, interrupt, |_, line| {
        if let Some(counts) = Counts::read(line) {
            *counted.get_or_insert_default() += counts;
        }
        output.line(line);
    })?;
    let mut counts = counted.unwrap_or_else(|| Counts::one(status.success()));
    if !status.success() && counts.failed == 0 {
        // It broke after or beside its tests: a build error, no tests found.
        counts += Counts::one(false);
    }
    Ok(Check { name: name.to_owned(), counts, seconds: begun.elapsed().as_secs_f64() })
}
