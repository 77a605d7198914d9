//! The table of connections.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use peerwright_core::ids::PcxId;
use peerwright_core::owned::Owned;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ledger::{Change, Entry};
use peerwright_engine::ports::Ledger;

use crate::gate::Gate;
use crate::operation::Operation;

/// Current entries and their history; a write must find the version that it was made from.
#[derive(Debug, Clone, Default)]
pub struct FakeLedger {
    pub(crate) gate: Gate,
    books: Arc<Mutex<Books>>,
}

type Rival = Box<dyn FnOnce(&mut Entry) + Send>;

#[derive(Default)]
struct Books {
    entries: BTreeMap<PcxId, Entry>,
    history: BTreeMap<PcxId, Vec<Change>>,
    rivals: VecDeque<Rival>,
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Books").field("entries", &self.entries).field("history", &self.history).finish_non_exhaustive()
    }
}

impl FakeLedger {
    pub(crate) fn new(gate: Gate) -> Self {
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

    /// Somebody else writes just before the next write that has none before it.
    pub fn rival(&self, write: impl FnOnce(&mut Entry) + Send + 'static) {
        self.books().rivals.push_back(Box::new(write));
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no test panics while it holds the ledger")
    }
}

impl Ledger for FakeLedger {
    async fn load(&self, id: &PcxId) -> Result<Option<Entry>, Failure> {
        self.gate.enter(Operation::LoadEntry, None).await?;
        Ok(self.books().entries.get(id).cloned())
    }

    async fn save(&self, entry: &Entry, change: &Change) -> Result<(), Failure> {
        self.gate.enter(Operation::SaveEntry, None).await?;
        let mut books = self.books();
        if let Some(rival) = books.rivals.pop_front() {
            let theirs = books.entries.entry(entry.connection.clone()).or_insert_with(|| blank(entry));
            rival(theirs);
            theirs.version += 1;
        }
        let version = books.entries.get(&entry.connection).map_or(0, |current| current.version);
        if entry.version != version + 1 {
            let what = format!("write {} to the ledger", entry.connection);
            return Err(Failure { what, place: None, class: Class::Stale, source: "ConditionalCheckFailedException".into() });
        }
        books.entries.insert(entry.connection.clone(), entry.clone());
        books.history.entry(entry.connection.clone()).or_default().push(change.clone());
        drop(books);
        self.gate.wrote(Operation::SaveEntry);
        Ok(())
    }
}

/// An entry of the same connection that says nothing.
fn blank(entry: &Entry) -> Entry {
    Entry {
        status: String::new(),
        rules: Vec::new(),
        reasons: Vec::new(),
        owned: Owned::default(),
        frozen: false,
        ec2_calls: 0,
        updated_at: String::new(),
        version: 0,
        ..entry.clone()
    }
}
