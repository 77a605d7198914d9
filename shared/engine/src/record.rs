//! What is written down about a connection, and how: every write finds the version that it was made from, and returns what the ledger has then.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ids::{RouteTableId, Side, Sides};
use peerwright_core::last_observed::LastObserved;
use peerwright_core::owned::BorrowedRule;
use peerwright_core::plan::Step;
use peerwright_core::policy::Awaiting;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState};

use crate::entry::{Change, Entry};
use crate::failure::{Class, Failure};
use crate::manual_decision::ManualDecisions;
use crate::outcome::Outcome;
use crate::ports::{Backend, Clock, Ledger, Ports};
use crate::refusal::{Refusal, RefusedSteps, Tried};
use crate::status::Status;
use crate::status_tags::are_current;

/// What happened where nothing did but that we looked, and saw something else of the ends than before. Nobody is told.
pub(crate) const LOOKED: &str = "looked";

/// How often a write is tried again after somebody else's.
const TRIES: usize = 4;

/// How it stands with a connection.
#[derive(Default)]
pub(crate) struct Note {
    /// The word.
    pub(crate) status: Status,
    /// Why.
    pub(crate) reasons: Vec<String>,
    /// The rules in force.
    pub(crate) rules: Vec<String>,
    /// What was made just now, for the history.
    pub(crate) details: Vec<String>,
    /// True where something was made or removed.
    pub(crate) changed: bool,
    /// What AWS refused, where something was tried.
    pub(crate) tried: Option<Tried>,
    /// EC2 calls since it was last written.
    pub(crate) calls: u64,
    /// What becomes of it without rules, where rules were read.
    pub(crate) on_revoke: Option<OnRevoke>,
    /// What waits for a person, where the rules were asked.
    pub(crate) awaiting: Option<Vec<Awaiting>>,
    /// What persons decided, where it was read: the last of it is told.
    pub(crate) by_hand: Option<ManualDecisions>,
    /// What was seen of the ends, where they were read.
    pub(crate) seen: Sides<Option<LastObserved>>,
    /// Ends at which nothing of ours is left.
    pub(crate) clean: Vec<Side>,
    /// The rules of other connections that each end relies on, where the rules were asked.
    pub(crate) borrowed: Sides<Option<BTreeSet<BorrowedRule>>>,
    /// The tables of each end in which routes were made, and that are not there any more.
    pub(crate) gone_tables: Sides<BTreeSet<RouteTableId>>,
}

