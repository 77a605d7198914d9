//! The table of connections.

mod quiet;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use peerwright_core::allowlist::AllowlistChange;
use peerwright_core::ids::{MeshName, PcxId, Place, Sides, VpcRef};
use peerwright_engine::allowlist_history::line;
use peerwright_engine::claim::Claim;
use peerwright_engine::entry::{Change, Entry};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::freeze::{Scope, Stop, Stops};
use peerwright_engine::manual_decision::{ManualDecision, ManualDecisions};
use peerwright_engine::outcome_event::{OutcomeEvent, allowlist_event, member_event, outcome_event};
use peerwright_engine::ports::{
    AllowlistHistory, Answers, Claims, Decisions, Entries, Freezes, History, HistoryOf, Lease, Leases, Ledger, Members, Meshes,
    Reservations,
};
use peerwright_engine::refusal::Refusal;
use peerwright_engine::reservation::VpcReservations;

use crate::call_gate::CallGate;
use crate::operation::Operation;

/// Current entries and their history; a write must find the version that it was made from.
#[derive(Debug, Clone, Default)]
pub struct FakeLedger {
    pub(crate) gate: CallGate,
    books: Arc<Mutex<Books>>,
}

type Rival = Box<dyn FnOnce(&mut Entry) + Send>;

#[derive(Default)]
struct Books {
    entries: BTreeMap<PcxId, Entry>,
    history: BTreeMap<PcxId, Vec<Change>>,
    rivals: VecDeque<Rival>,
    leases: BTreeMap<PcxId, (String, Timestamp)>,
    left: BTreeMap<PcxId, Lease>,
    claims: Vec<Claim>,
    reserved: BTreeMap<VpcRef, VpcReservations>,
    meshes: BTreeMap<VpcRef, MeshName>,
    answers: BTreeMap<VpcRef, Refusal>,
    refused: BTreeSet<Place>,
    stops: BTreeMap<Scope, Stop>,
    decisions: BTreeMap<PcxId, ManualDecisions>,
    stop_history: Vec<Change>,
    allowlist_history: Vec<Change>,
    swept_at: Option<Timestamp>,
    quiet: BTreeMap<Place, quiet::Note>,
    /// Connections whose entries can't be read any more.
    spoilt: BTreeSet<PcxId>,
    published: Vec<OutcomeEvent>,
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Books").field("entries", &self.entries).field("history", &self.history).finish_non_exhaustive()
    }
}

impl FakeLedger {
    pub(crate) fn new(gate: CallGate) -> Self {
        Self { gate, books: Arc::default() }
    }

    /// The current entry of a connection, which a test expects to be there.
    pub fn entry(&self, id: &PcxId) -> Entry {
        self.books().entries.get(id).unwrap_or_else(|| panic!("the ledger has no {id}")).clone()
    }

    /// True when nothing was ever written about a connection.
    pub fn ignores(&self, id: &PcxId) -> bool {
        !self.books().entries.contains_key(id)
    }

    /// What happened to a connection, oldest first, in one word each.
    pub fn history(&self, id: &PcxId) -> Vec<String> {
        self.changes(id).into_iter().map(|change| change.what).collect()
    }

    /// What happened to a connection, oldest first.
    pub fn changes(&self, id: &PcxId) -> Vec<Change> {
        self.books().history.get(id).cloned().unwrap_or_default()
    }

    /// What was changed of the allowlist, oldest first.
    pub fn allowlist_history(&self) -> Vec<Change> {
        self.books().allowlist_history.clone()
    }

