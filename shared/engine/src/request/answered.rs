//! The answer about one target of a VPC that asks.

use std::collections::BTreeSet;

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::world::Connection;

use crate::delays::LATER;
use crate::outcome::{Outcome, Recipient};

/// The answer about one target.
pub(super) struct Answered {
    /// In words, the target first.
    pub(super) words: String,
    /// True where nothing is left to do about the target.
    pub(super) settled: bool,
    /// The rules that decided.
    pub(super) rules: Vec<String>,
    /// The connection, where there is one.
    pub(super) connection: Option<PcxId>,
    /// How it stands.
    pub(super) outcome: Outcome,
    /// Work for other functions.
    pub(super) hints: BTreeSet<(Recipient, Hint)>,
}

impl Answered {
    /// Nothing is done, for a reason.
    pub(super) fn refusal(target: &str, why: &str) -> Self {
        Self::new(target, why, Outcome::Answered)
    }

    /// Nothing can be done at the moment.
    pub(super) fn waiting(target: &str, why: &str) -> Self {
        Self::new(target, why, |words| Outcome::Waiting { why: words.join(" "), after: LATER })
    }

    /// The connection was asked for just now: `accept` need not wait for the event of it.
    pub(super) fn requested(target: &str, connection: &Connection, rules: Vec<String>) -> Self {
        let id = &connection.id;
        let answered = Self::new(target, &format!("requested {id}"), Outcome::Requested).about(id, rules);
        Self { hints: BTreeSet::from([accept_hint(connection)]), ..answered }
    }

    /// The words, and whether nothing is left to do.
    pub(super) fn told(&self) -> (String, bool) {
        (self.words.clone(), self.settled)
    }

    fn new(target: &str, why: &str, outcome: impl Fn(Vec<String>) -> Outcome) -> Self {
        let words = format!("{target} {why}").trim_start().to_owned();
        Self { outcome: outcome(vec![words.clone()]), words, settled: false, rules: Vec::new(), connection: None, hints: BTreeSet::new() }
    }

    /// The same about a connection.
    pub(super) fn about(mut self, id: &PcxId, rules: Vec<String>) -> Self {
        self.connection = Some(id.clone());
        self.rules = rules;
        self
    }
}

/// A request that waits for its accepter.
pub(super) fn accept_hint(connection: &Connection) -> (Recipient, Hint) {
    let Connection { id, ends, .. } = connection;
    let mut places = vec![ends.accepter.place.clone(), ends.requester.place.clone()];
    places.dedup();
    (Recipient::Accept, Hint::Connection { id: id.clone(), places })
}