impl Note {
    /// An outcome. "3 added" belongs to the moment: the state of a converged connection has no reasons.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let reasons = if matches!(outcome, Outcome::Converged(_)) { Vec::new() } else { outcome.reasons() };
        Self { status: outcome.status().unwrap_or_default(), reasons, ..Self::default() }
    }

    /// True where something happened, or it stands otherwise than before.
    fn is_news(&self, entry: &Entry) -> bool {
        let same = entry.status == self.status && entry.rules == self.rules && entry.gives_reasons(&self.reasons);
        // AWS words one refusal differently each time.
        let repeated = self.repeated(entry);
        let known = !self.changed && repeated.is_some_and(|refusal| refusal.told || entry.status == self.status);
        (!known && (!self.details.is_empty() || !same)) || self.awaiting.as_ref().is_some_and(|awaiting| *awaiting != entry.awaiting)
    }

    /// The refusal before, where AWS refused just the same again.
    fn repeated<'e>(&self, entry: &'e Entry) -> Option<&'e Refusal> {
        let tried = self.tried.as_ref()?;
        entry.refusal_of(tried.removing).filter(|refusal| refusal.steps == tried.refused)
    }

    /// How it stands by now with what was refused.
    fn refusal(&self, tried: &Tried, entry: &Entry, now: Timestamp) -> Option<Refusal> {
        if tried.refused == RefusedSteps::default() {
            return None;
        }
        let next = Refusal::next(entry.refusal_of(tried.removing), &tried.refused, tried.teardown, now);
        Some(Refusal { told: next.told || self.status == Status::Blocked, ..next })
    }

    /// The ends whose option the entry takes for ours, and which AWS refused to switch on.
    fn disowned<'n>(&'n self, entry: &'n Entry) -> impl Iterator<Item = Side> + 'n {
        let refused = self.tried.iter().flat_map(|tried| tried.dns.iter().copied());
        refused.filter(|side| entry.owned.dns_resolution.contains(side))
    }

    /// True where the entry says all of it already.
    fn is_known(&self, entry: &Entry) -> bool {
        !self.is_news(entry)
            && self.on_revoke.is_none_or(|wish| wish == entry.on_revoke)
            && self.by_hand.as_ref().is_none_or(|decided| decided.last() == entry.approval.as_ref())
            && self.seen.iter().all(|(side, seen)| seen.is_none() || seen == entry.seen.of(side))
            && !self.clean.iter().any(|side| entry.owned.touches(*side) || entry.owned.dns_resolution.contains(side))
            && self.disowned(entry).next().is_none()
            && self.gone_tables.iter().all(|(side, gone)| entry.owned.tables(side).is_disjoint(gone))
            && self.borrowed.iter().all(|(side, rules)| rules.as_ref().is_none_or(|rules| entry.owned.borrows(side, rules)))
    }

    /// Brings the entry to what is noted; the change for the history.
    fn apply(&self, entry: &mut Entry) -> Change {
        let news = self.is_news(entry);
        // `configure` starts with the acceptance itself and may be first to write: then the history has both, the entry the later.
        if self.status.stage() >= entry.status.stage() {
            entry.carry(&self.rules);
            entry.status = self.status.clone();
            entry.give_reasons(&self.reasons);
        }
        entry.on_revoke = self.on_revoke.unwrap_or(entry.on_revoke);
        if let Some(awaiting) = &self.awaiting {
            entry.awaiting.clone_from(awaiting);
        }
        if let Some(by_hand) = &self.by_hand {
            entry.approval = by_hand.last().cloned();
        }
        for (side, seen) in self.seen.iter().filter(|(_, seen)| seen.is_some()) {
            entry.seen.of_mut(side).clone_from(seen);
        }
        self.clean.iter().for_each(|side| entry.owned.clear(*side));
        for side in self.disowned(entry).collect::<Vec<_>>() {
            entry.owned.dns_resolution.remove(&side);
        }
        for (side, gone) in self.gone_tables.iter() {
            entry.owned.forget_tables(side, gone);
        }
        for (side, rules) in self.borrowed.iter() {
            if let Some(rules) = rules {
                entry.owned.borrow(side, rules);
            }
        }
        entry.ec2_calls += self.calls;
        let details = if self.details.is_empty() { self.reasons.clone() } else { self.details.clone() };
        if news { Change::to(&self.status, &self.rules, details) } else { Change::new(LOOKED, &self.rules, details) }
    }
}

/// An entry after a change.
pub(crate) struct Written {
    /// What the ledger has now.
    pub(crate) entry: Entry,
    /// What was added to its history; none where it had that already.
    pub(crate) change: Option<Change>,
}

impl<B: Backend> Ports<B> {
    /// Writes down how it stands with a connection, unless the ledger says just that already, and shows it on the connection's tags, unless
    /// these do.
    pub(crate) async fn record(&self, peering: &ObservedConnection, note: &Note) -> Result<Entry, Failure> {
        let (connection, now) = (&peering.connection, self.clock.now());
        let written = |entry: &mut Entry| {
            // A person who asked for a look waits for what came of it.
            let is_known = !self.cause.retry && note.is_known(entry);
            let Some(tried) = &note.tried else {
                return (!is_known).then(|| note.apply(entry));
            };
            let refusal = note.refusal(tried, entry, now);
            if is_known && refusal.as_ref() == entry.refusal_of(tried.removing) {
                return None;
            }
            let change = note.apply(entry);
            *(if tried.removing { &mut entry.removal_refusal } else { &mut entry.refusal }) = refusal;
            Some(change)
        };
        let Written { entry, change } = self.write(connection, written).await?;
        let news = change.is_some_and(|change| change.status.as_ref() == Some(&entry.status));
        let is_due = match &entry.tags_refusal {
            // Which place refused them is not known: the one that is looked at may have them.
            Some(refusal) => self.cause.retry || !refusal.is_recent(now),
            None => !are_current(peering, &entry),
        };
        if entry.status == note.status
            && (news || is_due)
            && let Some(refused) = self.show_status(connection, &entry).await
        {
            return self.record_tags(connection, entry, refused).await;
        }
        Ok(entry)
    }

