//! How it stands with everything.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use peerwright_core::count::counted;
use peerwright_engine::overview::Overview;
use schemars::JsonSchema;
use serde::Serialize;

use super::asks::Asks;
use crate::line::{STRONG, line};
use crate::list::print_reach;
use crate::screen::Screen;
use crate::summary::{Frozen, Summary, style, word};

/// How it stands with everything, as the ledger has it: no call of EC2.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct General {
    /// When it was read.
    at: String,
    /// How many connections have each status.
    counts: BTreeMap<String, usize>,
    /// Who stopped everything.
    stop: Option<Frozen>,
    /// What wants attention, the most urgent first.
    attention: Vec<Concern>,
    /// What VPCs ask for and have not got; none where that was not looked at.
    pub(super) asks: Option<Asks>,
    /// Connections whose entries can't be read.
    unreadable: Vec<String>,
    /// In how many places was looked; none where the whole table was read.
    places: Option<usize>,
    /// Why places are missing.
    untold: Option<String>,
    #[serde(skip)]
    in_order: Vec<(String, usize)>,
}

/// A connection that wants attention.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Concern {
    #[serde(flatten)]
    summary: Summary,
    /// The one reason that counts.
    why: String,
}

impl General {
    pub(crate) fn of(found: &Overview) -> Self {
        let in_order: Vec<(String, usize)> = found.counts().iter().map(|(status, count)| (word(status), *count)).collect();
        let concern = |concern: peerwright_engine::overview::Concern<'_>| Concern {
            summary: Summary::of(concern.entry, found.frozen.get(&concern.entry.connection), &found.aliases, found.at),
            why: concern.why,
        };
        Self {
            at: found.at.to_string(),
            counts: in_order.iter().cloned().collect(),
            stop: found.stop.as_ref().map(Frozen::of),
            attention: found.concerns().into_iter().map(concern).collect(),
            asks: None,
            unreadable: found.unreadable.iter().map(ToString::to_string).collect(),
            places: found.places,
            untold: found.untold.clone(),
            in_order,
        }
    }

    pub(crate) fn wants_attention(&self) -> bool {
        self.asks.as_ref().is_some_and(Asks::wants_attention)
            || self.stop.is_some()
            || !self.attention.is_empty()
            || !self.unreadable.is_empty()
    }

    pub(crate) fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        if let Some(stop) = &self.stop {
            line(screen, 0, "!", style("frozen"), &format!("everything is frozen {}", stop.words()))?;
        }
        for (status, count) in &self.in_order {
            let status = screen.paint(style(status), &format!("{status:<18}"));
            writeln!(screen, "{status} {count:>5}")?;
        }
        if !self.attention.is_empty() {
            let verb = if self.attention.len() == 1 { "needs attention" } else { "need attention" };
            writeln!(screen, "\n{} {}", self.attention.len(), screen.paint(STRONG, verb))?;
        }
        for Concern { summary, why } in &self.attention {
            summary.print(Some(why), screen)?;
        }
        if let Some(asks) = &self.asks {
            asks.print(screen)?;
        }
        if !self.in_order.is_empty() {
            writeln!(screen)?;
        }
        let total: usize = self.in_order.iter().map(|(_, count)| count).sum();
        print_reach(&counted(total, "connection", "connections"), self.places, self.untold.as_deref(), &self.unreadable, screen)
    }
}
