//! What a batch of the allowlist table's stream says that somebody changed.

use jiff::Timestamp;
use peerwright_core::allowlist::{AllowlistChange, settled};
use serde_dynamo::Item;
use serde_json::Value;

/// The changes of rules and aliases that a batch tells of, for those who want to know. What holds now the table says and not its stream.
///
/// Records have the item before and after (`NEW_AND_OLD_IMAGES`).
pub fn allowlist_changes(payload: &Value) -> Vec<AllowlistChange> {
    settled(payload.get("Records").and_then(Value::as_array).into_iter().flatten().filter_map(change))
}

fn change(record: &Value) -> Option<AllowlistChange> {
    let stream = record.get("dynamodb")?;
    let key = |name: &str| stream.pointer(&format!("/Keys/{name}/S")).and_then(Value::as_str).map(str::to_owned);
    let (old, new) = (image(stream, "OldImage"), image(stream, "NewImage"));
    // Who wrote an item is not who removes it.
    let signed = new.as_ref().map(|item| (item, "by")).or(old.as_ref().map(|item| (item, "removed_by")));
    let by = signed.and_then(|(item, name)| item.get(name)?.as_str().map(str::to_owned));
    let seconds = stream.get("ApproximateCreationDateTime").and_then(Value::as_f64)?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let at = Timestamp::from_second(seconds as i64).ok()?;
    let sequence = stream.get("SequenceNumber").and_then(Value::as_str)?.to_owned();
    let body = |item: Option<Value>| item.map(|item| item.get("rule").cloned().unwrap_or_default());
    Some(AllowlistChange { accepter: key("accepter")?, id: key("id")?, before: body(old), after: body(new), by, at, sequence })
}

/// An image of a record as JSON.
fn image(stream: &Value, name: &str) -> Option<Value> {
    let item: Item = serde_json::from_value(stream.get(name)?.clone()).ok()?;
    serde_dynamo::from_item(item).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A record as DynamoDB writes it (`StreamRecord`, DynamoDB Streams API reference).
    fn record(what: &str, images: &Value) -> Value {
        let mut record = json!({
            "eventSource": "aws:dynamodb",
            "eventName": what,
            "dynamodb": {
                "ApproximateCreationDateTime": 1_790_000_000.0,
                "Keys": { "accepter": { "S": "any" }, "id": { "S": "no-prod" } },
                "SequenceNumber": "4421584500000000017450439091",
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        });
        record["dynamodb"].as_object_mut().expect("an object").extend(images.as_object().expect("images").clone());
        record
    }

    fn item(effect: &str, by: &str) -> Value {
        json!({ "accepter": { "S": "any" }, "id": { "S": "no-prod" }, "by": { "S": by }, "rule": { "M": { "effect": { "S": effect }, "n": { "N": "3" } } } })
    }

    #[test]
    fn a_record_tells_the_rule_before_and_after_and_who_wrote_it() {
        let images = json!({ "OldImage": item("allow", "eve"), "NewImage": item("deny", "ann") });
        let [change] = allowlist_changes(&json!({ "Records": [record("MODIFY", &images)] })).try_into().expect("one change");
        assert_eq!((change.verb(), change.noun(), change.id.as_str(), change.by.as_deref()), ("changed", "rule", "no-prod", Some("ann")));
        assert_eq!(change.before, Some(json!({ "effect": "allow", "n": 3 })));
        assert_eq!(change.after, Some(json!({ "effect": "deny", "n": 3 })));
        assert_eq!(change.at.to_string(), "2026-09-21T14:13:20Z");
    }

    #[test]
    fn a_removal_tells_who_was_about_to_remove_it() {
        let mut signed = item("deny", "ann");
        signed["removed_by"] = json!({ "S": "eve" });
        let about = record("MODIFY", &json!({ "OldImage": item("deny", "ann"), "NewImage": signed }));
        let removed = record("REMOVE", &json!({ "OldImage": signed }));
        let [change] = allowlist_changes(&json!({ "Records": [about, removed] })).try_into().expect("one change");
        assert_eq!((change.verb(), change.by.as_deref(), change.after), ("removed", Some("eve"), None));
    }

    #[test]
    fn who_wrote_a_rule_is_not_taken_for_who_removed_it() {
        let removed = record("REMOVE", &json!({ "OldImage": item("deny", "ann") }));
        let [change] = allowlist_changes(&json!({ "Records": [removed] })).try_into().expect("one change");
        assert_eq!((change.verb(), change.by), ("removed", None));
    }

    #[test]
    fn a_record_without_images_tells_nothing_and_keeps_no_other_from_telling() {
        let bare = json!({ "eventSource": "aws:dynamodb", "eventName": "INSERT" });
        let added = record("INSERT", &json!({ "NewImage": item("deny", "ann") }));
        assert_eq!(allowlist_changes(&json!({ "Records": [bare, added] })).len(), 1);
    }
}
