//! `peerwright allowlist validate`: a file is checked, and AWS is asked nothing.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use peerwright_core::allowlist::{Allowlist, Problem, Problems};
use peerwright_core::count::counted;
use schemars::JsonSchema;
use serde::Serialize;

use super::file::{File, notes};
use crate::screen::{Screen, View};

/// Which file.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(flatten)]
    file: File,
}

/// Whether a file can be read as an allowlist. Every command that reads one answers so where it can't.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Validated {
    /// The file.
    file: String,
    /// True where nothing is wrong with it.
    valid: bool,
    /// How much is in it.
    counts: FileCounts,
    /// All that is wrong with it, in its order.
    problems: Vec<Mistake>,
    /// What is valid and worth a word.
    notes: Vec<String>,
}

/// How much is in a file. What is in one that can't be read, nobody knows.
#[derive(Debug, Serialize, JsonSchema)]
struct FileCounts {
    rules: Option<usize>,
    aliases: Option<usize>,
    problems: usize,
}

/// Something that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct Mistake {
    /// Counted from one; none for what is missing from the whole file.
    line: Option<u64>,
    /// In characters, counted from one.
    column: Option<u64>,
    /// The place, such as `rules[2] (dev-to-shared).requester.accounts[0]`.
    at: String,
    /// What is wrong there.
    message: String,
    /// What to do.
    help: String,
}

/// Says that it is valid, or all that is wrong with it.
pub(super) fn run(command: &Command, out: &mut Screen<'_>) -> Result<()> {
    let allowlist = command.file.read()?;
    out.show(&Validated::valid(&command.file, &allowlist))
}

impl Validated {
    fn valid(file: &File, allowlist: &Allowlist) -> Self {
        Self {
            file: file.name(),
            valid: true,
            counts: FileCounts { rules: Some(allowlist.rules.len()), aliases: Some(allowlist.aliases.len()), problems: 0 },
            problems: Vec::new(),
            notes: notes(allowlist),
        }
    }

    /// Of a file that can't be read.
    pub(super) fn invalid(file: &str, problems: &Problems) -> Self {
        Self {
            file: file.to_owned(),
            valid: false,
            counts: FileCounts { rules: None, aliases: None, problems: problems.len() },
            problems: problems.iter().map(Mistake::of).collect(),
            notes: Vec::new(),
        }
    }
}

impl Mistake {
    fn of(problem: &Problem) -> Self {
        Self {
            line: problem.position.map(|position| position.line),
            column: problem.position.map(|position| position.column),
            at: problem.place.clone(),
            message: problem.what.clone(),
            help: problem.fix.clone(),
        }
    }
}

impl View for Validated {
    /// A person reads of a file that can't be read on standard error, as of every failure.
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        let rules = counted(self.counts.rules.unwrap_or_default(), "rule", "rules");
        let aliases = counted(self.counts.aliases.unwrap_or_default(), "alias", "aliases");
        writeln!(out, "{}: {rules} and {aliases}, all valid", self.file)?;
        Ok(self.notes.iter().try_for_each(|note| writeln!(out, "  {note}"))?)
    }
}
