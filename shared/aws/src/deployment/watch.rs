//! What tells people: alarms, and the topic with who listens to it.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::types::AlarmType;
use peerwright_engine::failure::Failure;
use serde_json::{Value, json};

use super::{answered, document};
use crate::classify::failure;

/// What SNS has for the ARN of a subscription until somebody confirms it.
const PENDING: &str = "PendingConfirmation";

pub(super) async fn alarm(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let asked =
        aws_sdk_cloudwatch::Client::new(config).describe_alarms().alarm_types(AlarmType::MetricAlarm).alarm_names(name).send().await;
    let found = answered(format!("describe the alarm {name}"), asked)?;
    let alarm = found.and_then(|found| found.metric_alarms?.into_iter().next());
    Ok(alarm.map(|alarm| {
        json!({
            "ActionsEnabled": alarm.actions_enabled(),
            "AlarmActions": alarm.alarm_actions(),
            "ComparisonOperator": alarm.comparison_operator().map(aws_sdk_cloudwatch::types::ComparisonOperator::as_str),
            "EvaluationPeriods": alarm.evaluation_periods(),
            "StateReason": alarm.state_reason(),
            "StateValue": alarm.state_value().map(aws_sdk_cloudwatch::types::StateValue::as_str),
            "Threshold": alarm.threshold(),
        })
    }))
}

pub(super) async fn topic(config: &SdkConfig, arn: &str) -> Result<Option<Value>, Failure> {
    let client = aws_sdk_sns::Client::new(config);
    let asked = client.get_topic_attributes().topic_arn(arn).send().await;
    let Some(found) = answered(format!("read the topic {arn}"), asked)? else { return Ok(None) };
    let attribute = |name: &str| found.attributes().and_then(|all| all.get(name)).filter(|text| !text.is_empty());
    let mut subscriptions = Vec::new();
    let mut pages = client.list_subscriptions_by_topic().topic_arn(arn).into_paginator().items().send();
    while let Some(one) = pages.next().await {
        let one = one.map_err(|error| failure(format!("list who listens to {arn}"), None, error))?;
        subscriptions.push(json!({ "Endpoint": one.endpoint(), "Pending": one.subscription_arn() == Some(PENDING) }));
    }
    Ok(Some(json!({
        "Arn": arn,
        "KmsMasterKeyId": attribute("KmsMasterKeyId"),
        "Policy": document(&format!("the policy of {arn}"), attribute("Policy").map(String::as_str))?,
        "Subscriptions": subscriptions,
    })))
}
