//! The policies of the templates grant what the code needs, and nothing else: as a whole, with resources and conditions.

mod grant;
mod template;

use std::collections::BTreeSet;

use peerwright_core::permissions::{ACCEPT, ACCOUNTS, CLEANUP, CONFIGURE, NONE, OBSERVE, ORGANIZATION, REQUEST};
use serde_json::Value;

use grant::grants;
use template::{TEMPLATES, template};

fn lines(template: &Value) -> BTreeSet<String> {
    grants(template).iter().map(ToString::to_string).collect()
}

/// `tests/permissions/*.txt` say what each policy is to grant: whoever reviews a change of a policy reads its difference there.
#[test]
fn the_policies_grant_what_is_written_down_and_nothing_else() {
    for name in TEMPLATES {
        let found = lines(&template(name));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            template::write_down(name, &found);
        }
        let wanted = template::written_down(name);
        let [missing, superfluous] =
            [wanted.difference(&found), found.difference(&wanted)].map(|lines| lines.cloned().collect::<Vec<_>>().join("\n"));
        assert_eq!((missing.as_str(), superfluous.as_str()), ("", ""), "infra/{name}.yaml grants too little, and too much");
    }
}

/// A statement with one thing changed, for every statement and everything that can be changed of it.
fn mutants(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            if fields.contains_key("Effect") {
                found.extend(of_statement(value));
            }
            for (key, field) in fields {
                found.extend(mutants(field).into_iter().map(|mutant| {
                    let mut changed = fields.clone();
                    changed.insert(key.clone(), mutant);
                    Value::Object(changed)
                }));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                found.extend(mutants(item).into_iter().map(|mutant| {
                    let mut changed = items.clone();
                    changed[at] = mutant;
                    Value::Array(changed)
                }));
            }
        }
        _ => {}
    }
    found
}

fn of_statement(statement: &Value) -> Vec<Value> {
    let with = |key: &str, value: Value| {
        let mut changed = statement.clone();
        changed[key] = value;
        changed
    };
    let as_list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let actions = as_list(&statement["Action"]);
    let mut found = vec![with("Action", [actions.clone(), vec!["ec2:*".into()]].concat().into())];
    for at in 0..actions.len() {
        let mut fewer = actions.clone();
        fewer.remove(at);
        found.push(with("Action", fewer.into()));
    }
    if !statement["Resource"].is_null() && statement["Resource"] != "*" {
        found.push(with("Resource", "*".into()));
    }
    if let Value::Object(operators) = &statement["Condition"] {
        for (operator, keys) in operators {
            for key in keys.as_object().into_iter().flat_map(|keys| keys.keys()) {
                let mut fewer = statement.clone();
                fewer["Condition"][operator].as_object_mut().map(|keys| keys.remove(key));
                found.push(fewer);
            }
        }
    } else if !statement["Condition"].is_null() {
        found.push(with("Condition", Value::Null));
    }
    found
}

#[test]
fn a_missing_and_a_superfluous_action_a_widened_resource_and_a_dropped_condition_are_seen_in_every_statement() {
    let mut count = 0;
    for name in TEMPLATES {
        let whole = template(name);
        let before = lines(&whole);
        for mutant in mutants(&whole["Resources"]) {
            let mut changed = whole.clone();
            changed["Resources"] = mutant;
            assert_ne!(lines(&changed), before, "a change of {name} is not seen");
            count += 1;
        }
    }
    assert!(count > 300, "{count} changes were tried");
}

/// The actions of some services that a template's resource is granted.
fn actions_of(name: &str, of: &str, services: &[&str]) -> BTreeSet<String> {
    let found = grants(&template(name)).into_iter().filter(|grant| grant.of == of).map(|grant| grant.action);
    found.filter(|action| services.iter().any(|service| action.starts_with(&format!("{service}:")))).collect()
}

fn actions(lists: &[&[&str]]) -> BTreeSet<String> {
    lists.concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn each_member_role_grants_what_its_function_calls() {
    let services = ["ec2", "servicequotas"];
    assert_eq!(actions_of("member", "ReadPolicy", &services), actions(&[OBSERVE]));
    for (of, writes) in
        [("ReadRole", NONE), ("AcceptRole", ACCEPT), ("ConfigureRole", CONFIGURE), ("CleanupRole", CLEANUP), ("RequestRole", REQUEST)]
    {
        assert_eq!(actions_of("member", of, &services), actions(&[writes]), "{of}");
    }
}

#[test]
fn the_hub_grants_nothing_in_ec2() {
    for name in ["hub", "people", "watch"] {
        let found: Vec<String> = grants(&template(name)).into_iter().map(|grant| grant.action).collect();
        assert_eq!(found.iter().find(|action| action.starts_with("ec2:") || action.starts_with("servicequotas:")), None, "{name}");
    }
}

#[test]
fn each_function_and_the_operator_may_read_where_accounts_stand_in_the_organization_and_the_sweep_and_the_operator_which_there_are() {
    let services = ["organizations"];
    assert_eq!(actions_of("hub", "FunctionPolicy", &services), actions(&[ORGANIZATION]));
    assert_eq!(actions_of("hub", "SweepRole", &services), actions(&[ACCOUNTS]));
    for of in ["ExplainRole", "AllowlistRole"] {
        assert_eq!(actions_of("people", of, &services), actions(&[ORGANIZATION, ACCOUNTS]), "{of}");
    }
}
