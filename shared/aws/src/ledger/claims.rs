//! Claims: one item beside each of the two VPCs, written together, so that each finds it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use peerwright_core::ids::{Side, VpcRef};
use peerwright_engine::claim::Claim;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Claims;

use super::{LedgerTable, beside, fields, keyed, names};
use crate::attribute::Item;

fn sort(other: &VpcRef) -> String {
    format!("claim#{other}")
}

/// The condition that a claim is as it was read, with its names and values.
fn unchanged(claim: &Claim) -> (&'static str, HashMap<String, String>, Item) {
    let mut values = Item::from([(":holder".to_owned(), AttributeValue::S(claim.holder.clone()))]);
    let Some(id) = &claim.created else {
        return ("#holder = :holder AND attribute_not_exists(#created)", names(&["holder", "created"]), values);
    };
    values.insert(":created".to_owned(), AttributeValue::S(id.to_string()));
    ("#holder = :holder AND #created = :created", names(&["holder", "created"]), values)
}

impl LedgerTable {
    /// Writes a claim beside both VPCs under a condition.
    async fn put_claim(&self, claim: &Claim, condition: &str, names: HashMap<String, String>, values: Item) -> Result<(), Failure> {
        let mut parts = Vec::new();
        for side in Side::BOTH {
            let (mine, other) = (claim.ends.of(side), claim.ends.of(side.peer()));
            let mut item = keyed(claim, &beside(mine), &sort(other)).map_err(|error| self.unreadable("a claim", error))?;
            item.insert("until_ms".to_owned(), AttributeValue::N(claim.until.as_millisecond().to_string()));
            let put = self.put(item).condition_expression(condition);
            let put = put.set_expression_attribute_names(Some(names.clone())).set_expression_attribute_values(Some(values.clone()));
            parts.push(Self::part(put));
        }
        self.transact("a claim", parts).await
    }
}

impl Claims for LedgerTable {
    async fn claims_of(&self, vpc: &VpcRef) -> Result<Vec<Claim>, Failure> {
        let items = self.partition(&beside(vpc), "claim#").await?;
        let read = |item: &Item| serde_json::from_value(fields(item)).map_err(|error| self.unreadable(&format!("a claim of {vpc}"), error));
        items.iter().map(read).collect()
    }

    async fn claim(&self, claim: &Claim, now: Timestamp) -> Result<bool, Failure> {
        let condition = "attribute_not_exists(#until_ms) OR (attribute_not_exists(#created) AND #until_ms <= :now)";
        let values = Item::from([(":now".to_owned(), AttributeValue::N(now.as_millisecond().to_string()))]);
        match self.put_claim(claim, condition, names(&["until_ms", "created"]), values).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.class == Class::Stale => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    async fn settle_claim(&self, claim: &Claim) -> Result<(), Failure> {
        let mut values = Item::from([(":holder".to_owned(), AttributeValue::S(claim.holder.clone()))]);
        let id = claim.created.as_ref().map(ToString::to_string).unwrap_or_default();
        values.insert(":created".to_owned(), AttributeValue::S(id));
        let condition = "#holder = :holder AND (attribute_not_exists(#created) OR #created = :created)";
        self.put_claim(claim, condition, names(&["holder", "created"]), values).await
    }

    /// A claim that has changed since it was read is left alone.
    async fn drop_claim(&self, claim: &Claim) -> Result<(), Failure> {
        let part = |side: Side| {
            let (mine, other) = (claim.ends.of(side), claim.ends.of(side.peer()));
            self.removal(&beside(mine), &sort(other), Some(unchanged(claim)))
        };
        match self.transact("a claim", Side::BOTH.into_iter().map(part).collect()).await {
            Err(failure) if failure.class != Class::Stale => Err(failure),
            _ => Ok(()),
        }
    }
}
