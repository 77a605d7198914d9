//! The table of connections: one current entry each, a history that only grows, what persons decided, and what functions agree on.
//!
//! IAM tells items of one table apart by their partition keys alone (`dynamodb:LeadingKeys`). So what only some may write stands in partitions of its own:
//! entries are the functions', decisions the approvers', freezes the operators'; history everybody may add to and nobody may take from.
//!
//! ```text
//! connection (partition key)   entry (sort key)                       other attributes
//! pcx-…                        current                                the fields of `Entry`
//! lease#pcx-…                  current                                holder, until_ms; or until_ms, looked_at_ms
//! history#pcx-…                2026-11-23T10:00:00Z#0000001           the fields of `Change`, expires_at
//! history#everything           2026-11-23T10:00:00Z#by-hand           the same, of the stop switch
//! history#allowlist            2026-11-23T10:00:00Z#4421584500000…    the same, of a rule or an alias
//! decision#pcx-…               approval#0000001                       the fields of `ManualDecision`
//! freeze#pcx-…                 current                                the fields of `Stop`, while the connection is frozen
//! freeze#connections           pcx-…                                  the same, to find them all
//! freeze#everything            current                                the same, while everything is stopped
//! place#111111111111/eu-west-1 pcx-…                                  (the connection may have something of ours there)
//! vpc#…/vpc-a                  claim#…/vpc-b, and the other way round the fields of `Claim`, until_ms
//! vpc#…/vpc-a                  mesh                                   name
//! vpc#…/vpc-a                  routes                                 the fields of `VpcReservations`
//! mesh#payments                …/vpc-a
//! member#111111111111/eu-west-1 refused                               reason, at
//! sweep                        began                                  at_ms
//! quiet                        111111111111/eu-west-1                 looked_at_ms, vpcs; or busy_at_ms
//! ```

mod allowlist_history;
mod answers;
mod claims;
mod decisions;
mod freezes;
mod history;
mod leases;
mod members;
mod meshes;
#[cfg(feature = "operator")]
mod place_notes;
mod quiet;
mod reservations;

#[cfg(feature = "operator")]
pub use place_notes::{PlaceNote, PlaceRefusal};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem};
use jiff::Timestamp;
use peerwright_core::ids::{PcxId, Place, VpcRef};
use peerwright_engine::entry::{Change, Entry};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::outcome_event::outcome_event;
use peerwright_engine::ports::{Entries, Ledger};
use serde_json::Value;

use crate::attribute::{Item, item, text, value};
use crate::bus::Bus;
use crate::classify::{failure, unreadable};
use crate::transaction::transact;

const PARTITION: &str = "connection";
const SORT: &str = "entry";
const CURRENT: &str = "current";

/// How many entries one call reads (`BatchGetItem`, DynamoDB API reference).
const ENTRIES_PER_CALL: usize = 100;
/// How often DynamoDB may leave some of them out before that is a failure.
const READS: usize = 8;

/// The table of connections.
#[derive(Debug, Clone)]
pub struct LedgerTable {
    client: Client,
    table: String,
    bus: Option<Bus>,
    history: Option<Duration>,
}

