//! The stop switch: an item while everything is stopped, and its history.

use aws_sdk_dynamodb::types::AttributeValue;
use peerwright_engine::failure::Failure;
use peerwright_engine::freeze::Stop;
use peerwright_engine::ports::StopSwitch;
use serde_json::Value;

use super::{CURRENT, LedgerTable, keyed};
use crate::attribute::value;

const EVERYTHING: &str = "everything";

impl StopSwitch for LedgerTable {
    async fn stop(&self) -> Result<Option<Stop>, Failure> {
        let Some(item) = self.item(EVERYTHING, CURRENT).await? else {
            return Ok(None);
        };
        let fields: Value = item.iter().map(|(key, attribute)| (key.clone(), value(attribute))).collect();
        serde_json::from_value(fields).map(Some).map_err(|error| self.unreadable("the stop switch", error))
    }

    async fn set_stop(&self, stopped: bool, stop: &Stop) -> Result<(), Failure> {
        let unreadable = |error| self.unreadable("the stop switch", error);
        let current = if stopped {
            Self::part(self.put(keyed(stop, EVERYTHING, CURRENT).map_err(unreadable)?))
        } else {
            self.removal(EVERYTHING, CURRENT, None)
        };
        let mut history = keyed(stop, EVERYTHING, &format!("history#{}", stop.at)).map_err(unreadable)?;
        let what = if stopped { "frozen by hand" } else { "thawed by hand" };
        history.insert("what".to_owned(), AttributeValue::S(what.to_owned()));
        self.transact("the stop switch", vec![current, Self::part(self.put(history))]).await
    }
}
