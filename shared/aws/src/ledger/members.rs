//! Members whose role could not be assumed: an item as long as that is so.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use peerwright_core::ids::Place;
use peerwright_engine::failure::Failure;
use peerwright_engine::outcome_event::member_event;
use peerwright_engine::ports::Members;

use super::{LedgerTable, key};

pub(super) const REFUSED: &str = "refused";
const SWEEP: &str = "sweep";
const BEGAN: &str = "began";
/// Of the functions: who writes it runs it.
const VERSION: &str = "version";

pub(super) fn partition(place: &Place) -> String {
    format!("member#{place}")
}

impl LedgerTable {
    /// When the last sweep of everything began, and the version of the function that wrote so.
    pub async fn swept(&self) -> Result<Option<(Timestamp, Option<String>)>, Failure> {
        let Some(item) = self.item(SWEEP, BEGAN).await? else { return Ok(None) };
        let began = item.get("at_ms").and_then(|at| at.as_n().ok()?.parse().ok());
        let began = began.and_then(|at: i64| Timestamp::from_millisecond(at).ok());
        let version = item.get(VERSION).and_then(|version| version.as_s().ok()).cloned();
        Ok(began.map(|began| (began, version)))
    }
}

impl Members for LedgerTable {
    async fn note_member(&self, place: &Place, refusal: Option<&str>, now: Timestamp) -> Result<bool, Failure> {
        let known = self.item(&partition(place), REFUSED).await?.is_some();
        if known == refusal.is_some() {
            return Ok(false);
        }
        if let Some(bus) = &self.bus {
            bus.publish(&member_event(place, refusal)).await?;
        }
        let part = match refusal {
            None => self.removal(&partition(place), REFUSED, None),
            Some(reason) => {
                let mut item = key(&partition(place), REFUSED);
                item.insert("reason".to_owned(), AttributeValue::S(reason.to_owned()));
                item.insert("at".to_owned(), AttributeValue::S(now.to_string()));
                Self::part(self.put(item))
            }
        };
        self.transact("a member", vec![part]).await.map(|()| true)
    }

    async fn last_sweep(&self) -> Result<Option<Timestamp>, Failure> {
        Ok(self.swept().await?.map(|(began, _)| began))
    }

    async fn note_sweep(&self, began: Timestamp) -> Result<(), Failure> {
        let mut item = key(SWEEP, BEGAN);
        item.insert("at_ms".to_owned(), AttributeValue::N(began.as_millisecond().to_string()));
        item.insert(VERSION.to_owned(), AttributeValue::S(env!("CARGO_PKG_VERSION").to_owned()));
        self.transact("the sweep", vec![Self::part(self.put(item))]).await
    }
}