impl LedgerTable {
    /// The table of this name, in the process's own account and Region. History stays for ever, and no event is published.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into(), bus: None, history: None }
    }

    /// Outcomes are published on a bus.
    #[must_use]
    pub fn publishing_on(self, bus: Bus) -> Self {
        Self { bus: Some(bus), ..self }
    }

    /// History is kept for so long.
    #[must_use]
    pub fn keeping_history(self, history: Option<Duration>) -> Self {
        Self { history, ..self }
    }

    fn unreadable(&self, what: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        unreadable(format!("read {what} in {}", self.table), None, error)
    }

    fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// A put as a part of a transaction. The table and the item are what the builder asks for, and both are given.
    fn part(put: PutBuilder) -> TransactWriteItem {
        TransactWriteItem::builder().put(put.build().unwrap_or_else(|_| unreachable!("a put with a table and an item"))).build()
    }

    /// A delete as a part of a transaction, under a condition if one is given.
    fn removal(&self, partition: &str, sort: &str, condition: Option<(&str, HashMap<String, String>, Item)>) -> TransactWriteItem {
        let mut delete = Delete::builder().table_name(&self.table).set_key(Some(key(partition, sort)));
        if let Some((expression, names, values)) = condition {
            delete = delete.condition_expression(expression).set_expression_attribute_names(Some(names));
            // DynamoDB takes no empty map of them.
            delete = delete.set_expression_attribute_values(Some(values).filter(|values| !values.is_empty()));
        }
        TransactWriteItem::builder().delete(delete.build().unwrap_or_else(|_| unreachable!("a delete with a table and a key"))).build()
    }

    async fn item(&self, partition: &str, sort: &str) -> Result<Option<Item>, Failure> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key(partition, sort)));
        let found = request.send().await.map_err(|error| failure(format!("read {partition} in {}", self.table), None, error))?;
        Ok(found.item)
    }

    /// Writes several items, all or none.
    async fn transact(&self, what: &str, parts: Vec<TransactWriteItem>) -> Result<(), Failure> {
        transact(&self.client, format!("write {what} to {}", self.table), parts).await
    }

    /// Every item of a partition whose sort key begins with a text.
    async fn partition(&self, partition: &str, begins: &str) -> Result<Vec<Item>, Failure> {
        self.query(partition, "begins_with(#s, :s)", Some(begins).filter(|begins| !begins.is_empty())).await
    }

    /// The items of a partition whose sort keys begin with a moment, from one on, and with what else there is of its second.
    async fn partition_since(&self, partition: &str, since: Option<Timestamp>) -> Result<Vec<Item>, Failure> {
        let second = since.map(|since| since.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        self.query(partition, "#s >= :s", second.as_deref()).await
    }

    /// Every item of a partition, or those whose sort key meets a condition with a text.
    async fn query(&self, partition: &str, condition: &str, sort: Option<&str>) -> Result<Vec<Item>, Failure> {
        let mut request = self.client.query().table_name(&self.table).consistent_read(true);
        request = request.expression_attribute_names("#p", PARTITION);
        request = request.expression_attribute_values(":p", AttributeValue::S(partition.to_owned()));
        request = match sort {
            None => request.key_condition_expression("#p = :p"),
            Some(sort) => request
                .key_condition_expression(format!("#p = :p AND {condition}"))
                .expression_attribute_names("#s", SORT)
                .expression_attribute_values(":s", AttributeValue::S(sort.to_owned())),
        };
        let mut pages = request.into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(|error| failure(format!("read {partition} in {}", self.table), None, error))?);
        }
        Ok(items)
    }

    /// The parts that keep the index of places: a connection is there from its first entry until it is over.
    fn index(&self, entry: &Entry) -> Vec<TransactWriteItem> {
        let places: BTreeSet<&Place> = entry.ends.iter().map(|(_, end)| &end.place).collect();
        let id = entry.connection.as_str();
        let change = |place: &Place| match (entry.is_over(), entry.version) {
            (true, _) => Some(self.removal(&place_key(place), id, None)),
            (false, 1) => Some(Self::part(self.put(key(&place_key(place), id)))),
            (false, _) => None,
        };
        places.into_iter().filter_map(change).collect()
    }

    fn read_entry(&self, item: &Item) -> Result<Entry, Failure> {
        // The sort key is none of its fields.
        let fields: Value = item.iter().filter(|(key, _)| *key != SORT).map(|(key, attribute)| (key.clone(), value(attribute))).collect();
        serde_json::from_value(fields).map_err(|error| self.unreadable(&format!("the entry of {}", text(item, PARTITION)), error))
    }
}

impl Ledger for LedgerTable {
    async fn load(&self, id: &PcxId) -> Result<Option<Entry>, Failure> {
        self.item(id.as_str(), CURRENT).await?.map(|item| self.read_entry(&item)).transpose()
    }

    /// The event is published before the change is written: one that comes twice is better than one that never does.
    async fn save(&self, entry: &Entry, change: &Change) -> Result<(), Failure> {
        let id = entry.connection.as_str();
        if let (Some(bus), Some(event)) = (&self.bus, outcome_event(entry, change)) {
            bus.publish(&event).await?;
        }
        let current = keyed(entry, id, CURRENT).map_err(|error| self.unreadable(id, error))?;
        let current = if entry.version == 1 {
            self.new_item(current)
        } else {
            Self::part(
                self.put(current)
                    .condition_expression("#version = :before")
                    .expression_attribute_names("#version", "version")
                    .expression_attribute_values(":before", AttributeValue::N((entry.version - 1).to_string())),
            )
        };
        let mut parts = vec![current];
        parts.extend(self.history(id, change, &format!("{:07}", entry.version))?);
        parts.extend(self.index(entry));
        self.stir(entry).await?;
        self.transact(id, parts).await
    }

