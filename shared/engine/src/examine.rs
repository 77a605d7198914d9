//! Everything about one connection that a person may ask for: the ledger, what persons decided, and what AWS shows at this moment. Reads only.

use jiff::Timestamp;
use peerwright_core::ids::{PcxId, Sides};
use peerwright_core::plan::Tally;

use crate::entry::{Change, Entry};
use crate::explain::{Explained, Subject, explain};
use crate::failure::Failure;
use crate::freeze::Stops;
use crate::manual_decision::ManualDecisions;
use crate::ports::{Backend, Clock, Decisions, Freezes, History, HistoryOf, Ledger, Ports};
use crate::status::Status;

/// A connection, looked at.
#[derive(Debug)]
pub struct Examined {
    /// When.
    pub at: Timestamp,
    /// What the ledger has.
    pub entry: Entry,
    /// Who froze it, or everything.
    pub stops: Stops,
    /// What persons decided.
    pub decisions: ManualDecisions,
    /// What happened to it, oldest first.
    pub history: Vec<Change>,
    /// What AWS shows, what the rules say of it, and what would be done; why not, where it can't be looked at.
    pub found: Result<Explained, String>,
}

/// What is tried, or repaired, at a moment of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: &'static str,
}

/// Looks at a connection; none where the ledger does not know it.
pub async fn examine<B: Backend>(id: &PcxId, ports: &Ports<B>) -> Result<Option<Examined>, Failure> {
    let Some(entry) = ports.ledger.load(id).await? else {
        return Ok(None);
    };
    let stops = ports.ledger.stops(Some(id)).await?;
    let decisions = ports.ledger.decisions(id).await?;
    let history = ports.ledger.history(&HistoryOf::Connection(id.clone()), None).await?;
    // What EC2 does not tell is told as such: the ledger is worth seeing without it.
    let found = explain(&Subject::Known(Box::new(entry.clone())), ports).await.map_err(|failure| failure.explain_final());
    Ok(Some(Examined { at: ports.clock.now(), entry, stops, decisions, history, found }))
}

impl Examined {
    /// When it was first written down, as far as the history goes back.
    pub fn known_since(&self) -> Option<Timestamp> {
        self.history.first().map(|change| change.at)
    }

    /// Since when it has had its status, as far as the history goes back.
    pub fn status_since(&self) -> Timestamp {
        let is_status = |change: &&Change| Status::KNOWN.iter().any(|known| known.as_str() == change.what);
        let newest_first = self.history.iter().rev().filter(is_status);
        newest_first.take_while(|change| change.what == self.entry.status.as_str()).last().map_or(self.entry.updated_at, |change| change.at)
    }

    /// What failed or was refused last.
    pub fn last_error(&self) -> Option<(Timestamp, &str)> {
        self.history.iter().rev().find_map(|change| error_of(change).map(|why| (change.at, why)))
    }

    /// What is tried again at a moment that has not come yet.
    pub fn next_tries(&self) -> Vec<NextTry> {
        let Entry { refusal, removal_refusal, tags_refusal, contest, .. } = &self.entry;
        let of = |at: Option<Timestamp>, what| at.filter(|at| *at > self.at).map(|at| NextTry { at, what });
        [
            of(refusal.as_ref().map(|refusal| refusal.retry_at), "what AWS refused to make"),
            of(removal_refusal.as_ref().map(|refusal| refusal.retry_at), "what AWS refused to take away"),
            of(contest.as_ref().map(|contest| contest.repair_at), "what is undone again and again"),
            of(tags_refusal.as_ref().map(|refusal| refusal.retry_at), "its status tags"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Both ends of a connection that is active and allowed, counted; none of an end that can't be read.
    pub fn tallies(&self) -> Sides<Option<Tally>> {
        let Ok(Explained { observed: Some(observed), plan: Some(plan), .. }) = &self.found else {
            return Sides::default();
        };
        Sides::each(|side| Tally::of(side, observed, plan))
    }
}

fn error_of(change: &Change) -> Option<&str> {
    let of_status = matches!(change.what.as_str(), "failed" | "blocked").then(|| change.details.first()).flatten();
    let refused = change.details.iter().find(|detail| detail.starts_with("refused: "));
    refused.or(of_status).map(String::as_str)
}
