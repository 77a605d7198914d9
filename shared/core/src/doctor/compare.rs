//! What differs between a property as the template has it and as AWS answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::template::unknown_before;

/// Longer values are cut where a person reads them: a policy fills a screen.
const SHOWN: usize = 160;
/// What tells the entries of a list apart.
const KEYS: [&str; 3] = ["Id", "PolicyName", "Sid"];

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Where, such as `Targets.accept.DeadLetterConfig`.
    pub(super) path: String,
    /// As the template has it; nothing where it has nothing there.
    pub(super) wanted: Option<String>,
    /// As it is.
    pub(super) is: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, wanted, is } = self;
        match (wanted, is) {
            (Some(wanted), Some(is)) => write!(f, "{path} is {is}, and the template says {wanted}"),
            (Some(wanted), None) => write!(f, "{path} is not set, and the template says {wanted}"),
            (None, is) => write!(f, "{path} is {}, and the template has nothing there", is.as_deref().unwrap_or("set")),
        }
    }
}

/// All differences of a property. Nothing and `null` are the same.
pub(super) fn differences(property: &str, wanted: Option<&Value>, is: Option<&Value>) -> Vec<Difference> {
    let plain = |value: Option<&Value>| value.map(|value| canonical("", value)).filter(|value| !value.is_null());
    let mut found = Vec::new();
    differ(property, plain(wanted).as_ref(), plain(is).as_ref(), &mut found);
    found
}

fn differ(path: &str, wanted: Option<&Value>, is: Option<&Value>, found: &mut Vec<Difference>) {
    match (wanted, is) {
        (None, None) => {}
        (Some(wanted), Some(is)) if matches(wanted, is) => {}
        (Some(Value::Object(wanted)), Some(Value::Object(is))) if unknown_before(&Value::Object(wanted.clone())).is_none() => {
            each_key(path, wanted, is, found);
        }
        (Some(wanted), Some(is)) => match (by_key(wanted), by_key(is)) {
            (Some(wanted), Some(is)) => each_key(path, &wanted, &is, found),
            _ => found.push(difference(path, Some(wanted), Some(is))),
        },
        (wanted, is) => found.push(difference(path, wanted, is)),
    }
}

fn each_key(path: &str, wanted: &Map<String, Value>, is: &Map<String, Value>, found: &mut Vec<Difference>) {
    let keys: BTreeSet<&String> = wanted.keys().chain(is.keys()).collect();
    for key in keys {
        differ(&format!("{path}.{key}"), wanted.get(key), is.get(key), found);
    }
}

/// A list of entries with names, or one of them, by these names.
fn by_key(value: &Value) -> Option<Map<String, Value>> {
    let entries = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    entries
        .iter()
        .map(|entry| {
            let name = KEYS.iter().find_map(|key| entry.get(key)?.as_str())?;
            Some((name.to_owned(), entry.clone()))
        })
        .collect()
}

/// Whether a value is the wanted one. The order of a list says nothing.
fn matches(wanted: &Value, is: &Value) -> bool {
    if let Some(end) = unknown_before(wanted) {
        return is.as_str().is_some_and(|text| text.ends_with(end));
    }
    match (wanted, is) {
        (Value::Object(wanted), Value::Object(is)) => {
            wanted.len() == is.len() && wanted.iter().all(|(key, wanted)| is.get(key).is_some_and(|is| matches(wanted, is)))
        }
        (Value::Array(wanted), Value::Array(is)) => {
            wanted.len() == is.len()
                && wanted.iter().all(|wanted| is.iter().any(|is| matches(wanted, is)))
                && is.iter().all(|is| wanted.iter().any(|wanted| matches(wanted, is)))
        }
        (wanted, is) => wanted == is,
    }
}