    /// Remembers whether AWS refused the status tags, which is no reason to try again at every look.
    async fn record_tags(&self, connection: &Connection, entry: Entry, refused: bool) -> Result<Entry, Failure> {
        if !refused && entry.tags_refusal.is_none() {
            return Ok(entry);
        }
        let now = self.clock.now();
        let remembered = |entry: &mut Entry| {
            let next = refused.then(|| Refusal::next(entry.tags_refusal.as_ref(), &RefusedSteps::default(), false, now));
            if next == entry.tags_refusal {
                return None;
            }
            entry.tags_refusal = next;
            Some(Change::new(if refused { "status tags refused" } else { "status tags set" }, &entry.rules, Vec::new()))
        };
        self.write(connection, remembered).await.map(|written| written.entry)
    }

    /// Writes down who asked and who accepted, where the event that tells it comes behind what it led to.
    pub(crate) async fn record_callers(&self, entry: &Entry) -> Result<(), Failure> {
        let is_news = |entry: &Entry| {
            (entry.asked_by.is_none() && self.cause.principal.is_some())
                || (entry.accepted_by.is_none() && self.cause.accepted_by.is_some())
        };
        if !is_news(entry) {
            return Ok(());
        }
        let (id, ends) = (entry.connection.clone(), entry.ends.clone());
        let connection = Connection { id, state: PeeringState::Active, message: String::new(), ends };
        let caller = |entry: &mut Entry| is_news(entry).then(|| Change::new("caller told", &entry.rules, Vec::new()));
        self.write(&connection, caller).await.map(drop)
    }

    /// Writes down that a request is about to be accepted, and under which rules: whatever becomes of us then, history knows.
    pub(crate) async fn record_accepting(&self, connection: &Connection, rules: &[String], reasons: &[String]) -> Result<(), Failure> {
        let accepting = |entry: &mut Entry| {
            if entry.accepting == rules {
                return None;
            }
            entry.accepting = rules.to_vec();
            Some(Change::new("accepting", rules, reasons.to_vec()))
        };
        self.write(connection, accepting).await.map(drop)
    }

    /// Writes down what is about to be made, so that a crash leaves no route that nobody owns. What was refused before and is tried again stands
    /// there already.
    pub(crate) async fn record_planned(&self, connection: &Connection, rules: &[String], steps: &[Step]) -> Result<Entry, Failure> {
        let planned = |entry: &mut Entry| {
            let mut owned = entry.owned.clone();
            owned.extend(steps);
            if owned == entry.owned && entry.refusal.is_some() {
                return None;
            }
            entry.owned = owned;
            entry.status = Status::Planned;
            entry.rules = rules.to_vec();
            entry.give_reasons(&[]);
            Some(Change::to(&Status::Planned, rules, steps.iter().map(ToString::to_string).collect()))
        };
        self.write(connection, planned).await.map(|written| written.entry)
    }

    /// Writes down what was removed.
    pub(crate) async fn record_removed(&self, connection: &Connection, rules: &[String], steps: &[Step]) -> Result<Entry, Failure> {
        let removed = |entry: &mut Entry| {
            entry.owned.forget(steps);
            Some(Change::new("removed", rules, steps.iter().map(|step| format!("removed: {step}")).collect()))
        };
        self.write(connection, removed).await.map(|written| written.entry)
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
            let now = self.clock.now();
            entry.asked_by = entry.asked_by.take().or_else(|| self.cause.principal.clone());
            entry.accepted_by = entry.accepted_by.take().or_else(|| self.cause.accepted_by.clone());
            entry.open_since = entry.status.is_open().then(|| entry.open_since.unwrap_or(now));
            entry.version += 1;
            entry.updated_at = now;
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
