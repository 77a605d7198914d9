//! A connection as the ledger has it, in a line or two.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use jiff::Timestamp;
use peerwright_core::allowlist::Aliases;
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_engine::entry::Entry;
use peerwright_engine::freeze::Stop;
use peerwright_engine::status::Status;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{ADDED, BLOCKED, CHANGED, QUIET, REMOVED, line};
use crate::screen::Screen;

/// A connection, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Summary {
    /// The connection.
    pub(crate) connection: String,
    /// The VPC that asked.
    pub(crate) requester: EndName,
    /// The VPC that was asked.
    pub(crate) accepter: EndName,
    /// How it stands: a word of the reference of statuses.
    pub(crate) status: String,
    /// The rules that allow it, or decided against it.
    pub(crate) rules: Vec<String>,
    /// Why it stands so, the reason first that counts.
    pub(crate) reasons: Vec<String>,
    /// Who froze this connection.
    pub(crate) frozen: Option<Frozen>,
    /// When the ledger's entry was written last.
    pub(crate) written_at: String,
    /// How long ago that was when it was read, in words.
    #[serde(skip)]
    pub(crate) ago: String,
}

/// One end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct EndName {
    /// account/Region/VPC.
    pub(crate) vpc: String,
    /// Its names in the allowlist.
    pub(crate) aliases: Vec<String>,
}

/// Who froze something, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Frozen {
    by: String,
    pub(crate) at: String,
    reason: String,
    #[serde(skip)]
    words: String,
}

impl Frozen {
    pub(crate) fn of(stop: &Stop) -> Self {
        Self { by: stop.by.clone(), at: stop.at.to_string(), reason: stop.reason.clone(), words: stop.words() }
    }

    /// Behind the word "frozen".
    pub(crate) fn words(&self) -> &str {
        &self.words
    }
}

impl EndName {
    pub(crate) fn of(vpc: &VpcRef, aliases: &Aliases) -> Self {
        let named = aliases.iter().filter(|(_, meant)| *meant == vpc).map(|(name, _)| name.to_string());
        Self { vpc: vpc.to_string(), aliases: named.collect() }
    }

    /// What people call it.
    pub(crate) fn label(&self) -> &str {
        self.aliases.first().unwrap_or(&self.vpc)
    }

    /// Its name and where it is.
    pub(crate) fn in_full(&self) -> String {
        if self.aliases.is_empty() { self.vpc.clone() } else { format!("{} ({})", self.vpc, self.aliases.join(", ")) }
    }
}

/// Both ends.
pub(crate) fn names(ends: &Sides<VpcRef>, aliases: &Aliases) -> Sides<EndName> {
    Sides { requester: EndName::of(&ends.requester, aliases), accepter: EndName::of(&ends.accepter, aliases) }
}

impl Summary {
    pub(crate) fn of(entry: &Entry, frozen: Option<&Stop>, aliases: &Aliases, now: Timestamp) -> Self {
        let Sides { requester, accepter } = names(&entry.ends, aliases);
        Self {
            connection: entry.connection.to_string(),
            requester,
            accepter,
            status: word(&entry.status),
            rules: entry.rules.clone(),
            reasons: entry.reasons.clone(),
            frozen: frozen.map(Frozen::of),
            written_at: entry.updated_at.to_string(),
            ago: ago(entry.updated_at, now),
        }
    }

    /// Its id and status, and below them who is joined with whom and by which rules; `why` where it is told.
    pub(crate) fn print(&self, why: Option<&str>, screen: &mut Screen<'_>) -> Result<()> {
        let frozen = if self.frozen.is_some() && self.status != "frozen" { ", frozen" } else { "" };
        let status = screen.paint(style(&self.status), &format!("{}{frozen}", self.status));
        writeln!(screen, "{}  {status}  {}", self.connection, screen.paint(QUIET, &format!("written {}", self.ago)))?;
        line(screen, 2, "", Style::new(), &format!("{} → {}", self.requester.label(), self.accepter.label()))?;
        if !self.rules.is_empty() {
            line(screen, 2, "", QUIET, &format!("rules {}", self.rules.join(" ")))?;
        }
        why.map_or(Ok(()), |why| line(screen, 2, "!", style(&self.status), why))
    }
}

/// The word for a status; that of one that says nothing yet as well.
pub(crate) fn word(status: &Status) -> String {
    if *status == Status::New { "new".to_owned() } else { status.to_string() }
}

/// How a status looks.
pub(crate) fn style(status: &str) -> Style {
    match status {
        "converged" | "one-sided" => ADDED,
        "blocked" | "failed" | "denied" | "drifted" => REMOVED,
        "held" | "awaiting-approval" | "partial" | "waiting" => CHANGED,
        "frozen" => AnsiColor::Cyan.on_default(),
        "kept" | "isolated" => BLOCKED,
        _ => QUIET,
    }
}

/// How long ago something was, in the unit that people would use.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_it_was_is_told_in_the_unit_that_people_would_use() {
        let now = Timestamp::from_second(1_000_000).expect("a moment");
        let told = [0, 59, 60, 3599, 3600, 172_799, 172_800].map(|seconds| ago(now - jiff::SignedDuration::from_secs(seconds), now));
        assert_eq!(told, ["0 s ago", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "47 h ago", "2 days ago"]);
        assert_eq!(ago(now + jiff::SignedDuration::from_secs(5), now), "0 s ago", "clocks differ");
    }
}