/// One form for what AWS writes in several: numbers and truth values as text, a list of one as this one, an account in a policy by its id.
fn canonical(key: &str, value: &Value) -> Value {
    match value {
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Number(number) => Value::String(number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())),
        Value::Array(items) => match items.as_slice() {
            [one] if !one.is_object() || unknown_before(one).is_some() => canonical(key, one),
            items => Value::Array(items.iter().map(|item| canonical(key, item)).collect()),
        },
        Value::Object(fields) => Value::Object(fields.iter().map(|(key, value)| (key.clone(), canonical(key, value))).collect()),
        Value::String(text) if key == "AWS" => Value::String(account_of(text).unwrap_or(text).to_owned()),
        other => other.clone(),
    }
}

/// The account of `arn:…:iam::ACCOUNT:root`, which is what a policy means that names the account alone.
fn account_of(principal: &str) -> Option<&str> {
    principal.strip_suffix(":root")?.rsplit(':').next()
}

fn difference(path: &str, wanted: Option<&Value>, is: Option<&Value>) -> Difference {
    Difference { path: path.to_owned(), wanted: wanted.map(shown), is: is.map(shown) }
}

fn shown(value: &Value) -> String {
    let whole = match (unknown_before(value), value) {
        (Some(""), _) => "something".to_owned(),
        (Some(end), _) => format!("…{end}"),
        (None, Value::String(text)) => text.clone(),
        (None, value) => value.to_string(),
    };
    if whole.chars().count() <= SHOWN { whole } else { whole.chars().take(SHOWN).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "values are written in place")]
    fn told(wanted: Value, is: Value) -> Vec<String> {
        differences("P", Some(&wanted), Some(&is)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_aws_writes_in_another_form_is_no_difference() {
        assert_eq!(told(json!("300"), json!(300)), [""; 0]);
        assert_eq!(told(json!("24"), json!(24.0)), [""; 0]);
        assert_eq!(told(json!(["a", "b"]), json!(["b", "a"])), [""; 0]);
        assert_eq!(told(json!({ "Action": ["x"] }), json!({ "Action": "x" })), [""; 0]);
        assert_eq!(told(json!({ "AWS": ["1", "2"] }), json!({ "AWS": ["arn:aws:iam::2:root", "arn:aws:iam::1:root"] })), [""; 0]);
        assert_eq!(told(json!({ "Unknown": "/queue" }), json!("http://x/queue")), [""; 0]);
        assert_eq!(differences("P", None, Some(&Value::Null)), []);
    }

    #[test]
    fn each_difference_is_told_with_its_place() {
        let wanted = json!([{ "Id": "a", "Arn": "x", "DeadLetterConfig": { "Arn": "d" } }]);
        assert_eq!(
            told(wanted.clone(), json!([{ "Id": "a", "Arn": "x" }])),
            [r#"P.a.DeadLetterConfig is not set, and the template says {"Arn":"d"}"#]
        );
        let more = json!([{ "Id": "a", "Arn": "x", "DeadLetterConfig": { "Arn": "d" } }, { "Id": "b", "Arn": "y" }]);
        assert_eq!(told(wanted, more), [r#"P.b is {"Arn":"y","Id":"b"}, and the template has nothing there"#]);
        assert_eq!(told(json!("true"), json!(false)), ["P is false, and the template says true"]);
        assert_eq!(told(json!({ "Unknown": "/queue" }), json!("http://x/other")), ["P is http://x/other, and the template says …/queue"]);
    }

    #[test]
    fn a_condition_that_is_gone_from_a_policy_is_a_difference() {
        let wanted =
            json!({ "Statement": [{ "Sid": "S", "Effect": "Allow", "Condition": { "StringEquals": { "sts:ExternalId": "e" } } }] });
        let is = json!({ "Statement": [{ "Sid": "S", "Effect": "Allow" }] });
        assert_eq!(told(wanted, is).len(), 1);
    }

    #[test]
    fn a_statement_that_is_added_to_a_policy_is_a_difference() {
        let wanted = json!({ "Statement": [{ "Sid": "S", "Effect": "Allow" }] });
        let is = json!({ "Statement": [{ "Sid": "S", "Effect": "Allow" }, { "Effect": "Allow", "Action": "*" }] });
        assert_eq!(told(wanted, is).len(), 1);
    }
}
