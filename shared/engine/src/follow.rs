//! Waits until the ledger says what came of a look that a person asked for.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::PcxId;

use crate::entry::Entry;
use crate::failure::Failure;
use crate::ports::{Clock, History, HistoryOf, Ledger};
use crate::record::LOOKED;
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

/// The look that a person asked for.
#[derive(Debug, Clone, Copy)]
pub struct AskedLook<'a> {
    /// The version of the entry when it was asked for.
    pub version: u64,
    /// What the message bears as its id: changes that came of it name it among their events.
    pub event: &'a str,
    /// When it was asked for.
    pub at: Timestamp,
    /// How long to wait.
    pub until: Timestamp,
}

/// Waits until that look, or another function that it left work to, wrote down something other than the way there. Every look that a person asks
/// for is written down, whatever came of it; what other looks write meanwhile is no answer. `told` hears each status on the way; none as long as
/// nothing was written.
pub async fn follow<L: Ledger + History, K: Clock>(
    ledger: &L,
    clock: &K,
    id: &PcxId,
    asked: AskedLook<'_>,
    told: impl Fn(Option<&Status>),
) -> Result<Followed, Failure> {
    loop {
        let entry = ledger.load(id).await?;
        let news = entry.as_ref().filter(|entry| entry.version > asked.version);
        told(news.map(|entry| &entry.status));
        if let Some(entry) = news.filter(|entry| !is_on_its_way(&entry.status))
            && came_of(ledger, id, asked).await?
        {
            return Ok(Followed::Settled(Box::new(entry.clone())));
        }
        if clock.now() >= asked.until {
            return Ok(Followed::StillUnderWay(entry.map(Box::new)));
        }
        clock.sleep(PAUSE).await;
    }
}

/// True where history has an answer of that look.
async fn came_of<L: History>(ledger: &L, id: &PcxId, asked: AskedLook<'_>) -> Result<bool, Failure> {
    let history = ledger.history(&HistoryOf::Connection(id.clone()), Some(asked.at)).await?;
    let mut of_it = history.iter().filter(|change| change.events.iter().any(|event| event == asked.event));
    Ok(of_it.any(|change| change.what == LOOKED || is_answer(&Status::read(&change.what))))
}

/// True of a status at which a function leaves a connection.
fn is_answer(status: &Status) -> bool {
    !is_on_its_way(status) && !matches!(status, Status::Other(_))
}

/// True where a function is still to come.
fn is_on_its_way(status: &Status) -> bool {
    status.is_passing() || matches!(status, Status::Waiting | Status::Drifted)
}
