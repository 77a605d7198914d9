//! `peerwright plan`: what would be done now, and why.

mod show;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{ArgGroup, Args};
use futures_util::StreamExt;
use peerwright_aws::AwsPorts;
use peerwright_core::ids::{PcxId, Place, Side};
use peerwright_core::plan::{ChangeKind, PlannedChange};
use peerwright_engine::accept::OnDeny;
use peerwright_engine::forecast::{Fate, Forecast, forecast};
use peerwright_engine::overview::{Overview, Reach, overview};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::explained;
use crate::progress;
use crate::screen::Screen;
use crate::session::Session;
use crate::target::connection;

/// The exit status that says that something would change.
const CHANGES: u8 = 2;

/// How many connections are read at once.
const AT_ONCE: usize = 16;

/// What to plan.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["connection", "all"]))]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_name = "CONNECTION", value_parser = connection)]
    connection: Option<PcxId>,
    /// Every connection that is not over.
    #[arg(long)]
    all: bool,
    /// A place of one of its ends, where the ledger does not know the connection yet.
    #[arg(long, requires = "connection", value_name = "ACCOUNT/REGION")]
    at: Option<Place>,
}

/// Plans, shows, and tells by the exit status whether something would change.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let ports = session.ports().await?;
    let on_deny = session.deployed().await?.on_deny;
    let answer = if let Some(id) = &command.connection {
        let places: Vec<Place> = command.at.into_iter().collect();
        // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
        let found = Box::pin(forecast(id, &places, on_deny, &ports)).await.map_err(explained)?;
        Answer::of(vec![ConnectionPlan::of(&found)], Vec::new())
    } else {
        let known = overview(Reach::Living, &session.deployed().await?.member_regions, &ports).await.map_err(explained)?;
        all(known, on_deny, &ports).await
    };
    out.show(&answer)?;
    out.flush()?;
    Ok(answer.status())
}

/// Several at once; one that can't be read stops none of the others.
async fn all(known: Overview, on_deny: OnDeny, ports: &AwsPorts) -> Answer {
    let ids: BTreeSet<&PcxId> = known.entries.iter().map(|entry| &entry.connection).chain(&known.unreadable).collect();
    let forecasts = ids.iter().copied().map(|id| async move { (id, Box::pin(forecast(id, &[], on_deny, ports)).await) });
    let mut forecasts = futures_util::stream::iter(forecasts).buffer_unordered(AT_ONCE);
    let (mut plans, mut unreadable) = (Vec::new(), Vec::new());
    while let Some((id, found)) = forecasts.next().await {
        match found {
            Ok(found) => plans.push(ConnectionPlan::of(&found)),
            Err(failure) => unreadable.push(Unreadable { connection: id.to_string(), why: failure.explain_final() }),
        }
        progress::tell(format!("{} of {} connections", plans.len() + unreadable.len(), ids.len()));
    }
    plans.sort_by(|a, b| a.connection.cmp(&b.connection));
    unreadable.sort_by(|a, b| a.connection.cmp(&b.connection));
    Answer { untold: known.untold, ..Answer::of(plans, unreadable) }
}

/// What `peerwright plan` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    counts: Counts,
    connections: Vec<ConnectionPlan>,
    /// Connections that could not be read.
    unreadable: Vec<Unreadable>,
    /// Why connections may be missing.
    untold: Option<String>,
}

/// How much there is of everything.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Counts {
    connections: usize,
    /// Connections for which something would be done.
    changed: usize,
    /// Routes, rules and options.
    add: usize,
    /// The same, and connections that would be deleted.
    remove: usize,
    /// Rules that would become another connection's, and connections that would be accepted or rejected.
    change: usize,
    /// What waits for an approval.
    later: usize,
    /// What can't be done.
    blocked: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Unreadable {
    connection: String,
    why: String,
}

/// What would be done for one connection.
#[derive(Debug, Serialize, JsonSchema)]
struct ConnectionPlan {
    connection: String,
    /// As EC2 has it.
    state: String,
    /// As the ledger has it.
    status: Option<String>,
    requester: String,
    accepter: String,
    fate: FateWord,
    /// Why.
    reasons: Vec<String>,
    /// Why it is not done now, though it would be otherwise.
    held_up: Vec<String>,
    changes: Vec<Change>,
    /// What is not there yet.
    waiting: Vec<String>,
    /// What can't be done.
    blocked: Vec<String>,
    notes: Vec<String>,
}

/// What becomes of a connection as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum FateWord {
    Accepted,
    Rejected,
    Held,
    AwaitsApproval,
    OnItsWay,
    Follows,
    Kept,
    Isolated,
    Deleted,
    CleanedUp,
    LeftAlone,
}

/// A route, a rule or an option.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    what: What,
    /// `requester` or `accepter`.
    side: String,
    /// A route table, a security group with its direction, or the options of the connection.
    #[serde(rename = "in")]
    place: String,
    thing: String,
    /// True where it waits for an approval.
    later: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum What {
    Add,
    Change,
    Remove,
}

