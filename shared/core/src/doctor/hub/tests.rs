//! Findings of a hub whose facts are what its templates say, with one thing changed.

use serde_json::json;

use super::super::Unread;
use super::*;

const NOW: &str = "2026-01-02T03:04:05Z";

/// A healthy hub: everything that is looked at is as the templates have it.
fn healthy(parameters: &[(&str, &str)]) -> Facts {
    let mut parameters: BTreeMap<String, String> = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    parameters.entry("MemberAccounts".into()).or_insert_with(|| "222222222222".into());
    let made = Made { account: "111111111111".into(), region: "eu-west-1".into(), partition: "aws".into(), ..Made::default() };
    let part = |file: &'static str| {
        let path = format!("{}/../../infra/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
        let ours = Template::read(&std::fs::read_to_string(path).expect("it is there")).expect("a template");
        let stack = Stack { name: format!("stack-{file}"), status: "UPDATE_COMPLETE".into(), parameters: parameters.clone() };
        Part { file, stack: Found::Is(stack), deployed: Found::Is(ours.clone()), ours }
    };
    let parts: Vec<Part> = ["hub", "people", "watch"].into_iter().map(part).collect();
    let all = parts.iter().flat_map(|part| part.resources(&made).into_iter().map(|one| (part.file, one))).collect();
    let resources = expected(all).into_iter().map(|(file, resource)| (file, resource.clone(), Found::Is(as_wanted(&resource)))).collect();
    Facts {
        prefix: "peerwright".into(),
        parts,
        resources,
        concurrency: Found::Is(Concurrency { limit: 1000, unreserved: 1000 }),
        last_sweep: Found::Is(LastSweep { began: NOW.parse().expect("a time"), version: Some("1.2.3".into()) }),
        organization: Organization { id: Found::Missing, told: Found::Unread(Unread::refused("denied")), units_in_rules: Found::Is(false) },
        now: NOW.parse().expect("a time"),
        version: "1.2.3".into(),
    }
}

/// What AWS answers of a resource that is as it is wanted.
fn as_wanted(resource: &Resource) -> Value {
    let mut is = known(&resource.properties);
    match resource.kind.as_str() {
        "AWS::SNS::Topic" => is["Subscriptions"] = json!([{ "Endpoint": "you@example.com", "Pending": false }]),
        "AWS::Serverless::Function" => {
            let events = resource.properties["Events"].as_object().into_iter().flatten();
            let mappings: Vec<Value> = events
                .map(|(_, event)| {
                    let mut mapping = known(&event["Properties"]);
                    mapping["EventSourceArn"] =
                        mapping.get("Queue").cloned().unwrap_or_else(|| json!("arn:aws:dynamodb:eu-west-1:1:table/t/stream/s"));
                    mapping["State"] = json!("Enabled");
                    mapping["UUID"] = json!("u-1");
                    mapping
                })
                .collect();
            is["Mappings"] = json!(mappings);
        }
        _ => {}
    }
    is
}

/// A value in which what no template knows is known.
fn known(value: &Value) -> Value {
    if let Some(end) = super::super::template::unknown_before(value) {
        return json!(format!("known{end}"));
    }
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), known(value))).collect(),
        Value::Array(items) => items.iter().map(known).collect(),
        scalar => scalar.clone(),
    }
}

fn of<'f>(facts: &'f mut Facts, name: &str, kind: &str) -> &'f mut Value {
    let found = facts.resources.iter_mut().find(|(_, one, _)| one.name() == Some(name) && one.kind == kind);
    match found {
        Some((.., Found::Is(is))) => is,
        _ => panic!("no {name}"),
    }
}

fn told(facts: &Facts) -> Vec<(Check, String, bool)> {
    findings(facts).into_iter().map(|one| (one.check, format!("{}: {}", one.subject, one.what), one.unknown)).collect()
}

#[track_caller]
fn only(facts: &Facts, check: Check, words: &str) {
    let found = told(facts);
    assert!(matches!(found.as_slice(), [(one, what, false)] if *one == check && what.contains(words)), "{found:#?}");
}

