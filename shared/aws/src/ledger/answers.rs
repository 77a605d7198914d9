//! Answers that could not be written on VPCs: `answer` beside what is known of a VPC, as long as that is so.

use aws_sdk_dynamodb::types::AttributeValue;
use peerwright_core::ids::VpcRef;
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Answers;
use peerwright_engine::refusal::Refusal;

use super::{LedgerTable, key};
use crate::attribute::text;
use crate::classify::unreadable;

const ANSWER: &str = "answer";
const REFUSAL: &str = "refusal";

fn beside(vpc: &VpcRef) -> String {
    format!("vpc#{vpc}")
}

impl Answers for LedgerTable {
    async fn answer_refusal(&self, vpc: &VpcRef) -> Result<Option<Refusal>, Failure> {
        let item = self.item(&beside(vpc), ANSWER).await?;
        // One that can't be read any more keeps nobody from trying.
        Ok(item.and_then(|item| serde_json::from_str(&text(&item, REFUSAL)).ok()))
    }

    async fn note_answer_refusal(&self, vpc: &VpcRef, refusal: Option<&Refusal>) -> Result<(), Failure> {
        let part = match refusal {
            None => self.removal(&beside(vpc), ANSWER, None),
            Some(refusal) => {
                let mut item = key(&beside(vpc), ANSWER);
                let words =
                    serde_json::to_string(refusal).map_err(|error| unreadable(format!("write down the answer to {vpc}"), None, error))?;
                item.insert(REFUSAL.to_owned(), AttributeValue::S(words));
                Self::part(self.put(item))
            }
        };
        self.transact("an answer", vec![part]).await
    }
}
