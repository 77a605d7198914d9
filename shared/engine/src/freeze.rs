//! Freezes: of everything, by the stack's parameter or by the stop switch in the table of connections, and of one connection. What one run knows of them.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::PcxId;
use serde::{Deserialize, Serialize};

use crate::moment::to_the_second;

/// How long a look at the switches counts.
const SEEN: Duration = Duration::from_secs(2);

/// What is frozen or thawed. Its words are part of keys: they stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything.
    Everything,
    /// One connection.
    Connection(PcxId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Connection(id) => write!(f, "{id}"),
        }
    }
}

/// Who stopped everything, or froze a connection, when and why. Stored: names of fields stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Who: the caller's ARN, as STS tells it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

impl Stop {
    /// Who, since when and why, behind the word "frozen".
    pub fn words(&self) -> String {
        let Self { by, at, reason } = self;
        // Of an item whose moment can't be read nobody knows it.
        let since = if *at == Timestamp::UNIX_EPOCH { String::new() } else { format!(" since {}", to_the_second(*at)) };
        format!("by {by}{since}: {reason}")
    }
}

/// What is frozen at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stops {
    /// Everything is.
    pub everything: Option<Stop>,
    /// The connection that was asked for is.
    pub connection: Option<Stop>,
}

/// What one run knows of it.
#[derive(Debug, Default)]
pub struct Freeze {
    pub(crate) by_stack: bool,
    seen: Mutex<Option<Look>>,
}

/// A look at the switches: that of everything, and that of a connection where one was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) at: Timestamp,
    pub(crate) connection: Option<PcxId>,
    pub(crate) stops: Stops,
}

impl Freeze {
    /// With what the stack's parameter says.
    pub fn of_stack(frozen: bool) -> Self {
        Self { by_stack: frozen, seen: Mutex::default() }
    }

    /// The last look, if it was a moment ago and at this connection, where one is asked for.
    pub(crate) fn seen(&self, connection: Option<&PcxId>, now: Timestamp) -> Option<Stops> {
        let seen = self.seen.lock().ok()?.clone()?;
        let covers = connection.is_none() || connection == seen.connection.as_ref();
        (covers && now.duration_since(seen.at).unsigned_abs() < SEEN).then_some(seen.stops)
    }

    pub(crate) fn remember(&self, look: Look) {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(look);
        }
    }
}
