//! `peerwright allowlist`: validate, apply, list.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use peerwright_aws::{AllowlistTable, Applied, SystemClock, connect};
use peerwright_core::allowlist::{ALIAS_KEY, Allowlist, Effect, MEMBER_KEY, StoredAllowlist};
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Clock;

/// What to do with the allowlist.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a file without touching anything.
    Validate(File),
    /// Write a file's rules and aliases to the table.
    Apply {
        #[command(flatten)]
        file: File,
        #[command(flatten)]
        table: Table,
        /// Remove rules and aliases that the file does not name.
        #[arg(long)]
        prune: bool,
    },
    /// Show what the table says.
    List {
        #[command(flatten)]
        table: Table,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct File {
    /// The allowlist, in YAML.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Table {
    /// The allowlist table, in the account and Region of the credentials in the environment.
    #[arg(long = "table", env = "PEERWRIGHT_ALLOWLIST_TABLE", default_value = "peerwright-allowlist")]
    name: String,
}

/// Runs the command; what a person wants to know goes to `out`.
pub(crate) async fn run(command: Command, out: &mut impl Write) -> Result<()> {
    match command {
        Command::Validate(file) => {
            let allowlist = read(&file.path)?;
            writeln!(out, "{}: {} rules and {} aliases, all valid", file.path.display(), allowlist.rules.len(), allowlist.aliases.len())?;
            note_omissions(&allowlist, out)
        }
        Command::Apply { file, table, prune } => {
            let allowlist = read(&file.path)?;
            let applied = open(&table).await.apply(&allowlist.items(), prune).await.map_err(|failure| explained(&failure))?;
            report(&applied, prune, &table, out)?;
            note_omissions(&allowlist, out)
        }
        Command::List { table, json } => list(&open(&table).await, json, out).await,
    }
}

fn read(path: &Path) -> Result<Allowlist> {
    let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    Allowlist::from_yaml(&text, SystemClock.now()).map_err(|problems| {
        let count = problems.len();
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        anyhow::anyhow!(
            "{} has {count} problem{}; nothing was changed\n{}",
            path.display(),
            if count == 1 { "" } else { "s" },
            lines.join("\n")
        )
    })
}

async fn open(table: &Table) -> AllowlistTable {
    AllowlistTable::new(&connect().await, &table.name)
}

fn explained(failure: &Failure) -> anyhow::Error {
    anyhow::anyhow!(failure.explain())
}

fn report(applied: &Applied, prune: bool, table: &Table, out: &mut impl Write) -> Result<()> {
    writeln!(out, "{}: {} written, {} unchanged", table.name, applied.written.len(), applied.unchanged.len())?;
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

fn note_omissions(allowlist: &Allowlist, out: &mut impl Write) -> Result<()> {
    for note in allowlist.rules.iter().flat_map(|(rule, _)| rule.omissions()) {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}

async fn list(table: &AllowlistTable, json: bool, out: &mut impl Write) -> Result<()> {
    let items = table.all().await.map_err(|failure| explained(&failure))?;
    if json {
        let rules: Vec<serde_json::Value> = items
            .iter()
            .filter(|item| item.accepter != MEMBER_KEY)
            .map(|item| serde_json::json!({ "accepter": item.accepter, "id": item.id, "rule": item.body }))
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&rules)?)?;
        return Ok(());
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
                let until = rule.not_after.map(|end| format!(" until {end}")).unwrap_or_default();
                writeln!(out, "{word:<6} {}{until}", rule.id)?;
            }
            Err(rule) => {
                unreadable += 1;
                writeln!(out, "wrong  {}: {}", rule.id, rule.problems)?;
            }
        }
    }
    if unreadable > 0 {
        bail!("{unreadable} rules of the table can't be read; they allow nothing, and hold what they might deny");
    }
    Ok(())
}
