//! Who the process is to AWS.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use peerwright_engine::failure::Failure;

use crate::classify::failure;

/// The process's ARN, from STS.
pub async fn caller(config: &SdkConfig) -> Result<String, Failure> {
    let found = Client::new(config).get_caller_identity().send().await;
    let found = found.map_err(|error| failure("ask STS who you are", None, error))?;
    Ok(found.arn.unwrap_or_default())
}
