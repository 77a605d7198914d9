//! How to bring a resource back to what its template says. CloudFormation repairs nothing that somebody changed behind its back as long
//! as the template says what it said: so the fix is the call itself, whole, to be copied. What nobody can know stands in angle brackets.

use serde_json::{Map, Value, json};

use super::compare::differences;
use super::template::{Resource, unknown_before};

/// Keys whose values the APIs take as numbers and truth values, where a template's are text.
const NOT_TEXT: [&str; 9] = [
    "ActionsEnabled",
    "DatapointsToAlarm",
    "EvaluationPeriods",
    "MaximumConcurrency",
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
    "Period",
    "ReturnData",
    "Threshold",
];

/// What to do about a property that is not as it should be.
pub(super) fn of(resource: &Resource, property: &str, actual: &Value) -> String {
    let name = resource.name().unwrap_or(&resource.logical);
    let wanted = |property: &str| resource.properties.get(property).map(|wanted| concrete(wanted, actual.get(property)));
    let document = |property: &str| quoted(&text(wanted(property).as_ref()));
    match (resource.kind.as_str(), property) {
        ("AWS::Events::EventBus", _) => format!(
            "aws events put-permission --event-bus-name {name} --policy {}; or, where a statement was added, \
             aws events remove-permission --event-bus-name {name} --statement-id {}",
            document("Policy"),
            added(resource.properties.get("Policy").map(|policy| &policy["Statement"]), &actual["Policy"]["Statement"], "Sid")
                .first()
                .map_or("<SID>", String::as_str)
        ),
        ("AWS::Events::Rule", "State") => format!("aws events enable-rule --name {name}{}", on_bus(resource)),
        ("AWS::Events::Rule", "EventPattern") => {
            format!("aws events put-rule --name {name}{} --event-pattern {}", on_bus(resource), document("EventPattern"))
        }
        ("AWS::Events::Rule", _) => targets(name, resource, wanted("Targets").as_ref(), actual),
        ("AWS::SQS::Queue", property) => format!(
            "aws sqs set-queue-attributes --queue-url \"$(aws sqs get-queue-url --queue-name {name} --query QueueUrl --output text)\" \
             --attributes {}",
            quoted(&json!({ property: text(wanted(property).as_ref()) }).to_string())
        ),
        ("AWS::Serverless::Function", "Mappings") => mapping(name, actual),
        ("AWS::Serverless::Function", "ReservedConcurrentExecutions") => {
            format!("aws lambda delete-function-concurrency --function-name {name}, or reserve what the mappings use (MaxConcurrency)")
        }
        ("AWS::Serverless::Function", "Architectures") => {
            format!("deploy infra/hub.yaml again with functions that are built for {}", text(wanted(property).as_ref()))
        }
        ("AWS::Serverless::Function", property) => {
            format!("aws lambda update-function-configuration --function-name {name} --{} {}", option(property), document(property))
        }
        ("AWS::DynamoDB::Table", property) => table(name, property, wanted(property).as_ref(), actual),
        ("AWS::Scheduler::Schedule", _) => format!(
            "aws scheduler update-schedule --name {name} --schedule-expression {} --flexible-time-window Mode=OFF --target {} --state ENABLED",
            document("ScheduleExpression"),
            document("Target")
        ),
        ("AWS::CloudWatch::Alarm", "ActionsEnabled") => format!("aws cloudwatch enable-alarm-actions --alarm-names {name}"),
        ("AWS::CloudWatch::Alarm", _) => {
            format!(
                "aws cloudwatch put-metric-alarm --cli-input-json {}",
                quoted(&concrete(&resource.properties, Some(actual)).to_string())
            )
        }
        ("AWS::SNS::Topic", property) => format!(
            "aws sns set-topic-attributes --topic-arn {} --attribute-name {property} --attribute-value {}",
            arn(actual, name),
            document(property)
        ),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument") => format!(
            "find out who changed it (CloudTrail, UpdateAssumeRolePolicy); then aws iam update-assume-role-policy --role-name {name} \
             --policy-document {}",
            document("AssumeRolePolicyDocument")
        ),
        ("AWS::IAM::Role", "Policies") => policies(name, wanted(property).as_ref(), &actual["Policies"]),
        ("AWS::IAM::Role", "ManagedPolicyArns") => format!(
            "find out who changed it (CloudTrail, AttachRolePolicy and DetachRolePolicy); then aws iam detach-role-policy --role-name {name} --policy-arn \
             <WHAT-THE-TEMPLATE-DOES-NOT-HAVE>, or attach-role-policy with what it has"
        ),
        ("AWS::IAM::Role", _) => match wanted("PermissionsBoundary") {
            Some(Value::String(boundary)) => {
                format!("aws iam put-role-permissions-boundary --role-name {name} --permissions-boundary {boundary}")
            }
            _ => format!("aws iam delete-role-permissions-boundary --role-name {name}"),
        },
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

/// What to do where nobody listens to a topic. Whose address it is to be, nobody can know.
pub(super) fn subscribe(name: &str, actual: &Value) -> String {
    format!(
        "aws sns subscribe --topic-arn {} --protocol email --notification-endpoint <YOUR-ADDRESS>; then follow the link in the mail that comes",
        arn(actual, name)
    )
}

/// What to do where nothing wakes a function from a source of its template.
pub(super) fn missing_mapping(function: &str, source: Option<&str>, wanted: &Value) -> String {
    let source = source.map_or_else(
        || "\"$(aws dynamodb describe-table --table-name <THE-ALLOWLIST'S> --query Table.LatestStreamArn --output text)\"".to_owned(),
        str::to_owned,
    );
    let start = if source.starts_with('"') { " --starting-position LATEST" } else { "" };
    let options: Vec<String> = MAPPING.iter().filter_map(|property| Some(mapping_option(property, wanted.get(*property)?))).collect();
    format!("aws lambda create-event-source-mapping --function-name {function} --event-source-arn {source}{start}{}", options.concat())
}

/// What to do where a mapping has another property than its template says.
pub(super) fn other_mapping(id: &str, property: &str, wanted: Option<&Value>) -> String {
    format!("aws lambda update-event-source-mapping --uuid {id}{}", mapping_option(property, wanted.unwrap_or(&Value::Null)))
}

/// The properties of a mapping that its template says.
const MAPPING: [&str; 3] = ["BatchSize", "FunctionResponseTypes", "ScalingConfig"];

fn mapping_option(property: &str, wanted: &Value) -> String {
    let value = match wanted {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        // Without the key Lambda takes away what was set.
        Value::Null => "{}".to_owned(),
        other => text(Some(&concrete(other, None))),
    };
    let value = if value.starts_with('{') { quoted(&value) } else { value };
    format!(" --{} {value}", option(property))
}

/// A property as the command line has it: `MemorySize` is `memory-size`.
fn option(property: &str) -> String {
    let mut option = String::new();
    for letter in property.chars() {
        if letter.is_ascii_uppercase() && !option.is_empty() {
            option.push('-');
        }
        option.push(letter.to_ascii_lowercase());
    }
    option
}

/// What a template wants, with what no template knows taken from what is there.
fn concrete(wanted: &Value, actual: Option<&Value>) -> Value {
    if let Some(end) = unknown_before(wanted) {
        let known = actual.and_then(Value::as_str).filter(|known| known.ends_with(end));
        return known.map_or_else(|| json!(format!("<THE-ONE-THAT-ENDS-WITH {end}>")), |known| json!(known));
    }
    match wanted {
        Value::Object(fields) => {
            let field = |(key, wanted): (&String, &Value)| {
                let value = concrete(wanted, actual.and_then(|actual| actual.get(key)));
                (key.clone(), if NOT_TEXT.contains(&key.as_str()) { plain(value) } else { value })
            };
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        Value::Array(entries) => {
            let there = |(index, wanted): (usize, &Value)| {
                let named = |id: &Value| actual?.as_array()?.iter().find(|one| one.get("Id") == Some(id));
                let same = wanted.get("Id").map_or_else(|| actual.and_then(|actual| actual.get(index)), named);
                concrete(wanted, same)
            };
            Value::Array(entries.iter().enumerate().map(there).collect())
        }
        single => single.clone(),
    }
}

/// A number or truth value that a template has as text.
fn plain(value: Value) -> Value {
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    parsed.filter(|parsed| parsed.is_number() || parsed.is_boolean()).unwrap_or(value)
}

/// A value as the services take it that keep documents as text; empty where there is to be none.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(document) => document.to_string(),
    }
}

