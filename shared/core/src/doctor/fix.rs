//! How to bring a resource back to what its template says. CloudFormation repairs nothing that somebody changed behind its back as long
//! as the template says what it said: so the fix is the call itself.

use serde_json::{Value, json};

use super::template::Resource;

/// What to do about a property that is not as it should be.
pub(super) fn of(resource: &Resource, property: &str, actual: &Value) -> String {
    let name = resource.name().unwrap_or(&resource.logical);
    let wanted = |property: &str| resource.properties.get(property).map(ToString::to_string).unwrap_or_default();
    match (resource.kind.as_str(), property) {
        ("AWS::Events::EventBus", _) => format!(
            "aws events put-permission --event-bus-name {name} --policy '{}'; or, where a statement was added, \
             aws events remove-permission --event-bus-name {name} --statement-id SID",
            wanted("Policy")
        ),
        ("AWS::Events::Rule", "State") => format!("aws events enable-rule --name {name}{}", on_bus(resource)),
        ("AWS::Events::Rule", "EventPattern") => {
            format!("aws events put-rule --name {name}{} --event-pattern '{}'", on_bus(resource), wanted("EventPattern"))
        }
        ("AWS::Events::Rule", _) => format!(
            "aws events put-targets --rule {name}{} --targets '{}', and aws events remove-targets for those that are not the template's",
            on_bus(resource),
            wanted("Targets")
        ),
        ("AWS::SQS::Queue", property) => format!(
            "aws sqs set-queue-attributes --queue-url \"$(aws sqs get-queue-url --queue-name {name} --query QueueUrl --output text)\" \
             --attributes '{}'",
            json!({ property: text(resource.properties.get(property)) })
        ),
        ("AWS::Serverless::Function", "Mappings") => mapping(name, actual),
        ("AWS::Serverless::Function", "ReservedConcurrentExecutions") => {
            format!("aws lambda delete-function-concurrency --function-name {name}, or reserve what the mappings use (MaxConcurrency)")
        }
        ("AWS::Serverless::Function", property) => {
            format!("aws lambda update-function-configuration --function-name {name} with {property} as the template says")
        }
        ("AWS::DynamoDB::Table", property) => table(name, property, &wanted("ResourcePolicy")),
        ("AWS::Scheduler::Schedule", "State") => format!(
            "aws scheduler update-schedule --name {name} --state ENABLED with all else as aws scheduler get-schedule --name {name} shows it"
        ),
        ("AWS::Scheduler::Schedule", property) => {
            format!("aws scheduler update-schedule --name {name} with {property} = {}", wanted(property))
        }
        ("AWS::CloudWatch::Alarm", "ActionsEnabled") => format!("aws cloudwatch enable-alarm-actions --alarm-names {name}"),
        ("AWS::CloudWatch::Alarm", property) => {
            format!("aws cloudwatch put-metric-alarm --alarm-name {name} with {property} as infra/watch.yaml says")
        }
        ("AWS::SNS::Topic", property) => format!(
            "aws sns set-topic-attributes --topic-arn \"$(aws sns list-topics --query \"Topics[?ends_with(TopicArn, ':{name}')].TopicArn\" \
             --output text)\" --attribute-name {property} --attribute-value '{}'",
            text(resource.properties.get(property))
        ),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument") => format!(
            "find out who changed it (CloudTrail, UpdateAssumeRolePolicy); then aws iam update-assume-role-policy --role-name {name} \
             --policy-document '{}'",
            wanted("AssumeRolePolicyDocument")
        ),
        ("AWS::IAM::Role", _) => {
            format!("aws iam put-role-permissions-boundary --role-name {name} as the stack's parameter PermissionsBoundary says")
        }
        (_, property) => format!("set {property} of {name} to what the template says"),
    }
}

/// What to do about a resource that is not there.
pub(super) fn absent(resource: &Resource, file: &str) -> String {
    let name = resource.name().unwrap_or(&resource.logical);
    format!(
        "somebody deleted {name} behind CloudFormation's back, which makes nothing again that it believes to be there: leave {} out of \
         infra/{file}.yaml and deploy it, then deploy infra/{file}.yaml as it is",
        resource.logical
    )
}

/// A value as the services take it that keep documents as text; empty where there is to be none.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(document) => document.to_string(),
    }
}

fn on_bus(resource: &Resource) -> String {
    resource.text("EventBusName").map(|bus| format!(" --event-bus-name {bus}")).unwrap_or_default()
}

/// The mapping that is there is enabled; one that is not has to be made again.
fn mapping(function: &str, actual: &Value) -> String {
    let disabled = actual.get("Mappings").and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<&str> = disabled.filter(|one| one["State"] != "Enabled").filter_map(|one| one["UUID"].as_str()).collect();
    match ids.as_slice() {
        [] => format!("aws lambda create-event-source-mapping --function-name {function} with what infra/hub.yaml says under Events"),
        ids => ids.iter().map(|id| format!("aws lambda update-event-source-mapping --uuid {id} --enabled")).collect::<Vec<_>>().join("; "),
    }
}

fn table(name: &str, property: &str, policy: &str) -> String {
    match property {
        "PointInTimeRecoverySpecification" => format!(
            "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
        ),
        "TimeToLiveSpecification" => {
            format!(
                "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification Enabled=true,AttributeName=expires_at"
            )
        }
        "DeletionProtectionEnabled" => format!("aws dynamodb update-table --table-name {name} --deletion-protection-enabled"),
        "StreamSpecification" => format!(
            "aws dynamodb update-table --table-name {name} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES; the new \
             stream has another ARN: deploy the stacks that follow it again (infra/hub.yaml, infra/archive.yaml)"
        ),
        "ResourcePolicy" => format!(
            "find out who changed it (CloudTrail, PutResourcePolicy); then aws dynamodb put-resource-policy --resource-arn with the ARN of \
             {name} and --policy '{}'",
            policy.strip_prefix(r#"{"PolicyDocument":"#).and_then(|policy| policy.strip_suffix('}')).unwrap_or(policy)
        ),
        property => format!("aws dynamodb update-table --table-name {name} with {property} as infra/hub.yaml says"),
    }
}
