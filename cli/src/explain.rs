//! `peerwright explain`: why a connection is allowed or not, and what would be done for it.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::{ArgGroup, Args};
use peerwright_aws::AwsPorts;
use peerwright_core::ids::{PcxId, Place, Sides};
use peerwright_core::named::NamedVpc;
use peerwright_core::plan::Plan;
use peerwright_core::policy::{self, Explanation};
use peerwright_core::world::Connection;
use peerwright_engine::explain::{Explained, Subject, explain};
use peerwright_engine::find::{find_connection, find_vpc};
use peerwright_engine::ports::Ledger as _;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::line::lines;
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::summary::word;
use crate::target::connection;

/// The exit status that says "not allowed": neither success nor a failure.
const NOT_ALLOWED: u8 = 3;

/// What to explain, and how to look at it.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["connection", "requester"]))]
pub(crate) struct Command {
    /// A connection.
    #[arg(value_name = "CONNECTION", conflicts_with = "accepter", value_parser = connection)]
    connection: Option<PcxId>,
    /// A place of one of its ends, where the ledger does not know the connection yet.
    #[arg(long, requires = "connection", value_name = "ACCOUNT/REGION")]
    at: Option<Place>,
    /// The VPC that would ask, in place of a connection: an alias, account/Region/vpc-…, account/vpc-… or vpc-….
    #[arg(long, value_name = "VPC", requires = "accepter")]
    requester: Option<NamedVpc>,
    /// The VPC that would be asked.
    #[arg(long, value_name = "VPC", requires = "requester")]
    accepter: Option<NamedVpc>,
    /// Show every rule, also those that are far from matching.
    #[arg(long)]
    all_rules: bool,
}

impl Command {
    async fn subject(&self, session: &Session, ports: &AwsPorts) -> Result<Subject> {
        match self {
            Self { connection: Some(id), at: Some(place), .. } => Ok(Subject::Connection(id.clone(), place.clone())),
            Self { connection: Some(id), .. } => {
                let entry = ports.ledger.load(id).await.map_err(explained)?;
                let entry = entry
                    .ok_or_else(|| anyhow!("the ledger does not know {id}: name a place of one of its ends by --at ACCOUNT/REGION"))?;
                Ok(Subject::Known(Box::new(entry)))
            }
            Self { requester: Some(requester), accepter: Some(accepter), .. } => {
                let regions = &session.deployed().await?.member_regions;
                let requester = find_vpc(requester, regions, ports).await.map_err(explained)?;
                let accepter = find_vpc(accepter, regions, ports).await.map_err(explained)?;
                let ends = Sides { requester, accepter };
                let joined = find_connection(&ends, ports).await.map_err(explained)?;
                Ok(joined.map_or(Subject::Pair(ends), |(id, place)| Subject::Connection(id, place)))
            }
            _ => Err(anyhow!("name a connection, or --requester and --accepter")),
        }
    }
}

/// Runs the command; its output goes to `out`.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let ports = session.ports().await?;
    let subject = Box::pin(command.subject(session, &ports)).await?;
    // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
    let found = Box::pin(explain(&subject, &ports)).await.map_err(explained)?;
    let mut explanation = policy::explain(&found.decision);
    explanation.all_rules = command.all_rules;
    out.show(&Answer::of(&found, &explanation))?;
    Ok(if found.allowed() { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALLOWED) })
}

