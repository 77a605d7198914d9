//! One client per service, account and Region, made once per process.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{IdentityCache, Region, SharedCredentialsProvider};
use peerwright_core::ids::Place;
use tokio::sync::RwLock;

use crate::organization::OrganizationReader;
use crate::quotas::QuotaCache;
use crate::session::SessionPolicy;

/// The role that this process assumes in every member account.
#[derive(Debug, Clone)]
pub struct MemberRole {
    /// The partition of its ARN: `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Its path and name, the same in every account: `/peerwright/peerwright-member-accept`.
    pub name: String,
    /// The external id that its trust policy asks for.
    pub external_id: String,
    /// The session's name: the function's, so that CloudTrail shows who it was.
    pub session: String,
    /// What the session may do.
    pub policy: SessionPolicy,
}

/// The clients of one place. They share an identity.
#[derive(Debug)]
struct Clients {
    ec2: Arc<Client>,
    config: SdkConfig,
    /// Made where a quota is asked for, which few runs do.
    quotas: OnceLock<aws_sdk_servicequotas::Client>,
}

/// Clients for the places seen so far, and what their answers may be remembered by.
///
/// Each place has an identity cache of its own: the SDK's shared one holds 64 identities and evicts at random beyond
/// (`DEFAULT_MAX_PARTITIONS` of aws-smithy-runtime), which would mean an `AssumeRole` call per request in a large organisation.
#[derive(Debug)]
pub struct ClientPool {
    base: SdkConfig,
    role: MemberRole,
    clients: RwLock<HashMap<Place, Arc<Clients>>>,
    /// The organization, asked with the process's own identity.
    pub(crate) organization: OrganizationReader,
    /// Quotas that were read.
    pub(crate) quotas: QuotaCache,
}

impl ClientPool {
    /// An empty pool. No call is made until a client is used.
    pub fn new(base: SdkConfig, role: MemberRole) -> Self {
        let organization = OrganizationReader::new(&base);
        Self { base, role, clients: RwLock::default(), organization, quotas: QuotaCache::default() }
    }

    /// Drops the clients of a place after a refusal. Their session lasts for an hour, though it is of no use once the role was taken away:
    /// only a new `AssumeRole` shows that the role is gone.
    pub async fn forget(&self, place: &Place) {
        self.clients.write().await.remove(place);
    }

    /// The EC2 client of a place.
    pub async fn client(&self, place: &Place) -> Arc<Client> {
        Arc::clone(&self.clients(place).await.ec2)
    }

    /// The Service Quotas client of a place.
    pub(crate) async fn quotas_client(&self, place: &Place) -> aws_sdk_servicequotas::Client {
        let clients = self.clients(place).await;
        clients.quotas.get_or_init(|| aws_sdk_servicequotas::Client::new(&clients.config)).clone()
    }

    async fn clients(&self, place: &Place) -> Arc<Clients> {
        if let Some(clients) = self.clients.read().await.get(place) {
            return Arc::clone(clients);
        }
        let clients = Arc::new(self.connect(place).await);
        Arc::clone(self.clients.write().await.entry(place.clone()).or_insert(clients))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the pool that the others ask")]
    async fn connect(&self, place: &Place) -> Clients {
        let role = format!("arn:{}:iam::{}:role{}", self.role.partition, place.account, self.role.name);
        let credentials = AssumeRoleProvider::builder(role)
            .configure(&self.base)
            .external_id(&self.role.external_id)
            .session_name(&self.role.session)
            .policy(self.role.policy.document())
            .build()
            .await;
        let config = self
            .base
            .to_builder()
            .region(Region::new(place.region.to_string()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::lazy().build())
            .build();
        Clients { ec2: Arc::new(Client::new(&config)), config, quotas: OnceLock::new() }
    }
}
