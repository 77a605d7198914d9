//! `peerwright allowlist show`: one rule or alias.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;
use peerwright_core::allowlist::{ALIAS_KEY, in_yaml};
use peerwright_core::count::counted;
use peerwright_engine::ports::{History as _, HistoryOf};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::list::carried;
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;

/// Which.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The name of the rule or of the alias.
    name: String,
}

/// A rule or an alias.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Shown {
    /// `rule` or `alias`.
    what: &'static str,
    /// Its name.
    id: String,
    /// As it is written.
    rule: Value,
    /// Who wrote it last, where `peerwright` did.
    by: Option<String>,
    /// The last line of its history.
    changed: Option<LastChange>,
    /// The connections that are not over and that it carries.
    carries: Vec<Carries>,
    /// Why these are not known, where that is so.
    unknown: Option<String>,
}

/// The last line of the history about a rule or an alias.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LastChange {
    /// When.
    at: String,
    /// What, such as `rule dev-to-db changed`.
    what: String,
    /// Who, as far as the table told.
    by: String,
}

/// A connection that a rule carries.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Carries {
    connection: String,
    status: String,
}

/// Shows it.
pub(super) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let signed = session.allowlist().await?.signed().await.map_err(explained)?;
    let found: Vec<_> = signed.into_iter().filter(|signed| signed.item.id == command.name).collect();
    let Some(first) = found.into_iter().next() else {
        bail!("no rule or alias {:?} is in {}: `peerwright allowlist list` shows them", command.name, session.allowlist_name());
    };
    let changed = last_change(&command.name, session).await.unwrap_or_default();
    let (carries, unknown) = match carried(session).await {
        Ok(mut carried) => (carried.remove(&command.name).unwrap_or_default().connections, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    let what = if first.item.accepter == ALIAS_KEY { "alias" } else { "rule" };
    let carries = carries.into_iter().map(|(connection, status)| Carries { connection, status }).collect();
    out.show(&Shown { what, id: first.item.id, rule: first.item.body, by: first.by, changed, carries, unknown })
}

/// What the history says of it last. A sweep writes it a moment after the change.
async fn last_change(id: &str, session: &Session) -> Result<Option<LastChange>> {
    let history = session.ledger().await?.history(&HistoryOf::Allowlist, None).await.map_err(explained)?;
    let last = history.into_iter().rev().find(|change| change.rules.iter().any(|rule| rule == id));
    let by = |details: &[String]| details.iter().find_map(|line| line.strip_prefix("by ")).unwrap_or("nobody who said so").to_owned();
    Ok(last.map(|change| LastChange { at: change.at.to_string(), by: by(&change.details), what: change.what }))
}

impl View for Shown {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        write!(out, "{}", in_yaml(&self.rule))?;
        writeln!(out, "\nwritten by {}", self.by.as_deref().unwrap_or("somebody without `peerwright`: see the history of the allowlist"))?;
        if let Some(LastChange { at, what, by }) = &self.changed {
            writeln!(out, "{what} at {at} by {by}")?;
        }
        if let Some(why) = &self.unknown {
            writeln!(out, "what it carries is not known: {why}")?;
        } else if self.what == "rule" {
            writeln!(out, "carries {}", counted(self.carries.len(), "connection", "connections"))?;
            self.carries.iter().try_for_each(|one| writeln!(out, "  {} {}", one.connection, one.status))?;
        }
        Ok(())
    }
}
