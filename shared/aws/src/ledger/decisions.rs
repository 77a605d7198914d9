//! What persons decided about connections, in partitions in which no function writes.
//!
//! ```text
//! decision#pcx-…   approval#0000001   the fields of `ManualDecision`
//! decision#pcx-…   approval#0000002   the same: it is numbered, and so finds every one before it
//! ```

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::{Change, Entry};
use peerwright_engine::failure::Failure;
use peerwright_engine::manual_decision::{ManualDecision, ManualDecisions};
use peerwright_engine::ports::Decisions;

use super::history::BY_HAND;
use super::{CURRENT, LedgerTable, fields, key, keyed, names};

const APPROVAL: &str = "approval#";

fn partition(id: &PcxId) -> String {
    format!("decision#{id}")
}

impl Decisions for LedgerTable {
    async fn decisions(&self, id: &PcxId) -> Result<ManualDecisions, Failure> {
        let items = self.partition(&partition(id), APPROVAL).await?;
        let decided: Result<_, _> = items.iter().map(|item| serde_json::from_value(fields(item))).collect();
        decided.map(ManualDecisions).map_err(|error| self.unreadable(&format!("what persons decided about {id}"), error))
    }

    async fn decide(&self, entry: &Entry, before: &ManualDecisions, decision: &ManualDecision, change: &Change) -> Result<(), Failure> {
        let id = &entry.connection;
        let sort = format!("{APPROVAL}{:07}", before.0.len() + 1);
        let decision = keyed(decision, &partition(id), &sort).map_err(|error| self.unreadable(id.as_str(), error))?;
        let mut parts = vec![self.unchanged(entry), self.new_item(decision)];
        parts.extend(self.history(id.as_str(), change, BY_HAND)?);
        self.transact(&partition(id), parts).await
    }
}

impl LedgerTable {
    /// The condition that an entry is as it was read.
    fn unchanged(&self, entry: &Entry) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(entry.connection.as_str(), CURRENT)))
            .condition_expression("#version = :version")
            .set_expression_attribute_names(Some(names(&["version"])))
            .expression_attribute_values(":version", AttributeValue::N(entry.version.to_string()));
        let check = check.build().unwrap_or_else(|_| unreachable!("a check with a table, a key and a condition"));
        TransactWriteItem::builder().condition_check(check).build()
    }
}
