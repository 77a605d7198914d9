//! The allowlist table.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, Aliases, Allowlist as File, MEMBER_KEY, Stored, StoredAllowlist, account_key};
use peerwright_core::ids::{AccountId, Place};
use peerwright_engine::failure::Failure;
use peerwright_engine::kept_allowlist::KeptAllowlist;
use peerwright_engine::ports::{Allowlist, Clock};

use crate::call_gate::CallGate;
use crate::clock::FakeClock;
use crate::operation::Operation;

/// The items of the table, found by their keys as in DynamoDB.
#[derive(Debug, Clone)]
pub struct FakeAllowlist {
    pub(crate) items: Arc<Mutex<Vec<Stored>>>,
    pub(crate) gate: CallGate,
    pub(crate) clock: FakeClock,
    pub(crate) kept: Arc<KeptAllowlist>,
}

impl FakeAllowlist {
    /// Makes the table say what a file says, and no other rule. Places to sweep stay.
    pub fn replace(&self, yaml: &str) {
        let file = File::from_yaml(yaml, self.clock.now()).unwrap_or_else(|problems| panic!("{problems}"));
        let mut items = self.items();
        items.retain(|item| item.accepter == MEMBER_KEY);
        items.extend(file.items());
    }

    /// Makes these the places that are swept, and no others.
    pub fn replace_members(&self, places: impl IntoIterator<Item = Place>) {
        let member = |place: Place| Stored { accepter: MEMBER_KEY.to_owned(), id: place.to_string(), body: serde_json::Value::Null };
        let mut items = self.items();
        items.retain(|item| item.accepter != MEMBER_KEY);
        items.extend(places.into_iter().map(member));
    }

    /// Adds an item as any client could write it.
    pub fn put(&self, item: Stored) {
        self.items().push(item);
    }

    fn items(&self) -> MutexGuard<'_, Vec<Stored>> {
        self.items.lock().expect("no test panics while it holds the allowlist")
    }
}

impl Allowlist for FakeAllowlist {
    async fn rules_for(&self, accepter: &AccountId) -> Result<StoredAllowlist, Failure> {
        self.gate.enter(Operation::ReadAllowlist, None).await?;
        let account = account_key(accepter);
        let keys = [ALIAS_KEY, ANY_KEY, &account];
        let found: Vec<Stored> = self.items().iter().filter(|item| keys.contains(&item.accepter.as_str())).cloned().collect();
        Ok(StoredAllowlist::read(&found))
    }

    async fn aliases(&self) -> Result<Aliases, Failure> {
        self.gate.enter(Operation::ReadAllowlist, None).await?;
        Ok(StoredAllowlist::read(self.items().iter()).aliases)
    }

    async fn everything(&self, since: Option<Timestamp>) -> Result<Arc<Vec<Stored>>, Failure> {
        if let Some(kept) = since.and_then(|since| self.kept.since(since, self.clock.now())) {
            return Ok(kept);
        }
        let now = self.clock.now();
        self.gate.enter(Operation::ReadAllowlist, None).await?;
        let items = self.items().clone();
        Ok(self.kept.keep(now, items))
    }
}
