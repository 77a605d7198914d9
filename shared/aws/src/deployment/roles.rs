//! Who may assume a role, and what it may do.

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use peerwright_engine::failure::Failure;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{answered, document};
use crate::classify::{failure, unreadable};

pub(super) async fn role(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let asked = Client::new(config).get_role().role_name(name).send().await;
    let Some(role) = answered(format!("read the role {name}"), asked)?.and_then(|found| found.role) else { return Ok(None) };
    let client = Client::new(config);
    Ok(Some(json!({
        "ManagedPolicyArns": attached(&client, name).await?,
        "Policies": inline(&client, name).await?,
        "AssumeRolePolicyDocument": decoded(&format!("the trust policy of the role {name}"), role.assume_role_policy_document().unwrap_or_default())?,
        "PermissionsBoundary": role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn()),
    })))
}

/// A document as IAM writes it: percent-encoded.
fn decoded(what: &str, encoded: &str) -> Result<Value, Failure> {
    let text = percent_decode_str(encoded).decode_utf8().map_err(|error| unreadable(format!("read {what}"), None, error))?;
    document(what, Some(&text))
}

/// Nothing where there is none, as a template says it.
fn none_or(found: Vec<Value>) -> Option<Vec<Value>> {
    Some(found).filter(|found| !found.is_empty())
}

async fn attached(client: &Client, role: &str) -> Result<Option<Vec<Value>>, Failure> {
    let mut pages = client.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(policy) = pages.next().await {
        let policy = policy.map_err(|error| failure(format!("list the policies that are attached to the role {role}"), None, error))?;
        found.push(json!(policy.policy_arn()));
    }
    Ok(none_or(found))
}

async fn inline(client: &Client, role: &str) -> Result<Option<Vec<Value>>, Failure> {
    let mut pages = client.list_role_policies().role_name(role).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(policy) = pages.next().await {
        let policy = policy.map_err(|error| failure(format!("list the policies of the role {role}"), None, error))?;
        let asked = client.get_role_policy().role_name(role).policy_name(&policy).send().await;
        if let Some(is) = answered(format!("read the policy {policy} of the role {role}"), asked)? {
            let what = format!("the policy {policy} of the role {role}");
            found.push(json!({ "PolicyName": policy, "PolicyDocument": decoded(&what, is.policy_document())? }));
        }
    }
    Ok(none_or(found))
}
