//! History: it only grows. Every line is written under the condition that it is not there, and nothing here deletes or updates one.
//!
//! ```text
//! history#pcx-…        2026-11-23T10:00:00Z#0000001               the fields of `Change`, expires_at
//! history#pcx-…        2026-11-23T10:00:00Z#0000001#details#001   all details of a change, where these are many, expires_at
//! history#pcx-…        2026-11-23T10:00:00Z#by-hand               what a person did, in the same fields
//! history#everything   2026-11-23T10:00:00Z#by-hand
//! ```
//!
//! IAM denies whoever writes it `DeleteItem` and `UpdateItem` in these partitions. It has no way to deny a `PutItem` that leaves the condition out and so
//! writes over a line: whoever has a function's credentials could. The table's stream has both versions of such an item, and it is there that this is seen.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;
use peerwright_engine::entry::Change;
use peerwright_engine::failure::Failure;
use peerwright_engine::lines::shown;
use peerwright_engine::ports::{History, HistoryOf};

use super::allowlist_history::ALLOWLIST;
use super::{LedgerTable, SORT, fields, key, keyed};
use crate::attribute::{Item, text};

/// How many bytes of details an item holds: far less than the 400 KB that DynamoDB takes.
const BYTES: usize = 60_000;

/// What stands in the key of a line that a person wrote: no function's.
pub(super) const BY_HAND: &str = "by-hand";

/// What stands between a line's key and the number of a part of its details.
const DETAILS: &str = "#details#";

impl History for LedgerTable {
    async fn history(&self, of: &HistoryOf, since: Option<Timestamp>) -> Result<Vec<Change>, Failure> {
        let name = match of {
            HistoryOf::Connection(id) => id.to_string(),
            HistoryOf::Stop => "everything".to_owned(),
            HistoryOf::Allowlist => ALLOWLIST.to_owned(),
        };
        let mut changes: Vec<Change> = Vec::new();
        let mut whole: Option<String> = None;
        for item in self.partition_since(&format!("history#{name}"), since).await? {
            match text(&item, SORT).split_once(DETAILS) {
                // The parts stand behind the line, in their order.
                Some((line, _)) => {
                    let Some(last) = changes.last_mut() else { continue };
                    if whole.as_deref() != Some(line) {
                        last.details.clear();
                        whole = Some(line.to_owned());
                    }
                    last.details.extend(lines(&item));
                }
                None => changes.push(self.read_line(&name, &item)),
            }
        }
        // `…:00.5Z` stands before `…:00Z` in the table.
        changes.sort_by_key(|change| change.at);
        changes.retain(|change| since.is_none_or(|since| change.at >= since));
        Ok(changes)
    }
}

/// The details that an item has.
fn lines(item: &Item) -> Vec<String> {
    let list = item.get("details").and_then(|list| list.as_l().ok());
    list.into_iter().flatten().filter_map(|line| line.as_s().ok().cloned()).collect()
}

impl LedgerTable {
    /// A line that can't be read is told as such, and stops no other.
    fn read_line(&self, of: &str, item: &Item) -> Change {
        serde_json::from_value(fields(item)).unwrap_or_else(|error| {
            let why = self.unreadable(&format!("a line of the history of {of}"), error).explain_final();
            let at = text(item, SORT).split('#').next().and_then(|at| at.parse().ok()).unwrap_or_default();
            Change { at, ..Change::new("unreadable", &[], vec![why]) }
        })
    }

    /// The parts of a transaction that add a line to the history of a connection, or of everything: the change, and items with all of its details where it
    /// can show only the first. `mark` tells lines of the same moment apart.
    pub(super) fn history(&self, of: &str, change: &Change, mark: &str) -> Result<Vec<TransactWriteItem>, Failure> {
        let (partition, sort) = (format!("history#{of}"), format!("{}#{mark}", change.at));
        let expires_at = self.history.map(|kept| AttributeValue::N((change.at + kept).as_second().to_string()));
        let line = |mut item: Item| {
            item.extend(expires_at.clone().map(|moment| ("expires_at".to_owned(), moment)));
            self.new_item(item)
        };
        let details = parts(&change.details);
        let is_whole = details.len() < 2;
        let details = details.into_iter().enumerate().filter(|_| !is_whole).map(|(number, lines)| {
            let mut item = key(&partition, &format!("{sort}{DETAILS}{:03}", number + 1));
            item.insert("details".to_owned(), AttributeValue::L(lines.iter().cloned().map(AttributeValue::S).collect()));
            item
        });
        let change = if is_whole { change.clone() } else { Change { details: shown(&change.details), ..change.clone() } };
        let change = keyed(&change, &partition, &sort).map_err(|error| self.unreadable(of, error))?;
        Ok(std::iter::once(change).chain(details).map(line).collect())
    }

    /// A part of a transaction that writes an item that is not there.
    pub(super) fn new_item(&self, item: Item) -> TransactWriteItem {
        Self::part(self.put(item).condition_expression("attribute_not_exists(#sort)").expression_attribute_names("#sort", SORT))
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
