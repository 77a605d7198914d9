//! A template with the parameters of its stack: which resources are to be there, with the properties that they are to have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::yaml;

/// The key of a text that no template knows, such as a generated name, with the end that it does know.
const UNKNOWN: &str = "Unknown";

/// A template.
#[derive(Debug, Clone)]
pub struct Template {
    root: Value,
}

/// What a stack was made with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Its parameters. Those that it does not name have the template's defaults.
    pub parameters: BTreeMap<String, String>,
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its partition.
    pub partition: String,
}

/// A resource as it is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name in the template.
    pub logical: String,
    /// Its type, such as `AWS::SQS::Queue`.
    pub kind: String,
    /// Its properties, evaluated.
    pub properties: Value,
}

impl Resource {
    /// Its name in AWS, where the template gives it one.
    pub fn name(&self) -> Option<&str> {
        name_of(&self.kind, &self.properties)
    }

    /// A property that is a text.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property)?.as_str()
    }
}

impl Template {
    /// Reads the text of a template, in YAML or JSON.
    pub fn read(text: &str) -> Result<Self, String> {
        let root = yaml::parse(text)?;
        if root.get("Resources").is_some_and(Value::is_object) { Ok(Self { root }) } else { Err("it has no resources".to_owned()) }
    }

    /// The parameters that it takes.
    pub fn parameters(&self) -> BTreeSet<&str> {
        self.section("Parameters").map(|(name, _)| name.as_str()).collect()
    }

    /// The resources of a stack that was made from it.
    pub fn resources(&self, made: &Made) -> Vec<Resource> {
        let stack = Stack::new(self, made);
        let there = self.section("Resources").filter(|(_, resource)| stack.is_there(resource));
        there
            .map(|(logical, resource)| {
                let kind = text(resource, "Type").to_owned();
                let mut properties = resource.get("Properties").and_then(|raw| stack.value(raw)).unwrap_or_else(|| json!({}));
                if let Some(common) = self.common(&kind).and_then(|raw| stack.value(raw)) {
                    add_missing(&mut properties, &common);
                }
                Resource { logical: logical.clone(), kind, properties }
            })
            .collect()
    }

    /// What SAM gives every resource of a type.
    fn common(&self, kind: &str) -> Option<&Value> {
        self.root.get("Globals")?.get(kind.strip_prefix("AWS::Serverless::")?)
    }

    /// Resources and conditions that another template has otherwise. Where the code of functions lies, and what builds it, tells nothing.
    pub fn differs_from(&self, other: &Self) -> BTreeSet<String> {
        let parts = |template: &Self| -> BTreeMap<String, Value> {
            let sections = ["Resources", "Conditions"].into_iter().flat_map(|section| template.section(section));
            sections.map(|(name, value)| (name.clone(), without_code(value))).collect()
        };
        let (ours, theirs) = (parts(self), parts(other));
        ours.keys().chain(theirs.keys()).filter(|name| ours.get(*name) != theirs.get(*name)).cloned().collect()
    }

    fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.root.get(name).and_then(Value::as_object).into_iter().flatten()
    }
}

/// Adds what another value has beyond this one, at every depth.
fn add_missing(value: &mut Value, other: &Value) {
    let (Some(fields), Some(others)) = (value.as_object_mut(), other.as_object()) else { return };
    for (key, other) in others {
        match fields.get_mut(key) {
            Some(own) => add_missing(own, other),
            None => drop(fields.insert(key.clone(), other.clone())),
        }
    }
}

fn without_code(resource: &Value) -> Value {
    let mut resource = resource.clone();
    if let Some(fields) = resource.as_object_mut() {
        fields.remove("Metadata");
        if let Some(properties) = fields.get_mut("Properties").and_then(Value::as_object_mut) {
            properties.remove("CodeUri");
        }
    }
    resource
}

/// What the functions of a template are evaluated with.
struct Stack<'a> {
    template: &'a Template,
    made: &'a Made,
    conditions: BTreeMap<&'a str, bool>,
}

