//! `peerwright explain`: why a connection is allowed or not, and what would be done for it.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Args;
use peerwright_aws::{AwsPorts, ClientPool, Ec2Cloud, LedgerTable, MemberRole, SessionPolicy, SystemClock, connect};
use peerwright_core::event::Cause;
use peerwright_core::ids::{AccountId, PcxId, Place, Region, Sides, VpcRef};
use peerwright_core::plan::Plan;
use peerwright_core::policy::{self, Explanation};
use peerwright_engine::explain::{Explained, Subject, explain};
use peerwright_engine::freeze::Freeze;
use serde_json::{Value, json};

use crate::output::explained;
use crate::tables::Allowlist;

/// The exit status that says "not allowed": neither success nor a failure.
const NOT_ALLOWED: u8 = 3;

/// What to explain, and how to look at it.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// A connection; needs --account and --region.
    #[arg(value_name = "CONNECTION", requires = "account", requires = "region", conflicts_with_all = ["requester", "accepter"])]
    connection: Option<PcxId>,
    /// The account of one of its ends.
    #[arg(long, requires = "connection")]
    account: Option<AccountId>,
    /// The Region of that end.
    #[arg(long, requires = "connection")]
    region: Option<Region>,
    /// The VPC that would ask, in place of a connection.
    #[arg(long, value_name = "ACCOUNT/REGION/VPC", requires = "accepter", required_unless_present = "connection")]
    requester: Option<VpcRef>,
    /// The VPC that would be asked.
    #[arg(long, value_name = "ACCOUNT/REGION/VPC", requires = "requester")]
    accepter: Option<VpcRef>,
    /// Show every rule, also those that are far from matching.
    #[arg(long)]
    all_rules: bool,
    /// As JSON, always with every rule.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    allowlist: Allowlist,
    /// The table of connections, beside it.
    #[arg(long, env = "PEERWRIGHT_CONNECTIONS_TABLE", default_value = "peerwright-connections")]
    connections_table: String,
    /// The role that is assumed in the accounts of both ends, with its path.
    #[arg(long, env = "PEERWRIGHT_MEMBER_ROLE", default_value = "/peerwright/peerwright-member-read")]
    member_role: String,
    /// The external id that the role asks for.
    #[arg(long, env = "PEERWRIGHT_EXTERNAL_ID", hide_env_values = true)]
    external_id: String,
    /// The partition of the role's ARN; that of the Region unless given.
    #[arg(long, env = "PEERWRIGHT_PARTITION")]
    partition: Option<String>,
}

impl Command {
    fn subject(&self) -> Result<Subject> {
        match self {
            Self { connection: Some(id), account: Some(account), region: Some(region), .. } => {
                Ok(Subject::Connection(id.clone(), Place { account: account.clone(), region: region.clone() }))
            }
            Self { requester: Some(requester), accepter: Some(accepter), .. } => {
                Ok(Subject::Pair(Sides { requester: requester.clone(), accepter: accepter.clone() }))
            }
            _ => Err(anyhow!("name a connection with --account and --region, or --requester and --accepter")),
        }
    }
}

/// Runs the command; its output goes to `out`.
pub(crate) async fn run(command: Command, out: &mut impl Write) -> Result<ExitCode> {
    let subject = command.subject()?;
    let region = match &subject {
        Subject::Connection(_, place) => &place.region,
        Subject::Pair(ends) => &ends.accepter.place.region,
    };
    let role = MemberRole {
        partition: command.partition.clone().unwrap_or_else(|| region.partition().to_owned()),
        name: command.member_role.clone(),
        external_id: command.external_id.clone(),
        session: "peerwright-explain".to_owned(),
        policy: SessionPolicy::new(&[]),
    };
    let base = connect().await;
    let ports = AwsPorts {
        allowlist: command.allowlist.open(&base),
        ledger: LedgerTable::new(&base, &command.connections_table),
        cloud: Ec2Cloud::new(Arc::new(ClientPool::new(base, role))),
        clock: SystemClock,
        holder: "peerwright explain".to_owned(),
        cause: Cause::default(),
        waits: None,
        freeze: Freeze::default(),
        deadline: jiff::Timestamp::MAX,
    };
    // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
    let found = Box::pin(explain(&subject, &ports)).await.map_err(explained)?;
    let mut explanation = policy::explain(&found.decision);
    explanation.all_rules = command.all_rules;
    if command.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&as_json(&found, &explanation))?)?;
    } else {
        print(&found, &explanation, out)?;
    }
    Ok(if found.allowed() { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALLOWED) })
}

fn print(found: &Explained, explanation: &Explanation<'_>, out: &mut impl Write) -> Result<()> {
    let ends = &found.connection.ends;
    writeln!(
        out,
        "{}\n{} to {}: {}\n\nby the rules: {explanation}",
        found.headline(),
        ends.requester,
        ends.accepter,
        found.connection.state
    )?;
    found.remembered.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
    for awaiting in &found.decision.awaiting {
        writeln!(out, "\nrule {} waits for approval of", awaiting.rule)?;
        awaiting.wishes.iter().try_for_each(|wish| writeln!(out, "  {}", wish.words))?;
    }
    if let Some(checks) = &found.precheck {
        let word = if checks.obstacles.is_empty() { "nothing is in the way" } else { "it would be held, because" };
        writeln!(out, "\nchecks before acceptance: {word}")?;
        checks.obstacles.iter().try_for_each(|obstacle| writeln!(out, "! {obstacle}"))?;
        checks.notes.iter().try_for_each(|note| writeln!(out, "~ {note}"))?;
    }
    if let Some(plan) = &found.plan {
        write!(out, "\nplan:\n{plan}")?;
    }
    Ok(())
}

fn as_json(found: &Explained, explanation: &Explanation<'_>) -> Value {
    let checks = found.precheck.as_ref().map(|checks| json!({ "obstacles": words(&checks.obstacles), "notes": words(&checks.notes) }));
    json!({
        "connection": found.connection.id,
        "state": found.connection.state.to_string(),
        "ends": found.connection.ends,
        "headline": found.headline(),
        "allowed": found.allowed(),
        "awaiting": found.decision.awaiting,
        "remembered": found.remembered,
        "decision": explanation.json(),
        "checks": checks,
        "plan": found.plan.as_ref().map(plan_json),
    })
}

fn plan_json(plan: &Plan) -> Value {
    json!({
        "steps": words(&plan.steps),
        "deferred": words(&plan.deferred),
        "waiting": words(&plan.waiting),
        "blocked": words(&plan.blocked),
        "notes": words(&plan.notes),
    })
}

fn words<T: ToString>(things: &[T]) -> Vec<String> {
    things.iter().map(ToString::to_string).collect()
}
