//! Who the process is to AWS.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
#[cfg(feature = "operator")]
use peerwright_core::ids::AccountId;
use peerwright_engine::failure::Failure;

use crate::classify::failure;
#[cfg(feature = "operator")]
use crate::classify::unreadable;

/// The process's ARN, from STS.
pub async fn caller(config: &SdkConfig) -> Result<String, Failure> {
    let found = Client::new(config).get_caller_identity().send().await;
    let found = found.map_err(|error| failure("ask STS who you are", None, error))?;
    Ok(found.arn.unwrap_or_default())
}

/// The process's account, from STS.
#[cfg(feature = "operator")]
pub(crate) async fn account(config: &SdkConfig) -> Result<AccountId, Failure> {
    let found = Client::new(config).get_caller_identity().send().await;
    let found = found.map_err(|error| failure("ask STS whose credentials these are", None, error))?;
    found.account.unwrap_or_default().parse().map_err(|error| unreadable("read what STS says of these credentials".to_owned(), None, error))
}
