//! Changes of the allowlist's table, as its stream tells them.

use std::collections::BTreeSet;

use serde_json::Value;

/// The partition keys of the items that changed; `None` for a payload that is no batch of a table's stream.
///
/// Of a record nothing but its key is read (`StreamRecord.Keys`, DynamoDB Streams API reference): what the item says is read from the table.
pub fn changed_items(payload: &Value) -> Option<BTreeSet<String>> {
    let records = payload.get("Records")?.as_array()?;
    let of_table = |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some("aws:dynamodb");
    if records.is_empty() || !records.iter().all(of_table) {
        return None;
    }
    let key = |record: &Value| record.pointer("/dynamodb/Keys/accepter/S").and_then(Value::as_str).map(str::to_owned);
    Some(records.iter().filter_map(key).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_keys_of_changed_items_are_read_and_nothing_else() {
        let record = |key: &str| json!({ "eventSource": "aws:dynamodb", "eventName": "MODIFY", "dynamodb": { "Keys": { "accepter": { "S": key }, "id": { "S": "x" } } } });
        let payload = json!({ "Records": [record("any"), record("account#222222222222"), record("any")] });
        let keys: Vec<String> = changed_items(&payload).expect("a batch of a stream").into_iter().collect();
        assert_eq!(keys, ["account#222222222222", "any"]);
    }

    #[test]
    fn a_batch_of_a_queue_is_none_of_a_stream() {
        assert_eq!(changed_items(&json!({ "Records": [{ "eventSource": "aws:sqs", "body": "{}" }] })), None);
        assert_eq!(changed_items(&json!({ "Records": [] })), None);
        assert_eq!(changed_items(&json!({ "sweep": "all" })), None);
    }
}
