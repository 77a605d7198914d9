//! The allowlist table.

mod commit;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use jiff::Timestamp;
use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, Aliases, MEMBER_KEY, Stored, StoredAllowlist, account_key};
use peerwright_core::ids::{AccountId, Place};
use peerwright_core::members::{Difference, difference};
use peerwright_engine::failure::Failure;
use peerwright_engine::kept_allowlist::KeptAllowlist;
use peerwright_engine::ports::{Allowlist, Clock};

use crate::attribute::{Item, attribute, text, value};
use crate::batch_write::write_in_batches;
use crate::classify::failure;
use crate::clock::SystemClock;
pub use commit::{Committed, Rival, SignedItem};

/// Partition key and sort key of the table, and the attribute that holds the rule or alias.
const PARTITION: &str = "accepter";
const SORT: &str = "id";
const BODY: &str = "rule";
/// The attribute that says who wrote the item, or is about to remove it.
const BY: &str = "by";
/// Who is about to remove an item.
const REMOVED_BY: &str = "removed_by";

/// The allowlist table.
#[derive(Debug, Clone)]
pub struct AllowlistTable {
    client: Client,
    table: String,
    kept: Arc<KeptAllowlist>,
}

impl AllowlistTable {
    /// The table of this name, in the process's own account and Region.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into(), kept: Arc::default() }
    }

    /// Every item.
    pub async fn all(&self) -> Result<Vec<Stored>, Failure> {
        let mut items: Vec<Stored> = self.scan().await?.iter().map(stored).collect();
        items.sort_by(|a, b| (&a.accepter, &a.id).cmp(&(&b.accepter, &b.id)));
        Ok(items)
    }

    async fn scan(&self) -> Result<Vec<Item>, Failure> {
        let mut pages = self.client.scan().table_name(&self.table).consistent_read(true).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(|error| failure(format!("read the table {}", self.table), None, error))?);
        }
        Ok(items)
    }

    /// Adds a place to those that are swept.
    pub async fn add_member(&self, place: &Place) -> Result<(), Failure> {
        self.put(&member(place)).await
    }

    /// Removes a place from those that are swept. `MemberRegions` may still name it.
    pub async fn remove_member(&self, place: &Place) -> Result<(), Failure> {
        self.delete(&member(place)).await
    }

    /// The items that name places for sweeps.
    pub async fn member_items(&self) -> Result<Vec<Stored>, Failure> {
        self.query(MEMBER_KEY).await
    }

    /// Makes these the places that are swept, and no others. Places are added before any is removed: what ends half-way names too many rather
    /// than too few.
    pub async fn apply_members(&self, wanted: &BTreeSet<Place>) -> Result<Difference, Failure> {
        let difference = difference(&self.member_items().await?, wanted);
        let puts = difference.added.iter().map(|place| put_request(&member(place)));
        let deletes = difference.removed.iter().map(|id| delete_request(MEMBER_KEY, id));
        write_in_batches(&self.client, &self.table, puts.chain(deletes).collect()).await?;
        Ok(difference)
    }

    async fn put(&self, item: &Stored) -> Result<(), Failure> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(attributes(item)));
        request.send().await.map(drop).map_err(|error| failure(format!("write {} to {}", item.id, self.table), None, error))
    }

    async fn delete(&self, item: &Stored) -> Result<(), Failure> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(&item.accepter, &item.id)));
        request.send().await.map(drop).map_err(|error| failure(format!("remove {} from {}", item.id, self.table), None, error))
    }

    async fn query(&self, key: &str) -> Result<Vec<Stored>, Failure> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#key = :key")
            .expression_attribute_names("#key", PARTITION)
            .expression_attribute_values(":key", AttributeValue::S(key.to_owned()))
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(stored(&item.map_err(|error| failure(format!("read {key} of {}", self.table), None, error))?));
        }
        Ok(items)
    }
}

impl Allowlist for AllowlistTable {
    async fn rules_for(&self, accepter: &AccountId) -> Result<StoredAllowlist, Failure> {
        let mut items = Vec::new();
        for key in [ALIAS_KEY.to_owned(), ANY_KEY.to_owned(), account_key(accepter)] {
            items.extend(self.query(&key).await?);
        }
        Ok(StoredAllowlist::read(&items))
    }

    async fn aliases(&self) -> Result<Aliases, Failure> {
        Ok(StoredAllowlist::read(&self.query(ALIAS_KEY).await?).aliases)
    }

    async fn everything(&self, since: Option<Timestamp>) -> Result<Arc<Vec<Stored>>, Failure> {
        if let Some(kept) = since.and_then(|since| self.kept.since(since, SystemClock.now())) {
            return Ok(kept);
        }
        let read_at = SystemClock.now();
        Ok(self.kept.keep(read_at, self.all().await?))
    }
}

/// The item that names a place for sweeps.
fn member(place: &Place) -> Stored {
    Stored { accepter: MEMBER_KEY.to_owned(), id: place.to_string(), body: serde_json::Value::Null }
}

fn key(accepter: &str, id: &str) -> Item {
    Item::from([(PARTITION.to_owned(), AttributeValue::S(accepter.to_owned())), (SORT.to_owned(), AttributeValue::S(id.to_owned()))])
}

fn attributes(item: &Stored) -> Item {
    let mut attributes = key(&item.accepter, &item.id);
    attributes.insert(BODY.to_owned(), attribute(&item.body));
    attributes
}

fn put_request(item: &Stored) -> WriteRequest {
    let put = PutRequest::builder().set_item(Some(attributes(item))).build();
    WriteRequest::builder().put_request(put.unwrap_or_else(|_| unreachable!("a put with an item"))).build()
}

fn delete_request(accepter: &str, id: &str) -> WriteRequest {
    let delete = DeleteRequest::builder().set_key(Some(key(accepter, id))).build();
    WriteRequest::builder().delete_request(delete.unwrap_or_else(|_| unreachable!("a removal with a key"))).build()
}

fn stored(item: &Item) -> Stored {
    Stored { accepter: text(item, PARTITION), id: text(item, SORT), body: item.get(BODY).map(value).unwrap_or_default() }
}
