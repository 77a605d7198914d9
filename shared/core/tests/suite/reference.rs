//! The documentation of the allowlist and its schema name every key that the parser reads, and no other; their examples are right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::allowlist::{ALL_KEYS, Allowlist};
use peerwright_core::rule_lint::LintKind;
use serde_json::{Value, json};

const MARKDOWN: &str = include_str!("../../../../docs/reference/allowlist.md");
const SCHEMA: &str = include_str!("../../../../docs/reference/allowlist.schema.json");

type Keys = BTreeMap<String, BTreeSet<String>>;

fn keys_of_the_parser() -> Keys {
    ALL_KEYS.iter().map(|(place, keys)| ((*place).to_owned(), keys.iter().map(ToString::to_string).collect())).collect()
}

/// Words in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of each table of keys: the places that it is about, a key and its example.
fn rows() -> Vec<(Vec<String>, String, String)> {
    let mut places = Vec::new();
    let mut rows = Vec::new();
    for line in MARKDOWN.lines() {
        if let Some(about) = line.strip_prefix("Keys of ") {
            places = quoted(about).into_iter().filter(|word| word.starts_with("rules[]") || word.starts_with("aliases")).collect();
            if about.starts_with("the file") {
                places = vec![String::new()];
            }
        } else if line.starts_with("## ") {
            places.clear();
        } else if line.starts_with("| `") && !places.is_empty() {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            assert!(matches!(cells.len(), 5 | 6), "{line}");
            let cell = |text: &str| quoted(text).into_iter().next().expect("something in backticks");
            rows.push((places.clone(), cell(cells[0]), cell(cells[cells.len() - 1])));
        }
    }
    rows
}

#[test]
fn the_reference_names_every_key_that_is_read_and_no_other() {
    let mut documented = Keys::new();
    for (places, key, _) in rows() {
        for place in places {
            assert!(documented.entry(place.clone()).or_default().insert(key.clone()), "{key} of `{place}` is there twice");
        }
    }
    assert_eq!(documented, keys_of_the_parser());
}

#[test]
fn the_schema_names_every_key_that_is_read_and_no_other() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut named = Keys::new();
    collect(&schema, &schema, "", &mut named);
    assert_eq!(named, keys_of_the_parser());
}

/// The properties of a schema and of what it refers to, by their places.
fn collect(schema: &Value, root: &Value, place: &str, named: &mut Keys) {
    if let Some(name) = schema["$ref"].as_str() {
        let found = root.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name} is not there"));
        collect(found, root, place, named);
    }
    for one in schema["anyOf"].as_array().into_iter().flatten() {
        collect(one, root, place, named);
    }
    if let Some(properties) = schema["properties"].as_object() {
        assert_eq!(schema["additionalProperties"], json!(false), "`{place}` is open to other keys");
        for (key, value) in properties {
            named.entry(place.to_owned()).or_default().insert(key.clone());
            let end_of_a_wish = ["routes", "security_groups"].iter().any(|wish| place.ends_with(wish));
            let key = if end_of_a_wish { "*" } else { key };
            let below = if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
            collect(value, root, &below, named);
        }
    }
    if schema["additionalProperties"].is_object() {
        collect(&schema["additionalProperties"], root, &format!("{place}.*"), named);
    }
    if schema["items"].is_object() {
        collect(&schema["items"], root, &format!("{place}[]"), named);
    }
}

#[test]
fn the_words_of_the_schema_are_those_of_the_parser() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let rule = &schema["$defs"]["rule"]["properties"];
    for (key, count) in [("effect", 2), ("approval", 2), ("on_revoke", 3), ("replace", 2)] {
        let words = rule[key]["enum"].as_array().expect("words");
        assert_eq!(words.len(), count, "{key}");
        for word in words {
            valid(&file("rules[]", key, word));
        }
    }
}

#[test]
fn every_example_of_the_reference_is_valid() {
    for (places, key, example) in rows() {
        let written: Value = serde_saphyr::from_str(&example).unwrap_or_else(|error| panic!("{example}: {error}"));
        let value = written.get(&key).unwrap_or_else(|| panic!("the example of {key} is {example}"));
        for place in places {
            valid(&file(&place, &key, value));
        }
    }
    let blocks: Vec<&str> = MARKDOWN.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 3);
    blocks.into_iter().for_each(valid);
}

