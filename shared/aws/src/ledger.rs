//! The table of connections: one current entry each, and a history that only grows.
//!
//! ```text
//! connection (partition key)   entry (sort key)                       other attributes
//! pcx-…                        current                                the fields of `Entry`
//! pcx-…                        history#2026-11-23T10:00:00Z#0000001   the fields of `Change`
//! ```

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ledger::{Change, Entry};
use peerwright_engine::ports::Ledger;
use serde_json::Value;

use crate::attribute::{Item, item, value};
use crate::classify::failure;

const PARTITION: &str = "connection";
const SORT: &str = "entry";
const CURRENT: &str = "current";

/// The table of connections.
#[derive(Debug, Clone)]
pub struct LedgerTable {
    client: Client,
    table: String,
}

impl LedgerTable {
    /// The table of this name, in the process's own account and Region.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into() }
    }

    fn unreadable(&self, id: &PcxId, error: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        Failure { what: format!("read the entry of {id} in {}", self.table), place: None, class: Class::Unexpected, source: error.into() }
    }

    fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }
}

impl Ledger for LedgerTable {
    async fn load(&self, id: &PcxId) -> Result<Option<Entry>, Failure> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key(PARTITION, AttributeValue::S(id.to_string())).key(SORT, AttributeValue::S(CURRENT.to_owned()));
        let found = request.send().await.map_err(|error| failure(format!("read {id} in {}", self.table), None, error))?;
        let Some(found) = found.item else {
            return Ok(None);
        };
        let fields: Value = found.iter().map(|(key, attribute)| (key.clone(), value(attribute))).collect();
        serde_json::from_value(fields).map(Some).map_err(|error| self.unreadable(id, error))
    }

    async fn save(&self, entry: &Entry, change: &Change) -> Result<(), Failure> {
        let id = &entry.connection;
        let current = keyed(entry, id, CURRENT).map_err(|error| self.unreadable(id, error))?;
        let history = format!("history#{}#{:07}", change.at, entry.version);
        let history = keyed(change, id, &history).map_err(|error| self.unreadable(id, error))?;
        let current = if entry.version == 1 {
            self.put(current).condition_expression("attribute_not_exists(#sort)").expression_attribute_names("#sort", SORT)
        } else {
            self.put(current)
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", AttributeValue::N((entry.version - 1).to_string()))
        };
        let mut request = self.client.transact_write_items();
        for put in [current, self.put(history)] {
            let put = put.build().map_err(|error| self.unreadable(id, error))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        request.send().await.map(drop).map_err(|error| failure(format!("write {id} to {}", self.table), None, error))
    }
}

/// The fields of a value as an item with its keys.
fn keyed(fields: &impl serde::Serialize, id: &PcxId, sort: &str) -> Result<Item, serde_json::Error> {
    let Value::Object(mut fields) = serde_json::to_value(fields)? else {
        return Ok(Item::new());
    };
    fields.insert(PARTITION.to_owned(), Value::String(id.to_string()));
    fields.insert(SORT.to_owned(), Value::String(sort.to_owned()));
    Ok(item(&fields))
}
