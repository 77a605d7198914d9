//! A person's credentials: asked for once, before anything else.

use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use peerwright_engine::failure::{Failure, chain};

use super::{PATIENCE, missing};
use crate::https;

const WHAT: &str = "get credentials";

/// Credentials that were asked for already, and whoever gives the next ones: a person with a hardware key touches it once.
#[derive(Debug)]
struct Loaded {
    first: Mutex<Option<Credentials>>,
    source: SharedCredentialsProvider,
}

impl ProvideCredentials for Loaded {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        match first {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => future::ProvideCredentials::new(self.source.provide_credentials()),
        }
    }
}

/// Asks for the credentials of a profile or of the environment.
pub(crate) async fn load(config: &SdkConfig, profile: Option<&str>) -> Result<SharedCredentialsProvider, Failure> {
    let source = match profile {
        // As in AWS's own tools a profile that is named wins over the environment's keys, which the SDK's chain would take first.
        Some(profile) => {
            let provider = ProviderConfig::without_region().with_region(config.region().cloned()).with_http_client(https::client());
            SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build())
        }
        None => config.credentials_provider().ok_or_else(|| missing(WHAT, "the environment names none"))?,
    };
    let first = match tokio::time::timeout(PATIENCE, source.provide_credentials()).await {
        Ok(Ok(credentials)) => credentials,
        Ok(Err(error)) => return Err(missing(WHAT, in_words(&error, profile))),
        Err(_) => return Err(missing(WHAT, format!("nobody gave any within {} s", PATIENCE.as_secs()))),
    };
    Ok(SharedCredentialsProvider::new(Loaded { first: Mutex::new(Some(first)), source }))
}

fn in_words(error: &CredentialsError, profile: Option<&str>) -> String {
    let advice = match profile {
        Some(profile) => format!(
            "`aws configure list --profile {profile}` shows what the profile has, `aws sso login --profile {profile}` begins a session"
        ),
        None => "name a profile by --profile or AWS_PROFILE (`aws configure list-profiles`)".to_owned(),
    };
    match error {
        // Its own words list every place that it looked in.
        CredentialsError::CredentialsNotLoaded(_) => match profile {
            Some(profile) => format!("the configuration files have no credentials for a profile {profile}; {advice}"),
            None => format!("there are none in the environment, the configuration files or the instance's metadata; {advice}"),
        },
        other => format!("{}; {advice}", chain(other)),
    }
}
