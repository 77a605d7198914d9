//! JSON as DynamoDB attributes and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value};

/// An item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A JSON value as an attribute.
pub(crate) fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(attribute).collect()),
        Value::Object(map) => AttributeValue::M(map.iter().map(|(key, value)| (key.clone(), attribute(value))).collect()),
    }
}

/// An attribute as JSON. Sets become lists: an item may have been written by any client. Binary values become null, which no
/// key of a rule accepts.
pub(crate) fn value(attribute: &AttributeValue) -> Value {
    match attribute {
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::N(number) => number.parse::<Number>().map_or(Value::Null, Value::Number),
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::L(values) => Value::Array(values.iter().map(value).collect()),
        AttributeValue::M(map) => Value::Object(map.iter().map(|(key, attribute)| (key.clone(), value(attribute))).collect()),
        AttributeValue::Ss(texts) => texts.iter().cloned().map(Value::String).collect(),
        AttributeValue::Ns(numbers) => numbers.iter().filter_map(|n| n.parse::<Number>().ok()).map(Value::Number).collect(),
        _ => Value::Null,
    }
}

/// A JSON object's entries as an item.
pub(crate) fn item(map: &Map<String, Value>) -> Item {
    map.iter().map(|(key, value)| (key.clone(), attribute(value))).collect()
}

/// The text of an item's attribute; empty where there is none.
pub(crate) fn text(item: &Item, key: &str) -> String {
    item.get(key).and_then(|attribute| attribute.as_s().ok()).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_survives_the_way_to_the_table_and_back() {
        let rule = json!({ "id": "a", "n": 3, "list": ["x", { "y": [true, null] }], "empty": {} });
        assert_eq!(value(&attribute(&rule)), rule);
    }

    #[test]
    fn a_set_written_by_another_client_is_read_as_a_list() {
        assert_eq!(value(&AttributeValue::Ss(vec!["a".to_owned()])), json!(["a"]));
    }
}
