//! Answers that could not be written on VPCs: `answer` beside what is known of a VPC, as long as that is so.

use aws_sdk_dynamodb::types::AttributeValue;
use peerwright_core::ids::VpcRef;
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Answers;
use peerwright_engine::refusal::Refusal;

use super::{LedgerTable, beside, fields, keyed};

const ANSWER: &str = "answer";
/// How many seconds it is of use behind its next try: of a VPC that is gone nobody takes it away.
const REMEMBERED: i64 = 7 * 24 * 3600;

impl Answers for LedgerTable {
    async fn answer_refusal(&self, vpc: &VpcRef) -> Result<Option<Refusal>, Failure> {
        let item = self.item(&beside(vpc), ANSWER).await?;
        // One that can't be read any more keeps nobody from trying.
        Ok(item.and_then(|item| serde_json::from_value(fields(&item)).ok()))
    }

    async fn note_answer_refusal(&self, vpc: &VpcRef, refusal: Option<&Refusal>) -> Result<(), Failure> {
        let part = match refusal {
            None => self.removal(&beside(vpc), ANSWER, None),
            Some(refusal) => {
                let item = keyed(refusal, &beside(vpc), ANSWER).map_err(|error| self.unreadable("a refused answer", error))?;
                let over = AttributeValue::N((refusal.retry_at.as_second() + REMEMBERED).to_string());
                Self::part(self.put(item).item("expires_at", over))
            }
        };
        self.transact("an answer", vec![part]).await
    }
}
