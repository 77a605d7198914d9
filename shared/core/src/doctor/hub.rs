//! The hub: its stacks, and every resource of theirs against what the template says of it.

mod expected;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use super::template::{Made, Resource, Template};
use super::{Check, Finding, Found};

pub use expected::expected;

/// Parameters in which the stacks of one deployment must agree.
const SHARED: [&str; 4] = ["MemberAccounts", "OrganizationId", "Prefix", "RolePath"];

/// A stack of the deployment.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The name that somebody gave it.
    pub name: String,
    /// Such as `UPDATE_COMPLETE`.
    pub status: String,
    /// What it was made with.
    pub parameters: BTreeMap<String, String>,
}

/// One of the hub's templates, and the stack made from it.
#[derive(Debug, Clone)]
pub struct Part {
    /// `hub` for `infra/hub.yaml`.
    pub file: &'static str,
    /// The stack.
    pub stack: Found<Stack>,
    /// The template that the stack was made from.
    pub deployed: Found<Template>,
    /// The template of this tool's version.
    pub ours: Template,
}

impl Part {
    /// What is to be there: what the stack's own template says, or this tool's where AWS does not show it.
    pub fn resources(&self, made: &Made) -> Vec<Resource> {
        let Some(stack) = self.stack.known() else { return Vec::new() };
        let made = Made { parameters: stack.parameters.clone(), ..made.clone() };
        self.deployed.known().unwrap_or(&self.ours).resources(&made)
    }
}

/// What Lambda leaves the account's functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Runs at the same time, of all functions of the account in the Region.
    pub limit: u64,
    /// Those that no function has reserved.
    pub unreserved: u64,
}

/// The last sweep of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSweep {
    /// When it began.
    pub began: Timestamp,
    /// The version of the function that wrote it down; none if that was one of a release before.
    pub version: Option<String>,
}

/// The organization, as it answers the hub.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id.
    pub id: Found<String>,
    /// Whether it tells the hub its accounts and units.
    pub told: Found<()>,
    /// True where a rule names organizational units.
    pub units_in_rules: Found<bool>,
}

/// Everything that is read of a hub.
#[derive(Debug)]
pub struct Facts {
    /// What its names begin with.
    pub prefix: String,
    /// Its templates with their stacks.
    pub parts: Vec<Part>,
    /// What is to be there, by the template's file, and what is there.
    pub resources: Vec<(&'static str, Resource, Found<Value>)>,
    /// What Lambda leaves it.
    pub concurrency: Found<Concurrency>,
    /// Its last sweep.
    pub last_sweep: Found<LastSweep>,
    /// Its organization.
    pub organization: Organization,
    /// When this was read.
    pub now: Timestamp,
    /// The version of this tool.
    pub version: String,
}

/// All that is wrong with a hub, in the order of the checks.
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = facts.parts.iter().filter_map(stack).collect();
    found.extend(disagreements(&facts.parts));
    found.extend(facts.parts.iter().filter_map(|part| other_template(part, &facts.version)));
    found.extend(facts.resources.iter().flat_map(|(file, resource, is)| resources::findings(file, resource, is, facts)));
    found.extend(concurrency(facts));
    found.extend(sweep(facts));
    found.extend(organization(facts));
    found.sort_by(|one, other| (one.check, &one.subject).cmp(&(other.check, &other.subject)));
    found
}

impl Facts {
    /// A parameter of the stack of infra/hub.yaml.
    fn parameter(&self, name: &str) -> Option<&str> {
        let hub = self.parts.iter().find(|part| part.file == "hub")?;
        hub.stack.known()?.parameters.get(name).map(String::as_str)
    }

    fn number(&self, name: &str, default: i64) -> i64 {
        self.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}

fn stack(part: &Part) -> Option<Finding> {
    let file = format!("infra/{}.yaml", part.file);
    match &part.stack {
        Found::Missing => Some(Finding::new(
            Check::Stack,
            file.clone(),
            "there is no stack of it with this prefix here",
            format!("deploy {file} in the hub's account and Region (docs/deploy.md), or name these by --profile, --region and --prefix"),
        )),
        Found::Unread(why) => Some(Finding::unknown(Check::Stack, file, why, "use the role of people for the doctor (infra/people.yaml)")),
        Found::Is(stack) if is_settled(&stack.status) => None,
        Found::Is(stack) => Some(Finding::new(
            Check::Stack,
            stack.name.clone(),
            format!("the stack of {file} is in state {}", stack.status),
            format!("aws cloudformation describe-stack-events --stack-name {} says why; deploy it again once that is mended", stack.name),
        )),
    }
}

/// A rollback leaves the stack as it was before, whole: that the update was not made is for whoever made it.
fn is_settled(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
}

fn disagreements(parts: &[Part]) -> Vec<Finding> {
    let Some((hub, others)) = parts.split_first() else { return Vec::new() };
    let Some(first) = hub.stack.known() else { return Vec::new() };
    let others = others.iter().filter_map(|part| Some((part, part.stack.known()?)));
    let told = others.flat_map(|(part, stack)| {
        let takes = part.ours.parameters();
        let differing = SHARED.into_iter().filter(move |name| takes.contains(name) && of(first, name) != of(stack, name));
        differing.map(|name| {
            Finding::new(
                Check::Stack,
                stack.name.clone(),
                format!("its parameter {name} is {:?}, and that of {} is {:?}", value(stack, name), first.name, value(first, name)),
                format!("deploy infra/{}.yaml again with the {name} of the hub's stack", part.file),
            )
        })
    });
    told.collect()
}

/// A list in any order.
fn of<'s>(stack: &'s Stack, parameter: &str) -> BTreeSet<&'s str> {
    value(stack, parameter).split(',').collect()
}

