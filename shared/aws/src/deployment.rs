//! A deployment as it is: what `peerwright doctor` reads of the hub and of each place. Nothing here writes.

mod entrance;
mod events;
mod functions;
mod queues;
mod roles;
mod schedules;
mod stacks;
mod tables;
mod trails;
mod watch;

use std::error::Error;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use peerwright_core::doctor::hub::Concurrency;
use peerwright_core::doctor::template::{Made, Resource};
use peerwright_core::doctor::{Found, Unread};
use peerwright_engine::failure::{AwsMessage, Class, Failure};
use serde_json::Value;

use crate::classify::{failure, unreadable};

pub use entrance::Entrance;

/// What AWS answers of something that is not there: the error codes of the services' API references.
const ABSENT: [&str; 9] = [
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "PolicyNotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "AWSOrganizationsNotInUseException",
];

/// An account and Region of a deployment, with the credentials to look at it.
#[derive(Debug, Clone)]
pub struct Deployment {
    config: SdkConfig,
    made: Made,
}

impl Deployment {
    /// `made` says where these credentials lead.
    pub fn new(config: &SdkConfig, made: Made) -> Self {
        Self { config: config.clone(), made }
    }

    /// A resource as it is, in the words of its template.
    pub async fn resource(&self, resource: &Resource) -> Found<Value> {
        let Some(name) = resource.name() else { return Found::Missing };
        let config = &self.config;
        found(match resource.kind.as_str() {
            "AWS::CloudWatch::Alarm" => watch::alarm(config, name).await,
            "AWS::DynamoDB::Table" => tables::table(config, name, &self.arn("dynamodb", &format!("table/{name}"))).await,
            "AWS::Events::EventBus" => events::bus(config, name).await,
            "AWS::Events::Rule" => events::rule(config, resource.text("EventBusName"), name).await,
            "AWS::IAM::Role" => roles::role(config, name).await,
            "AWS::SNS::Topic" => watch::topic(config, &self.arn("sns", name)).await,
            "AWS::SQS::Queue" => queues::queue(config, name).await,
            "AWS::Scheduler::Schedule" => schedules::schedule(config, name).await,
            "AWS::Serverless::Function" => functions::function(config, name).await,
            kind => Err(unreadable(format!("read {name}"), None, format!("no reader of {kind}"))),
        })
    }

    /// What Lambda leaves the account.
    pub async fn concurrency(&self) -> Found<Concurrency> {
        found(functions::concurrency(&self.config).await)
    }

    /// The id of the account's organization.
    pub async fn organization(&self) -> Found<String> {
        let asked = aws_sdk_organizations::Client::new(&self.config).describe_organization().send().await;
        found(answered("describe the organization", asked).map(|told| told?.organization?.id))
    }

    /// Whether the organization tells its accounts and units.
    pub async fn told_of_organization(&self) -> Found<()> {
        let client = aws_sdk_organizations::Client::new(&self.config);
        let roots = answered("list the roots of the organization", client.list_roots().max_results(1).send().await);
        match roots {
            Ok(Some(_)) => found(
                answered("list the accounts of the organization", client.list_accounts().max_results(1).send().await)
                    .map(|told| told.map(|_| ())),
            ),
            other => found(other.map(|told| told.map(|_| ()))),
        }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let Made { account, region, partition, .. } = &self.made;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// An answer, where there is something to answer about.
fn answered<T, E>(what: impl Into<String>, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<Option<T>, Failure>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code().is_some_and(|code| ABSENT.contains(&code)) => Ok(None),
        Err(error) => Err(failure(what, None, error)),
    }
}

fn found<T>(answer: Result<Option<T>, Failure>) -> Found<T> {
    match answer {
        Ok(Some(value)) => Found::Is(value),
        Ok(None) => Found::Missing,
        Err(failure) => Found::Unread(unread(&failure)),
    }
}

/// Why something is not known, sorted by what helps.
pub fn unread(failure: &Failure) -> Unread {
    let why = failure.explain_final();
    match failure.class {
        Class::Denied | Class::NoRole => Unread::refused(why),
        // What AWS answers has a code.
        Class::Transient if !failure.source.is::<AwsMessage>() => Unread::no_answer(why),
        _ => Unread::other(why),
    }
}

/// A document that AWS keeps as text.
fn document(what: &str, text: Option<&str>) -> Result<Value, Failure> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(Value::Null),
        Some(text) => serde_json::from_str(text).map_err(|error| unreadable(format!("read {what}"), None, error)),
    }
}
