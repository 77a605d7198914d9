//! What is written down about a connection.

use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::owned::Owned;
use peerwright_core::plan::Step;
use peerwright_core::world::Connection;
use serde::{Deserialize, Serialize};

use crate::failure::{Class, Failure};
use crate::outcome::Outcome;
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

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
    /// EC2 calls spent on it, over all functions.
    pub ec2_calls: u64,
    /// When this was written, RFC 3339, UTC.
    pub updated_at: String,
    /// Counts the writes; the next write must find this one.
    pub version: u64,
}

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
}

/// How it stands with a connection.
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
}

impl<'a> Note<'a> {
    /// An outcome. "3 added" belongs to the moment: the state of a converged connection has no reasons.
    pub(crate) fn of(outcome: &'a Outcome, rules: &'a [String], details: Vec<String>, calls: u64) -> Self {
        let reasons = if matches!(outcome, Outcome::Converged(_)) { Vec::new() } else { outcome.reasons() };
        Self { status: outcome.label(), reasons, rules, details, calls }
    }
}

/// How often a write is tried again after somebody else's.
const TRIES: usize = 4;

impl<C: Cloud, A: Allowlist, L: Ledger, K: Clock> Ports<C, A, L, K> {
    /// Writes down how it stands with a connection, unless the ledger says just that already.
    pub(crate) async fn record(&self, connection: &Connection, note: Note<'_>) -> Result<(), Failure> {
        self.write(connection, |entry| {
            if note.details.is_empty() && entry.status == note.status && entry.rules == note.rules && entry.reasons == note.reasons {
                return None;
            }
            // `configure` starts with the acceptance itself and may be first to write: then the history has both, the entry the later.
            if stage(note.status) >= stage(&entry.status) {
                note.status.clone_into(&mut entry.status);
                entry.rules = note.rules.to_vec();
                entry.reasons.clone_from(&note.reasons);
            }
            entry.ec2_calls += note.calls;
            let details = if note.details.is_empty() { &note.reasons } else { &note.details };
            Some(Change { at: String::new(), what: note.status.to_owned(), rules: note.rules.to_vec(), details: details.clone() })
        })
        .await
    }

    /// Writes down what is about to be made, so that a crash leaves no route that nobody owns.
    pub(crate) async fn intend(&self, connection: &Connection, rules: &[String], steps: &[Step]) -> Result<(), Failure> {
        self.write(connection, |entry| {
            entry.owned.extend(steps);
            "planned".clone_into(&mut entry.status);
            entry.rules = rules.to_vec();
            entry.reasons.clear();
            let details = steps.iter().map(ToString::to_string).collect();
            Some(Change { at: String::new(), what: "planned".to_owned(), rules: rules.to_vec(), details })
        })
        .await
    }

    /// Writes down what was removed.
    pub(crate) async fn forget(&self, connection: &Connection, rules: &[String], steps: &[Step]) -> Result<(), Failure> {
        self.write(connection, |entry| {
            entry.owned.forget(steps);
            let details = steps.iter().map(|step| format!("removed: {step}")).collect();
            Some(Change { at: String::new(), what: "removed".to_owned(), rules: rules.to_vec(), details })
        })
        .await
    }

    /// Loads, changes and saves; starts over when somebody else was quicker.
    async fn write(&self, connection: &Connection, change: impl Fn(&mut Entry) -> Option<Change> + Send + Sync) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            let mut entry = self.ledger.load(&connection.id).await?.unwrap_or_else(|| fresh(connection));
            let Some(mut change) = change(&mut entry) else {
                return Ok(());
            };
            let now = self.clock.now().to_string();
            entry.version += 1;
            entry.updated_at.clone_from(&now);
            change.at = now;
            tries += 1;
            match self.ledger.save(&entry, &change).await {
                Err(failure) if failure.class == Class::Stale && tries < TRIES => {}
                result => return result,
            }
        }
    }
}

/// How far in its life a connection with this status is: it never goes back.
fn stage(status: &str) -> u8 {
    match status {
        "" => 0,
        "held" | "denied" => 1,
        "accepted" | "rejected" => 2,
        _ => 3,
    }
}

fn fresh(connection: &Connection) -> Entry {
    Entry {
        connection: connection.id.clone(),
        ends: connection.ends.clone(),
        status: String::new(),
        rules: Vec::new(),
        reasons: Vec::new(),
        owned: Owned::default(),
        frozen: false,
        ec2_calls: 0,
        updated_at: String::new(),
        version: 0,
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
    let change = Change { at: entry.updated_at.clone(), what: what.to_owned(), rules: entry.rules.clone(), details: Vec::new() };
    ledger.save(&entry, &change).await.map(|()| true)
}

fn unknown(id: &PcxId) -> Failure {
    let source = "the ledger does not know the connection".into();
    Failure { what: format!("freeze or thaw {id}"), place: None, class: Class::Refused, source }
}