#[track_caller]
fn valid(text: &str) {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    Allowlist::from_yaml(text, now).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
}

/// A file that is right, with one key of one place as given.
fn file(place: &str, key: &str, value: &Value) -> String {
    let with = |mut map: Value| {
        map[key] = value.clone();
        map
    };
    let vpc = json!({ "account": "222222222222", "region": "eu-west-1", "vpc": "vpc-b0000000" });
    let mut file = json!({ "aliases": { "shared-services": vpc }, "rules": [rule("allow")] });
    let traffic = |end: &str| match key {
        "icmp_type" => {
            json!({ "protocol": "icmp", end: "peer-vpc" })
        }
        "icmp_code" => {
            json!({ "protocol": "icmp", "icmp_type": 8, end: "peer-vpc" })
        }
        "protocol" if value != "tcp" => {
            json!({ end: "peer-vpc" })
        }
        "across_regions" => {
            json!({ "protocol": "tcp", "ports": "443", end: { "groups": ["sg-a0000001"] } })
        }
        _ => {
            json!({ "protocol": "tcp", "ports": "443", end: "peer-vpc" })
        }
    };
    let groups = |selection: Value| json!({ "groups": selection, "ingress": [] });
    let permission = |way: &str, permission: Value| json!({ "accepter": [{ "groups": ["sg-b0000001"], way: [permission] }] });
    let from = |way: &str, end: &str, peer: Value| permission(way, json!({ "protocol": "all", end: peer }));
    let target = &mut file["rules"][0];
    match place {
        "" => file = with(file),
        "aliases.*" => file["aliases"]["shared-services"] = with(file["aliases"]["shared-services"].clone()),
        "rules[]" => *target = with(rule("allow")),
        "rules[].requester" | "rules[].accepter" => {
            *target = rule("deny");
            target[place.trim_start_matches("rules[].")] = with(json!({}));
        }
        "rules[].routes" | "rules[].security_groups" | "rules[].dns_resolution" => {
            target[place.trim_start_matches("rules[].")] = with(json!({}));
        }
        "rules[].routes.*" => target["routes"]["requester"] = with(json!({ "tables": "all" })),
        "rules[].routes.*.tables" => target["routes"]["requester"]["tables"] = with(json!({})),
        "rules[].routes.*.tables.subnets" => target["routes"]["requester"]["tables"]["subnets"] = with(json!({})),
        "rules[].security_groups.*[]" => target["security_groups"]["accepter"] = json!([with(groups(json!(["sg-b0000001"])))]),
        "rules[].security_groups.*[].groups" => target["security_groups"]["accepter"] = json!([groups(with(json!({})))]),
        "rules[].security_groups.*[].ingress[]" => target["security_groups"] = permission("ingress", with(traffic("from"))),
        "rules[].security_groups.*[].egress[]" => target["security_groups"] = permission("egress", with(traffic("to"))),
        "rules[].security_groups.*[].ingress[].from" => target["security_groups"] = from("ingress", "from", with(json!({}))),
        "rules[].security_groups.*[].egress[].to" => target["security_groups"] = from("egress", "to", with(json!({}))),
        "rules[].security_groups.*[].ingress[].from.groups" => {
            target["security_groups"] = from("ingress", "from", json!({ "groups": with(json!({})) }));
        }
        "rules[].security_groups.*[].egress[].to.groups" => {
            target["security_groups"] = from("egress", "to", json!({ "groups": with(json!({})) }));
        }
        other => panic!("no example is made for {other}"),
    }
    file.to_string()
}

fn rule(effect: &str) -> Value {
    json!({ "id": "r", "effect": effect, "requester": { "accounts": ["111111111111"] }, "accepter": { "accounts": ["222222222222"] } })
}

#[test]
fn the_reference_explains_every_kind_of_finding_and_no_other() {
    let section = MARKDOWN.split("## Likely mistakes").nth(1).expect("a section").split("\n## ").next().expect("its text");
    let explained: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(explained, LintKind::ALL.map(LintKind::as_str));
}
