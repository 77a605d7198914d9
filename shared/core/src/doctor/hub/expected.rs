//! What is read of AWS for each type of resource, and what the template says of it in the same words.

use serde_json::{Map, Value, json};

use super::super::template::Resource;

/// A type, its properties that are compared, and what those with a default are where the template says nothing.
type Compared = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const COMPARED: &[Compared] = &[
    (
        "AWS::CloudWatch::Alarm",
        &["ActionsEnabled", "AlarmActions", "ComparisonOperator", "EvaluationPeriods", "Threshold"],
        &[("ActionsEnabled", "true")],
    ),
    (
        "AWS::DynamoDB::Table",
        &[
            "DeletionProtectionEnabled",
            "PointInTimeRecoverySpecification",
            "ResourcePolicy",
            "SSESpecification",
            "StreamSpecification",
            "TimeToLiveSpecification",
        ],
        &[],
    ),
    ("AWS::Events::EventBus", &["Policy"], &[]),
    ("AWS::Events::Rule", &["EventPattern", "State", "Targets"], &[("State", "ENABLED")]),
    ("AWS::IAM::Role", &["AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary", "Policies"], &[]),
    ("AWS::SNS::Topic", &["KmsMasterKeyId", "Policy"], &[]),
    (
        "AWS::SQS::Queue",
        &["KmsMasterKeyId", "MessageRetentionPeriod", "Policy", "RedrivePolicy", "VisibilityTimeout"],
        &[("MessageRetentionPeriod", "345600"), ("VisibilityTimeout", "30")],
    ),
    ("AWS::Scheduler::Schedule", &["ScheduleExpression", "State", "Target"], &[("State", "ENABLED")]),
    ("AWS::Serverless::Function", &["Architectures", "Environment", "MemorySize", "Role", "Runtime", "Timeout"], &[]),
];

/// Policies that are resources of their own: the property that names whom they are of.
const POLICIES: [(&str, &str); 3] =
    [("AWS::Events::EventBusPolicy", "EventBusName"), ("AWS::SNS::TopicPolicy", "Topics"), ("AWS::SQS::QueuePolicy", "Queues")];

/// The properties of a type that are compared.
pub(super) fn compared(kind: &str) -> Option<&'static [&'static str]> {
    COMPARED.iter().find(|(known, ..)| *known == kind).map(|(_, properties, _)| *properties)
}

/// The resources that are looked at, with their policies as properties of theirs: whose policy it is, another stack may say.
pub fn expected(resources: Vec<(&'static str, Resource)>) -> Vec<(&'static str, Resource)> {
    let (policies, others): (Vec<_>, Vec<_>) = resources.into_iter().partition(|(_, one)| owner_property(&one.kind).is_some());
    let looked_at = others.into_iter().filter(|(_, one)| compared(&one.kind).is_some() && one.name().is_some());
    looked_at
        .map(|(file, mut resource)| {
            let statements: Vec<Value> =
                policies.iter().filter(|(_, policy)| is_of(policy, &resource)).flat_map(|(_, one)| statements(one)).collect();
            if let Some(properties) = resource.properties.as_object_mut() {
                complete(&resource.kind, properties);
                if !statements.is_empty() {
                    properties.insert("Policy".to_owned(), json!({ "Version": "2012-10-17", "Statement": statements }));
                }
            }
            (file, resource)
        })
        .collect()
}

/// Defaults, and the words in which AWS answers.
fn complete(kind: &str, properties: &mut Map<String, Value>) {
    for (property, default) in COMPARED.iter().filter(|(known, ..)| *known == kind).flat_map(|(.., defaults)| *defaults) {
        properties.entry(*property).or_insert_with(|| json!(default));
    }
    // DescribeTable has the key's ARN, whatever name it was given by.
    if let Some(encryption) = properties.get_mut("SSESpecification").and_then(Value::as_object_mut) {
        encryption.remove("KMSMasterKeyId");
    }
}

fn owner_property(kind: &str) -> Option<&'static str> {
    POLICIES.iter().find(|(known, _)| *known == kind).map(|(_, property)| *property)
}

/// A queue's policy names its address, a topic's its ARN, a bus's its name: all end with the name.
fn is_of(policy: &Resource, owner: &Resource) -> bool {
    let Some(named) = owner_property(&policy.kind).and_then(|property| policy.properties.get(property)) else { return false };
    let named = named.get(0).unwrap_or(named);
    let named = super::super::template::unknown_before(named).or_else(|| named.as_str()).unwrap_or_default();
    let service = |kind: &str| kind.rsplit_once("::").map(|(service, _)| service.to_owned());
    service(&policy.kind) == service(&owner.kind) && owner.name().is_some_and(|name| named.rsplit(['/', ':']).next() == Some(name))
}

fn statements(policy: &Resource) -> Vec<Value> {
    if let (Some(id), Some(Value::Object(statement))) = (policy.text("StatementId"), policy.properties.get("Statement")) {
        let mut statement = statement.clone();
        statement.insert("Sid".to_owned(), json!(id));
        return vec![Value::Object(statement)];
    }
    let document = policy.properties.get("PolicyDocument").and_then(|document| document.get("Statement"));
    document.and_then(Value::as_array).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::template::{Made, Template};
    use super::*;

    const FILES: [&str; 3] = ["hub", "people", "watch"];

    /// What the policy of all functions says is not read, only that it is attached; `tests/permissions` holds the templates to it. Of a log group or a
    /// dashboard that is gone nothing breaks.
    const NOT_COMPARED: [&str; 3] = ["AWS::CloudWatch::Dashboard", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup"];

    fn resources() -> Vec<(&'static str, Resource)> {
        let made = Made {
            parameters: [("MemberAccounts".to_owned(), "222222222222".to_owned())].into(),
            account: "111111111111".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let of = |file: &'static str| {
            let path = format!("{}/../../infra/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).expect("it is there");
            Template::read(&text).expect("a template").resources(&made).into_iter().map(move |resource| (file, resource))
        };
        FILES.into_iter().flat_map(of).collect()
    }

    #[test]
    fn every_type_in_the_templates_is_compared_or_left_out_for_a_reason() {
        for (file, resource) in resources() {
            let kind = resource.kind.as_str();
            let known = compared(kind).is_some() || NOT_COMPARED.contains(&kind) || owner_property(kind).is_some();
            assert!(known, "infra/{file}.yaml: nobody looks at {kind}");
        }
    }

    #[test]
    fn every_policy_has_an_owner_of_which_it_is_compared() {
        let policies = resources().iter().filter(|(_, one)| owner_property(&one.kind).is_some()).count();
        let all = expected(resources());
        let owners: Vec<&str> =
            all.iter().filter(|(_, one)| one.properties.get("Policy").is_some()).filter_map(|(_, one)| one.name()).collect();
        assert_eq!(owners.len(), policies, "{owners:?}");
        assert!(owners.contains(&"peerwright-undelivered"), "its policy is in another template than itself: {owners:?}");
        assert_eq!(all.iter().filter(|(_, one)| one.kind == "AWS::Serverless::Function").count(), 5);
    }
}