    /// The kinds of the events that were published, oldest first.
    pub fn published(&self) -> Vec<&'static str> {
        self.books().published.iter().map(|event| event.kind).collect()
    }

    /// The last event that was published.
    pub fn last_published(&self) -> OutcomeEvent {
        self.books().published.last().expect("an event was published").clone()
    }

    /// The claims that are held.
    pub fn claims(&self) -> Vec<Claim> {
        self.books().claims.clone()
    }

    /// Somebody else takes the lease of a connection, and never gives it back.
    pub fn occupy(&self, id: &PcxId, until: Timestamp) {
        self.books().leases.insert(id.clone(), ("somebody else".to_owned(), until));
    }

    /// Somebody writes an entry that can't be read.
    pub fn spoil(&self, id: &PcxId) {
        self.books().spoilt.insert(id.clone());
    }

    /// Somebody else writes just before our next write. Several of these come one before each of our writes.
    pub fn rival(&self, write: impl FnOnce(&mut Entry) + Send + 'static) {
        self.books().rivals.push_back(Box::new(write));
    }

    /// Somebody who may write entries writes one behind everybody's back.
    pub fn forge(&self, id: &PcxId, write: impl FnOnce(&mut Entry)) {
        let mut books = self.books();
        let entry = books.entries.get_mut(id).unwrap_or_else(|| panic!("the ledger has no {id}"));
        write(entry);
        entry.version += 1;
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no test panics while it holds the ledger")
    }
}

impl Ledger for FakeLedger {
    async fn load(&self, id: &PcxId) -> Result<Option<Entry>, Failure> {
        self.gate.enter(Operation::LoadEntry, None).await?;
        let books = self.books();
        if books.spoilt.contains(id) {
            let what = format!("read the entry of {id}");
            return Err(Failure { what, place: None, class: Class::Unexpected, source: "it is not as it was written".into() });
        }
        Ok(books.entries.get(id).cloned())
    }

    async fn save(&self, entry: &Entry, change: &Change) -> Result<(), Failure> {
        self.gate.enter(Operation::SaveEntry, None).await?;
        let mut books = self.books();
        if entry.version != books.version_after_rivals(entry) + 1 {
            return Err(stale(&entry.connection.to_string()));
        }
        let event = outcome_event(entry, change);
        assert_fits(entry, event.as_ref());
        books.published.extend(event);
        if entry.version == 1 {
            let places = entry.ends.iter().map(|(_, end)| end.place.clone());
            books.quiet.extend(places.map(|place| (place, quiet::Note::Busy(entry.updated_at))));
        }
        books.entries.insert(entry.connection.clone(), entry.clone());
        books.history.entry(entry.connection.clone()).or_default().push(change.clone());
        drop(books);
        self.gate.wrote(Operation::SaveEntry);
        Ok(())
    }

    async fn connections_in(&self, place: &Place) -> Result<BTreeSet<PcxId>, Failure> {
        self.gate.enter(Operation::LoadEntry, None).await?;
        let books = self.books();
        let here = books.entries.values().filter(|entry| !entry.is_over() && entry.ends.iter().any(|(_, end)| end.place == *place));
        Ok(here.map(|entry| entry.connection.clone()).collect())
    }

    async fn load_all(&self, ids: &BTreeSet<PcxId>) -> Result<Entries, Failure> {
        self.gate.enter(Operation::LoadEntry, None).await?;
        let books = self.books();
        let (unreadable, readable): (BTreeSet<PcxId>, BTreeSet<PcxId>) = ids.iter().cloned().partition(|id| books.spoilt.contains(id));
        Ok(Entries { read: readable.iter().filter_map(|id| books.entries.get(id).cloned()).collect(), unreadable })
    }

    async fn load_every(&self) -> Result<Entries, Failure> {
        let ids = self.books().entries.keys().cloned().collect();
        self.load_all(&ids).await
    }
}