/// A text as a shell takes it in one word.
fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:,=".contains(letter));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The ARN of something that was read, or how to find it.
fn arn(actual: &Value, name: &str) -> String {
    actual["Arn"].as_str().map_or_else(|| format!("<THE-ARN-OF {name}>"), str::to_owned)
}

fn on_bus(resource: &Resource) -> String {
    resource.text("EventBusName").map(|bus| format!(" --event-bus-name {bus}")).unwrap_or_default()
}

/// The names of the entries that are there and that the template does not have.
fn added(wanted: Option<&Value>, actual: &Value, key: &str) -> Vec<String> {
    let names = |entries: Option<&Value>| -> Vec<String> {
        let entries = entries.map_or(&[][..], |entries| entries.as_array().map_or_else(|| std::slice::from_ref(entries), Vec::as_slice));
        entries.iter().filter_map(|entry| Some(entry.get(key)?.as_str()?.to_owned())).collect()
    };
    let known = names(wanted);
    names(Some(actual)).into_iter().filter(|name| !known.contains(name)).collect()
}

fn targets(name: &str, resource: &Resource, wanted: Option<&Value>, actual: &Value) -> String {
    let bus = on_bus(resource);
    let put = format!("aws events put-targets --rule {name}{bus} --targets {}", quoted(&text(wanted)));
    let too_much = added(wanted, &actual["Targets"], "Id");
    if too_much.is_empty() {
        return put;
    }
    format!("{put}; aws events remove-targets --rule {name}{bus} --ids {}", too_much.join(" "))
}

