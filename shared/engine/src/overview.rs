//! All connections that the ledger knows, and what of them a person has to look at. It reads the two tables and nothing else: no call of EC2.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use peerwright_core::allowlist::{Aliases, StoredAllowlist};
use peerwright_core::ids::{PcxId, Place, Region};

use crate::entry::Entry;
use crate::failure::Failure;
use crate::freeze::Stop;
use crate::moment::to_the_second;
use crate::places::places;
use crate::ports::{Allowlist, Backend, Clock, Entries, Freezes, Ledger, Ports};
use crate::status::Status;

/// How many partitions are read at once.
const AT_ONCE: usize = 16;
/// How old a status may be that passes within moments, before somebody should know.
const STUCK: Duration = Duration::from_mins(15);

/// Which connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those that are not over, in the places that are known: one read for each place, and one for each hundred connections.
    Living,
    /// Those that have ended as well, wherever they are: it reads the whole table, history and all.
    Every,
}

/// What the tables say, at one moment.
#[derive(Debug, Clone)]
pub struct Overview {
    /// When.
    pub at: Timestamp,
    /// The connections, by id.
    pub entries: Vec<Entry>,
    /// Those whose entries can't be read.
    pub unreadable: BTreeSet<PcxId>,
    /// Those that persons froze one by one.
    pub frozen: BTreeMap<PcxId, Stop>,
    /// Who stopped everything.
    pub stop: Option<Stop>,
    /// The names of VPCs.
    pub aliases: Aliases,
    /// In how many places was looked; none where the whole table was read.
    pub places: Option<usize>,
    /// Why places are missing.
    pub untold: Option<String>,
}

/// A connection that wants attention, with the one reason that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern<'o> {
    /// The connection.
    pub entry: &'o Entry,
    /// Why.
    pub why: String,
}

/// Reads what the ledger has of all connections.
pub async fn overview<B: Backend>(reach: Reach, regions: &BTreeSet<Region>, ports: &Ports<B>) -> Result<Overview, Failure> {
    let items = ports.allowlist.everything(None).await?;
    let aliases = StoredAllowlist::read(items.iter()).aliases;
    let found = places(&items, regions, ports).await;
    let mut known = found.all();
    known.extend(aliases.values().map(|vpc| vpc.place.clone()));
    // Where no place is known, only the whole table tells.
    let whole = reach == Reach::Every || known.is_empty();
    let Entries { mut read, unreadable } = if whole { ports.ledger.load_every().await? } else { living(&known, ports).await? };
    read.sort_by(|one, other| one.connection.cmp(&other.connection));
    Ok(Overview {
        at: ports.clock.now(),
        entries: read,
        unreadable,
        frozen: ports.ledger.frozen().await?,
        stop: ports.ledger.stops(None).await?.everything,
        aliases,
        places: (!whole).then_some(known.len()),
        untold: found.untold.map(|failure| failure.explain_final()),
    })
}

/// The connections that the index of places has.
async fn living<B: Backend>(places: &BTreeSet<Place>, ports: &Ports<B>) -> Result<Entries, Failure> {
    let found = stream::iter(places.iter().map(|place| ports.ledger.connections_in(place))).buffer_unordered(AT_ONCE);
    let ids = found.try_fold(BTreeSet::new(), async |mut all, some| {
        all.extend(some);
        Ok(all)
    });
    ports.ledger.load_all(&ids.await?).await
}

/// The urgency of what is no fault of the connection, behind all others.
const LEAST: u8 = u8::MAX;

impl Overview {
    /// How many connections have each status, in the order of their lives.
    pub fn counts(&self) -> Vec<(Status, usize)> {
        let mut counts: Vec<(Status, usize)> = Vec::new();
        for entry in &self.entries {
            match counts.iter_mut().find(|(status, _)| *status == entry.status) {
                Some((_, count)) => *count += 1,
                None => counts.push((entry.status.clone(), 1)),
            }
        }
        let place = |status: &Status| Status::KNOWN.iter().position(|known| known == status).unwrap_or(usize::MAX);
        counts.sort_by_key(|(status, _)| place(status));
        counts
    }

    /// What wants attention, the most urgent first.
    pub fn concerns(&self) -> Vec<Concern<'_>> {
        let mut found: Vec<(u8, Concern<'_>)> = self.entries.iter().filter_map(|entry| self.concern(entry)).collect();
        found.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.entry.connection.cmp(&b.entry.connection)));
        found.into_iter().map(|(_, concern)| concern).collect()
    }

    fn concern<'o>(&'o self, entry: &'o Entry) -> Option<(u8, Concern<'o>)> {
        let first = || entry.reasons.first().cloned().unwrap_or_else(|| entry.status.meaning().means.to_owned());
        let (urgency, why) = match (entry.status.urgency(), self.frozen.get(&entry.connection)) {
            (Some(urgency), None) => (urgency, first()),
            (urgency, Some(stop)) => (urgency.or(Status::Frozen.urgency())?, format!("frozen {}", stop.words())),
            (None, None) if is_stuck(entry, self.at) => (Status::Failed.urgency()?, stuck(entry)),
            (None, None) => (LEAST, untold(entry)?),
        };
        Some((urgency, Concern { entry, why }))
    }
}

/// What should have passed long ago.
fn is_stuck(entry: &Entry, now: Timestamp) -> bool {
    let passes = entry.status.is_passing() || matches!(entry.status, Status::Waiting | Status::Rejected);
    passes && now.duration_since(entry.updated_at).unsigned_abs() >= STUCK
}

fn stuck(entry: &Entry) -> String {
    let why = entry.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("still {} since {}{why}", entry.status, to_the_second(entry.updated_at))
}

/// That its status tags can't be written, which is no fault of the connection.
fn untold(entry: &Entry) -> Option<String> {
    entry.tags_refusal.as_ref().map(|refusal| format!("AWS refuses its status tags since {}", to_the_second(refusal.since)))
}
