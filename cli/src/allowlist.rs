//! `peerwright allowlist`: validate, apply, list.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use peerwright_aws::{AllowlistTable, Applied, SystemClock};
use peerwright_core::allowlist::{ALIAS_KEY, Allowlist, Effect, MEMBER_KEY, StoredAllowlist};
use peerwright_core::count::counted;
use peerwright_engine::ports::Clock;

use crate::output::explained;
use crate::screen::Screen;
use crate::session::Session;

/// What to do with the allowlist.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a file without touching anything.
    Validate(File),
    /// Write a file's rules and aliases to the table.
    Apply {
        #[command(flatten)]
        file: File,
        /// Remove rules and aliases that the file does not name.
        #[arg(long)]
        prune: bool,
    },
    /// Show what the table says.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct File {
    /// The allowlist, in YAML.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    path: PathBuf,
}

/// Runs the command; its output goes to `out`.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    match command {
        Command::Validate(file) => {
            let allowlist = read(&file.path)?;
            let rules = counted(allowlist.rules.len(), "rule", "rules");
            let aliases = counted(allowlist.aliases.len(), "alias", "aliases");
            writeln!(out, "{}: {rules} and {aliases}, all valid", file.path.display())?;
            note(&allowlist, out)
        }
        Command::Apply { file, prune } => {
            let allowlist = read(&file.path)?;
            let by = session.caller().await?;
            let applied = session.allowlist().await?.apply(&allowlist.items(), prune, &by).await.map_err(explained)?;
            report(&applied, prune, &session.allowlist_name(), out)?;
            note(&allowlist, out)
        }
        Command::List => list(&session.allowlist().await?, out).await,
    }
}

fn read(path: &Path) -> Result<Allowlist> {
    let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    Allowlist::from_yaml(&text, SystemClock.now()).map_err(|problems| {
        let count = counted(problems.len(), "problem", "problems");
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        anyhow::anyhow!("{} has {count}; nothing was changed\n{}", path.display(), lines.join("\n"))
    })
}

fn report(applied: &Applied, prune: bool, table: &str, out: &mut impl Write) -> Result<()> {
    let others = if prune { "removed" } else { "not in the file" };
    let counts = [(applied.written.len(), "written"), (applied.unchanged.len(), "unchanged"), (applied.others.len(), others)];
    let counts: Vec<String> = counts.iter().map(|(count, word)| format!("{count} {word}")).collect();
    writeln!(out, "{table}: {}", counts.join(", "))?;
    for id in &applied.written {
        writeln!(out, "  wrote {id}")?;
    }
    for id in &applied.others {
        if prune {
            writeln!(out, "  removed {id}, which the file does not name")?;
        } else {
            writeln!(out, "  kept {id}, which the file does not name (--prune removes it)")?;
        }
    }
    Ok(())
}

/// What is valid and worth a word.
fn note(allowlist: &Allowlist, out: &mut impl Write) -> Result<()> {
    for warning in &allowlist.warnings {
        writeln!(out, "  warning: {warning}")?;
    }
    for note in allowlist.rules.iter().flat_map(|(rule, _)| rule.omissions()) {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}

async fn list(table: &AllowlistTable, out: &mut Screen<'_>) -> Result<()> {
    let items = table.all().await.map_err(explained)?;
    if !out.is_for_a_person() {
        let rules: Vec<serde_json::Value> = items
            .iter()
            .filter(|item| item.accepter != MEMBER_KEY)
            .map(|item| serde_json::json!({ "accepter": item.accepter, "id": item.id, "rule": item.body }))
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&rules)?)?;
        return Ok(());
    }
    if items.iter().all(|item| item.accepter == MEMBER_KEY) {
        writeln!(out, "the allowlist is empty: every request is held")?;
    }
    for item in items.iter().filter(|item| item.accepter == ALIAS_KEY) {
        let word = |key: &str| item.body.get(key).and_then(serde_json::Value::as_str).unwrap_or("?").to_owned();
        writeln!(out, "alias  {:<24} {}/{}/{}", item.id, word("account"), word("region"), word("vpc"))?;
    }
    let mut unreadable = 0;
    for stored in StoredAllowlist::read(&items).rules {
        match stored {
            Ok(rule) => {
                let word = if rule.effect == Effect::Allow { "allow" } else { "deny" };
                let word_of_end = if rule.expired(SystemClock.now()) { "expired at" } else { "until" };
                let until = rule.not_after.map(|end| format!(" {word_of_end} {end}")).unwrap_or_default();
                writeln!(out, "{word:<6} {}{until}", rule.id)?;
            }
            Err(rule) => {
                unreadable += 1;
                writeln!(out, "wrong  {}: {}", rule.id, rule.problems)?;
            }
        }
    }
    if unreadable > 0 {
        let rules = counted(unreadable, "rule", "rules");
        bail!("{rules} of the table can't be read: what can't be read allows nothing, and holds what it might deny");
    }
    Ok(())
}
