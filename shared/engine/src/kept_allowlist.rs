//! The allowlist as it was read last: the places of one sweep are judged by one reading of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::allowlist::Stored;

/// How long what was read counts at the most: a rule that changes in the middle of a long sweep is followed soon.
const KEPT: Duration = Duration::from_mins(1);
/// How far the clocks of two processes may differ.
const SKEW: Duration = Duration::from_secs(1);

/// What was read, and when that began.
#[derive(Debug, Default)]
pub struct KeptAllowlist(Mutex<Option<(Timestamp, Arc<Vec<Stored>>)>>);

impl KeptAllowlist {
    /// Every item as it was at a moment or later, if it was read since.
    pub fn since(&self, moment: Timestamp, now: Timestamp) -> Option<Arc<Vec<Stored>>> {
        let kept = self.0.lock().ok()?;
        let (read_at, items) = kept.as_ref()?;
        let young = now.duration_since(*read_at).unsigned_abs() < KEPT;
        (young && *read_at >= moment.saturating_add(SKEW).ok()?).then(|| Arc::clone(items))
    }

    /// Keeps what was read from a moment on.
    pub fn keep(&self, read_at: Timestamp, items: Vec<Stored>) -> Arc<Vec<Stored>> {
        let items = Arc::new(items);
        if let Ok(mut kept) = self.0.lock() {
            *kept = Some((read_at, Arc::clone(&items)));
        }
        items
    }
}