impl Leases for FakeLedger {
    async fn lease(&self, id: &PcxId, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<Lease>, Failure> {
        self.gate.enter(Operation::Lease, None).await?;
        let mut books = self.books();
        if books.leases.get(id).is_some_and(|(held_by, until)| *until > now && held_by != holder) {
            return Ok(None);
        }
        books.leases.insert(id.clone(), (holder.to_owned(), until));
        Ok(Some(books.left.remove(id).unwrap_or_default()))
    }

    async fn release(&self, id: &PcxId, holder: &str, left: &Lease) -> Result<(), Failure> {
        self.gate.enter(Operation::Release, None).await?;
        let mut books = self.books();
        if books.leases.get(id).is_some_and(|(held_by, _)| held_by == holder) {
            books.leases.remove(id);
            books.left.insert(id.clone(), left.clone());
        }
        Ok(())
    }
}

impl Claims for FakeLedger {
    async fn claims_of(&self, vpc: &VpcRef) -> Result<Vec<Claim>, Failure> {
        self.gate.enter(Operation::ReadClaims, None).await?;
        Ok(self.books().claims.iter().filter(|claim| claim.peer_of(vpc).is_some()).cloned().collect())
    }

    async fn claim(&self, claim: &Claim, now: Timestamp) -> Result<bool, Failure> {
        self.gate.enter(Operation::WriteClaim, None).await?;
        let mut books = self.books();
        let held = |other: &Claim| other.created.is_some() || other.until > now;
        if books.claims.iter().any(|other| same(other, claim) && held(other)) {
            return Ok(false);
        }
        books.claims.retain(|other| !same(other, claim));
        books.claims.push(claim.clone());
        drop(books);
        self.gate.wrote(Operation::WriteClaim);
        Ok(true)
    }

    async fn settle_claim(&self, claim: &Claim) -> Result<(), Failure> {
        self.gate.enter(Operation::WriteClaim, None).await?;
        let mut books = self.books();
        let mine = |other: &&mut Claim| same(other, claim) && other.holder == claim.holder;
        let Some(found) = books.claims.iter_mut().find(mine) else {
            let source = "ConditionalCheckFailedException".into();
            return Err(Failure { what: "settle a claim".to_owned(), place: None, class: Class::Stale, source });
        };
        found.created.clone_from(&claim.created);
        drop(books);
        self.gate.wrote(Operation::WriteClaim);
        Ok(())
    }

    async fn drop_claim(&self, claim: &Claim) -> Result<(), Failure> {
        self.gate.enter(Operation::WriteClaim, None).await?;
        self.books().claims.retain(|other| !(same(other, claim) && other.holder == claim.holder && other.created == claim.created));
        self.gate.wrote(Operation::WriteClaim);
        Ok(())
    }
}

fn same(a: &Claim, b: &Claim) -> bool {
    a.joins(&b.ends.requester, &b.ends.accepter)
}

impl Reservations for FakeLedger {
    async fn reservations(&self, vpc: &VpcRef) -> Result<VpcReservations, Failure> {
        self.gate.enter(Operation::ReadReservations, None).await?;
        Ok(self.books().reserved.get(vpc).cloned().unwrap_or_default())
    }

    async fn reserve(&self, vpcs: &Sides<VpcRef>, noted: &Sides<VpcReservations>) -> Result<bool, Failure> {
        self.gate.enter(Operation::Reserve, None).await?;
        let mut books = self.books();
        let version = |books: &Books, vpc| books.reserved.get(vpc).map_or(0, |there| there.version);
        if vpcs.iter().any(|(side, vpc)| version(&books, vpc) != noted.of(side).version) {
            return Ok(false);
        }
        for (side, vpc) in vpcs.iter() {
            let noted = noted.of(side);
            books.reserved.insert(vpc.clone(), VpcReservations { version: noted.version + 1, ..noted.clone() });
        }
        drop(books);
        self.gate.wrote(Operation::Reserve);
        Ok(true)
    }
}

impl Meshes for FakeLedger {
    async fn mesh_of(&self, vpc: &VpcRef) -> Result<Option<MeshName>, Failure> {
        self.gate.enter(Operation::ReadMesh, None).await?;
        Ok(self.books().meshes.get(vpc).cloned())
    }

    async fn mesh(&self, name: &MeshName) -> Result<BTreeSet<VpcRef>, Failure> {
        self.gate.enter(Operation::ReadMesh, None).await?;
        Ok(self.books().meshes.iter().filter(|(_, of)| *of == name).map(|(vpc, _)| vpc.clone()).collect())
    }

