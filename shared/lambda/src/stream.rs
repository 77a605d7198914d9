//! Batches of the allowlist table's stream.

use serde_json::Value;

/// True for a batch of a table's stream. What changed is not read from it: the table says what holds.
pub fn is_of_table(payload: &Value) -> bool {
    let of_table = |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some("aws:dynamodb");
    payload.get("Records").and_then(Value::as_array).is_some_and(|records| !records.is_empty() && records.iter().all(of_table))
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
        assert!(!is_of_table(&json!({ "Records": [{ "eventSource": "aws:sqs", "body": "{}" }] })));
        assert!(!is_of_table(&json!({ "Records": [] })));
        assert!(!is_of_table(&json!({ "sweep": "all" })));
    }
}
