//! Writes of many items, a batch a call. Each item is written or not by itself.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::WriteRequest;
use peerwright_engine::failure::{Class, Failure};
use tokio::time::sleep;

use crate::classify::failure;

/// How many items one call takes (`BatchWriteItem`, DynamoDB API reference).
const ITEMS_PER_CALL: usize = 25;
/// How often the items of a call are sent that DynamoDB leaves unprocessed: they are no error, and the SDK does not send them again.
const SENDS: u32 = 7;
/// The pause behind the first time; each later one is twice as long, together three seconds.
const PAUSE: Duration = Duration::from_millis(50);

/// Writes in the order of the requests, a batch behind the other. No two of them may be about one item.
pub(crate) async fn write_in_batches(client: &Client, table: &str, requests: Vec<WriteRequest>) -> Result<(), Failure> {
    let count = requests.len();
    for (written, batch) in (0..).step_by(ITEMS_PER_CALL).zip(requests.chunks(ITEMS_PER_CALL)) {
        let what = format!("write {count} items to {table}, of which {written} are written");
        write(client, table, batch.to_vec(), what).await?;
    }
    Ok(())
}

async fn write(client: &Client, table: &str, mut left: Vec<WriteRequest>, what: String) -> Result<(), Failure> {
    let mut sends = 0;
    loop {
        let sent = client.batch_write_item().request_items(table, left).send().await;
        let unprocessed = sent.map_err(|error| failure(what.clone(), None, error))?.unprocessed_items.unwrap_or_default();
        left = unprocessed.into_values().flatten().collect();
        if left.is_empty() {
            return Ok(());
        }
        sends += 1;
        if sends == SENDS {
            let source = format!("{} unprocessed by DynamoDB after {SENDS} times", left.len()).into();
            return Err(Failure { what, place: None, class: Class::Throttled, source });
        }
        sleep(PAUSE * 2_u32.pow(sends - 1)).await;
    }
}
