//! Gathers the facts: what the stacks' templates say is there, and what AWS answers of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow};
use futures_util::{StreamExt as _, future, stream};
use peerwright_aws::{Deployment, Entrance, SystemClock, unread};
use peerwright_core::count::counted;
use peerwright_core::doctor::hub::{self, Facts, LastSweep, Organization, Part};
use peerwright_core::doctor::template::{Made, Resource, Template};
use peerwright_core::doctor::{Found, Unread, place};
use peerwright_core::ids::{Place, Region};
use peerwright_engine::ports::Clock as _;

use crate::output::asked;
use crate::progress;
use crate::session::Session;

/// The hub's templates, with an output that tells the stack of each from any other.
const TEMPLATES: [(&str, &str, &str); 3] = [
    ("hub", "BusArn", include_str!("../../../infra/hub.yaml")),
    ("people", "ExplainRoleArn", include_str!("../../../infra/people.yaml")),
    ("watch", "AttentionTopicArn", include_str!("../../../infra/watch.yaml")),
];
const MEMBER: &str = include_str!("../../../infra/member.yaml");
/// How many questions are under way at the same time. Services take more; CloudFormation, IAM and Lambda's control plane not much more.
const AT_ONCE: usize = 8;

/// A look at one deployment.
pub(super) struct Look<'s> {
    session: &'s Session,
    pub(super) deployment: Deployment,
    pub(super) made: Made,
}

impl<'s> Look<'s> {
    /// Where the session's credentials lead.
    pub(super) async fn begin(session: &'s Session) -> Result<Self> {
        let config = session.config().await?;
        let region = config.region().and_then(|region| region.as_ref().parse::<Region>().ok());
        let region = region.ok_or_else(|| anyhow!("no Region: name that of the hub's stack by --region"))?;
        let caller = session.caller().await?;
        let account = caller.split(':').nth(4).unwrap_or_default().to_owned();
        let made = Made { account, region: region.to_string(), partition: region.partition().to_owned(), ..Made::default() };
        Ok(Self { session, deployment: Deployment::new(config, made.clone()), made })
    }