fn value<'s>(stack: &'s Stack, parameter: &str) -> &'s str {
    stack.parameters.get(parameter).map(String::as_str).unwrap_or_default()
}

fn other_template(part: &Part, version: &str) -> Option<Finding> {
    let stack = part.stack.known()?;
    let file = format!("infra/{}.yaml", part.file);
    match &part.deployed {
        Found::Is(deployed) => {
            let names: Vec<String> = part.ours.differs_from(deployed).into_iter().collect();
            (!names.is_empty()).then(|| {
                Finding::new(
                    Check::Version,
                    stack.name.clone(),
                    format!("it was made from another {file} than that of this peerwright {version}: {}", names.join(", ")),
                    format!("deploy the {file} of {version}, or use the peerwright that came with the template"),
                )
            })
        }
        Found::Missing => None,
        Found::Unread(why) => {
            Some(Finding::unknown(Check::Version, stack.name.clone(), why, "use the role of people for the doctor (infra/people.yaml)"))
        }
    }
}

fn concurrency(facts: &Facts) -> Option<Finding> {
    let wanted = u64::try_from(facts.number("MaxConcurrency", 5)).unwrap_or_default() * 5;
    match &facts.concurrency {
        Found::Is(Concurrency { limit, unreserved }) if *unreserved < wanted => Some(Finding::new(
            Check::Concurrency,
            "account",
            format!(
                "{unreserved} of {limit} concurrent runs are left to functions that reserve none, and the five functions may use {wanted}"
            ),
            "ask for a higher quota \"Concurrent executions\" of Lambda (a new account has ten), or deploy infra/hub.yaml with a smaller MaxConcurrency",
        )),
        Found::Unread(why) => Some(Finding::unknown(Check::Concurrency, "account", why, "give the role lambda:GetAccountSettings")),
        _ => None,
    }
}

fn sweep(facts: &Facts) -> Vec<Finding> {
    let subject = format!("{}-sweep", facts.prefix);
    let minutes = facts.number("SweepMinutes", 20) * 2;
    let look = format!(
        "see whether its schedule is enabled and its queue's messages are worked on; docs/runbook.md, section sweep-overdue, and the log /aws/lambda/{subject}"
    );
    match &facts.last_sweep {
        Found::Missing => vec![Finding::new(
            Check::Sweep,
            subject,
            "no sweep of everything has begun yet",
            format!("right after a deployment, wait {minutes} minutes; otherwise {look}"),
        )],
        Found::Unread(why) => {
            vec![Finding::unknown(Check::Sweep, subject, why, "give the role dynamodb:GetItem on the table of connections")]
        }
        Found::Is(LastSweep { began, version }) => {
            let late = (*began + minutes.minutes() < facts.now).then(|| {
                Finding::new(
                    Check::Sweep,
                    subject.clone(),
                    format!("the last sweep began at {began:.0}, more than {minutes} minutes ago"),
                    look,
                )
            });
            let running = version.as_deref().unwrap_or("a release that does not tell");
            let other = (running != facts.version).then(|| {
                Finding::new(
                    Check::Version,
                    subject,
                    format!("the function that swept last is of version {running}, and this peerwright of {}", facts.version),
                    "deploy the functions of this version, or use the peerwright of theirs; right after a deployment wait for the next sweep",
                )
            });
            late.into_iter().chain(other).collect()
        }
    }
}

fn organization(facts: &Facts) -> Vec<Finding> {
    let Organization { id, told, units_in_rules } = &facts.organization;
    let configured = facts.parameter("OrganizationId").filter(|id| !id.is_empty());
    let mut found = Vec::new();
    if let Some(configured) = configured {
        found.extend(match id {
            Found::Is(id) if id == configured => None,
            Found::Unread(why) => Some(Finding::unknown(Check::Organization, configured, why, "give the role organizations:DescribeOrganization")),
            other => Some(Finding::new(
                Check::Organization,
                configured,
                other.known().map_or_else(
                    || "the hub's account is in no organization: no member account can send it events".to_owned(),
                    |id| format!("the hub's account is in the organization {id}, and the stack names {configured}: no member of it can send events"),
                ),
                "deploy infra/hub.yaml, infra/people.yaml and infra/member.yaml with the OrganizationId of the hub's account",
            )),
        });
    }
    let regions = facts.parameter("MemberRegions").is_some_and(|regions| !regions.is_empty());
    let why_needed = match (regions, units_in_rules) {
        (true, _) => "sweeps leave out the accounts that only MemberRegions brings in",
        (false, Found::Is(true)) => "rules with organizational_units match nothing",
        (false, Found::Unread(why)) => {
            found.push(Finding::unknown(
                Check::Organization,
                "allowlist",
                why,
                "give the role dynamodb:Scan on the table of the allowlist",
            ));
            return found;
        }
        (false, _) => return found,
    };
    if let Found::Unread(why) = told {
        let subject = configured.unwrap_or("organization");
        if why.is_silence() {
            found.push(Finding::unknown(Check::Organization, subject, &why.about("whether Organizations tells the hub its accounts"), ""));
            return found;
        }
        found.push(Finding::new(
            Check::Organization,
            subject,
            format!("Organizations does not tell the hub its accounts and units, so {why_needed}: {why}"),
            "make the hub's account a delegated administrator of the organization (docs/deploy.md), or name places by `peerwright members` and accounts in rules",
        ));
    }
    found
}