    async fn set_mesh(&self, vpc: &VpcRef, _before: Option<&MeshName>, now: Option<&MeshName>) -> Result<(), Failure> {
        self.gate.enter(Operation::WriteMesh, None).await?;
        let mut books = self.books();
        match now {
            Some(name) => drop(books.meshes.insert(vpc.clone(), name.clone())),
            None => drop(books.meshes.remove(vpc)),
        }
        drop(books);
        self.gate.wrote(Operation::WriteMesh);
        Ok(())
    }
}

impl Answers for FakeLedger {
    async fn answer_refusal(&self, vpc: &VpcRef) -> Result<Option<Refusal>, Failure> {
        self.gate.enter(Operation::ReadAnswer, None).await?;
        Ok(self.books().answers.get(vpc).cloned())
    }

    async fn note_answer_refusal(&self, vpc: &VpcRef, refusal: Option<&Refusal>) -> Result<(), Failure> {
        self.gate.enter(Operation::WriteAnswer, None).await?;
        let mut books = self.books();
        books.answers.remove(vpc);
        books.answers.extend(refusal.map(|refusal| (vpc.clone(), refusal.clone())));
        drop(books);
        self.gate.wrote(Operation::WriteAnswer);
        Ok(())
    }
}

impl Members for FakeLedger {
    async fn note_member(&self, place: &Place, refusal: Option<&str>, _now: Timestamp) -> Result<bool, Failure> {
        self.gate.enter(Operation::NoteMember, None).await?;
        let mut books = self.books();
        let news = books.refused.contains(place) != refusal.is_some();
        if news {
            books.published.push(member_event(place, refusal));
            if refusal.is_some() {
                books.refused.insert(place.clone())
            } else {
                books.refused.remove(place)
            };
            drop(books);
            self.gate.wrote(Operation::NoteMember);
        }
        Ok(news)
    }

    async fn last_sweep(&self) -> Result<Option<Timestamp>, Failure> {
        self.gate.enter(Operation::ReadSweep, None).await?;
        Ok(self.books().swept_at)
    }

    async fn note_sweep(&self, began: Timestamp) -> Result<(), Failure> {
        self.gate.enter(Operation::NoteSweep, None).await?;
        self.books().swept_at = Some(began);
        Ok(())
    }
}

impl Freezes for FakeLedger {
    async fn stops(&self, connection: Option<&PcxId>) -> Result<Stops, Failure> {
        self.gate.enter(Operation::ReadStop, None).await?;
        let books = self.books();
        let of = |scope: &Scope| books.stops.get(scope).cloned();
        let connection = connection.and_then(|id| of(&Scope::Connection(id.clone())));
        Ok(Stops { everything: of(&Scope::Everything), connection })
    }

    async fn frozen(&self) -> Result<BTreeMap<PcxId, Stop>, Failure> {
        self.gate.enter(Operation::ReadStop, None).await?;
        let books = self.books();
        let connection = |(scope, stop): (&Scope, &Stop)| match scope {
            Scope::Connection(id) => Some((id.clone(), stop.clone())),
            Scope::Everything => None,
        };
        Ok(books.stops.iter().filter_map(connection).collect())
    }