impl Answer {
    fn of(connections: Vec<ConnectionPlan>, unreadable: Vec<Unreadable>) -> Self {
        let of = |what: What| connections.iter().map(|plan| plan.count(what)).sum::<usize>();
        let deleted = connections.iter().filter(|plan| plan.fate == FateWord::Deleted).count();
        let answered = connections.iter().filter(|plan| plan.fate.is_a_change()).count() - deleted;
        let counts = Counts {
            connections: connections.len(),
            changed: connections.iter().filter(|plan| plan.changes_something()).count(),
            add: of(What::Add),
            remove: of(What::Remove) + deleted,
            change: of(What::Change) + answered,
            later: connections.iter().flat_map(|plan| &plan.changes).filter(|change| change.later).count(),
            blocked: connections.iter().map(|plan| plan.blocked.len()).sum(),
        };
        Self { counts, connections, unreadable, untold: None }
    }

    fn status(&self) -> ExitCode {
        match (self.unreadable.is_empty(), self.counts.changed) {
            (false, _) => ExitCode::FAILURE,
            (true, 0) => ExitCode::SUCCESS,
            (true, _) => ExitCode::from(CHANGES),
        }
    }
}

impl ConnectionPlan {
    fn of(found: &Forecast) -> Self {
        let plan = &found.plan;
        let ends = &found.connection.ends;
        Self {
            connection: found.connection.id.to_string(),
            state: found.connection.state.to_string(),
            status: found.status.as_ref().map(ToString::to_string),
            requester: ends.requester.to_string(),
            accepter: ends.accepter.to_string(),
            fate: FateWord::from(found.fate),
            reasons: found.reasons.clone(),
            held_up: found.held_up.clone(),
            changes: plan.changes().into_iter().map(Change::from).collect(),
            waiting: plan.waiting.iter().map(ToString::to_string).collect(),
            blocked: plan.blocked.iter().map(ToString::to_string).collect(),
            notes: plan.notes.iter().map(ToString::to_string).collect(),
        }
    }

    fn count(&self, what: What) -> usize {
        self.changes.iter().filter(|change| change.what == what && !change.later).count()
    }

    fn changes_something(&self) -> bool {
        self.fate.is_a_change() || self.changes.iter().any(|change| !change.later)
    }

    /// The VPC of an end.
    fn end(&self, side: Side) -> &str {
        match side {
            Side::Requester => &self.requester,
            Side::Accepter => &self.accepter,
        }
    }
}

impl From<PlannedChange> for Change {
    fn from(change: PlannedChange) -> Self {
        let PlannedChange { side, place, kind, what, later } = change;
        let kind = match kind {
            ChangeKind::Add => What::Add,
            ChangeKind::Change => What::Change,
            ChangeKind::Remove => What::Remove,
        };
        Self { what: kind, side: side.as_str().to_owned(), place, thing: what, later }
    }
}

impl FateWord {
    const fn is_a_change(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Deleted)
    }
}

impl From<Fate> for FateWord {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Accepted => Self::Accepted,
            Fate::Rejected => Self::Rejected,
            Fate::Held => Self::Held,
            Fate::AwaitsApproval => Self::AwaitsApproval,
            Fate::OnItsWay => Self::OnItsWay,
            Fate::Follows => Self::Follows,
            Fate::Kept => Self::Kept,
            Fate::Isolated => Self::Isolated,
            Fate::Deleted => Self::Deleted,
            Fate::CleanedUp => Self::CleanedUp,
            Fate::LeftAlone => Self::LeftAlone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fate: FateWord, things: usize) -> ConnectionPlan {
        let change = || Change {
            what: What::Remove,
            side: "requester".to_owned(),
            place: "rtb-0000000a".to_owned(),
            thing: "10.0.0.0/16".to_owned(),
            later: false,
        };
        ConnectionPlan {
            connection: "pcx-0000000a".to_owned(),
            state: "active".to_owned(),
            status: None,
            requester: String::new(),
            accepter: String::new(),
            fate,
            reasons: Vec::new(),
            held_up: Vec::new(),
            changes: (0..things).map(|_| change()).collect(),
            waiting: Vec::new(),
            blocked: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_connection_that_is_deleted_counts_as_removed_and_one_that_is_answered_as_changed() {
        let counts = |plan| {
            let Counts { remove, change, .. } = Answer::of(vec![plan], Vec::new()).counts;
            (remove, change)
        };
        assert_eq!(counts(of(FateWord::Deleted, 3)), (4, 0));
        assert_eq!([counts(of(FateWord::Accepted, 0)), counts(of(FateWord::Rejected, 0))], [(0, 1), (0, 1)]);
        assert_eq!(counts(of(FateWord::Isolated, 3)), (3, 0));
    }
}
