//! A member account and Region: whether its role lets us in, what it then lets us do, and what is there.

use aws_config::{Region, SdkConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::Credentials as Session;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use peerwright_core::doctor::Found;
use peerwright_core::doctor::place::{Answer, Facts};
use peerwright_core::doctor::template::{Made, Resource};
use peerwright_core::ids::Place;
use peerwright_engine::failure::{Class, chain};

use super::{Deployment, found, trails};
use crate::classify::failure;

/// No connection has this id: a dry run asks for the permission first.
const NO_CONNECTION: &str = "pcx-00000000000000000";
/// As EC2 and STS answer where the Region, or STS in it, is not enabled for the account ("Error codes for the Amazon EC2 API").
const REGION_OFF: [&str; 3] = ["AuthFailure", "OptInRequired", "RegionDisabledException"];

/// How the hub enters member accounts, to look.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// The hub's own configuration.
    pub hub: SdkConfig,
    /// The partition of the role's ARN.
    pub partition: String,
    /// The path and name of the role that reads.
    pub role: String,
    /// The external id.
    pub external_id: String,
    /// The session's name.
    pub session: String,
}

impl Entrance {
    /// Everything that is read of a place. `expected` is what is looked at there.
    pub async fn look(&self, place: &Place, expected: Vec<Resource>) -> Facts {
        let (without_external_id, _) = self.assume(place, None).await;
        let (enters, session) = self.assume(place, Some(&self.external_id)).await;
        let unasked = || Answer::Other("nobody asked: the role can't be assumed".to_owned());
        let mut facts = Facts {
            place: place.clone(),
            enters,
            without_external_id,
            needed: unasked(),
            forbidden: unasked(),
            roles: Vec::new(),
            rules: Vec::new(),
            queues: Vec::new(),
            trails: Found::Missing,
        };
        if let Some(session) = session {
            let config = self.inside(place, &session);
            (facts.needed, facts.forbidden) = dry_runs(place, &config).await;
            if !matches!(facts.needed, Answer::RegionOff(_)) {
                let made = Made {
                    account: place.account.to_string(),
                    region: place.region.to_string(),
                    partition: self.partition.clone(),
                    ..Made::default()
                };
                let there = Deployment::new(&config, made);
                for resource in expected {
                    let is = there.resource(&resource).await;
                    let kept = match resource.kind.as_str() {
                        "AWS::IAM::Role" => &mut facts.roles,
                        "AWS::SQS::Queue" => &mut facts.queues,
                        _ => &mut facts.rules,
                    };
                    kept.push((resource, is));
                }
                facts.trails = found(trails::trails(&config).await);
            }
        }
        facts
    }

    /// Without a session policy: what is tried afterwards is what the role itself may do.
    async fn assume(&self, place: &Place, external_id: Option<&str>) -> (Answer, Option<Session>) {
        let arn = format!("arn:{}:iam::{}:role{}", self.partition, place.account, self.role);
        let request = aws_sdk_sts::Client::new(&self.hub).assume_role().role_arn(arn).role_session_name(&self.session);
        match request.set_external_id(external_id.map(str::to_owned)).send().await {
            Ok(assumed) => (Answer::Yes, assumed.credentials),
            Err(error) => (answer("assume the member role that reads", place, error), None),
        }
    }

    fn inside(&self, place: &Place, session: &Session) -> SdkConfig {
        let credentials = Credentials::new(
            session.access_key_id(),
            session.secret_access_key(),
            Some(session.session_token().to_owned()),
            None,
            "AssumeRole",
        );
        self.hub
            .to_builder()
            .region(Region::new(place.region.to_string()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(aws_sdk_ec2::config::IdentityCache::lazy().build())
            .build()
    }
}

/// A call that the role needs, and one that it must not have.
#[expect(clippy::disallowed_methods, reason = "the pool's sessions are narrowed by a session policy; here the role itself is tried")]
async fn dry_runs(place: &Place, config: &SdkConfig) -> (Answer, Answer) {
    let client = aws_sdk_ec2::Client::new(config);
    let needed = client.describe_vpcs().dry_run(true).send().await;
    let needed = needed.map_or_else(|error| answer("try to describe VPCs", place, error), |_| Answer::Yes);
    let forbidden = client.delete_vpc_peering_connection().vpc_peering_connection_id(NO_CONNECTION).dry_run(true).send().await;
    let forbidden = forbidden.map_or_else(|error| answer("try to delete a VPC peering connection", place, error), |_| Answer::Yes);
    (needed, forbidden)
}

fn answer<E>(what: &str, place: &Place, error: SdkError<E, HttpResponse>) -> Answer
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    // What a dry run answers where the call itself would be carried out.
    if code == "DryRunOperation" {
        return Answer::Yes;
    }
    let failure = failure(what, Some(place), error);
    let words = chain(&failure);
    match failure.class {
        _ if REGION_OFF.contains(&code.as_str()) => Answer::RegionOff(words),
        Class::Denied | Class::NoRole => Answer::No(words),
        _ => Answer::Other(words),
    }
}
