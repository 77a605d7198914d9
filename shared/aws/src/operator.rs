//! What the operator's tool needs beside the ports: a configuration of a person's choice, and that of the functions.

mod credentials;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationError;
use peerwright_engine::failure::{Class, Failure};

use crate::classify::{failure, unreadable};
use crate::https;

/// How long a person waits for one answer of AWS before they are told that there is none.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Whose credentials, and where the hub is: what a person names wins over their environment.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// A profile of their configuration files.
    pub profile: Option<String>,
    /// The hub's Region.
    pub region: Option<String>,
}

/// Of one call: to connect, one try, and all of them.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(PATIENCE / 2)
        .operation_timeout(PATIENCE)
        .build()
}

/// Reads configuration files and the environment, once, and asks for credentials, so that what is missing is told before anything is tried.
#[expect(clippy::disallowed_methods, reason = "the one place that loads it for a person")]
pub async fn connect_as(login: &Login) -> Result<SdkConfig, Failure> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts())
        .http_client(https::client());
    if let Some(profile) = &login.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &login.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(missing("find out the hub's Region", "none is named: name it by --region, by AWS_REGION, or in the profile"));
    }
    let credentials = credentials::load(&config, login.profile.as_deref()).await?;
    Ok(config.to_builder().credentials_provider(credentials).build())
}

/// What a person has to give first.
pub(crate) fn missing(what: &str, words: impl Into<String>) -> Failure {
    Failure { what: what.to_owned(), place: None, class: Class::Refused, source: words.into().into() }
}

/// The environment variables that a function is configured with (`GetFunctionConfiguration`, Lambda API reference); `None` where there is no such function.
pub async fn function_environment(config: &SdkConfig, function: &str) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let what = || format!("read the configuration of the function {function}");
    let found = aws_sdk_lambda::Client::new(config).get_function_configuration().function_name(function).send().await;
    match found {
        Ok(found) => {
            let Some(environment) = found.environment else { return Ok(Some(BTreeMap::new())) };
            // Lambda says so where the variables have a key of their own that the caller may not use.
            if let Some(error) = environment.error {
                let words = format!("{}: {}", error.error_code.unwrap_or_default(), error.message.unwrap_or_default());
                return Err(unreadable(what(), None, words));
            }
            Ok(Some(environment.variables.unwrap_or_default().into_iter().collect()))
        }
        Err(error) if error.as_service_error().is_some_and(GetFunctionConfigurationError::is_resource_not_found_exception) => Ok(None),
        Err(error) => Err(failure(what(), None, error)),
    }
}
