//! What changing the places that are swept came to.

use anyhow::Result;
use peerwright_core::count::counted;
use peerwright_core::members::Difference;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{CHANGED, line};
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
    /// Places that were added and let nobody in, with why.
    pub(crate) shut: Vec<String>,
    /// The connections that live in places that were removed.
    pub(crate) living: Vec<Living>,
}

/// Connections with an end in a place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Living {
    pub(crate) place: String,
    pub(crate) connections: Vec<String>,
}

impl Answer {
    /// What a file that names so many places has changed.
    pub(crate) fn of_file(table: String, applied: &Difference, wanted: usize) -> Self {
        Self {
            table,
            added: applied.added.iter().map(ToString::to_string).collect(),
            removed: applied.removed.iter().cloned().collect(),
            unchanged: Some(wanted - applied.added.len()),
            ..Self::default()
        }
    }
}

impl View for Answer {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        let Self { table, added, removed, not_there, unchanged, shut, living } = self;
        let mut tell = |indent: usize, mark: &str, text: &str| line(out, indent, mark, CHANGED, text);
        if let Some(unchanged) = unchanged {
            tell(0, "", &format!("{table}: {} added, {} removed, {unchanged} unchanged", added.len(), removed.len()))?;
            added.iter().try_for_each(|place| tell(2, "", &format!("added {place}")))?;
            removed.iter().try_for_each(|id| tell(2, "", &format!("removed {id}")))?;
        } else {
            added.iter().try_for_each(|place| tell(0, "", &format!("{place} is swept from now on")))?;
            removed
                .iter()
                .try_for_each(|place| tell(0, "", &format!("{place} is no longer swept, unless MemberRegions names its Region")))?;
        }
        for place in not_there {
            tell(0, "", &format!("{place} was not among the places of {table} (`peerwright members list`): nothing changed"))?;
        }
        shut.iter().try_for_each(|why| tell(0, "!", &format!("nothing is done there so far: {why}")))?;
        for Living { place, connections } in living {
            let count = counted(connections.len(), "connection stays", "connections stay");
            tell(0, "!", &format!("{count} in {place}, and what fails there is found by events only: {}", connections.join(" ")))?;
        }
        Ok(())
    }
}
