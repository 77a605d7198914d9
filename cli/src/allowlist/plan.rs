//! `peerwright allowlist plan`: what a file would change, and what that would do.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use peerwright_core::allowlist::{Allowlist, Proposal, Stored};
use schemars::JsonSchema;
use serde::Serialize;

use super::file::{File, notes};
use super::foreseen::{self, Effects};
use super::proposed::{Counts, Line, RuleChange};
use super::status;
use crate::line::{ADDED, BLOCKED, CHANGED, QUIET, REMOVED, STRONG, line};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;

/// What to compare, and how to tell it.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(flatten)]
    pub(super) proposed: Proposed,
    /// As Markdown, for the comment of a pull request.
    #[arg(long)]
    markdown: bool,
}

/// A file as a proposal.
#[derive(Debug, Args)]
pub(crate) struct Proposed {
    #[command(flatten)]
    pub(super) file: File,
    /// Remove the rules and aliases that the file does not name.
    #[arg(long)]
    pub(super) prune: bool,
    /// Show the changes of rules alone, and do not look at what exists.
    #[arg(long)]
    pub(super) rules_only: bool,
}

/// What a file would change, and what that would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Plan {
    /// The table of the allowlist.
    table: String,
    /// The file.
    file: String,
    /// How much of the table changes.
    counts: Counts,
    /// The rules and aliases that change.
    changes: Vec<RuleChange>,
    /// Those that the file does not name, and that stay.
    kept: Vec<String>,
    /// What of the file is valid and worth a word.
    notes: Vec<String>,
    /// What it would do to what exists; none where that was not looked at.
    effects: Option<Effects>,
}

/// A plan, with what it was made from.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) proposal: Proposal,
    pub(super) table: Vec<Stored>,
}

/// Plans, and shows it.
pub(super) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    if command.markdown && !out.is_for_a_person() {
        bail!("--markdown is for a person, and --json and --output are for a program: leave out one of the two");
    }
    let Planned { plan, proposal, .. } = command.proposed.plan(session).await?;
    if command.markdown {
        write!(out, "{}", plan.markdown())?;
    } else {
        out.show(&plan)?;
    }
    out.flush()?;
    Ok(status(!proposal.is_empty()))
}

impl Proposed {
    /// Compares the file with the table and, unless it is told not to, looks at what exists.
    pub(super) async fn plan(&self, session: &Session) -> Result<Planned> {
        let allowlist = self.file.read()?;
        let signed = session.allowlist().await?.signed().await.map_err(explained)?;
        let table: Vec<Stored> = signed.into_iter().map(|signed| signed.item).collect();
        let proposal = Proposal::of(&table, &allowlist.items(), self.prune);
        let effects = if self.rules_only {
            None
        } else {
            Some(
                foreseen::look(&table, &proposal.applied_to(&table), session)
                    .await
                    .context("what exists can't be looked at (--rules-only leaves that out)")?,
            )
        };
        let plan = Plan::of(&self.file, &allowlist, &proposal, effects, session);
        Ok(Planned { plan, proposal, table })
    }
}

impl Plan {
    pub(super) fn of(file: &File, allowlist: &Allowlist, proposal: &Proposal, effects: Option<Effects>, session: &Session) -> Self {
        Self {
            table: session.allowlist_name(),
            file: file.name(),
            counts: Counts::of(proposal),
            changes: proposal.changes.iter().map(RuleChange::of).collect(),
            kept: proposal.kept.iter().map(|item| item.id.clone()).collect(),
            notes: notes(allowlist),
            effects,
        }
    }

    fn rule_lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.changes.iter().flat_map(RuleChange::lines).collect();
        lines.extend(self.kept.iter().map(|id| Line::new(0, "", format!("kept {id}, which the file does not name (--prune removes it)"))));
        lines
    }

    /// For a pull request: what comes from tags and from AWS stands in blocks of code, where it means nothing.
    fn markdown(&self) -> String {
        let mut parts = vec![format!("### Allowlist: {}\n\n", self.counts.words()), block(&self.rule_lines())];
        if let Some(effects) = &self.effects {
            parts.extend([format!("**What exists:** {}\n\n", effects.words()), block(&effects.lines())]);
        }
        if !self.notes.is_empty() {
            let notes: Vec<Line> = self.notes.iter().map(|note| Line::new(0, "", note)).collect();
            parts.extend(["**Notes**\n\n".to_owned(), block(&notes)]);
        }
        parts.concat()
    }
}

/// Lines as a block that is coloured like a difference. No line of it can end the block.
fn block(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mark = |mark: &str| match mark {
        "~" => "!".to_owned(),
        "" => " ".to_owned(),
        mark => mark.to_owned(),
    };
    let words = |line: &Line| {
        let text = line.text.replace('`', "'").replace('\n', " ");
        format!("{} {:indent$}{text}\n", mark(line.mark), "", indent = line.indent)
    };
    let lines: Vec<String> = lines.iter().map(words).collect();
    format!("```diff\n{}```\n\n", lines.concat())
}

impl View for Plan {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        writeln!(out, "{}", out.paint(STRONG, &format!("{}: {}", self.table, self.counts.words())))?;
        print_lines(&self.rule_lines(), out)?;
        self.notes.iter().try_for_each(|note| line(out, 2, "", QUIET, note))?;
        if let Some(effects) = &self.effects {
            writeln!(out, "\n{}", out.paint(STRONG, &format!("what exists: {}", effects.words())))?;
            print_lines(&effects.lines(), out)?;
        }
        Ok(())
    }
}

fn print_lines(lines: &[Line], out: &mut Screen<'_>) -> Result<()> {
    lines.iter().try_for_each(|Line { indent, mark, text }| {
        let style = match *mark {
            "+" => ADDED,
            "-" => REMOVED,
            "~" => CHANGED,
            "!" => BLOCKED,
            _ => anstyle::Style::new(),
        };
        line(out, *indent, mark, style, text)
    })
}