#[test]
fn nothing_is_wrong_where_everything_is_as_the_templates_say() {
    assert_eq!(told(&healthy(&[])), []);
}

#[test]
fn what_aws_does_not_tell_is_a_finding_for_each_thing_that_is_looked_at() {
    let mut facts = healthy(&[]);
    for (.., is) in &mut facts.resources {
        *is = Found::Unread(Unread::refused("denied"));
    }
    let found = told(&facts);
    assert_eq!(found.len(), facts.resources.len());
    assert!(found.iter().all(|(_, what, unknown)| *unknown && what.contains("denied")));
    facts.resources.clear();
    facts.concurrency = Found::Unread(Unread::refused("denied"));
    facts.last_sweep = Found::Unread(Unread::refused("denied"));
    facts.organization.units_in_rules = Found::Unread(Unread::refused("denied"));
    for part in &mut facts.parts {
        part.deployed = Found::Unread(Unread::refused("denied"));
    }
    assert_eq!(told(&facts).iter().filter(|(.., unknown)| *unknown).count(), 6);
}

#[test]
fn where_nobody_answers_no_finding_asks_for_a_permission() {
    let mut facts = healthy(&[("OrganizationId", "o-a1b2c3d4e5"), ("MemberRegions", "eu-west-1")]);
    let silent = || Unread::no_answer("AWS gave no answer in time");
    for (.., is) in &mut facts.resources {
        *is = Found::Unread(silent());
    }
    facts.concurrency = Found::Unread(silent());
    facts.last_sweep = Found::Unread(silent());
    facts.organization =
        Organization { id: Found::Unread(silent()), told: Found::Unread(silent()), units_in_rules: Found::Unread(silent()) };
    for part in &mut facts.parts {
        part.deployed = Found::Unread(silent());
    }
    let found = findings(&facts);
    assert!(found.len() > facts.resources.len());
    for one in found {
        assert!(one.unknown && !one.fix.contains("role") && !one.fix.contains("delegated"), "{one:?}");
    }
}

#[test]
fn whatever_is_gone_is_a_finding() {
    let mut facts = healthy(&[]);
    for (.., is) in &mut facts.resources {
        *is = Found::Missing;
    }
    let found = told(&facts);
    assert_eq!(found.len(), facts.resources.len());
    assert!(found.iter().all(|(_, what, _)| what.contains("not there")));
}

#[test]
fn a_stack_that_is_missing_or_did_not_end_well_is_a_finding() {
    let mut facts = healthy(&[]);
    facts.parts[2].stack = Found::Missing;
    only(&facts, Check::Stack, "infra/watch.yaml");
    let mut facts = healthy(&[]);
    let Found::Is(stack) = &mut facts.parts[0].stack else { panic!() };
    stack.status = "UPDATE_ROLLBACK_FAILED".into();
    only(&facts, Check::Stack, "UPDATE_ROLLBACK_FAILED");
}

#[test]
fn accounts_in_another_order_are_the_same_accounts() {
    let mut facts = healthy(&[("MemberAccounts", "222222222222,333333333333")]);
    let Found::Is(stack) = &mut facts.parts[1].stack else { panic!() };
    stack.parameters.insert("MemberAccounts".into(), "333333333333,222222222222".into());
    assert_eq!(told(&facts), []);
}

#[test]
fn a_new_account_whose_limit_is_too_low_for_the_functions_is_told_so() {
    let mut facts = healthy(&[]);
    facts.concurrency = Found::Is(Concurrency { limit: 10, unreserved: 10 });
    only(&facts, Check::Concurrency, "10 of 10");
}

#[test]
fn a_function_that_failed_is_told_with_lambdas_reason_and_one_that_is_changed_just_now_is_not() {
    let mut facts = healthy(&[]);
    let is = of(&mut facts, "peerwright-sweep", "AWS::Serverless::Function");
    is["LastUpdateStatus"] = json!("InProgress");
    is["State"] = json!("Inactive");
    assert_eq!(told(&facts), []);
    let is = of(&mut facts, "peerwright-sweep", "AWS::Serverless::Function");
    is["State"] = json!("Failed");
    is["StateReason"] = json!("the key is disabled");
    only(&facts, Check::Function, "the key is disabled");
}

