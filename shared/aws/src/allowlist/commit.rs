//! A proposal that is written: as a whole, and only over what it was made from.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use peerwright_core::allowlist::{MEMBER_KEY, Proposal, ProposedChange, Stored};
use peerwright_engine::failure::{Class, Failure};

use super::{AllowlistTable, BODY, BY, PARTITION, REMOVED_BY, SORT, attributes, key, stored};
use crate::attribute::{Item, text};
use crate::classify::failure;
use crate::transaction::{MOST_PARTS, transact};

/// An item, and who wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedItem {
    /// The item.
    pub item: Stored,
    /// Who wrote it, or was about to remove it; none where another client wrote it.
    pub by: Option<String>,
}

/// A rule or alias that somebody else changed since a plan was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rival {
    /// Its name.
    pub id: String,
    /// `added`, `changed` or `removed`.
    pub verb: &'static str,
    /// Who did it, where the table says so.
    pub by: Option<String>,
}

/// What became of a proposal.
#[derive(Debug)]
pub enum Committed {
    /// All of it is written.
    Everything,
    /// Nothing is: somebody else changed these meanwhile.
    Overtaken(Vec<Rival>),
    /// What fits into no single transaction ended half-way: these changes are written and the others are not.
    Partly {
        /// The names of what is written.
        written: Vec<String>,
        /// The names of what is not.
        left: Vec<String>,
        /// Why.
        failure: Failure,
    },
}

impl AllowlistTable {
    /// Every rule and alias, with who wrote it.
    pub async fn signed(&self) -> Result<Vec<SignedItem>, Failure> {
        Ok(signed(&self.scan().await?))
    }

    /// Writes a proposal in somebody's name, if the table still says what it was made from. As much as fits is one transaction. Of more, each change is
    /// whole, and where all that alters something fits into one transaction, at no moment more is allowed than before or after.
    pub async fn commit(&self, proposal: &Proposal, made_from: &[Stored], by: &str) -> Result<Committed, Failure> {
        let found = self.scan().await?;
        let rivals = rivals_in(&found, made_from);
        if !rivals.is_empty() {
            return Ok(Committed::Overtaken(rivals));
        }
        let removals = || proposal.changes.iter().flat_map(ProposedChange::removals);
        for item in removals() {
            self.sign(item, Some(by)).await?;
        }
        let committed = self.carry_out(proposal, made_from, &found, by).await;
        if !matches!(committed, Ok(Committed::Everything)) {
            // What stays is not about to be removed any more. What kept it is what has to be told, whatever comes of this.
            for item in removals() {
                drop(self.sign(item, None).await);
            }
        }
        committed
    }

    async fn carry_out(&self, proposal: &Proposal, made_from: &[Stored], found: &[Item], by: &str) -> Result<Committed, Failure> {
        let mut written: Vec<String> = Vec::new();
        for group in groups(&proposal.changes) {
            let parts = group.iter().flat_map(|change| self.parts(change, found, by)).collect();
            let what = format!("write {} changes to {}", group.len(), self.table);
            let Err(failure) = transact(&self.client, what, parts).await else {
                written.extend(group.iter().map(|change| change.id.clone()));
                continue;
            };
            if !written.is_empty() {
                let left = proposal.changes[written.len()..].iter().map(|change| change.id.clone()).collect();
                return Ok(Committed::Partly { written, left, failure });
            }
            let rivals = if failure.class == Class::Stale { rivals_in(&self.scan().await?, made_from) } else { Vec::new() };
            return if rivals.is_empty() { Err(failure) } else { Ok(Committed::Overtaken(rivals)) };
        }
        Ok(Committed::Everything)
    }

