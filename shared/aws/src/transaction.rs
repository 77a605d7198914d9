//! Writes of several items, all or none.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use peerwright_engine::failure::{AwsMessage, Class, Failure};
use tokio::time::sleep;

use crate::classify::failure;

/// The most parts of one (`TransactWriteItems`, DynamoDB API reference).
pub(crate) const MOST_PARTS: usize = 100;
/// How often a transaction is sent that met another one, or was throttled: the SDK tries neither again.
const SENDS: u32 = 6;
/// The pause behind the first; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// Sends the parts. `Stale` where a condition does not hold; what only met another write at that moment is sent again.
pub(crate) async fn transact(client: &Client, what: String, parts: Vec<TransactWriteItem>) -> Result<(), Failure> {
    let mut sends = 0;
    loop {
        let sent = client.transact_write_items().set_transact_items(Some(parts.clone())).send().await;
        let Err(error) = sent else {
            return Ok(());
        };
        let failure = match canceled(&error) {
            Some((class, reasons)) => Failure { what: what.clone(), place: None, class, source: AwsMessage(reasons).into() },
            None => return Err(failure(what, None, error)),
        };
        sends += 1;
        if !matches!(failure.class, Class::Throttled | Class::Transient) || sends == SENDS {
            return Err(failure);
        }
        sleep(PAUSE * 2_u32.pow(sends - 1)).await;
    }
}

/// What the reasons of a cancelled transaction call for, one for each part (`CancellationReasons` of `TransactWriteItems`, DynamoDB API
/// reference). Only a condition that does not hold is a lost race.
fn canceled<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<(Class, String)> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = error.as_service_error()? else {
        return None;
    };
    let codes: Vec<&str> =
        canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).filter(|code| *code != "None").collect();
    let has = |code: &str| codes.contains(&code);
    let class = if codes.is_empty() || has("ConditionalCheckFailed") {
        Class::Stale
    } else if has("ValidationError") || has("ItemCollectionSizeLimitExceeded") {
        Class::Refused
    } else if has("TransactionConflict") {
        Class::Transient
    } else {
        Class::Throttled
    };
    Some((class, format!("TransactionCanceledException ({})", codes.join(", "))))
}