/// What `peerwright explain` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The connection; none for two VPCs, between which nobody asked for one.
    connection: Option<String>,
    /// As EC2 has it; none for two VPCs.
    state: Option<String>,
    /// How it stands by the ledger, where that knows it.
    status: Option<String>,
    /// Who froze it, or everything, when and why.
    frozen: Option<String>,
    /// Who asks, and who is asked: account/Region/VPC.
    ends: Ends,
    /// The last word on it.
    headline: String,
    /// True where it would be accepted, or stands and is still allowed.
    allowed: bool,
    /// What rules wish and a person has to approve.
    awaiting: Value,
    /// What the ledger knows that keeps things from being done at once.
    remembered: Vec<String>,
    /// The verdict, with every rule.
    decision: Value,
    /// The checks before acceptance, where the connection is allowed and not accepted yet.
    checks: Option<Checks>,
    /// What would be done.
    plan: Option<PlanInWords>,
    #[serde(skip)]
    by_the_rules: String,
    #[serde(skip)]
    wishes: Vec<(String, Vec<String>)>,
    #[serde(skip)]
    planned: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Ends {
    requester: String,
    accepter: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Checks {
    /// What holds the request.
    obstacles: Vec<String>,
    /// What is worth knowing.
    notes: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PlanInWords {
    steps: Vec<String>,
    deferred: Vec<String>,
    waiting: Vec<String>,
    blocked: Vec<String>,
    notes: Vec<String>,
}

impl Answer {
    fn of(found: &Explained, explanation: &Explanation<'_>) -> Self {
        let Connection { id, state, ends, .. } = &found.connection;
        Self {
            connection: (!found.imagined).then(|| id.to_string()),
            state: (!found.imagined).then(|| state.to_string()),
            status: found.entry.as_ref().map(|entry| word(&entry.status)),
            frozen: found.frozen.clone(),
            ends: Ends { requester: ends.requester.to_string(), accepter: ends.accepter.to_string() },
            headline: found.headline(),
            allowed: found.allowed(),
            awaiting: json!(found.decision.awaiting),
            remembered: found.remembered.clone(),
            decision: explanation.json(),
            checks: found
                .precheck
                .as_ref()
                .map(|checks| Checks { obstacles: words(found, &checks.obstacles), notes: words(found, &checks.notes) }),
            plan: found.plan.as_ref().map(|plan| PlanInWords::of(found, plan)),
            by_the_rules: explanation.to_string(),
            wishes: found
                .decision
                .awaiting
                .iter()
                .map(|one| (one.rule.to_string(), one.wishes.iter().map(|wish| wish.words.clone()).collect()))
                .collect(),
            planned: found.plan.as_ref().map(|plan| found.words(plan)),
        }
    }
}

impl PlanInWords {
    fn of(found: &Explained, plan: &Plan) -> Self {
        Self {
            steps: words(found, &plan.steps),
            deferred: words(found, &plan.deferred),
            waiting: words(found, &plan.waiting),
            blocked: words(found, &plan.blocked),
            notes: words(found, &plan.notes),
        }
    }
}

impl View for Answer {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        lines(out, &self.text()?)
    }
}

impl Answer {
    fn text(&self) -> Result<String> {
        let Ends { requester, accepter } = &self.ends;
        let state = match (&self.connection, &self.state) {
            (Some(connection), Some(state)) => format!("{connection} is {state}"),
            _ => "there is no connection".to_owned(),
        };
        let known = self.status.as_ref().map(|status| format!(", {status} in the ledger")).unwrap_or_default();
        let mut out =
            format!("{}\n{requester} to {accepter}: {state}{known}\n\nby the rules: {}\n", self.headline, self.by_the_rules.trim_end());
        self.remembered.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
        for (rule, wishes) in &self.wishes {
            writeln!(out, "\nrule {rule} waits for approval of")?;
            wishes.iter().try_for_each(|wish| writeln!(out, "  {wish}"))?;
        }
        if let Some(checks) = &self.checks {
            let word = if checks.obstacles.is_empty() { "nothing is in the way" } else { "it would be held, because" };
            writeln!(out, "\nchecks before acceptance: {word}")?;
            checks.obstacles.iter().try_for_each(|obstacle| writeln!(out, "! {obstacle}"))?;
            checks.notes.iter().try_for_each(|note| writeln!(out, "~ {note}"))?;
        }
        if let Some(plan) = &self.planned {
            writeln!(out, "\nplan:\n{}", plan.trim_end())?;
        }
        Ok(out)
    }
}

fn words<T: ToString>(found: &Explained, things: &[T]) -> Vec<String> {
    things.iter().map(|thing| found.words(thing)).collect()
}
