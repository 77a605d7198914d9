//! What is written down about a connection.

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ids::{PcxId, Side, Sides, VpcRef};
use peerwright_core::last_observed::LastObserved;
use peerwright_core::owned::Owned;
use peerwright_core::plan::Step;
use peerwright_core::world::{Connection, ObservedConnection};
use serde::{Deserialize, Serialize};

use crate::approval::Approval;
use crate::failure::{Class, Failure};
use crate::outcome::Outcome;
use crate::ports::{Backend, Clock, Ledger, Ports};
use crate::status_tags::is_told;

/// The current state of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The connection.
    pub connection: PcxId,
    /// Its VPCs.
    pub ends: Sides<VpcRef>,
    /// The last outcome's label.
    pub status: String,
    /// The rules that matched.
    pub rules: Vec<String>,
    /// Why it is as it is.
    pub reasons: Vec<String>,
    /// What we made, or were about to make.
    #[serde(default)]
    pub owned: Owned,
    /// True while nothing is to be changed: plans are made and written down, and not carried out.
    #[serde(default)]
    pub frozen: bool,
    /// What becomes of it when no rule allows it any more, by the rules that did last.
    #[serde(default)]
    pub on_revoke: OnRevoke,
    /// Who asked for it: the caller's ARN as CloudTrail told it, or a VPC by its tags.
    #[serde(default)]
    pub asked_by: Option<String>,
    /// The VPC for whose tag we created it; none for a connection that somebody else asked for.
    #[serde(default)]
    pub created_for: Option<VpcRef>,
    /// What a person decided.
    #[serde(default)]
    pub approval: Option<Approval>,
    /// What was seen of each end when it was settled last.
    #[serde(default)]
    pub seen: Sides<Option<LastObserved>>,
    /// When it was first not shown any more, RFC 3339, UTC.
    #[serde(default)]
    pub missing_since: Option<String>,
    /// EC2 calls spent on it, over all functions.
    pub ec2_calls: u64,
    /// When this was written, RFC 3339, UTC.
    pub updated_at: String,
    /// Counts the writes; the next write must find this one.
    pub version: u64,
}

impl Entry {
    /// An entry that says nothing yet.
    pub fn new(id: &PcxId, ends: &Sides<VpcRef>) -> Self {
        Self {
            connection: id.clone(),
            ends: ends.clone(),
            status: String::new(),
            rules: Vec::new(),
            reasons: Vec::new(),
            owned: Owned::default(),
            frozen: false,
            on_revoke: OnRevoke::default(),
            asked_by: None,
            created_for: None,
            approval: None,
            seen: Sides::default(),
            missing_since: None,
            ec2_calls: 0,
            updated_at: String::new(),
            version: 0,
        }
    }

    /// True for a connection that has ended, with nothing of ours left.
    pub fn is_over(&self) -> bool {
        self.status == ENDED
    }
}

/// What happened where nothing did but that we looked, and saw something else of the ends than before. Nobody is told.
const LOOKED: &str = "looked";

/// The status of a connection that is over.
pub const ENDED: &str = "ended";

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When, RFC 3339, UTC.
    pub at: String,
    /// What happened: an outcome's label, or `planned`.
    pub what: String,
    /// The rules that were in force.
    pub rules: Vec<String>,
    /// Reasons, or the steps with what came of each.
    pub details: Vec<String>,
    /// The events that woke the function.
    #[serde(default)]
    pub events: Vec<String>,
}

/// How it stands with a connection.
#[derive(Default)]
pub(crate) struct Note<'a> {
    /// An outcome's label, or `failed`.
    pub(crate) status: &'a str,
    /// Why.
    pub(crate) reasons: Vec<String>,
    /// The rules in force.
    pub(crate) rules: &'a [String],
    /// What was made just now, for the history.
    pub(crate) details: Vec<String>,
    /// EC2 calls since it was last written.
    pub(crate) calls: u64,
    /// What becomes of it without rules, where rules were read.
    pub(crate) on_revoke: Option<OnRevoke>,
    /// What was seen of the ends, where they were read.
    pub(crate) seen: Sides<Option<LastObserved>>,
    /// Ends at which nothing of ours is left.
    pub(crate) bare: &'a [Side],
}

impl<'a> Note<'a> {
    /// An outcome. "3 added" belongs to the moment: the state of a converged connection has no reasons.
    pub(crate) fn of(outcome: &'a Outcome, rules: &'a [String], details: Vec<String>, calls: u64) -> Self {
        let reasons = if matches!(outcome, Outcome::Converged(_)) { Vec::new() } else { outcome.reasons() };
        Self { status: outcome.label(), reasons, rules, details, calls, ..Self::default() }
    }

    /// True where something happened, or it stands otherwise than before.
    fn is_news(&self, entry: &Entry) -> bool {
        !self.details.is_empty() || entry.status != self.status || entry.rules != self.rules || entry.reasons != self.reasons
    }

    /// True where the entry says all of it already.
    fn is_known(&self, entry: &Entry) -> bool {
        !self.is_news(entry)
            && self.on_revoke.is_none_or(|wish| wish == entry.on_revoke)
            && self.seen.iter().all(|(side, seen)| seen.is_none() || seen == entry.seen.of(side))
            && !self.bare.iter().any(|side| entry.owned.touches(*side))
    }
}

