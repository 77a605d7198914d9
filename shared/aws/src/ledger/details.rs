//! The details of a change, where they are too long for its own item: it shows the first, and items beside it have them all.
//!
//! ```text
//! pcx-…   details#2026-11-23T10:00:00Z#0000001#001   details, expires_at
//! ```

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::Change;
use peerwright_engine::lines::shown;

use super::{LedgerTable, key};

/// How many bytes of details an item holds: far less than the 400 KB that DynamoDB takes.
const BYTES: usize = 60_000;

impl LedgerTable {
    /// The change as its own item has it, and the items with all of its details where that does not.
    pub(super) fn split(
        &self,
        id: &PcxId,
        change: &Change,
        version: u64,
        expires_at: Option<&AttributeValue>,
    ) -> (Change, Vec<TransactWriteItem>) {
        let parts = parts(&change.details);
        if parts.len() < 2 {
            return (change.clone(), Vec::new());
        }
        let part = |(number, lines): (usize, &[String])| {
            let mut item = key(id.as_str(), &format!("details#{}#{version:07}#{number:03}", change.at));
            let lines = lines.iter().cloned().map(AttributeValue::S).collect();
            item.insert("details".to_owned(), AttributeValue::L(lines));
            item.extend(expires_at.map(|moment| ("expires_at".to_owned(), moment.clone())));
            Self::part(self.put(item))
        };
        let items = parts.into_iter().enumerate().map(part).collect();
        (Change { details: shown(&change.details), ..change.clone() }, items)
    }
}

/// The lines in parts that fit into items.
fn parts(lines: &[String]) -> Vec<&[String]> {
    let (mut parts, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (index, line) in lines.iter().enumerate() {
        if index > from && bytes + line.len() > BYTES {
            parts.push(&lines[from..index]);
            (from, bytes) = (index, 0);
        }
        bytes += line.len() + 3;
    }
    parts.push(&lines[from..]);
    parts
}
