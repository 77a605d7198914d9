//! The schedule of the sweeps.

use aws_config::SdkConfig;
use peerwright_engine::failure::Failure;
use serde_json::{Value, json};

use super::answered;

pub(super) async fn schedule(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let asked = aws_sdk_scheduler::Client::new(config).get_schedule().name(name).send().await;
    let Some(found) = answered(format!("read the schedule {name}"), asked)? else { return Ok(None) };
    let target = found.target().map(|target| {
        let mut value = json!({ "Arn": target.arn(), "RoleArn": target.role_arn() });
        if let Some(input) = target.input() {
            value["Input"] = json!(input);
        }
        if let Some(queue) = target.dead_letter_config().and_then(|config| config.arn()) {
            value["DeadLetterConfig"] = json!({ "Arn": queue });
        }
        value
    });
    Ok(Some(json!({
        "ScheduleExpression": found.schedule_expression(),
        "State": found.state().map(aws_sdk_scheduler::types::ScheduleState::as_str),
        "Target": target,
    })))
}