/// An entry after a change.
pub(crate) struct Written {
    /// What the ledger has now.
    pub(crate) entry: Entry,
    /// What was added to its history; none where it had that already.
    pub(crate) change: Option<Change>,
}

/// How often a write is tried again after somebody else's.
const TRIES: usize = 4;

impl<B: Backend> Ports<B> {
    /// Writes down how it stands with a connection, unless the ledger says just that already, and answers it on the connection's tags,
    /// unless these do.
    pub(crate) async fn record(&self, peering: &ObservedConnection, note: Note<'_>) -> Result<(), Failure> {
        let connection = &peering.connection;
        let Written { entry, change } = self
            .write(connection, |entry| {
                if note.is_known(entry) {
                    return None;
                }
                let news = note.is_news(entry);
                // `configure` starts with the acceptance itself and may be first to write: then the history has both, the entry the later.
                if stage(note.status) >= stage(&entry.status) {
                    note.status.clone_into(&mut entry.status);
                    entry.rules = note.rules.to_vec();
                    entry.reasons.clone_from(&note.reasons);
                }
                entry.on_revoke = note.on_revoke.unwrap_or(entry.on_revoke);
                for (side, seen) in note.seen.iter().filter(|(_, seen)| seen.is_some()) {
                    entry.seen.of_mut(side).clone_from(seen);
                }
                note.bare.iter().for_each(|side| entry.owned.clear(*side));
                entry.ec2_calls += note.calls;
                let details = if note.details.is_empty() { &note.reasons } else { &note.details };
                Some(Change::new(if news { note.status } else { LOOKED }, note.rules, details.clone()))
            })
            .await?;
        let news = change.is_some_and(|change| change.what == entry.status);
        if entry.status == note.status && (news || !is_told(peering, &entry)) {
            self.answer(connection, &entry).await;
        }
        Ok(())
    }

    /// Writes down what is about to be made, so that a crash leaves no route that nobody owns.
    pub(crate) async fn record_planned(&self, connection: &Connection, rules: &[String], steps: &[Step]) -> Result<(), Failure> {
        self.write(connection, |entry| {
            entry.owned.extend(steps);
            "planned".clone_into(&mut entry.status);
            entry.rules = rules.to_vec();
            entry.reasons.clear();
            let details = steps.iter().map(ToString::to_string).collect();
            Some(Change::new("planned", rules, details))
        })
        .await
        .map(drop)
    }

    /// Writes down what was removed.
    pub(crate) async fn record_removed(&self, connection: &Connection, rules: &[String], steps: &[Step]) -> Result<(), Failure> {
        self.write(connection, |entry| {
            entry.owned.forget(steps);
            let details = steps.iter().map(|step| format!("removed: {step}")).collect();
            Some(Change::new("removed", rules, details))
        })
        .await
        .map(drop)
    }

    /// Loads, changes and saves; starts over when somebody else was quicker. A change that is none must leave the entry alone.
    pub(crate) async fn write(
        &self,
        connection: &Connection,
        change: impl Fn(&mut Entry) -> Option<Change> + Send + Sync,
    ) -> Result<Written, Failure> {
        let mut tries = 0;
        loop {
            let mut entry = self.ledger.load(&connection.id).await?.unwrap_or_else(|| Entry::new(&connection.id, &connection.ends));
            let Some(mut change) = change(&mut entry) else {
                return Ok(Written { entry, change: None });
            };
            let now = self.clock.now().to_string();
            entry.asked_by = entry.asked_by.take().or_else(|| self.cause.principal.clone());
            entry.version += 1;
            entry.updated_at.clone_from(&now);
            change.at = now;
            change.events.clone_from(&self.cause.events);
            tries += 1;
            match self.ledger.save(&entry, &change).await {
                Ok(()) => return Ok(Written { entry, change: Some(change) }),
                Err(failure) if failure.class == Class::Stale && tries < TRIES => {}
                Err(failure) => return Err(failure),
            }
        }
    }
}

impl Change {
    /// Something that happened; the moment and the events are added when it is written.
    pub fn new(what: &str, rules: &[String], details: Vec<String>) -> Self {
        Self { at: String::new(), what: what.to_owned(), rules: rules.to_vec(), details, events: Vec::new() }
    }
}

/// How far in its life a connection with this status is: it never goes back.
fn stage(status: &str) -> u8 {
    match status {
        "" | "requested" => 0,
        "held" | "denied" | "awaiting-approval" => 1,
        "accepted" | "rejected" => 2,
        ENDED => 4,
        _ => 3,
    }
}

/// Freezes a connection, or thaws it: while it is frozen, plans are written down and not carried out. True if that is a change.
pub async fn freeze<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId, frozen: bool) -> Result<bool, Failure> {
    let mut entry = ledger.load(id).await?.ok_or_else(|| unknown(id))?;
    if entry.frozen == frozen {
        return Ok(false);
    }
    entry.frozen = frozen;
    entry.version += 1;
    entry.updated_at = clock.now().to_string();
    let what = if frozen { "frozen by hand" } else { "thawed by hand" };
    let change = Change { at: entry.updated_at.clone(), ..Change::new(what, &entry.rules, Vec::new()) };
    ledger.save(&entry, &change).await.map(|()| true)
}

fn unknown(id: &PcxId) -> Failure {
    let source = "the ledger does not know the connection".into();
    Failure { what: format!("freeze or thaw {id}"), place: None, class: Class::Refused, source }
}
