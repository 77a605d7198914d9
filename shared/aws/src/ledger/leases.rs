//! Leases: `lease` beside a connection's entry.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::{Lease, Leases};

use super::{LedgerTable, key, names};
use crate::classify::failure;

const LEASE: &str = "lease";
/// When a look began that left nothing to do, in milliseconds: kept where somebody had the lease before.
const LOOKED_AT: &str = "looked_at_ms";
/// How many seconds that is of use: events come later by minutes.
const REMEMBERED: i64 = 24 * 3600;

impl Leases for LedgerTable {
    async fn lease(&self, id: &PcxId, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<Lease>, Failure> {
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
            .return_values(ReturnValue::AllOld)
            // Its own holder asks again where the answer was lost.
            .condition_expression("attribute_not_exists(#until_ms) OR #until_ms <= :now OR #holder = :holder")
            .set_expression_attribute_names(Some(names(&["until_ms", "holder"])))
            .expression_attribute_values(":holder", AttributeValue::S(holder.to_owned()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_millisecond().to_string()));
        match request.send().await.map_err(|error| failure(format!("take the lease of {id}"), None, error)) {
            Ok(before) => {
                let looked_at = before.attributes().and_then(|item| item.get(LOOKED_AT)?.as_n().ok()?.parse().ok());
                Ok(Some(Lease { looked_at: looked_at.and_then(|at: i64| Timestamp::from_millisecond(at).ok()) }))
            }
            Err(failure) if failure.class == Class::Stale => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn release(&self, id: &PcxId, holder: &str, looked_at: Option<Timestamp>) -> Result<(), Failure> {
        let what = || format!("give back the lease of {id}");
        let names = Some(names(&["holder"]));
        let mine = AttributeValue::S(holder.to_owned());
        let released = if let Some(looked_at) = looked_at {
            let mut item = key(id.as_str(), LEASE);
            item.insert("until_ms".to_owned(), AttributeValue::N("0".to_owned()));
            item.insert(LOOKED_AT.to_owned(), AttributeValue::N(looked_at.as_millisecond().to_string()));
            item.insert("expires_at".to_owned(), AttributeValue::N((looked_at.as_second() + REMEMBERED).to_string()));
            let request = self.client.put_item().table_name(&self.table).set_item(Some(item)).condition_expression("#holder = :holder");
            let request = request.set_expression_attribute_names(names).expression_attribute_values(":holder", mine);
            request.send().await.map(drop).map_err(|error| failure(what(), None, error))
        } else {
            let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(id.as_str(), LEASE)));
            let request = request.condition_expression("#holder = :holder").set_expression_attribute_names(names);
            let request = request.expression_attribute_values(":holder", mine);
            request.send().await.map(drop).map_err(|error| failure(what(), None, error))
        };
        match released {
            Err(failure) if failure.class != Class::Stale => Err(failure),
            _ => Ok(()),
        }
    }
}