impl<'a> Stack<'a> {
    fn new(template: &'a Template, made: &'a Made) -> Self {
        let mut stack = Self { template, made, conditions: BTreeMap::new() };
        for (name, raw) in template.section("Conditions") {
            let holds = stack.holds(raw);
            stack.conditions.insert(name, holds);
        }
        stack
    }

    fn is_there(&self, resource: &Value) -> bool {
        resource.get("Condition").and_then(Value::as_str).is_none_or(|name| self.conditions.get(name).copied().unwrap_or_default())
    }

    fn holds(&self, raw: &Value) -> bool {
        let Some((function, argument)) = only_field(raw) else { return false };
        let arguments = argument.as_array().map_or(&[][..], Vec::as_slice);
        match function {
            "Fn::Not" => !arguments.iter().any(|one| self.holds(one)),
            "Fn::And" => arguments.iter().all(|one| self.holds(one)),
            "Fn::Or" => arguments.iter().any(|one| self.holds(one)),
            "Fn::Equals" => matches!(arguments, [one, other] if self.value(one) == self.value(other)),
            "Condition" => argument.as_str().is_some_and(|name| self.conditions.get(name).copied().unwrap_or_default()),
            _ => false,
        }
    }

    /// A value with its functions carried out; nothing for `AWS::NoValue`.
    fn value(&self, raw: &Value) -> Option<Value> {
        if let Some((function, argument)) = only_field(raw) {
            match function {
                "Ref" => return self.reference(argument.as_str()?),
                "Fn::GetAtt" => return Some(self.attribute(argument)),
                "Fn::Sub" => return Some(self.substituted(argument)),
                "Fn::If" => return self.chosen(argument),
                "Fn::Split" => return Some(self.split(argument)),
                _ => {}
            }
        }
        Some(match raw {
            Value::Object(fields) => {
                let values = fields.iter().filter_map(|(key, value)| Some((key.clone(), self.value(value)?)));
                Value::Object(values.collect::<Map<_, _>>())
            }
            Value::Array(items) => Value::Array(items.iter().filter_map(|item| self.value(item)).collect()),
            scalar => scalar.clone(),
        })
    }

    fn chosen(&self, argument: &Value) -> Option<Value> {
        let [condition, yes, no] = argument.as_array()?.as_slice() else { return None };
        let holds = condition.as_str().and_then(|name| self.conditions.get(name)).copied().unwrap_or_default();
        self.value(if holds { yes } else { no })
    }

    fn split(&self, argument: &Value) -> Value {
        let parts = argument.as_array().and_then(|arguments| match arguments.as_slice() {
            [Value::String(by), list] => Some((by.as_str(), self.value(list)?)),
            _ => None,
        });
        match parts {
            Some((by, Value::String(list))) => json!(list.split(by).collect::<Vec<_>>()),
            _ => unknown(""),
        }
    }

