//! Leases: `lease` beside a connection's entry.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Leases;

use super::{LedgerTable, key, names};
use crate::classify::failure;

const LEASE: &str = "lease";

impl Leases for LedgerTable {
    async fn lease(&self, id: &PcxId, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool, Failure> {
        let mut item = key(id.as_str(), LEASE);
        item.insert("holder".to_owned(), AttributeValue::S(holder.to_owned()));
        item.insert("until_ms".to_owned(), AttributeValue::N(until.as_millisecond().to_string()));
        // DynamoDB deletes one that nobody gave back or took over.
        item.insert("expires_at".to_owned(), AttributeValue::N((until.as_second() + 3600).to_string()));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            // Its own holder asks again where the answer was lost.
            .condition_expression("attribute_not_exists(#until_ms) OR #until_ms <= :now OR #holder = :holder")
            .set_expression_attribute_names(Some(names(&["until_ms", "holder"])))
            .expression_attribute_values(":holder", AttributeValue::S(holder.to_owned()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_millisecond().to_string()));
        match request.send().await.map_err(|error| failure(format!("take the lease of {id}"), None, error)) {
            Ok(_) => Ok(true),
            Err(failure) if failure.class == Class::Stale => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    async fn release(&self, id: &PcxId, holder: &str) -> Result<(), Failure> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(id.as_str(), LEASE)))
            .condition_expression("#holder = :holder")
            .set_expression_attribute_names(Some(names(&["holder"])))
            .expression_attribute_values(":holder", AttributeValue::S(holder.to_owned()));
        match request.send().await.map_err(|error| failure(format!("give back the lease of {id}"), None, error)) {
            Err(failure) if failure.class != Class::Stale => Err(failure),
            _ => Ok(()),
        }
    }
}
