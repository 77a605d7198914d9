//! The deployment that a command speaks to. What it needs of it is found: by the prefix, and in the configuration of the functions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use peerwright_aws::{
    AllowlistTable, AwsPorts, ClientPool, Ec2Cloud, LedgerTable, Login, MemberRole, Outbox, SdkConfig, SessionPolicy, SystemClock, caller,
    connect_as, function_environment,
};
use peerwright_core::allowlist::Stored;
use peerwright_core::event::{Cause, Hint};
use peerwright_core::ids::Region;
use peerwright_engine::accept::OnDeny;
use peerwright_engine::freeze::Freeze;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::places::{Places, places};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::global::Global;
use crate::output::{HOW_TO_NAME_IT, asked, explained, explained_with, say};
use crate::progress;

/// One run of the tool: nothing is read before a command asks for it, and nothing twice.
pub(crate) struct Session {
    global: Global,
    config: OnceCell<SdkConfig>,
    deployed: OnceCell<Deployed>,
}

/// What no prefix tells: how the functions that only read are configured.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    /// The role that is assumed in member accounts, with its path.
    pub(crate) member_role: String,
    /// The external id that it asks for.
    pub(crate) external_id: String,
    /// The partition of its ARN.
    pub(crate) partition: String,
    /// Regions where a sweep looks in every account of the organization.
    pub(crate) member_regions: BTreeSet<Region>,
    /// What becomes of a request that a rule denies.
    pub(crate) on_deny: OnDeny,
    /// True where the stack's parameter Freeze keeps everything as it is.
    pub(crate) frozen: bool,
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        Self { global, config: OnceCell::new(), deployed: OnceCell::new() }
    }

    /// Credentials and Region.
    pub(crate) async fn config(&self) -> Result<&SdkConfig> {
        let login = || Login { profile: self.global.profile.clone(), region: self.global.region.clone() };
        let connected = async || {
            let config = Box::pin(connect_as(&login())).await.map_err(explained)?;
            if let Some(wrong) = config.region().and_then(|region| region.as_ref().parse::<Region>().err()) {
                return Err(asked(&format!("{wrong}: name the hub's Region by --region, by AWS_REGION, or in the profile")));
            }
            progress::tell(config.region().map_or_else(|| "asking AWS".to_owned(), |region| format!("asking AWS in {region}")));
            Ok(config)
        };
        self.config.get_or_try_init(connected).await
    }

    /// Another profile, in the Region that was named for everything.
    pub(crate) fn login_of(&self, profile: &str) -> Login {
        Login { profile: Some(profile.to_owned()), region: self.global.region.clone() }
    }

    /// The allowlist's table.
    pub(crate) async fn allowlist(&self) -> Result<AllowlistTable> {
        Ok(AllowlistTable::new(self.config().await?, self.allowlist_name()))
    }

    /// The name of the allowlist's table.
    pub(crate) fn allowlist_name(&self) -> String {
        self.global.allowlist_table.clone().unwrap_or_else(|| self.named("allowlist"))
    }

    /// The table of connections.
    pub(crate) async fn ledger(&self) -> Result<LedgerTable> {
        Ok(LedgerTable::new(self.config().await?, self.connections_name()))
    }

    fn connections_name(&self) -> String {
        self.global.connections_table.clone().unwrap_or_else(|| self.named("connections"))
    }

    /// What the names of the deployment begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.global.prefix
    }

    /// The name of a part of the deployment.
    pub(crate) fn named(&self, part: &str) -> String {
        format!("{}-{part}", self.global.prefix)
    }

    /// Who the caller is, as STS tells it: they could claim any name.
    pub(crate) async fn caller(&self) -> Result<String> {
        caller(self.config().await?).await.map_err(explained)
    }

    /// How the functions that only read are configured.
    pub(crate) async fn deployed(&self) -> Result<&Deployed> {
        self.deployed.get_or_try_init(|| self.find_deployed()).await
    }

    async fn find_deployed(&self) -> Result<Deployed> {
        let function = self.named("sweep");
        let config = self.config().await?;
        let given = (self.global.member_role.clone(), self.global.external_id.clone());
        let variables = match function_environment(config, &function).await {
            Ok(Some(variables)) => variables,
            // Enough was given to enter member accounts without; which Regions the stack names, nobody has said.
            Err(failure) if given.1.is_some() => {
                say(&format!(
                    "peerwright: {}; places that only the stack's parameter MemberRegions names are left out",
                    failure.explain_final()
                ));
                BTreeMap::new()
            }
            Ok(None) => return Err(asked(&format!("there is no function {function}: {HOW_TO_NAME_IT}"))),
            Err(failure) => return Err(explained_with(failure, &format!("if your deployment has another name: {HOW_TO_NAME_IT}"))),
        };
        let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        let region = config.region().and_then(|region| region.as_ref().parse::<Region>().ok());
        let partition = || region.map_or("aws", |region| region.partition()).to_owned();
        let usual = || format!("/{0}/{0}-member-read", self.global.prefix);
        Ok(Deployed {
            member_role: given.0.or_else(|| variable("PEERWRIGHT_MEMBER_ROLE")).unwrap_or_else(usual),
            external_id: given.1.or_else(|| variable("PEERWRIGHT_EXTERNAL_ID")).unwrap_or_default(),
            partition: variable("PEERWRIGHT_PARTITION").unwrap_or_else(partition),
            member_regions: variable("PEERWRIGHT_MEMBER_REGIONS")
                .iter()
                .flat_map(|list| list.split(','))
                .filter_map(|word| word.trim().parse().ok())
                .collect(),
            on_deny: variable("PEERWRIGHT_ON_DENY").and_then(|word| word.parse().ok()).unwrap_or(OnDeny::Hold),
            frozen: variable("PEERWRIGHT_FREEZE").as_deref() == Some("true"),
        })
    }

    /// The engine's ports, to read with: member accounts are entered by the role that reads.
    pub(crate) async fn ports(&self) -> Result<AwsPorts> {
        let Deployed { member_role, external_id, partition, .. } = self.deployed().await?.clone();
        let role =
            MemberRole { partition, name: member_role, external_id, session: self.named("explain"), policy: SessionPolicy::new(&[]) };
        Ok(AwsPorts {
            allowlist: self.allowlist().await?,
            ledger: self.ledger().await?,
            cloud: Ec2Cloud::new(Arc::new(ClientPool::new(self.config().await?.clone(), role))),
            clock: SystemClock,
            holder: "peerwright".to_owned(),
            cause: Cause::default(),
            waits: None,
            freeze: Freeze::default(),
            deadline: Timestamp::MAX,
        })
    }

    /// The places that are swept, by who names them: these items of the allowlist's table, and the stack.
    pub(crate) async fn places_of(&self, items: &[Stored], ports: &AwsPorts) -> Result<Places> {
        Ok(places(items, &self.deployed().await?.member_regions, ports).await)
    }

    /// Wakes a function.
    pub(crate) async fn wake(&self, function: Recipient, hint: &Hint) -> Result<()> {
        self.send(function, hint.message().unwrap_or_default()).await
    }

    /// A new id for a message: history names it beside what came of the message.
    pub(crate) fn event_id(&self) -> String {
        format!("{}-{}", self.named("retry"), uuid::Uuid::new_v4())
    }

    /// Wakes a function that is to try now what AWS refused before.
    pub(crate) async fn wake_to_retry(&self, function: Recipient, hint: &Hint, event: &str) -> Result<()> {
        let mut message = hint.message().unwrap_or_default();
        message["id"] = json!(event);
        message["retry"] = json!(true);
        self.send(function, message).await
    }

    async fn send(&self, function: Recipient, message: Value) -> Result<()> {
        let queue = self.named(function.name());
        let outbox = Outbox::named(self.config().await?, &queue).await.map_err(explained)?;
        outbox.send(&[message.to_string()]).await.map_err(explained)
    }

    /// Where a command looked, for the person whose command failed.
    pub(crate) fn whereabouts(&self) -> String {
        let profile = self.global.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok()).filter(|name| !name.is_empty());
        let whose = profile.map_or_else(|| "the credentials of the environment".to_owned(), |name| format!("profile {name}"));
        let region = self.config.get().and_then(SdkConfig::region).map_or_else(String::new, |region| format!(", in {region}"));
        format!("asked with {whose}{region}, prefix {}", self.global.prefix)
    }
}
