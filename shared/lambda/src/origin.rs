//! Where a batch comes from: the function's queue, or the allowlist table's stream.

use std::collections::BTreeSet;

use peerwright_core::allowlist::MEMBER_KEY;
use peerwright_core::ids::Place;
use serde_json::Value;

/// True for a batch of a table's stream. What changed is not read from it: the table says what holds.
pub fn is_of_table(payload: &Value) -> bool {
    is_all_of(payload, "aws:dynamodb")
}

/// The places that a batch of the table's stream names for sweeps, where it tells of members alone. A place that was removed concerns no other.
pub fn added_members(payload: &Value) -> Option<BTreeSet<Place>> {
    let mut places = BTreeSet::new();
    for record in payload.get("Records")?.as_array()? {
        let key = |name: &str| record.pointer(&format!("/dynamodb/Keys/{name}/S")).and_then(Value::as_str);
        if key("accepter")? != MEMBER_KEY {
            return None;
        }
        if record.get("eventName").and_then(Value::as_str) != Some("REMOVE") {
            places.extend(key("id").and_then(|id| id.parse::<Place>().ok()));
        }
    }
    Some(places)
}

/// True where only the schedule wants every place looked at, and not a person.
pub fn is_scheduled_sweep(payload: &Value) -> bool {
    let is_scheduled = |record: &Value| body(record).is_some_and(|body| body.get("scheduled") == Some(&Value::Bool(true)));
    let mut sweeps = sweeps_of_all(payload).peekable();
    sweeps.peek().is_some() && sweeps.all(is_scheduled)
}

/// True for a sweep of every place whose message failed half-way before: what it left undone waits for nobody.
pub fn is_tried_again(payload: &Value) -> bool {
    let count = |record: &Value| record.pointer("/attributes/ApproximateReceiveCount").and_then(Value::as_str) != Some("1");
    sweeps_of_all(payload).any(count)
}

/// The messages of a batch that want every place looked at.
fn sweeps_of_all(payload: &Value) -> impl Iterator<Item = &Value> {
    payload.get("Records").and_then(Value::as_array).into_iter().flatten().filter(|record| wants_every_place(record))
}

/// True for a message that wants every place looked at.
pub(crate) fn wants_every_place(record: &Value) -> bool {
    body(record).is_some_and(|body| body.get("sweep").and_then(Value::as_str) == Some("all"))
}

fn body(record: &Value) -> Option<Value> {
    serde_json::from_str(record.get("body")?.as_str()?).ok()
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

    /// The keys of a record of the table's stream.
    fn change(what: &str, accepter: &str, id: &str) -> Value {
        json!({ "eventSource": "aws:dynamodb", "eventName": what, "dynamodb": { "Keys": { "accepter": { "S": accepter }, "id": { "S": id } } } })
    }

    #[test]
    fn a_batch_about_members_alone_names_those_that_were_added() {
        let (west, north) = ("111111111111/eu-west-1", "111111111111/eu-north-1");
        let batch = json!({ "Records": [change("INSERT", "member", west), change("REMOVE", "member", north), change("INSERT", "member", "nonsense")] });
        assert_eq!(added_members(&batch), Some(BTreeSet::from([west.parse().expect("a place")])));
        assert_eq!(added_members(&json!({ "Records": [change("REMOVE", "member", west)] })), Some(BTreeSet::new()));
    }

    #[test]
    fn a_batch_that_tells_of_a_rule_too_concerns_every_place() {
        let member = change("INSERT", "member", "111111111111/eu-west-1");
        assert_eq!(added_members(&json!({ "Records": [member, change("MODIFY", "any", "no-prod")] })), None);
        assert_eq!(added_members(&json!({ "Records": [{ "eventSource": "aws:dynamodb", "eventName": "INSERT" }] })), None);
    }

    /// A message of the queue that was received so often.
    fn message(body: &str, count: &str) -> Value {
        json!({ "eventSource": "aws:sqs", "body": body, "attributes": { "ApproximateReceiveCount": count } })
    }

    const SCHEDULED: &str = r#"{"sweep": "all", "scheduled": true}"#;
    const PLACE: &str = r#"{"sweep": {"account": "111111111111", "region": "eu-west-1"}}"#;

    #[test]
    fn a_sweep_is_scheduled_unless_a_person_wants_it_too() {
        assert!(is_scheduled_sweep(&json!({ "Records": [message(SCHEDULED, "1"), message(PLACE, "3")] })));
        assert!(is_scheduled_sweep(&json!({ "Records": [message(SCHEDULED, "2")] })));
        assert!(!is_scheduled_sweep(&json!({ "Records": [message(SCHEDULED, "1"), message(r#"{"sweep": "all"}"#, "1")] })));
        assert!(!is_scheduled_sweep(&json!({ "Records": [message(PLACE, "1")] })));
        assert!(!is_scheduled_sweep(&json!({ "sweep": "all", "scheduled": true })));
    }

    #[test]
    fn a_sweep_that_failed_half_way_is_tried_again() {
        assert!(is_tried_again(&json!({ "Records": [message(SCHEDULED, "2")] })));
        assert!(!is_tried_again(&json!({ "Records": [message(SCHEDULED, "1"), message(PLACE, "3")] })));
    }

    #[test]
    fn a_batch_of_a_queue_is_not() {
        let batch = json!({ "Records": [{ "eventSource": "aws:sqs", "body": "{}" }] });
        assert!(!is_of_table(&batch));
        assert!(!is_of_table(&json!({ "Records": [] })));
        assert!(!is_of_table(&json!({ "sweep": "all" })));
    }
}
