//! A table, with what guards its content.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PointInTimeRecoveryStatus, SseStatus, TimeToLiveStatus};
use peerwright_engine::failure::Failure;
use serde_json::{Value, json};

use super::{answered, document};

pub(super) async fn table(config: &SdkConfig, name: &str, arn: &str) -> Result<Option<Value>, Failure> {
    let client = Client::new(config);
    let asked = client.describe_table().table_name(name).send().await;
    let Some(table) = answered(format!("describe the table {name}"), asked)?.and_then(|found| found.table) else { return Ok(None) };
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled()).and_then(|stream| stream.stream_view_type());
    let encryption = table.sse_description().map(|sse| {
        let enabled = matches!(sse.status(), Some(SseStatus::Enabled | SseStatus::Updating));
        json!({ "SSEEnabled": enabled, "SSEType": sse.sse_type().map(aws_sdk_dynamodb::types::SseType::as_str) })
    });
    Ok(Some(json!({
        "Arn": arn,
        "DeletionProtectionEnabled": table.deletion_protection_enabled().unwrap_or_default(),
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": recovery(&client, name).await? },
        "ResourcePolicy": policy(&client, name, arn).await?,
        "SSESpecification": encryption,
        "StreamSpecification": stream.map(|kind| json!({ "StreamViewType": kind.as_str() })),
        "TimeToLiveSpecification": time_to_live(&client, name).await?,
    })))
}

async fn recovery(client: &Client, name: &str) -> Result<bool, Failure> {
    let asked = client.describe_continuous_backups().table_name(name).send().await;
    let found = answered(format!("read the backups of the table {name}"), asked)?;
    let status =
        found.and_then(|found| found.continuous_backups_description?.point_in_time_recovery_description?.point_in_time_recovery_status);
    Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
}

/// Nothing where items of the table do not expire.
async fn time_to_live(client: &Client, name: &str) -> Result<Value, Failure> {
    let asked = client.describe_time_to_live().table_name(name).send().await;
    let found = answered(format!("read the time to live of the table {name}"), asked)?.and_then(|found| found.time_to_live_description);
    let enabled = found.filter(|found| matches!(found.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)));
    Ok(enabled.map_or(Value::Null, |found| json!({ "AttributeName": found.attribute_name(), "Enabled": true })))
}

async fn policy(client: &Client, name: &str, arn: &str) -> Result<Value, Failure> {
    let asked = client.get_resource_policy().resource_arn(arn).send().await;
    match answered(format!("read the policy of the table {name}"), asked)?.and_then(|found| found.policy) {
        None => Ok(Value::Null),
        Some(text) => Ok(json!({ "PolicyDocument": document(&format!("the policy of the table {name}"), Some(&text))? })),
    }
}