    /// Everything of the hub.
    pub(super) async fn hub(&self) -> Result<Facts> {
        progress::tell("looking at the hub");
        let mut parts = Vec::new();
        for (file, output, text) in TEMPLATES {
            let part = self.part(file, output, ours(file, text)?).await;
            // Nothing is known without the stacks, and whoever is silent once is silent sixty times.
            if let Found::Unread(why) = &part.stack
                && why.is_silence()
            {
                return Err(asked(&why.to_string()));
            }
            parts.push(part);
        }
        let all = parts.iter().flat_map(|part| part.resources(&self.made).into_iter().map(|resource| (part.file, resource))).collect();
        let (resources, concurrency) = future::join(self.resources(hub::expected(all)), self.deployment.concurrency()).await;
        let (last_sweep, organization) = future::join(self.last_sweep(), self.organization()).await;
        Ok(Facts {
            prefix: self.prefix().to_owned(),
            parts,
            resources,
            concurrency,
            last_sweep: last_sweep?,
            organization: organization?,
            now: SystemClock.now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// The deployed resources, each as it is. A service that is silent is asked no more: each question would take ten seconds.
    pub(super) async fn resources(&self, wanted: Vec<(&'static str, Resource)>) -> Vec<(&'static str, Resource, Found<serde_json::Value>)> {
        let silent: Mutex<BTreeMap<String, Unread>> = Mutex::default();
        let known = |kind: &str| silent.lock().ok()?.get(kind).cloned();
        let (looked, count) = (AtomicUsize::new(0), wanted.len());
        let asked = stream::iter(wanted).map(async |(file, resource)| {
            let is = match known(&resource.kind) {
                Some(why) => Found::Unread(why),
                None => self.deployment.resource(&resource).await,
            };
            if let Found::Unread(why) = &is
                && why.is_silence()
                && let Ok(mut silent) = silent.lock()
            {
                silent.insert(resource.kind.clone(), why.clone());
            }
            progress::tell(format!("looking at the hub: {} of {count}", 1 + looked.fetch_add(1, Ordering::Relaxed)));
            (file, resource, is)
        });
        asked.buffered(AT_ONCE).collect().await
    }

    async fn part(&self, file: &'static str, output: &str, ours: Template) -> Part {
        let stack = self.deployment.stack(self.prefix(), output).await;
        let deployed = match stack.known() {
            Some(stack) => self.deployment.template(&stack.name).await,
            None => Found::Missing,
        };
        Part { file, stack, deployed, ours }
    }

    async fn last_sweep(&self) -> Result<Found<LastSweep>> {
        Ok(match self.session.ledger().await?.swept().await {
            Ok(Some((began, version))) => Found::Is(LastSweep { began, version }),
            Ok(None) => Found::Missing,
            Err(failure) => Found::Unread(unread(&failure)),
        })
    }

    async fn organization(&self) -> Result<Organization> {
        let units_in_rules = match self.session.allowlist().await?.all().await {
            Ok(items) => Found::Is(items.iter().any(|item| item.body.to_string().contains("\"organizational_units\""))),
            Err(failure) => Found::Unread(unread(&failure)),
        };
        Ok(Organization { id: self.deployment.organization().await, told: self.deployment.told_of_organization().await, units_in_rules })
    }

    /// Each of these places.
    pub(super) async fn places(&self, facts: &Facts, places: &[Place]) -> Result<Vec<place::Facts>> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let member = ours("member", MEMBER)?;
        let stack = facts.parts.first().and_then(|part| part.stack.known());
        let stack =
            stack.ok_or_else(|| anyhow!("the stack of infra/hub.yaml is not found, and with it the external id: look at the hub first"))?;
        let entrance = self.entrance(stack).await?;
        let looked = AtomicUsize::new(0);
        let asked = stream::iter(places.iter().enumerate()).map(async |(at, place)| {
            let mut expected = place::expected(&member, stack, &self.made, place);
            // Roles belong to the account: they are read in its first Region.
            if places[..at].iter().any(|before| before.account == place.account) {
                expected.retain(|one| one.kind != "AWS::IAM::Role");
            }
            let found = entrance.look(place, expected).await;
            progress::tell(format!(
                "{} of {} looked at",
                1 + looked.fetch_add(1, Ordering::Relaxed),
                counted(places.len(), "place", "places")
            ));
            found
        });
        Ok(asked.buffered(AT_ONCE).collect().await)
    }

    async fn entrance(&self, stack: &hub::Stack) -> Result<Entrance> {
        let parameter = |name: &str| stack.parameters.get(name).cloned().unwrap_or_default();
        Ok(Entrance {
            hub: self.session.config().await?.clone(),
            partition: self.made.partition.clone(),
            role: format!("{}{}-member-read", parameter("RolePath"), self.prefix()),
            external_id: parameter("ExternalId"),
            session: self.session.named("doctor"),
        })
    }

    /// What the names of the deployment begin with.
    pub(super) fn prefix(&self) -> &str {
        self.session.prefix()
    }
}

/// A template of this tool's version.
fn ours(file: &str, text: &str) -> Result<Template> {
    Template::read(text).map_err(|error| anyhow!("this peerwright has an infra/{file}.yaml that can't be read: {error}"))
}

/// What this tool's templates make of the hub whose names begin with a prefix, whatever stacks are there.
pub(super) fn named(made: &Made, prefix: &str) -> Result<Vec<(&'static str, Resource)>> {
    let made = Made { parameters: [("Prefix".to_owned(), prefix.to_owned())].into(), ..made.clone() };
    let mut all = Vec::new();
    for (file, _, text) in TEMPLATES {
        all.extend(ours(file, text)?.resources(&made).into_iter().map(|resource| (file, resource)));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_of_each_template_is_known_by_an_output_that_no_other_has() {
        for (file, output, text) in TEMPLATES {
            assert!(ours(file, text).is_ok());
            for (other, _, text) in TEMPLATES {
                let (_, outputs) = text.split_once("\nOutputs:\n").expect("outputs");
                assert_eq!(
                    outputs.contains(&format!("\n  {output}:")) || outputs.starts_with(&format!("  {output}:")),
                    file == other,
                    "{output}"
                );
            }
        }
    }
}