/// Each inline policy that is not as the template says is put back, and each that it does not have taken away.
fn policies(role: &str, wanted: Option<&Value>, actual: &Value) -> String {
    let all = |policies: &Value| policies.as_array().cloned().unwrap_or_default();
    let named = |policy: &Value| policy["PolicyName"].as_str().unwrap_or_default().to_owned();
    let there = all(actual);
    let put = all(wanted.unwrap_or(&Value::Null)).into_iter().filter(|policy| {
        let is = there.iter().find(|is| named(is) == named(policy));
        !differences("P", Some(policy), is).is_empty()
    });
    let put = put.map(|policy| {
        let document = quoted(&policy["PolicyDocument"].to_string());
        format!("aws iam put-role-policy --role-name {role} --policy-name {} --policy-document {document}", named(&policy))
    });
    let gone = added(wanted, actual, "PolicyName").into_iter();
    let gone = gone.map(|policy| format!("aws iam delete-role-policy --role-name {role} --policy-name {policy}"));
    let commands: Vec<String> = put.chain(gone).collect();
    format!("find out who changed it (CloudTrail, PutRolePolicy and DeleteRolePolicy); then {}", commands.join("; "))
}

/// The mapping that is there is enabled; one that is not has to be made again.
fn mapping(function: &str, actual: &Value) -> String {
    let disabled = actual.get("Mappings").and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<&str> = disabled.filter(|one| one["State"] != "Enabled").filter_map(|one| one["UUID"].as_str()).collect();
    match ids.as_slice() {
        [] => format!("aws lambda list-event-source-mappings --function-name {function}"),
        ids => ids.iter().map(|id| format!("aws lambda update-event-source-mapping --uuid {id} --enabled")).collect::<Vec<_>>().join("; "),
    }
}

