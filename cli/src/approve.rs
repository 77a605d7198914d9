//! `peerwright approve` and `peerwright reject`: a person's decision about what waits for one.

use anstyle::Style;
use anyhow::Result;
use clap::Args;
use peerwright_aws::SystemClock;
use peerwright_core::ids::PcxId;
use peerwright_core::policy::Awaiting;
use peerwright_engine::manual_decision::ApprovalDecision;
use peerwright_engine::operator::{approve, awaiting, reject};
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{CHANGED, line};
use crate::output::explained;
use crate::reason::reason;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::target::connection;

/// A request, and why it is decided so.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_parser = connection)]
    connection: PcxId,
    /// Why: it is written down beside your name, in at most 500 characters.
    #[arg(long, value_parser = reason)]
    reason: String,
}

/// What `peerwright approve` and `peerwright reject` answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    connection: String,
    /// `approved` or `rejected`.
    decision: &'static str,
    /// Who decided, as STS tells it.
    by: String,
    reason: String,
    /// What was approved, rule by rule.
    approved: Vec<RuleWishes>,
    /// Why the function that carries it out could not be woken: then the next sweep does.
    not_woken: Option<String>,
}

/// What a rule wishes.
#[derive(Debug, Serialize, JsonSchema)]
struct RuleWishes {
    rule: String,
    wishes: Vec<String>,
}

/// Writes the decision down with what it is about, and wakes the function that carries it out. STS says who decides: a caller could claim any name.
pub(crate) async fn run(command: Command, decision: ApprovalDecision, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let by = session.caller().await?;
    let ledger = session.ledger().await?;
    let Command { connection: id, reason } = command;
    let mut shown = Vec::new();
    let decided = match decision {
        ApprovalDecision::Approved => {
            shown = awaiting(&ledger, &id).await.map_err(explained)?;
            approve(&ledger, &SystemClock, &id, &shown, &by, &reason).await
        }
        ApprovalDecision::Rejected => reject(&ledger, &SystemClock, &id, &by, &reason).await,
    };
    let (to, hint) = decided.map_err(explained)?;
    let not_woken = session.wake(to, &hint).await.err().map(|error| error.to_string());
    let approved = shown.iter().map(RuleWishes::of).collect();
    out.show(&Answer { connection: id.to_string(), decision: decision.as_str(), by, reason, approved, not_woken })
}

impl RuleWishes {
    fn of(Awaiting { rule, wishes }: &Awaiting) -> Self {
        Self { rule: rule.to_string(), wishes: wishes.iter().map(|wish| wish.words.clone()).collect() }
    }
}

impl View for Answer {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        for RuleWishes { rule, wishes } in &self.approved {
            line(out, 0, "", Style::new(), &format!("rule {rule} wishes for {}:", self.connection))?;
            wishes.iter().try_for_each(|wish| line(out, 2, "", Style::new(), wish))?;
        }
        line(out, 0, "", Style::new(), &format!("{} is {} by {}: {}", self.connection, self.decision, self.by, self.reason))?;
        let not_woken = |why: &String| format!("its function could not be woken ({why}): the next sweep carries it out");
        self.not_woken.iter().try_for_each(|why| line(out, 0, "!", CHANGED, &not_woken(why)))
    }
}
