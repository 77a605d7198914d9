//! A queue.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use peerwright_engine::failure::Failure;
use serde_json::{Value, json};

use super::{answered, document};

pub(super) async fn queue(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let client = Client::new(config);
    let asked = client.get_queue_url().queue_name(name).send().await;
    let Some(address) = answered(format!("find the queue {name}"), asked)? else { return Ok(None) };
    let asked = client.get_queue_attributes().set_queue_url(address.queue_url).attribute_names(QueueAttributeName::All).send().await;
    let Some(found) = answered(format!("read the queue {name}"), asked)? else { return Ok(None) };
    let attribute = |name: QueueAttributeName| found.attributes().and_then(|all| all.get(&name)).filter(|text| !text.is_empty());
    let text = |name: QueueAttributeName| json!(attribute(name));
    let parsed = |name: QueueAttributeName| document(name.as_str(), attribute(name.clone()).map(String::as_str));
    Ok(Some(json!({
        "ApproximateNumberOfMessages": text(QueueAttributeName::ApproximateNumberOfMessages),
        "KmsMasterKeyId": text(QueueAttributeName::KmsMasterKeyId),
        "MessageRetentionPeriod": text(QueueAttributeName::MessageRetentionPeriod),
        "Policy": parsed(QueueAttributeName::Policy)?,
        "RedrivePolicy": parsed(QueueAttributeName::RedrivePolicy)?,
        "VisibilityTimeout": text(QueueAttributeName::VisibilityTimeout),
    })))
}