    /// The writes of one change, each over what is there and nothing else.
    fn parts(&self, change: &ProposedChange, found: &[Item], by: &str) -> Vec<TransactWriteItem> {
        let mut parts = Vec::new();
        if let Some(after) = &change.after {
            let mut item = attributes(after);
            item.insert(BY.to_owned(), AttributeValue::S(by.to_owned()));
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            let put = match change.replaced().and_then(|before| body(before, found)) {
                Some(before) => put
                    .condition_expression("#rule = :before")
                    .expression_attribute_names("#rule", BODY)
                    .expression_attribute_values(":before", before),
                None => put.condition_expression("attribute_not_exists(#id)").expression_attribute_names("#id", SORT),
            };
            parts.push(
                TransactWriteItem::builder().put(put.build().unwrap_or_else(|_| unreachable!("a put with a table and an item"))).build(),
            );
        }
        for item in change.removals() {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key(&item.accepter, &item.id)));
            let delete = match body(item, found) {
                Some(before) => delete
                    .condition_expression("#rule = :before")
                    .expression_attribute_names("#rule", BODY)
                    .expression_attribute_values(":before", before),
                None => delete.condition_expression("attribute_not_exists(#rule)").expression_attribute_names("#rule", BODY),
            };
            let delete = delete.build().unwrap_or_else(|_| unreachable!("a delete with a table and a key"));
            parts.push(TransactWriteItem::builder().delete(delete).build());
        }
        parts
    }

    /// Writes down who is about to remove an item, or that nobody is: the record of a removal has the item as it was, and not who removed it. One
    /// transaction can't do both.
    async fn sign(&self, item: &Stored, by: Option<&str>) -> Result<(), Failure> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key(&item.accepter, &item.id)));
        let request = request.condition_expression("attribute_exists(#id)");
        let request = request.expression_attribute_names("#by", REMOVED_BY).expression_attribute_names("#id", SORT);
        let request = match by {
            Some(by) => request.update_expression("SET #by = :by").expression_attribute_values(":by", AttributeValue::S(by.to_owned())),
            None => request.update_expression("REMOVE #by"),
        };
        let sent = request.send().await;
        match sent.map_err(|error| failure(format!("remove {} from {}", item.id, self.table), None, error)) {
            Ok(_) => Ok(()),
            // Somebody else has removed it meanwhile, which the transaction finds.
            Err(failure) if failure.class == Class::Stale => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// Rules and aliases, with who wrote them.
fn signed(items: &[Item]) -> Vec<SignedItem> {
    let signed = |item: &Item| SignedItem { item: stored(item), by: Some(text(item, BY)).filter(|by| !by.is_empty()) };
    let mut items: Vec<SignedItem> = items.iter().map(signed).filter(|signed| signed.item.accepter != MEMBER_KEY).collect();
    items.sort_by(|a, b| (&a.item.accepter, &a.item.id).cmp(&(&b.item.accepter, &b.item.id)));
    items
}

/// What differs by now from what a plan was made from.
fn rivals_in(found: &[Item], made_from: &[Stored]) -> Vec<Rival> {
    let now = signed(found);
    let is_at = |item: &Stored, wanted: &Stored| item.accepter == wanted.accepter && item.id == wanted.id;
    let new = now.iter().filter(|signed| !made_from.contains(&signed.item)).map(|SignedItem { item, by }| {
        let verb = if made_from.iter().any(|before| is_at(before, item)) { "changed" } else { "added" };
        Rival { id: item.id.clone(), verb, by: by.clone() }
    });
    let is_gone = |item: &&Stored| item.accepter != MEMBER_KEY && !now.iter().any(|signed| is_at(&signed.item, item));
    let gone = made_from.iter().filter(is_gone).map(|item| Rival { id: item.id.clone(), verb: "removed", by: None });
    let mut rivals: Vec<Rival> = new.chain(gone).collect();
    rivals.sort();
    rivals
}

/// What an item's rule is in the table, as DynamoDB has it: another client may have written a set where we write a list.
fn body(item: &Stored, found: &[Item]) -> Option<AttributeValue> {
    let is_it = |found: &&Item| text(found, PARTITION) == item.accepter && text(found, SORT) == item.id;
    found.iter().find(is_it)?.get(BODY).cloned()
}

/// Changes in groups that fit into one transaction each, in their order. What alters something stands in one group, if it fits into one.
fn groups(changes: &[ProposedChange]) -> Vec<&[ProposedChange]> {
    let size = |change: &ProposedChange| usize::from(change.after.is_some()) + change.removals().count();
    let altering: usize = changes.iter().filter(|change| change.alters()).map(size).sum();
    let first_altering = changes.iter().position(ProposedChange::alters);
    let (mut groups, mut start, mut parts) = (Vec::new(), 0, 0);
    for (index, change) in changes.iter().enumerate() {
        let together = first_altering == Some(index) && altering <= MOST_PARTS;
        if parts + (if together { altering } else { size(change) }) > MOST_PARTS {
            groups.push(&changes[start..index]);
            (start, parts) = (index, 0);
        }
        parts += size(change);
    }
    groups.push(&changes[start..]);
    groups.retain(|group| !group.is_empty());
    groups
}
