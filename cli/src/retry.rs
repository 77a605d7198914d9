//! `peerwright retry`, also called `apply`: do now what is to be done for a connection, through the functions, and tell what came of it.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use peerwright_aws::{LedgerTable, SystemClock};
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::Entry;
use peerwright_engine::follow::{AskedLook, Followed, follow};
use peerwright_engine::freeze::Stop;
use peerwright_engine::operator::retry;
use peerwright_engine::ports::{Clock as _, Freezes as _, Ledger as _};
use peerwright_engine::status::Status;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{ADDED, BLOCKED, CHANGED, line};
use crate::output::explained;
use crate::progress;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::target::connection;

/// The exit status that says that it is not done.
const NOT_DONE: u8 = 2;

/// A connection, and how long to wait.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_parser = connection)]
    connection: PcxId,
    /// Do not wait for what comes of it.
    #[arg(long)]
    no_wait: bool,
    /// How many seconds to wait.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", conflicts_with = "no_wait")]
    timeout: u32,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Came {
    /// Everything that can be done is done.
    Done,
    /// A function has looked, and something is left: the reasons say what.
    NotDone,
    /// Nobody has said so within the time.
    UnderWay,
    /// Nobody was woken, because it is frozen.
    Frozen,
    /// Nobody waited for it.
    NotAwaited,
}

/// What `peerwright retry` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    connection: String,
    /// The functions that were woken.
    woken: Vec<String>,
    came: Came,
    /// As the ledger has it by now.
    status: Option<String>,
    rules: Vec<String>,
    /// Why it is so.
    reasons: Vec<String>,
}

/// Wakes the functions that serve the connection as it stands, and the one that answers VPCs where an answer was refused; then waits for the ledger.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let ledger = session.ledger().await?;
    let id = &command.connection;
    let hints = retry(&ledger, id).await.map_err(explained)?;
    let before = ledger.load(id).await.map_err(explained)?;
    let answer = if let Some(why) = frozen(&ledger, id).await? {
        Answer::of(id, before.as_ref(), Came::Frozen, vec![why])
    } else {
        let (event, at) = (session.event_id(), SystemClock.now());
        for (to, hint) in &hints {
            session.wake_to_retry(*to, hint, &event).await?;
        }
        let mut answer = if command.no_wait {
            Answer::of(id, before.as_ref(), Came::NotAwaited, Vec::new())
        } else {
            let until = at.saturating_add(Duration::from_secs(command.timeout.into())).unwrap_or(jiff::Timestamp::MAX);
            let version = before.as_ref().map_or(0, |entry| entry.version);
            wait(id, &ledger, AskedLook { version, event: &event, at, until }).await?
        };
        answer.woken = hints.iter().map(|(to, _)| to.name().to_owned()).collect();
        answer
    };
    out.show(&answer)?;
    out.flush()?;
    Ok(if matches!(answer.came, Came::Done | Came::NotAwaited) { ExitCode::SUCCESS } else { ExitCode::from(NOT_DONE) })
}

/// Who froze the connection or everything, if somebody did.
async fn frozen(ledger: &LedgerTable, id: &PcxId) -> Result<Option<String>> {
    let stops = ledger.stops(Some(id)).await.map_err(explained)?;
    let words = |what: &str, stop: &Stop| format!("{what} is frozen {}", stop.words());
    let everything = stops.everything.as_ref().map(|stop| words("everything", stop));
    Ok(everything.or_else(|| stops.connection.as_ref().map(|stop| words("it", stop))))
}

async fn wait(id: &PcxId, ledger: &LedgerTable, asked: AskedLook<'_>) -> Result<Answer> {
    let told =
        |status: Option<&Status>| progress::tell(status.map_or_else(|| format!("waiting for {id}"), |status| format!("{id} is {status}")));
    let followed = follow(ledger, &SystemClock, id, asked, told).await.map_err(explained)?;
    Ok(match followed {
        Followed::Settled(entry) => {
            let came = if entry.status.needs_nobody() { Came::Done } else { Came::NotDone };
            Answer::of(id, Some(&entry), came, entry.reasons.clone())
        }
        Followed::StillUnderWay(entry) => {
            let reasons = entry.as_ref().map(|entry| entry.reasons.clone()).unwrap_or_default();
            Answer::of(id, entry.as_deref(), Came::UnderWay, reasons)
        }
    })
}

impl Answer {
    fn of(id: &PcxId, entry: Option<&Entry>, came: Came, reasons: Vec<String>) -> Self {
        Self {
            connection: id.to_string(),
            woken: Vec::new(),
            came,
            status: entry.map(|entry| entry.status.to_string()),
            rules: entry.map(|entry| entry.rules.clone()).unwrap_or_default(),
            reasons,
        }
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let Self { connection, rules, .. } = self;
        let status = self.status.as_deref().unwrap_or("not in the ledger");
        let by = if rules.is_empty() { String::new() } else { format!(", by {}", rules.join(", ")) };
        let (mark, style, words) = match self.came {
            Came::Done => ("+", ADDED, format!("{connection} is {status}{by}")),
            Came::NotDone => ("!", BLOCKED, format!("{connection} is {status}: not all of it could be done")),
            Came::UnderWay => (
                "~",
                CHANGED,
                format!("{connection} is {status}: nobody has said more so far; ask again by `peerwright plan {connection}`"),
            ),
            Came::Frozen => ("!", BLOCKED, format!("{connection} is {status}, and nothing is done for it before `peerwright thaw`")),
            Came::NotAwaited => ("~", CHANGED, format!("{connection} is looked at now: its history tells what comes of it")),
        };
        line(screen, 0, mark, style, &words)?;
        self.reasons.iter().try_for_each(|reason| line(screen, 2, "", anstyle::Style::new(), reason))
    }
}