fn table(name: &str, property: &str, wanted: Option<&Value>, actual: &Value) -> String {
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
            "find out who changed it (CloudTrail, PutResourcePolicy); then aws dynamodb put-resource-policy --resource-arn {} --policy {}",
            arn(actual, name),
            quoted(&text(wanted.and_then(|wanted| wanted.get("PolicyDocument"))))
        ),
        // Which key it is, the stack's parameter says: DescribeTable has it in another form.
        _ => match wanted.and_then(|wanted| wanted.get("SSEEnabled")) {
            None => format!("aws dynamodb update-table --table-name {name} --sse-specification Enabled=false"),
            Some(_) => {
                format!(
                    "aws dynamodb update-table --table-name {name} --sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId=<KEY>; the key is the hub stack's KmsKeyArn"
                )
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: &str, properties: Value) -> Resource {
        Resource { logical: "It".to_owned(), kind: kind.to_owned(), properties }
    }

    #[test]
    fn a_fix_is_a_whole_command_with_the_names_that_are_known() {
        let topic = json!({ "Arn": "arn:aws:sns:eu-west-1:1:peerwright-attention" });
        assert!(subscribe("peerwright-attention", &topic).starts_with(
            "aws sns subscribe --topic-arn arn:aws:sns:eu-west-1:1:peerwright-attention --protocol email --notification-endpoint <YOUR-ADDRESS>"
        ));
        let table =
            resource("AWS::DynamoDB::Table", json!({ "TableName": "t", "ResourcePolicy": { "PolicyDocument": { "Version": "1" } } }));
        assert!(of(&table, "ResourcePolicy", &json!({ "Arn": "arn:t" })).ends_with(r#"--resource-arn arn:t --policy '{"Version":"1"}'"#));
        let function = resource(
            "AWS::Serverless::Function",
            json!({ "FunctionName": "f", "Timeout": "60", "Environment": { "Variables": { "A": "b" } } }),
        );
        assert_eq!(of(&function, "Timeout", &json!({})), "aws lambda update-function-configuration --function-name f --timeout 60");
        assert_eq!(
            of(&function, "Environment", &json!({})),
            r#"aws lambda update-function-configuration --function-name f --environment '{"Variables":{"A":"b"}}'"#
        );
        let role =
            |properties| of(&resource("AWS::IAM::Role", properties), "PermissionsBoundary", &json!({ "PermissionsBoundary": "arn:x" }));
        assert_eq!(
            role(json!({ "RoleName": "r", "PermissionsBoundary": "arn:b" })),
            "aws iam put-role-permissions-boundary --role-name r --permissions-boundary arn:b"
        );
        assert_eq!(role(json!({ "RoleName": "r" })), "aws iam delete-role-permissions-boundary --role-name r");
    }

    #[test]
    fn a_fix_names_what_no_template_knows_as_it_is_there() {
        let wanted =
            json!({ "Name": "s", "ScheduleExpression": "rate(20 minutes)", "Target": { "Arn": { "Unknown": ":q" }, "Input": "it's" } });
        assert_eq!(
            of(&resource("AWS::Scheduler::Schedule", wanted), "State", &json!({ "Target": { "Arn": "arn:q" } })),
            r#"aws scheduler update-schedule --name s --schedule-expression 'rate(20 minutes)' --flexible-time-window Mode=OFF --target '{"Arn":"arn:q","Input":"it'\''s"}' --state ENABLED"#
        );
    }

    #[test]
    fn targets_and_statements_that_are_too_much_are_taken_away_by_their_names() {
        let rule = resource("AWS::Events::Rule", json!({ "Name": "r", "EventBusName": "b", "Targets": [{ "Id": "a", "Arn": "x" }] }));
        let fix = of(&rule, "Targets", &json!({ "Targets": [{ "Id": "a", "Arn": "x" }, { "Id": "mine", "Arn": "y" }] }));
        assert!(fix.ends_with("; aws events remove-targets --rule r --event-bus-name b --ids mine"), "{fix}");
        let bus = resource("AWS::Events::EventBus", json!({ "Name": "b", "Policy": { "Statement": [{ "Sid": "Ours" }] } }));
        let fix = of(&bus, "Policy", &json!({ "Policy": { "Statement": [{ "Sid": "Ours" }, { "Sid": "Theirs" }] } }));
        assert!(fix.ends_with("--statement-id Theirs"), "{fix}");
    }

    #[test]
    fn an_alarm_is_put_back_whole_with_its_numbers_as_numbers() {
        let alarm =
            resource("AWS::CloudWatch::Alarm", json!({ "AlarmName": "a", "Threshold": "0", "Period": "60", "ActionsEnabled": "true" }));
        assert_eq!(
            of(&alarm, "Threshold", &json!({})),
            r#"aws cloudwatch put-metric-alarm --cli-input-json '{"ActionsEnabled":true,"AlarmName":"a","Period":60,"Threshold":0}'"#
        );
    }
}
