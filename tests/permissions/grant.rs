//! What the policies of a template grant, one line for each action on each resource.

use std::collections::BTreeSet;

use serde_json::Value;

/// One action that a statement allows or denies on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// The logical id of the resource whose policy it is.
    pub(crate) of: String,
    /// The action, or the policy that is attached.
    pub(crate) action: String,
    /// The rest of the line: effect, resource, principal, conditions.
    terms: String,
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.of, self.action, self.terms)
    }
}

/// Everything that the policies of a template's resources grant, whatever kind of policy it is.
pub(crate) fn grants(template: &Value) -> BTreeSet<Grant> {
    let mut found = BTreeSet::new();
    let resources = template["Resources"].as_object().into_iter().flatten();
    for (of, resource) in resources {
        walk(of, &resource["Properties"], "", &mut found);
        for attached in resource["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten() {
            found.insert(Grant { of: of.clone(), action: text(attached), terms: "attached".to_owned() });
        }
        if resource["Type"] == "AWS::IAM::Role" {
            let boundary = text(&resource["Properties"]["PermissionsBoundary"]);
            found.insert(Grant { of: of.clone(), action: boundary, terms: "bounds it".to_owned() });
        }
    }
    found
}

/// Every statement below a value. `when` is the template's condition under which it stands there.
fn walk(of: &str, value: &Value, when: &str, found: &mut BTreeSet<Grant>) {
    match value {
        Value::Object(fields) if fields.contains_key("Effect") => found.extend(of_statement(of, value, when)),
        Value::Object(fields) => fields.values().for_each(|field| walk(of, field, when, found)),
        Value::Array(items) => match items.as_slice() {
            [Value::String(condition), then, otherwise] if !then.is_string() => {
                walk(of, then, &format!(" when {condition}"), found);
                walk(of, otherwise, &format!(" unless {condition}"), found);
            }
            items => items.iter().for_each(|item| walk(of, item, when, found)),
        },
        _ => {}
    }
}

fn of_statement(of: &str, statement: &Value, when: &str) -> Vec<Grant> {
    let effect = text(&statement["Effect"]).to_lowercase();
    let principal = match &statement["Principal"] {
        Value::Null => String::new(),
        who => format!(" to {}", text(who)),
    };
    let condition = match &statement["Condition"] {
        Value::Null => String::new(),
        terms => format!(" if {}", text(terms)),
    };
    let mut grants = Vec::new();
    for action in list(&statement["Action"]) {
        for resource in list(&statement["Resource"]) {
            let terms = format!("{effect} on {}{principal}{condition}{when}", text(resource));
            grants.push(Grant { of: of.to_owned(), action: text(action), terms });
        }
    }
    grants
}

/// A list, or a single value in its place; a trust policy has no resource, which counts as one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "itself".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