    async fn connections_in(&self, place: &Place) -> Result<BTreeSet<PcxId>, Failure> {
        let items = self.partition(&place_key(place), "").await?;
        Ok(items.iter().filter_map(|item| text(item, SORT).parse().ok()).collect())
    }

    async fn load_all(&self, ids: &BTreeSet<PcxId>) -> Result<Entries, Failure> {
        let ids: Vec<&PcxId> = ids.iter().collect();
        let mut entries = Entries::default();
        for ids in ids.chunks(ENTRIES_PER_CALL) {
            let keys = ids.iter().map(|id| key(id.as_str(), CURRENT)).collect();
            self.read_entries(&self.read_all(keys).await?, &mut entries);
        }
        Ok(entries)
    }

    async fn load_every(&self) -> Result<Entries, Failure> {
        let request = self.client.scan().table_name(&self.table).consistent_read(true);
        let request = request
            .filter_expression("#s = :current AND begins_with(#p, :connection)")
            .expression_attribute_names("#s", SORT)
            .expression_attribute_names("#p", PARTITION)
            .expression_attribute_values(":current", AttributeValue::S(CURRENT.to_owned()))
            .expression_attribute_values(":connection", AttributeValue::S("pcx-".to_owned()));
        let mut pages = request.into_paginator().send();
        let mut entries = Entries::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(format!("read every entry of {}", self.table), None, error))?;
            self.read_entries(page.items(), &mut entries);
        }
        Ok(entries)
    }
}

impl LedgerTable {
    /// Reads items as entries: one that can't be read stops no other.
    fn read_entries(&self, items: &[Item], entries: &mut Entries) {
        for item in items {
            match self.read_entry(item) {
                Ok(entry) => entries.read.push(entry),
                Err(failure) => {
                    tracing::error!("{}", failure.explain_final());
                    entries.unreadable.extend(text(item, PARTITION).parse::<PcxId>());
                }
            }
        }
    }

    /// Items by their keys; what DynamoDB leaves out is asked for again.
    async fn read_all(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, Failure> {
        let mut items = Vec::new();
        for _ in 0..READS {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.unwrap_or_else(|_| unreachable!("keys were given"));
            let answer = self.client.batch_get_item().request_items(&self.table, wanted).send().await;
            let answer = answer.map_err(|error| failure(format!("read items of {}", self.table), None, error))?;
            let mut found: BTreeMap<String, Vec<Item>> = answer.responses.unwrap_or_default().into_iter().collect();
            items.extend(found.remove(&self.table).unwrap_or_default());
            let mut left = answer.unprocessed_keys.unwrap_or_default();
            keys = left.remove(&self.table).map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
        }
        Err(Failure {
            what: format!("read every item that was asked for of {}", self.table),
            place: None,
            class: Class::Throttled,
            source: "DynamoDB leaves some of them out again and again".into(),
        })
    }
}

/// The attributes of an item as the fields of a value.
fn fields(item: &Item) -> Value {
    item.iter().map(|(key, attribute)| (key.clone(), value(attribute))).collect()
}

fn place_key(place: &Place) -> String {
    format!("place#{place}")
}

/// The partition of what is known of a VPC.
fn beside(vpc: &VpcRef) -> String {
    format!("vpc#{vpc}")
}

/// A key as an item.
fn key(partition: &str, sort: &str) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    Item::from([(PARTITION.to_owned(), text(partition)), (SORT.to_owned(), text(sort))])
}

/// The fields of a value as an item with its keys; fields without a value are left out.
fn keyed(fields: &impl serde::Serialize, partition: &str, sort: &str) -> Result<Item, serde_json::Error> {
    let Value::Object(mut fields) = serde_json::to_value(fields)? else {
        return Ok(Item::new());
    };
    fields.retain(|_, value| !value.is_null());
    let mut item = item(&fields);
    item.extend(key(partition, sort));
    Ok(item)
}

/// The names that an expression uses, `#name` for each.
fn names(names: &[&str]) -> HashMap<String, String> {
    names.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect()
}
