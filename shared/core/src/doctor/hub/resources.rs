//! One resource of the hub: as the template has it, and beyond what a template says whether it works.

use serde_json::Value;

use super::super::compare::differences;
use super::super::template::{Resource, unknown_before};
use super::super::{Check, Finding, Found, fix};
use super::Facts;
use super::expected::compared;

/// All that is wrong with one resource.
pub(super) fn findings(file: &'static str, resource: &Resource, is: &Found<Value>, facts: &Facts) -> Vec<Finding> {
    let (check, name) = (check_of(&resource.kind), resource.name().unwrap_or(&resource.logical));
    match is {
        Found::Missing => {
            vec![Finding::new(check, name, format!("it is not there, and infra/{file}.yaml makes it"), fix::absent(resource, file))]
        }
        Found::Unread(why) => vec![Finding::unknown(check, name, why, "use the role of people for the doctor (infra/people.yaml)")],
        Found::Is(is) => {
            let mut found = drift(check, name, resource, is);
            found.extend(match resource.kind.as_str() {
                "AWS::SQS::Queue" => letters(name, is, &facts.prefix),
                "AWS::Serverless::Function" => function(name, resource, is, facts),
                "AWS::CloudWatch::Alarm" => alarm(name, is, &facts.prefix),
                "AWS::SNS::Topic" => subscriptions(name, is),
                _ => Vec::new(),
            });
            found
        }
    }
}

/// Differences from the template.
pub(in super::super) fn drift(check: Check, name: &str, resource: &Resource, is: &Value) -> Vec<Finding> {
    let properties = compared(&resource.kind).unwrap_or_default();
    let told = properties.iter().flat_map(|property| {
        let differences = differences(property, resource.properties.get(*property), is.get(*property));
        let check = if matches!(*property, "ManagedPolicyArns" | "Policies") { Check::Policy } else { check };
        differences.into_iter().map(move |difference| Finding::new(check, name, difference.to_string(), fix::of(resource, property, is)))
    });
    told.collect()
}

fn check_of(kind: &str) -> Check {
    match kind {
        "AWS::CloudWatch::Alarm" => Check::Alarm,
        "AWS::DynamoDB::Table" => Check::Table,
        "AWS::Events::EventBus" => Check::Bus,
        "AWS::Events::Rule" => Check::Rule,
        "AWS::IAM::Role" => Check::Trust,
        "AWS::SNS::Topic" => Check::Topic,
        "AWS::SQS::Queue" => Check::Queue,
        "AWS::Scheduler::Schedule" => Check::Schedule,
        _ => Check::Function,
    }
}

/// Messages in a queue that nobody works off.
fn letters(name: &str, is: &Value, prefix: &str) -> Vec<Finding> {
    let unserved = ["-dead-letter", "-undelivered", "-missed-changes"].iter().any(|end| name.ends_with(end));
    let count = is["ApproximateNumberOfMessages"].as_str().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    if !unserved || count == 0 {
        return Vec::new();
    }
    let fix = format!("read what lies there, mend what it tells, redrive or delete it: docs/runbook.md, section {}", section(name, prefix));
    vec![Finding::new(Check::Letters, name, format!("about {count} of what was given up lie in it"), fix)]
}

/// The section of the runbook about something: its name without the prefix.
fn section<'n>(name: &'n str, prefix: &str) -> &'n str {
    name.strip_prefix(prefix).unwrap_or(name).trim_start_matches('-')
}