    fn substituted(&self, argument: &Value) -> Value {
        let Some(mut rest) = argument.as_str() else { return unknown("") };
        let mut whole = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            let Some((name, after)) = after.split_once('}') else { return unknown("") };
            match self.named(name) {
                Some(Value::String(value)) => whole.push_str(&value),
                _ => return unknown(""),
            }
            rest = after;
        }
        Value::String(whole + rest)
    }

    /// What `${…}` stands for.
    fn named(&self, name: &str) -> Option<Value> {
        match name.split_once('.') {
            Some((logical, attribute)) => Some(self.attribute(&json!([logical, attribute]))),
            None => self.reference(name),
        }
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let Made { account, region, partition, parameters } = self.made;
        Some(match name {
            "AWS::NoValue" => return None,
            "AWS::AccountId" => json!(account),
            "AWS::Region" => json!(region),
            "AWS::Partition" => json!(partition),
            "AWS::URLSuffix" => json!(if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }),
            _ => match self.template.root.get("Parameters").and_then(|all| all.get(name)) {
                Some(parameter) => json!(parameters.get(name).map_or_else(|| text(parameter, "Default"), String::as_str)),
                None => self.identity(name),
            },
        })
    }

    /// What `Ref` of a resource is.
    fn identity(&self, logical: &str) -> Value {
        let Some((kind, name)) = self.named_resource(logical) else { return unknown("") };
        match kind.as_str() {
            "AWS::SQS::Queue" => unknown(&format!("/{}/{name}", self.made.account)),
            "AWS::SNS::Topic" | "AWS::IAM::ManagedPolicy" => self.arn(logical),
            _ => json!(name),
        }
    }

    fn attribute(&self, argument: &Value) -> Value {
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(logical), Value::String(attribute)]) if attribute == "Arn" => self.arn(logical),
            _ => unknown(""),
        }
    }

    fn arn(&self, logical: &str) -> Value {
        let Made { account, region, partition, .. } = self.made;
        let Some((kind, name)) = self.named_resource(logical) else { return unknown("") };
        let here = |service: &str| format!("arn:{partition}:{service}:{region}:{account}:");
        let global = || format!("arn:{partition}:iam::{account}:");
        let property = |property: &str| self.property(logical, property).and_then(|value| value.as_str().map(str::to_owned));
        let path = || property("Path").unwrap_or_else(|| "/".to_owned());
        json!(match kind.as_str() {
            "AWS::SQS::Queue" => here("sqs") + &name,
            "AWS::SNS::Topic" => here("sns") + &name,
            "AWS::Events::EventBus" => format!("{}event-bus/{name}", here("events")),
            "AWS::Events::Rule" => match property("EventBusName") {
                Some(bus) => format!("{}rule/{bus}/{name}", here("events")),
                None => format!("{}rule/{name}", here("events")),
            },
            "AWS::DynamoDB::Table" => format!("{}table/{name}", here("dynamodb")),
            "AWS::Serverless::Function" => format!("{}function:{name}", here("lambda")),
            "AWS::IAM::Role" => format!("{}role{}{name}", global(), path()),
            "AWS::IAM::ManagedPolicy" => format!("{}policy{}{name}", global(), path()),
            _ => return unknown(""),
        })
    }

    /// The type and the name of a resource that the template names.
    fn named_resource(&self, logical: &str) -> Option<(String, String)> {
        let resource = self.template.root.get("Resources")?.get(logical)?;
        let kind = text(resource, "Type");
        let name = self.property(logical, name_property(kind)?)?;
        Some((kind.to_owned(), name.as_str()?.to_owned()))
    }

    fn property(&self, logical: &str, property: &str) -> Option<Value> {
        self.value(self.template.root.get("Resources")?.get(logical)?.get("Properties")?.get(property)?)
    }
}

/// A text of which only the end is known.
fn unknown(end: &str) -> Value {
    json!({ UNKNOWN: end })
}

/// The end of a text of which no more is known; nothing for any other value.
pub(super) fn unknown_before(value: &Value) -> Option<&str> {
    only_field(value).filter(|(key, _)| *key == UNKNOWN)?.1.as_str()
}

fn only_field(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(key, value)| (key.as_str(), value))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn name_of<'v>(kind: &str, properties: &'v Value) -> Option<&'v str> {
    properties.get(name_property(kind)?)?.as_str()
}

