//! The table as a file that says the same.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use super::{ALIAS_KEY, MEMBER_KEY, Problems, Stored, StoredAllowlist};

/// The order in which people write the keys of a rule; what is not named comes behind, by its name.
const ORDER: &[&str] = &[
    "aliases",
    "rules",
    "id",
    "effect",
    "requester",
    "accepter",
    "account",
    "region",
    "vpc",
    "alias",
    "accounts",
    "organizational_units",
    "organization",
    "regions",
    "vpcs",
    "cidrs",
    "approval",
    "not_after",
    "routes",
    "security_groups",
    "dns_resolution",
    "on_revoke",
    "replace",
    "groups",
    "tables",
    "destinations",
    "exclude",
    "ingress",
    "egress",
    "protocol",
    "ports",
    "icmp_type",
    "icmp_code",
    "from",
    "to",
    "across_regions",
];

/// A file that makes a table say what these items say: aliases and rules by their names. A rule that can't be read has no place in a file; those there
/// are, are returned with why.
pub fn export(items: &[Stored]) -> Result<String, Vec<(String, Problems)>> {
    let unreadable: Vec<(String, Problems)> =
        StoredAllowlist::read(items).rules.into_iter().filter_map(Result::err).map(|rule| (rule.id, rule.problems)).collect();
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let (aliases, mut rules): (Vec<&Stored>, Vec<&Stored>) =
        items.iter().filter(|item| item.accepter != MEMBER_KEY).partition(|item| item.accepter == ALIAS_KEY);
    rules.sort_by_key(|item| &item.id);
    let aliases: serde_json::Map<String, Value> = aliases.into_iter().map(|item| (item.id.clone(), item.body.clone())).collect();
    let mut file = serde_json::Map::new();
    if !aliases.is_empty() {
        file.insert("aliases".to_owned(), Value::Object(aliases));
    }
    file.insert("rules".to_owned(), rules.into_iter().map(|item| item.body.clone()).collect());
    Ok(in_yaml(&Value::Object(file)))
}

/// A rule, or a part of one, in YAML.
pub fn in_yaml(value: &Value) -> String {
    serde_saphyr::to_string(&InOrder(value)).unwrap_or_else(|error| unreachable!("values of JSON can be written: {error}"))
}

/// A value whose keys come in the order in which people write them.
struct InOrder<'v>(&'v Value);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(entries) => {
                let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
                let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
                entries.sort_by_key(|(key, _)| (rank(key), (*key).clone()));
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &InOrder(value))?;
                }
                map.end()
            }
            Value::Array(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&InOrder(value))?;
                }
                list.end()
            }
            single => single.serialize(serializer),
        }
    }
}