fn function(name: &str, resource: &Resource, is: &Value, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    // Neither what is under way is wrong, nor a function that Lambda put aside because nobody used it for weeks: it comes back when it is invoked.
    for property in ["State", "LastUpdateStatus"] {
        if is[property] == "Failed" {
            let why = is[format!("{property}Reason")].as_str().unwrap_or("Lambda does not say why");
            let fix = format!(
                "mend what Lambda tells (a key, a role, the code) and deploy infra/hub.yaml again; aws lambda get-function --function-name {name}"
            );
            found.push(Finding::new(Check::Function, name, format!("{property} is Failed: {why}"), fix));
        }
    }
    found.extend(mappings(name, resource, is));
    let least = u64::try_from(facts.number("MaxConcurrency", 5)).unwrap_or_default();
    if let Some(reserved) = is["ReservedConcurrentExecutions"].as_u64().filter(|reserved| *reserved < least) {
        let what = format!(
            "{reserved} concurrent runs are reserved for it, and its mappings use {least}: {}",
            if reserved == 0 { "it does not run" } else { "it is throttled" }
        );
        found.push(Finding::new(Check::Concurrency, name, what, fix::of(resource, "ReservedConcurrentExecutions", is)));
    }
    found
}

/// What wakes a function: each source under `Events` has a mapping that is enabled.
fn mappings(name: &str, resource: &Resource, is: &Value) -> Vec<Finding> {
    let events = resource.properties.get("Events").and_then(Value::as_object).into_iter().flatten();
    let actual = is["Mappings"].as_array().map_or(&[][..], Vec::as_slice);
    let told = events.flat_map(|(_, event)| {
        let wanted = &event["Properties"];
        let source = wanted.get("Queue").or_else(|| wanted.get("Stream")).unwrap_or(&Value::Null);
        let is_stream = unknown_before(source).is_some();
        let here = |one: &&Value| {
            one["EventSourceArn"]
                .as_str()
                .is_some_and(|arn| if is_stream { arn.contains(":dynamodb:") } else { Some(arn) == source.as_str() })
        };
        let shown = source.as_str().unwrap_or("the stream of the allowlist");
        let Some(mapping) = actual.iter().find(here) else {
            let what = format!("nothing wakes it from {shown}");
            return vec![Finding::new(Check::Mapping, name, what, fix::missing_mapping(name, source.as_str(), wanted))];
        };
        let state = mapping["State"].as_str().unwrap_or_default();
        let mut found = Vec::new();
        if !matches!(state, "Enabled" | "Enabling" | "Updating" | "Creating") {
            found.push(Finding::new(Check::Mapping, name, format!("its mapping to {shown} is {state}"), fix::of(resource, "Mappings", is)));
        }
        for property in ["BatchSize", "FunctionResponseTypes", "ScalingConfig"] {
            found.extend(differences(property, wanted.get(property), mapping.get(property)).into_iter().map(|difference| {
                let id = mapping["UUID"].as_str().unwrap_or_default();
                let fix = fix::other_mapping(id, property, wanted.get(property));
                Finding::new(Check::Mapping, name, format!("of its mapping to {shown}, {difference}"), fix)
            }));
        }
        found
    });
    told.collect()
}

fn alarm(name: &str, is: &Value, prefix: &str) -> Vec<Finding> {
    if is["StateValue"] != "ALARM" {
        return Vec::new();
    }
    let why = is["StateReason"].as_str().unwrap_or_default();
    vec![Finding::new(Check::Alarm, name, format!("it is in alarm: {why}"), format!("docs/runbook.md, section {}", section(name, prefix)))]
}

fn subscriptions(name: &str, is: &Value) -> Vec<Finding> {
    let all = is["Subscriptions"].as_array().map_or(&[][..], Vec::as_slice);
    let pending = all.iter().filter(|one| one["Pending"] == true).filter_map(|one| one["Endpoint"].as_str());
    let mut found: Vec<Finding> = pending
        .map(|endpoint| {
            let what = format!("{endpoint} has not confirmed its subscription, and gets nothing");
            let fix = format!(
                "follow the link in the mail of AWS Notifications, which is valid for two days, or subscribe it again: {}",
                fix::subscribe(name, is).replace("<YOUR-ADDRESS>", endpoint)
            );
            Finding::new(Check::Topic, name, what, fix)
        })
        .collect();
    if all.len() == found.len() {
        let what = "nobody is subscribed to it: alarms and requests for approval reach no one";
        found.push(Finding::new(Check::Topic, name, what, fix::subscribe(name, is)));
    }
    found
}
