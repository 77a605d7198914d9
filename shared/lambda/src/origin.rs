//! Where a batch comes from: the function's queue, or the allowlist table's stream.

use serde_json::Value;

/// True for a batch of a table's stream. What changed is not read from it: the table says what holds.
pub fn is_of_table(payload: &Value) -> bool {
    is_all_of(payload, "aws:dynamodb")
}

/// True for a batch of a queue.
pub fn is_of_queue(payload: &Value) -> bool {
    is_all_of(payload, "aws:sqs")
}

fn is_all_of(payload: &Value, source: &str) -> bool {
    let of_it = |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some(source);
    payload.get("Records").and_then(Value::as_array).is_some_and(|records| !records.is_empty() && records.iter().all(of_it))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_batch_of_a_stream_is_of_a_table() {
        let record = |key: &str| json!({ "eventSource": "aws:dynamodb", "eventName": "MODIFY", "dynamodb": { "Keys": { "accepter": { "S": key }, "id": { "S": "x" } } } });
        assert!(is_of_table(&json!({ "Records": [record("any"), record("account#222222222222")] })));
    }

    #[test]
    fn a_batch_of_a_queue_is_not() {
        let batch = json!({ "Records": [{ "eventSource": "aws:sqs", "body": "{}" }] });
        assert!(is_of_queue(&batch) && !is_of_table(&batch));
        assert!(!is_of_table(&json!({ "Records": [] })));
        assert!(!is_of_table(&json!({ "sweep": "all" })));
    }
}
