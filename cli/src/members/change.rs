//! What changing the places that are swept came to.

use std::io::Write;

use anyhow::Result;
use peerwright_core::members::Difference;
use schemars::JsonSchema;
use serde::Serialize;

use crate::screen::{Screen, View};

/// What `peerwright members add`, `remove` and `apply` answer.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The table.
    pub(crate) table: String,
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    /// Places that were to be removed, and that the table did not name.
    pub(crate) not_there: Vec<String>,
    /// How many places of a file the table had already; none where no file was given.
    pub(crate) unchanged: Option<usize>,
}

impl Answer {
    /// What a file that names so many places has changed.
    pub(crate) fn of_file(table: String, applied: &Difference, wanted: usize) -> Self {
        Self {
            table,
            added: applied.added.iter().map(ToString::to_string).collect(),
            removed: applied.removed.iter().cloned().collect(),
            not_there: Vec::new(),
            unchanged: Some(wanted - applied.added.len()),
        }
    }
}

impl View for Answer {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        let Self { table, added, removed, not_there, unchanged } = self;
        if let Some(unchanged) = unchanged {
            writeln!(out, "{table}: {} added, {} removed, {unchanged} unchanged", added.len(), removed.len())?;
            added.iter().try_for_each(|place| writeln!(out, "  added {place}"))?;
            removed.iter().try_for_each(|id| writeln!(out, "  removed {id}"))?;
            return Ok(());
        }
        added.iter().try_for_each(|place| writeln!(out, "{place} is swept from now on"))?;
        removed.iter().try_for_each(|place| writeln!(out, "{place} is no longer swept, unless MemberRegions names its Region"))?;
        for place in not_there {
            writeln!(out, "{place} was not among the places of {table} (`peerwright members list`): nothing changed")?;
        }
        Ok(())
    }
}
