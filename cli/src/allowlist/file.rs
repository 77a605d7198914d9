//! The file that a command reads, or standard input.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use peerwright_aws::SystemClock;
use peerwright_core::allowlist::{Allowlist, Problems, Rule};
use peerwright_core::count::counted;
use peerwright_core::rule_lint::wakes_every_place;
use peerwright_engine::ports::Clock;

/// An allowlist in YAML.
#[derive(Debug, Args)]
pub(crate) struct File {
    /// The allowlist, in YAML; `-` for standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    path: PathBuf,
}

impl File {
    /// The file at a path.
    pub(super) const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// True for standard input, on which nobody can be asked anything any more.
    pub(super) fn is_standard_input(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        if self.is_standard_input() { "standard input".to_owned() } else { self.path.display().to_string() }
    }

    /// Reads it; all that is wrong with it is told at once.
    pub(super) fn read(&self) -> Result<Allowlist> {
        let name = self.name();
        let text = if self.is_standard_input() { io::read_to_string(io::stdin()) } else { fs::read_to_string(&self.path) };
        let text = text.with_context(|| format!("can't read {name}"))?;
        Allowlist::from_yaml(&text, SystemClock.now()).map_err(|problems| Unusable { file: name, problems }.into())
    }
}

/// A file that is no allowlist.
#[derive(Debug)]
pub(super) struct Unusable {
    /// What people call it.
    pub(super) file: String,
    /// All that is wrong with it.
    pub(super) problems: Problems,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = counted(self.problems.len(), "problem", "problems");
        let lines: Vec<String> = self.problems.iter().map(|problem| format!("  {problem}")).collect();
        write!(f, "{} has {count}; nothing was changed\n{}", self.file, lines.join("\n"))
    }
}

impl std::error::Error for Unusable {}

/// What is valid and worth a word: what is probably a mistake, and what is often forgotten.
pub(super) fn notes(allowlist: &Allowlist) -> Vec<String> {
    let warnings = allowlist.warnings.iter().map(|warning| format!("warning: {warning}"));
    let rules = || allowlist.rules.iter().map(|(rule, _)| rule);
    let everywhere = rules().filter(|rule| wakes_every_place(rule)).map(|rule| {
        format!(
            "warning: rule {}: strangers may ask, and its accepter may be in any place, so that no place is ever quiet; name accounts, Regions or VPCs of \
             the accepter",
            rule.id
        )
    });
    let omissions = rules().flat_map(Rule::omissions).map(|note| format!("note: {note}"));
    warnings.chain(everywhere).chain(omissions).collect()
}
