//! Waits until the ledger says what came of a look that a person asked for.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::PcxId;

use crate::entry::Entry;
use crate::failure::Failure;
use crate::ports::{Clock, Ledger};
use crate::status::Status;

/// How often the ledger is asked.
const PAUSE: Duration = Duration::from_millis(500);

/// What the ledger says by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// A function has looked, and this is how it stands.
    Settled(Box<Entry>),
    /// Time is over; this is what the ledger said last, if it knows the connection.
    StillUnderWay(Option<Box<Entry>>),
}

/// Waits for the first entry behind a version that tells of something other than the way there. Every look that a person asks for is
/// written down, whatever came of it. `told` hears each status on the way; none as long as nobody has looked.
pub async fn follow<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    id: &PcxId,
    version: u64,
    until: Timestamp,
    told: impl Fn(Option<&Status>),
) -> Result<Followed, Failure> {
    loop {
        let entry = ledger.load(id).await?;
        let news = entry.as_ref().filter(|entry| entry.version > version);
        told(news.map(|entry| &entry.status));
        if let Some(entry) = news.filter(|entry| !is_on_its_way(&entry.status)) {
            return Ok(Followed::Settled(Box::new(entry.clone())));
        }
        if clock.now() >= until {
            return Ok(Followed::StillUnderWay(entry.map(Box::new)));
        }
        clock.sleep(PAUSE).await;
    }
}

/// True where a function is still to come.
fn is_on_its_way(status: &Status) -> bool {
    status.is_passing() || matches!(status, Status::Waiting | Status::Drifted)
}
