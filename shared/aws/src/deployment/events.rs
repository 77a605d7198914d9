//! The bus and its rules.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::Target;
use peerwright_engine::failure::Failure;
use serde_json::{Value, json};

use super::{answered, document};

pub(super) async fn bus(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let asked = Client::new(config).describe_event_bus().name(name).send().await;
    let Some(bus) = answered(format!("describe the bus {name}"), asked)? else { return Ok(None) };
    Ok(Some(json!({ "Policy": document(&format!("the policy of the bus {name}"), bus.policy())? })))
}

/// A rule with its targets. Its bus is the default one unless given.
pub(super) async fn rule(config: &SdkConfig, bus: Option<&str>, name: &str) -> Result<Option<Value>, Failure> {
    let (client, bus) = (Client::new(config), bus.map(str::to_owned));
    let asked = client.describe_rule().name(name).set_event_bus_name(bus.clone()).send().await;
    let Some(rule) = answered(format!("describe the rule {name}"), asked)? else { return Ok(None) };
    let asked = client.list_targets_by_rule().rule(name).set_event_bus_name(bus).send().await;
    let targets = answered(format!("list the targets of the rule {name}"), asked)?;
    let targets: Vec<Value> = targets
        .iter()
        .flat_map(aws_sdk_eventbridge::operation::list_targets_by_rule::ListTargetsByRuleOutput::targets)
        .map(target)
        .collect();
    Ok(Some(json!({
        "State": rule.state().map(aws_sdk_eventbridge::types::RuleState::as_str),
        "EventPattern": document(&format!("the pattern of the rule {name}"), rule.event_pattern())?,
        "Targets": targets,
    })))
}

fn target(target: &Target) -> Value {
    let mut value = json!({ "Id": target.id(), "Arn": target.arn() });
    if let Some(role) = target.role_arn() {
        value["RoleArn"] = json!(role);
    }
    if let Some(queue) = target.dead_letter_config().and_then(|config| config.arn()) {
        value["DeadLetterConfig"] = json!({ "Arn": queue });
    }
    if let Some(transformer) = target.input_transformer() {
        value["InputTransformer"] =
            json!({ "InputPathsMap": transformer.input_paths_map(), "InputTemplate": transformer.input_template() });
    }
    value
}
