//! One EC2 client per account and Region, made once per process.

use std::collections::HashMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{Builder, IdentityCache, Region};
use peerwright_core::ids::Place;
use tokio::sync::RwLock;

use crate::session::SessionPolicy;

/// The role that this process assumes in every member account.
#[derive(Debug, Clone)]
pub struct MemberRole {
    /// The partition of its ARN: `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Its name, the same in every account.
    pub name: String,
    /// The external id that its trust policy asks for.
    pub external_id: String,
    /// The session's name: the function's, so that CloudTrail shows who it was.
    pub session: String,
    /// What the session may do.
    pub policy: SessionPolicy,
}

/// EC2 clients for the places seen so far.
///
/// Each has an identity cache of its own: the SDK's shared one holds 64 identities and evicts at random beyond
/// (`DEFAULT_MAX_PARTITIONS` of aws-smithy-runtime), which would mean an `AssumeRole` call per request in a large organisation.
#[derive(Debug)]
pub struct ClientPool {
    base: SdkConfig,
    role: MemberRole,
    clients: RwLock<HashMap<Place, Arc<Client>>>,
}

impl ClientPool {
    /// An empty pool. No call is made until a client is used.
    pub fn new(base: SdkConfig, role: MemberRole) -> Self {
        Self { base, role, clients: RwLock::default() }
    }

    /// The client of a place.
    pub async fn client(&self, place: &Place) -> Arc<Client> {
        if let Some(client) = self.clients.read().await.get(place) {
            return Arc::clone(client);
        }
        let client = Arc::new(self.connect(place).await);
        Arc::clone(self.clients.write().await.entry(place.clone()).or_insert(client))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the pool that the others ask")]
    async fn connect(&self, place: &Place) -> Client {
        let role = format!("arn:{}:iam::{}:role/{}", self.role.partition, place.account, self.role.name);
        let credentials = AssumeRoleProvider::builder(role)
            .configure(&self.base)
            .external_id(&self.role.external_id)
            .session_name(&self.role.session)
            .policy(self.role.policy.document())
            .build()
            .await;
        let config = Builder::from(&self.base)
            .region(Region::new(place.region.to_string()))
            .credentials_provider(credentials)
            .identity_cache(IdentityCache::lazy().build())
            .build();
        Client::from_conf(config)
    }
}
