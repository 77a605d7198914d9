//! A function, with what wakes it and how much of it may run at once.

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use peerwright_core::doctor::hub::Concurrency;
use peerwright_engine::failure::Failure;
use serde_json::{Value, json};

use super::answered;
use crate::classify::{failure, unreadable};

pub(super) async fn function(config: &SdkConfig, name: &str) -> Result<Option<Value>, Failure> {
    let client = Client::new(config);
    let what = format!("read the configuration of the function {name}");
    let Some(found) = answered(what.as_str(), client.get_function_configuration().function_name(name).send().await)? else {
        return Ok(None);
    };
    // Lambda says so where the variables have a key of their own that the caller may not use.
    if let Some(error) = found.environment().and_then(|environment| environment.error()) {
        let words = format!("{}: {}", error.error_code().unwrap_or_default(), error.message().unwrap_or_default());
        return Err(unreadable(what, None, words));
    }
    let asked = client.get_function_concurrency().function_name(name).send().await;
    let reserved =
        answered(format!("read the concurrency of the function {name}"), asked)?.and_then(|found| found.reserved_concurrent_executions);
    Ok(Some(json!({
        "Architectures": found.architectures().iter().map(aws_sdk_lambda::types::Architecture::as_str).collect::<Vec<_>>(),
        "Environment": { "Variables": found.environment().and_then(|environment| environment.variables()) },
        "LastUpdateStatus": found.last_update_status().map(aws_sdk_lambda::types::LastUpdateStatus::as_str),
        "LastUpdateStatusReason": found.last_update_status_reason(),
        "Mappings": mappings(&client, name).await?,
        "MemorySize": found.memory_size(),
        "ReservedConcurrentExecutions": reserved,
        "Role": found.role(),
        "Runtime": found.runtime().map(aws_sdk_lambda::types::Runtime::as_str),
        "State": found.state().map(aws_sdk_lambda::types::State::as_str),
        "StateReason": found.state_reason(),
        "Timeout": found.timeout(),
    })))
}

async fn mappings(client: &Client, name: &str) -> Result<Vec<Value>, Failure> {
    let mut pages = client.list_event_source_mappings().function_name(name).into_paginator().items().send();
    let mut mappings = Vec::new();
    while let Some(mapping) = pages.next().await {
        mappings.push(mapping_of(&mapping.map_err(|error| failure(format!("list what wakes the function {name}"), None, error))?));
    }
    Ok(mappings)
}

fn mapping_of(mapping: &EventSourceMappingConfiguration) -> Value {
    let types: Vec<&str> = mapping.function_response_types().iter().map(aws_sdk_lambda::types::FunctionResponseType::as_str).collect();
    let most = mapping.scaling_config().and_then(aws_sdk_lambda::types::ScalingConfig::maximum_concurrency);
    json!({
        "BatchSize": mapping.batch_size(),
        "EventSourceArn": mapping.event_source_arn(),
        "FunctionResponseTypes": Some(types).filter(|types| !types.is_empty()),
        "ScalingConfig": most.map(|most| json!({ "MaximumConcurrency": most })),
        "State": mapping.state(),
        "UUID": mapping.uuid(),
    })
}

pub(super) async fn concurrency(config: &SdkConfig) -> Result<Option<Concurrency>, Failure> {
    let asked = Client::new(config).get_account_settings().send().await;
    let limit = answered("read the account's settings of Lambda", asked)?.and_then(|found| found.account_limit);
    let count = |number: i32| u64::try_from(number).unwrap_or_default();
    Ok(limit.map(|limit| Concurrency {
        limit: count(limit.concurrent_executions()),
        unreserved: count(limit.unreserved_concurrent_executions().unwrap_or_default()),
    }))
}
