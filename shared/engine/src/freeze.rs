//! The freeze of everything, by the stack's parameter or by the stop switch in the table of connections: what one run knows of it.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a look at the switch counts.
const SEEN: Duration = Duration::from_secs(2);

/// Who stopped everything, when and why. Stored: names of fields stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Who: the caller's ARN, as STS tells it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What one run knows of it.
#[derive(Debug, Default)]
pub struct Freeze {
    pub(crate) by_stack: bool,
    seen: Mutex<Option<Look>>,
}

/// A look at the switch.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) at: Timestamp,
    pub(crate) stop: Option<Stop>,
}

impl Freeze {
    /// With what the stack's parameter says.
    pub fn of_stack(frozen: bool) -> Self {
        Self { by_stack: frozen, seen: Mutex::default() }
    }

    /// The last look, if it was a moment ago.
    pub(crate) fn seen(&self, now: Timestamp) -> Option<Look> {
        let seen = self.seen.lock().ok()?;
        seen.clone().filter(|look| now.duration_since(look.at).unsigned_abs() < SEEN)
    }

    pub(crate) fn remember(&self, look: Look) {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(look);
        }
    }
}