/// The property that names a resource of a type.
fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::CloudWatch::Alarm" => "AlarmName",
        "AWS::CloudWatch::Dashboard" => "DashboardName",
        "AWS::DynamoDB::Table" => "TableName",
        "AWS::Events::EventBus" | "AWS::Events::Rule" | "AWS::Scheduler::Schedule" => "Name",
        "AWS::Events::EventBusPolicy" => "EventBusName",
        "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::Serverless::Function" => "FunctionName",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(parameters: &[(&str, &str)]) -> Made {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Made { parameters, account: "111111111111".into(), region: "eu-west-1".into(), partition: "aws".into() }
    }

    fn of(name: &str, parameters: &[(&str, &str)]) -> Vec<Resource> {
        let path = format!("{}/../../infra/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("it is there");
        Template::read(&text).expect("a template").resources(&made(parameters))
    }

    fn one(resources: &[Resource], logical: &str) -> Resource {
        resources.iter().find(|one| one.logical == logical).unwrap_or_else(|| panic!("no {logical}")).clone()
    }

    #[test]
    fn names_and_arns_are_those_that_cloudformation_makes() {
        let hub = of("hub", &[("Prefix", "net"), ("MemberAccounts", "222222222222,333333333333")]);
        let rule = one(&hub, "RequestedRule");
        assert_eq!(rule.name(), Some("net-requested"));
        assert_eq!(
            rule.properties["Targets"],
            json!([{
                "Id": "accept",
                "Arn": "arn:aws:sqs:eu-west-1:111111111111:net-accept",
                "DeadLetterConfig": { "Arn": "arn:aws:sqs:eu-west-1:111111111111:net-undelivered" },
            }])
        );
        let policy = one(&hub, "AcceptQueuePolicy");
        let statement = &policy.properties["PolicyDocument"]["Statement"][0];
        assert_eq!(statement["Condition"]["ArnEquals"]["aws:SourceArn"], "arn:aws:events:eu-west-1:111111111111:rule/net/net-requested");
        assert_eq!(unknown_before(&policy.properties["Queues"][0]), Some("/111111111111/net-accept"));
        let accept = one(&hub, "AcceptFunction").properties;
        assert_eq!(accept["Role"], "arn:aws:iam::111111111111:role/peerwright/net-accept");
        let variables = &accept["Environment"]["Variables"];
        assert_eq!(variables["PEERWRIGHT_MEMBER_ROLE"], "/peerwright/net-member-accept");
        assert_eq!(variables["PEERWRIGHT_BUS"], "net", "from Globals");
        assert_eq!(one(&hub, "SweepFunction").properties["Timeout"], "300", "its own wins");
        let admitted = &one(&hub, "MemberAccountsMaySendEvents").properties["Statement"];
        assert_eq!(admitted["Principal"]["AWS"], json!(["222222222222", "333333333333"]));
    }

    #[test]
    fn what_a_condition_leaves_out_is_not_there() {
        let hub = of("hub", &[("MemberAccounts", "222222222222")]);
        assert!(!hub.iter().any(|one| one.logical == "OrganizationMaySendEvents"));
        assert!(one(&hub, "AcceptQueue").properties.get("KmsMasterKeyId").is_none());
        let hub = of("hub", &[("OrganizationId", "o-a1b2c3d4e5"), ("KmsKeyArn", "arn:aws:kms:eu-west-1:111111111111:key/k")]);
        assert!(hub.iter().any(|one| one.logical == "OrganizationMaySendEvents"));
        assert_eq!(one(&hub, "AcceptQueue").properties["KmsMasterKeyId"], "arn:aws:kms:eu-west-1:111111111111:key/k");
    }

    #[test]
    fn a_generated_name_is_unknown_and_no_error() {
        let member = of("member", &[("HubAccount", "999999999999"), ("HubRegion", "eu-west-1"), ("RoleRegion", "eu-west-1")]);
        let target = &one(&member, "ForwardRule").properties["Targets"][0];
        assert_eq!(unknown_before(&target["RoleArn"]), Some(""));
        assert_eq!(target["Arn"], "arn:aws:events:eu-west-1:999999999999:event-bus/peerwright");
    }

    #[test]
    fn a_template_that_says_something_else_differs_and_one_with_other_code_does_not() {
        let ours = Template::read("Resources:\n  F:\n    Type: T\n    Metadata: { a: b }\n    Properties: { CodeUri: x, Timeout: 3 }\n")
            .expect("read");
        let packaged =
            Template::read(r#"{"Resources": {"F": {"Type": "T", "Properties": {"CodeUri": "s3://y", "Timeout": 3}}}}"#).expect("read");
        assert!(ours.differs_from(&packaged).is_empty());
        let other = Template::read("Resources:\n  F: { Type: T, Properties: { Timeout: 4 } }\n  G: { Type: T }\n").expect("read");
        assert_eq!(ours.differs_from(&other), ["F", "G"].map(str::to_owned).into());
    }
}
