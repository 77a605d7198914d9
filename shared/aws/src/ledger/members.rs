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

pub(super) fn partition(place: &Place) -> String {
    format!("member#{place}")
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
        let item = self.item(SWEEP, BEGAN).await?;
        let began = item.and_then(|item| item.get("at_ms")?.as_n().ok()?.parse().ok());
        Ok(began.and_then(|at: i64| Timestamp::from_millisecond(at).ok()))
    }

    async fn note_sweep(&self, began: Timestamp) -> Result<(), Failure> {
        let mut item = key(SWEEP, BEGAN);
        item.insert("at_ms".to_owned(), AttributeValue::N(began.as_millisecond().to_string()));
        self.transact("the sweep", vec![Self::part(self.put(item))]).await
    }
}
