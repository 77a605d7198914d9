//! Leases: one item for each connection, apart from its entry: a lease is deleted, and no entry ever is.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::{Lease, Leases};

use super::{CURRENT, LedgerTable, names};
use crate::attribute::Item;
use crate::classify::failure;

/// When a look began that left nothing to do, in milliseconds: kept where somebody had the lease before.
const LOOKED_AT: &str = "looked_at_ms";
/// How many seconds that is of use: events come later by minutes.
const REMEMBERED: i64 = 24 * 3600;
/// Before the name of a function: when its message comes again, in milliseconds.
const WAITS_UNTIL: &str = "waits_until_ms#";

fn key(id: &PcxId) -> Item {
    super::key(&format!("lease#{id}"), CURRENT)
}

impl Leases for LedgerTable {
    async fn lease(&self, id: &PcxId, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<Lease>, Failure> {
        let mut item = key(id);
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
            Ok(before) => Ok(Some(before.attributes().map(left).unwrap_or_default())),
            Err(failure) if failure.class == Class::Stale => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn release(&self, id: &PcxId, holder: &str, left: &Lease) -> Result<(), Failure> {
        let (names, mine) = (Some(names(&["holder"])), AttributeValue::S(holder.to_owned()));
        let is_mine = "#holder = :holder";
        let what = || format!("give back the lease of {id}");
        let released = if *left == Lease::default() {
            let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(id)));
            let request = request.condition_expression(is_mine).set_expression_attribute_names(names);
            request.expression_attribute_values(":holder", mine).send().await.map(drop).map_err(|error| failure(what(), None, error))
        } else {
            let request = self.client.put_item().table_name(&self.table).set_item(Some(free(id, left)));
            let request = request.condition_expression(is_mine).set_expression_attribute_names(names);
            request.expression_attribute_values(":holder", mine).send().await.map(drop).map_err(|error| failure(what(), None, error))
        };
        match released {
            Err(failure) if failure.class != Class::Stale => Err(failure),
            _ => Ok(()),
        }
    }
}

/// The item of a lease that nobody has.
fn free(id: &PcxId, left: &Lease) -> Item {
    let mut item = key(id);
    let mut put = |name: String, value: i64| item.insert(name, AttributeValue::N(value.to_string()));
    put("until_ms".to_owned(), 0);
    if let Some(at) = left.looked_at {
        put(LOOKED_AT.to_owned(), at.as_millisecond());
    }
    for (function, at) in &left.waits_until {
        put(format!("{WAITS_UNTIL}{}", function.name()), at.as_millisecond());
    }
    let last = left.waits_until.values().chain(&left.looked_at).max().map_or(0, |at| at.as_second());
    put("expires_at".to_owned(), last + REMEMBERED);
    item
}

/// What whoever had the lease before has left.
fn left(item: &Item) -> Lease {
    let moment = |name: &str| Timestamp::from_millisecond(item.get(name)?.as_n().ok()?.parse().ok()?).ok();
    let waits = |function: Recipient| Some((function, moment(&format!("{WAITS_UNTIL}{}", function.name()))?));
    Lease { looked_at: moment(LOOKED_AT), waits_until: Recipient::ALL.into_iter().filter_map(waits).collect() }
}
