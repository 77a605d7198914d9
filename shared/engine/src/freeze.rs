//! The freeze of everything: by the stack's parameter, or by the stop switch in the table of connections, which acts within seconds.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::ports::{Backend, Clock, Ports, StopSwitch};

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
    by_stack: bool,
    seen: Mutex<Option<(Timestamp, Option<Stop>)>>,
}

impl Freeze {
    /// With what the stack's parameter says.
    pub fn of_stack(frozen: bool) -> Self {
        Self { by_stack: frozen, seen: Mutex::default() }
    }

    fn seen(&self, now: Timestamp) -> Option<Option<Stop>> {
        let seen = self.seen.lock().ok()?;
        let (at, stop) = seen.as_ref()?;
        (now.duration_since(*at).unsigned_abs() < SEEN).then(|| stop.clone())
    }

    fn remember(&self, now: Timestamp, stop: &Option<Stop>) {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some((now, stop.clone()));
        }
    }
}

impl<B: Backend> Ports<B> {
    /// Why nothing may be changed anywhere, if that is so. Asked before each change: a run lasts longer than a person wants to wait.
    pub(crate) async fn frozen(&self) -> Result<Option<String>, Failure> {
        if self.freeze.by_stack {
            return Ok(Some("everything is frozen by the stack's parameter Freeze".to_owned()));
        }
        let now = self.clock.now();
        let stop = match self.freeze.seen(now) {
            Some(stop) => stop,
            None => {
                let stop = self.ledger.stop().await?;
                self.freeze.remember(now, &stop);
                stop
            }
        };
        Ok(stop.map(|Stop { by, at, reason }| format!("everything is frozen by {by} since {at}: {reason}")))
    }
}