#[test]
fn the_stream_of_the_allowlist_must_wake_the_sweep() {
    let mut facts = healthy(&[]);
    let is = of(&mut facts, "peerwright-sweep", "AWS::Serverless::Function");
    is["Mappings"]
        .as_array_mut()
        .expect("a list")
        .retain(|one| !one["EventSourceArn"].as_str().is_some_and(|arn| arn.contains("dynamodb")));
    only(&facts, Check::Mapping, "the stream of the allowlist");
}

#[test]
fn a_stream_with_other_images_is_a_finding() {
    let mut facts = healthy(&[]);
    of(&mut facts, "peerwright-allowlist", "AWS::DynamoDB::Table")["StreamSpecification"] = Value::Null;
    only(&facts, Check::Table, "StreamSpecification");
}

#[test]
fn a_subscription_that_nobody_confirmed_tells_nobody() {
    let mut facts = healthy(&[]);
    of(&mut facts, "peerwright-attention", "AWS::SNS::Topic")["Subscriptions"] = json!([
        { "Endpoint": "you@example.com", "Pending": false },
        { "Endpoint": "me@example.com", "Pending": true },
    ]);
    only(&facts, Check::Topic, "me@example.com");
}

#[test]
fn an_alarm_about_a_prefix_with_hyphens_names_its_section() {
    let mut facts = healthy(&[("Prefix", "net-peer")]);
    facts.prefix = "net-peer".into();
    of(&mut facts, "net-peer-accept-dead-letter", "AWS::SQS::Queue")["ApproximateNumberOfMessages"] = json!("3");
    let found = findings(&facts);
    let [letters] = found.as_slice() else { panic!("{found:?}") };
    assert!(letters.fix.ends_with("section accept-dead-letter"), "{}", letters.fix);
}

#[test]
fn an_organization_must_be_the_hubs_own() {
    let parameters = [("OrganizationId", "o-a1b2c3d4e5")];
    let mut facts = healthy(&parameters);
    facts.organization.id = Found::Is("o-a1b2c3d4e5".into());
    assert_eq!(told(&facts), []);
    facts.organization.id = Found::Is("o-zzzzzzzzzz".into());
    only(&facts, Check::Organization, "o-zzzzzzzzzz");
    facts.organization.id = Found::Missing;
    only(&facts, Check::Organization, "in no organization");
}

#[test]
fn an_organization_that_tells_nothing_matters_where_something_rests_on_it() {
    let mut facts = healthy(&[("MemberRegions", "eu-west-1")]);
    only(&facts, Check::Organization, "MemberRegions");
    facts.organization.told = Found::Is(());
    assert_eq!(told(&facts), []);
    let mut facts = healthy(&[]);
    facts.organization.units_in_rules = Found::Is(true);
    only(&facts, Check::Organization, "organizational_units match nothing");
}

#[test]
fn a_sweep_is_late_after_twice_the_time_of_the_schedule() {
    let mut facts = healthy(&[("SweepMinutes", "60")]);
    let began = |minutes: i64| Found::Is(LastSweep { began: facts_now() - minutes.minutes(), version: Some("1.2.3".into()) });
    facts.last_sweep = began(119);
    assert_eq!(told(&facts), []);
    facts.last_sweep = began(121);
    only(&facts, Check::Sweep, "more than 120 minutes ago");
    facts.last_sweep = Found::Missing;
    only(&facts, Check::Sweep, "no sweep");
}

fn facts_now() -> Timestamp {
    NOW.parse().expect("a time")
}

#[test]
fn functions_of_a_release_that_wrote_no_version_are_another_version() {
    let mut facts = healthy(&[]);
    facts.last_sweep = Found::Is(LastSweep { began: facts_now(), version: None });
    only(&facts, Check::Version, "a release that does not tell");
}
