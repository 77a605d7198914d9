//! `peerwright allowlist lint`: rules that are valid and hardly what their author means.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use peerwright_aws::SystemClock;
use peerwright_core::allowlist::{Stored, StoredAllowlist};
use peerwright_core::count::counted;
use peerwright_core::rule_lint::{LintFinding, Surroundings, lint, lint_surroundings};
use peerwright_engine::ports::Clock;
use peerwright_engine::surroundings::surroundings;
use schemars::JsonSchema;
use serde::Serialize;

use super::file::File;
use super::status;
use crate::line::{CHANGED, QUIET, STRONG, line};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;

/// What to look over.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// A file in place of the table; `-` for standard input. AWS is asked nothing then, unless `--look` is given.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Look also whether the accounts and VPCs are there that the file names.
    #[arg(long, requires = "file")]
    look: bool,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Lint {
    /// How many rules were looked over.
    rules: usize,
    /// What is worth attention.
    findings: Vec<Finding>,
    /// What could not be looked up, and why.
    unchecked: BTreeSet<String>,
}

/// Something about a rule.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// The rule, or the alias.
    rule: String,
    /// What kind of thing it is, in a word.
    kind: &'static str,
    /// What is found.
    what: String,
    /// Why it matters.
    why: String,
    /// What to do.
    fix: String,
}

/// Looks rules over.
pub(super) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let looks = command.file.is_none() || command.look;
    let items: Vec<Stored> = match &command.file {
        Some(path) => File::at(path.clone()).read()?.items(),
        None => session.allowlist().await?.signed().await.map_err(explained)?.into_iter().map(|signed| signed.item).collect(),
    };
    let allowlist = StoredAllowlist::read(&items);
    let around = if looks { look_around(&allowlist, session).await? } else { Surroundings::default() };
    let found = lint(&allowlist, SystemClock.now()).into_iter().chain(lint_surroundings(&allowlist, &around));
    let answer = Lint { rules: allowlist.rules.len(), findings: found.map(Finding::of).collect(), unchecked: around.unchecked };
    out.show(&answer)?;
    out.flush()?;
    Ok(status(!answer.findings.is_empty()))
}

async fn look_around(allowlist: &StoredAllowlist, session: &Session) -> Result<Surroundings> {
    let ports = session.ports().await?;
    let items = ports.allowlist.member_items().await.map_err(explained)?;
    let places = session.places_of(&items, &ports).await?.all();
    surroundings(allowlist, &places, &ports).await.map_err(explained)
}

impl Finding {
    fn of(LintFinding { rule, kind, what, why, fix }: LintFinding) -> Self {
        Self { rule, kind: kind.as_str(), what, why, fix }
    }
}

impl View for Lint {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        let found =
            if self.findings.is_empty() { "nothing to say".to_owned() } else { counted(self.findings.len(), "finding", "findings") };
        writeln!(out, "{}: {found}", counted(self.rules, "rule", "rules"))?;
        for Finding { rule, kind, what, why, fix } in &self.findings {
            writeln!(out, "\n{} {kind}", out.paint(STRONG, rule))?;
            line(out, 2, "", anstyle::Style::new(), what)?;
            line(out, 2, "", QUIET, why)?;
            line(out, 2, "~", CHANGED, fix)?;
        }
        self.unchecked.iter().try_for_each(|why| line(out, 0, "", QUIET, &format!("not looked up: {why}")))
    }
}
