//! The organization, from the Organizations API, which answers the management account and its delegates only.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, AccountState, ParentType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use peerwright_core::ids::{AccountId, UnitId};
use peerwright_core::organization::Unit;
use peerwright_core::world::Fact;
use peerwright_engine::failure::{Class, Failure, chain};

use crate::classify::failure;

/// How long an answer is kept: an account that moves to another unit is judged by the new one no later than that.
const KEPT: Duration = Duration::from_mins(5);
/// How many answers are kept: a small organization whole, and of a large one less than a megabyte.
const MOST: usize = 4096;
/// How deep units can lie: five levels below the root ("Quotas for Organizations"), and some to spare. It stops a loop.
const DEEPEST: usize = 10;

/// A unit, its name, and whether it is the root.
#[derive(Debug, Clone)]
struct Parent {
    id: UnitId,
    name: String,
    root: bool,
}

/// What Organizations says of a child.
#[derive(Debug, Clone)]
enum Found {
    /// It is in this unit.
    Parent(Parent),
    /// It is not in the organization.
    Outside,
    /// An answer that leads nowhere.
    Nothing,
}

/// Reads where accounts stand. The answers are kept for a while, each by its child.
#[derive(Debug)]
pub(crate) struct OrganizationReader {
    config: SdkConfig,
    /// Made when a rule or a sweep first asks: most runs of a process never do, and each start would wait for it.
    client: OnceLock<Client>,
    parents: Mutex<HashMap<String, (Instant, Found)>>,
}

impl OrganizationReader {
    /// With the process's own credentials.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone(), client: OnceLock::new(), parents: Mutex::default() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&self.config))
    }

    /// The units of an account, none for one outside the organization. What may pass by itself is a failure, so that it is asked again;
    /// a refusal makes the units unknown.
    pub(crate) async fn units(&self, account: &AccountId) -> Result<Fact<Vec<Unit>>, Failure> {
        match self.walk(account).await {
            Ok(Some(units)) => Ok(Fact::Known(units)),
            Ok(None) => Ok(Fact::Unknown(format!("Organizations does not lead from {account} to a root"))),
            Err(failure) if matches!(failure.class, Class::Throttled | Class::Transient) => Err(failure),
            Err(failure) => Ok(Fact::Unknown(chain(&failure))),
        }
    }

    /// Every account that is in use, with its name: one that is suspended or on its way out can't be entered.
    pub(crate) async fn accounts(&self) -> Result<BTreeMap<AccountId, String>, Failure> {
        let mut pages = self.client().list_accounts().into_paginator().send();
        let mut accounts = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure("list the accounts of the organization", None, error))?;
            let active = page.accounts().iter().filter(|account| is_active(account));
            accounts
                .extend(active.filter_map(|account| Some((account.id()?.parse().ok()?, account.name().unwrap_or_default().to_owned()))));
        }
        Ok(accounts)
    }

    async fn walk(&self, account: &AccountId) -> Result<Option<Vec<Unit>>, Failure> {
        let mut above: Vec<Parent> = Vec::new();
        while above.len() < DEEPEST {
            let child = above.last().map_or(account.as_str(), |unit| unit.id.as_str()).to_owned();
            let parent = match self.parent(&child).await? {
                Found::Parent(parent) => parent,
                Found::Outside if above.is_empty() => return Ok(Some(Vec::new())),
                Found::Outside | Found::Nothing => return Ok(None),
            };
            let root = parent.root;
            above.push(parent);
            if root {
                let line = above.into_iter().rev().map(|unit| (unit.id, unit.name));
                return Ok(Some(Unit::line(line)));
            }
        }
        Ok(None)
    }

    async fn parent(&self, child: &str) -> Result<Found, Failure> {
        if let Some(kept) = self.kept(child) {
            return Ok(kept);
        }
        let found = self.ask(child).await?;
        if !matches!(found, Found::Nothing) {
            self.keep(child, &found);
        }
        Ok(found)
    }

    async fn ask(&self, child: &str) -> Result<Found, Failure> {
        // A page may be empty and others follow ("the NextToken response parameter value is null only when there are no more results",
        // `ListParents`, Organizations API reference).
        let mut pages = self.client().list_parents().child_id(child).into_paginator().send();
        let mut parent = None;
        while let (None, Some(page)) = (&parent, pages.next().await) {
            parent = match page {
                Err(error) if is_outside(&error) => return Ok(Found::Outside),
                Err(error) => return Err(failure(format!("ask for the organizational unit of {child}"), None, error)),
                Ok(page) => page.parents.unwrap_or_default().into_iter().next(),
            };
        }
        let Some((id, root)) = parent.and_then(|parent| {
            let root = parent.r#type() == Some(&ParentType::Root);
            Some((parent.id()?.parse::<UnitId>().ok()?, root))
        }) else {
            return Ok(Found::Nothing);
        };
        let name = if root { self.root_name(&id).await? } else { self.unit_name(&id).await? };
        Ok(name.map_or(Found::Nothing, |name| Found::Parent(Parent { id, name, root })))
    }

    async fn unit_name(&self, id: &UnitId) -> Result<Option<String>, Failure> {
        let found = self.client().describe_organizational_unit().organizational_unit_id(id.as_str()).send().await;
        let found = found.map_err(|error| failure(format!("ask for the name of {id}"), None, error))?;
        Ok(found.organizational_unit.and_then(|unit| unit.name))
    }

    async fn root_name(&self, id: &UnitId) -> Result<Option<String>, Failure> {
        let found = self.client().list_roots().send().await;
        let found = found.map_err(|error| failure(format!("ask for the name of {id}"), None, error))?;
        let root = found.roots.unwrap_or_default().into_iter().find(|root| root.id() == Some(id.as_str()));
        Ok(root.and_then(|root| root.name))
    }

    fn kept(&self, child: &str) -> Option<Found> {
        let parents = self.parents.lock().ok()?;
        parents.get(child).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, found)| found.clone())
    }

    fn keep(&self, child: &str, found: &Found) {
        let Ok(mut parents) = self.parents.lock() else {
            return;
        };
        if parents.len() >= MOST {
            parents.retain(|_, (at, _)| at.elapsed() < KEPT);
        }
        if parents.len() >= MOST {
            parents.clear();
        }
        parents.insert(child.to_owned(), (Instant::now(), found.clone()));
    }
}

/// True when Organizations does not know the account: "We can't find an organizational unit (OU) or AWS account with the `ChildId` that
/// you specified" (`ListParents`, Organizations API reference).
fn is_outside<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(error.code(), Some("ChildNotFoundException" | "AccountNotFoundException"))
}

/// An answer without a state is of an account in the usual one.
fn is_active(account: &Account) -> bool {
    account.state().is_none_or(|state| *state == AccountState::Active)
}
