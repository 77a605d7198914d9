//! Who may assume a role.

use aws_config::SdkConfig;
use peerwright_engine::failure::Failure;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{answered, document};
use crate::classify::unreadable;

pub(super) async fn role(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let asked = aws_sdk_iam::Client::new(config).get_role().role_name(name).send().await;
    let Some(role) = answered(format!("read the role {name}"), asked)?.and_then(|found| found.role) else { return Ok(None) };
    let what = format!("the trust policy of the role {name}");
    let encoded = role.assume_role_policy_document().unwrap_or_default();
    let text = percent_decode_str(encoded).decode_utf8().map_err(|error| unreadable(format!("read {what}"), None, error))?;
    Ok(Some(json!({
        "AssumeRolePolicyDocument": document(&what, Some(&text))?,
        "PermissionsBoundary": role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn()),
    })))
}
