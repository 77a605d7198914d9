//! `peerwright history`: what happened, who did it and why.

use std::io::Write;

use anstyle::Style;
use anyhow::{Result, anyhow};
use clap::{ArgGroup, Args};
use jiff::{Span, SpanRelativeTo, Timestamp};
use peerwright_aws::SystemClock;
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::Change;
use peerwright_engine::operator::unknown;
use peerwright_engine::ports::{Clock as _, History as _, HistoryOf};
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{QUIET, STRONG, line, to_the_second};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::target::connection;

/// Whose history.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["connection", "allowlist", "stops"]))]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_parser = connection)]
    connection: Option<PcxId>,
    /// Who changed which rule or alias of the allowlist.
    #[arg(long)]
    allowlist: bool,
    /// Who stopped everything, and who let it go on.
    #[arg(long)]
    stops: bool,
    /// From this moment on: 2026-11-23T10:00:00Z, or how long ago, such as 2h or 3d.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    since: Option<Timestamp>,
}

/// What `peerwright history` answers: oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// A connection, `allowlist` or `everything`.
    of: String,
    changes: Vec<Happening>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Happening {
    /// When.
    at: String,
    /// A status, or what else happened.
    what: String,
    /// The rules that were in force.
    rules: Vec<String>,
    /// Who and why, the reasons, or the steps with what came of each.
    details: Vec<String>,
    /// The ids of the events that woke the function.
    events: Vec<String>,
}

impl Happening {
    pub(crate) fn of(change: Change) -> Self {
        let Change { at, what, rules, details, events, .. } = change;
        Self { at: at.to_string(), what, rules, details, events }
    }
}

/// Runs the command.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let of = match command.connection {
        Some(id) => HistoryOf::Connection(id),
        None if command.allowlist => HistoryOf::Allowlist,
        None => HistoryOf::Stop,
    };
    let changes = session.ledger().await?.history(&of, command.since).await.map_err(explained)?;
    if let (HistoryOf::Connection(id), true, None) = (&of, changes.is_empty(), command.since) {
        return Err(anyhow!(unknown(id)));
    }
    let of = match of {
        HistoryOf::Connection(id) => id.to_string(),
        HistoryOf::Stop => "everything".to_owned(),
        HistoryOf::Allowlist => "allowlist".to_owned(),
    };
    out.show(&Answer { of, changes: changes.into_iter().map(Happening::of).collect() })
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        if self.changes.is_empty() {
            writeln!(screen, "nothing happened")?;
        }
        for Happening { at, what, rules, details, events } in &self.changes {
            let what = screen.paint(STRONG, what);
            writeln!(screen, "{}  {what}", to_the_second(at))?;
            if !rules.is_empty() && self.of != "allowlist" {
                line(screen, 2, "", QUIET, &format!("rules {}", rules.join(" ")))?;
            }
            details.iter().try_for_each(|detail| line(screen, 2, "", Style::new(), detail))?;
            if !events.is_empty() {
                line(screen, 2, "", QUIET, &format!("woken by {}", events.join(" ")))?;
            }
        }
        Ok(())
    }
}

/// A moment, or how long ago it was.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let ago = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let at = ago.and_then(|ago| SystemClock.now().checked_sub(ago.abs()));
    at.map_err(|_| "write a moment such as 2026-11-23T10:00:00Z, or how long ago, such as 30min, 2h or 3d".to_owned())
}