    async fn set_stop(&self, scope: &Scope, stop: Option<&Stop>, change: &Change) -> Result<(), Failure> {
        self.gate.enter(Operation::WriteStop, None).await?;
        let mut books = self.books();
        if books.stops.contains_key(scope) == stop.is_some() {
            return Err(stale(&scope.to_string()));
        }
        match stop {
            Some(stop) => drop(books.stops.insert(scope.clone(), stop.clone())),
            None => drop(books.stops.remove(scope)),
        }
        match scope {
            Scope::Connection(id) => books.history.entry(id.clone()).or_default().push(change.clone()),
            Scope::Everything => books.stop_history.push(change.clone()),
        }
        drop(books);
        self.gate.wrote(Operation::WriteStop);
        Ok(())
    }
}

impl History for FakeLedger {
    async fn history(&self, of: &HistoryOf, since: Option<Timestamp>) -> Result<Vec<Change>, Failure> {
        self.gate.enter(Operation::LoadEntry, None).await?;
        let books = self.books();
        let changes = match of {
            HistoryOf::Connection(id) => books.history.get(id).cloned().unwrap_or_default(),
            HistoryOf::Stop => books.stop_history.clone(),
            HistoryOf::Allowlist => books.allowlist_history.clone(),
        };
        let wanted = changes.into_iter().filter(|change| since.is_none_or(|since| change.at >= since));
        // The table has the word alone.
        Ok(wanted.map(|change| Change { status: None, ..change }).collect())
    }
}

impl AllowlistHistory for FakeLedger {
    async fn note_allowlist_change(&self, change: &AllowlistChange) -> Result<(), Failure> {
        self.gate.enter(Operation::NoteAllowlistChange, None).await?;
        let mut books = self.books();
        books.published.push(allowlist_event(change));
        let line = line(change);
        if !books.allowlist_history.contains(&line) {
            books.allowlist_history.push(line);
        }
        drop(books);
        self.gate.wrote(Operation::NoteAllowlistChange);
        Ok(())
    }
}

impl Decisions for FakeLedger {
    async fn decisions(&self, id: &PcxId) -> Result<ManualDecisions, Failure> {
        self.gate.enter(Operation::ReadDecisions, None).await?;
        Ok(self.books().decisions.get(id).cloned().unwrap_or_default())
    }

    async fn decide(&self, entry: &Entry, before: &ManualDecisions, decision: &ManualDecision, change: &Change) -> Result<(), Failure> {
        self.gate.enter(Operation::WriteDecision, None).await?;
        let (mut books, id) = (self.books(), &entry.connection);
        let changed = entry.version != books.version_after_rivals(entry);
        let decided = books.decisions.entry(id.clone()).or_default();
        if changed || *decided != *before {
            return Err(stale(&id.to_string()));
        }
        assert_small("decision", id, serde_json::to_string(decision));
        decided.0.push(decision.clone());
        books.history.entry(id.clone()).or_default().push(change.clone());
        drop(books);
        self.gate.wrote(Operation::WriteDecision);
        Ok(())
    }
}

impl Books {
    /// The version of an entry, once others have written that come first.
    fn version_after_rivals(&mut self, entry: &Entry) -> u64 {
        if let Some(rival) = self.rivals.pop_front() {
            let theirs = self.entries.entry(entry.connection.clone()).or_insert_with(|| blank(entry));
            rival(theirs);
            theirs.version += 1;
        }
        self.entries.get(&entry.connection).map_or(0, |current| current.version)
    }
}

/// Somebody else was quicker.
fn stale(what: &str) -> Failure {
    Failure {
        what: format!("write {what} to the ledger"),
        place: None,
        class: Class::Stale,
        source: "ConditionalCheckFailedException".into(),
    }
}

/// An item of DynamoDB has 400 KB, an event of EventBridge 256 KB: ours stay far below, whatever the world's size.
fn assert_fits(entry: &Entry, event: Option<&OutcomeEvent>) {
    assert_small("entry", &entry.connection, serde_json::to_string(entry));
    let event = event.map_or(0, |event| event.detail.to_string().len());
    assert!(event < 64_000, "the event about {} has {event} bytes", entry.connection);
}

fn assert_small(what: &str, id: &PcxId, item: serde_json::Result<String>) {
    let bytes = item.expect("JSON").len();
    assert!(bytes < 100_000, "the {what} of {id} has {bytes} bytes");
}

/// An entry of the same connection that says nothing.
fn blank(entry: &Entry) -> Entry {
    Entry::new(&entry.connection, &entry.ends)
}
