//! `peerwright freeze` and `peerwright thaw`: keep a connection, or everything, as it is for a while.

use anstyle::Style;
use anyhow::Result;
use clap::{ArgGroup, Args};
use peerwright_aws::{LedgerTable, SystemClock};
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_engine::freeze::Stop;
use peerwright_engine::operator::{freeze, freeze_everything, retry};
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Freezes as _;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{CHANGED, line};
use crate::output::explained;
use crate::reason::reason;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::target::connection;

/// What to freeze or thaw, and why.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["connection", "all"]))]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_parser = connection)]
    connection: Option<PcxId>,
    /// Everything: no connection is created, accepted, rejected, changed or deleted.
    #[arg(long)]
    all: bool,
    /// Why: it is written down beside your name, in at most 500 characters.
    #[arg(long, value_parser = reason)]
    reason: String,
}

/// What `peerwright freeze` and `peerwright thaw` answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The connection; none for everything.
    connection: Option<String>,
    /// How it is now.
    frozen: bool,
    /// True where it was not so before.
    changed: bool,
    /// Who asked for it, as STS tells it.
    by: String,
    reason: String,
    /// Who had frozen it before, and why.
    before: Option<Frozen>,
    /// After a thaw of everything: the connections that stay frozen, each by itself.
    still_frozen: Vec<Frozen>,
    /// After a thaw of one: that everything is frozen, so that nothing is done for it.
    everything_frozen: Option<Frozen>,
    /// Why a function could not be woken: then the next sweep carries out what was left.
    not_woken: Vec<String>,
}

/// Who froze something, when and why.
#[derive(Debug, Serialize, JsonSchema)]
struct Frozen {
    /// The connection; none for everything.
    connection: Option<String>,
    by: String,
    at: String,
    reason: String,
    /// The same for a person, behind the word "frozen".
    #[serde(skip)]
    words: String,
}

impl Frozen {
    fn of(connection: Option<&PcxId>, stop: Stop) -> Self {
        let words = stop.words();
        let Stop { by, at, reason } = stop;
        Self { connection: connection.map(ToString::to_string), by, at: at.to_string(), reason, words }
    }
}

/// Freezes or thaws; what was left meanwhile is carried out at once. STS says who does it.
pub(crate) async fn run(command: Command, frozen: bool, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let by = session.caller().await?;
    let ledger = session.ledger().await?;
    let answer = Answer {
        connection: command.connection.as_ref().map(ToString::to_string),
        frozen,
        changed: false,
        by,
        reason: command.reason,
        before: None,
        still_frozen: Vec::new(),
        everything_frozen: None,
        not_woken: Vec::new(),
    };
    let answer = match &command.connection {
        Some(id) => one(id, answer, &ledger, session).await?,
        None => everything(answer, &ledger, session).await?,
    };
    out.show(&answer)
}

async fn one(id: &PcxId, mut answer: Answer, ledger: &LedgerTable, session: &Session) -> Result<Answer> {
    let stops = ledger.stops(Some(id)).await.map_err(explained)?;
    answer.before = stops.connection.map(|stop| Frozen::of(Some(id), stop));
    answer.changed = freeze(ledger, &SystemClock, id, answer.frozen, &answer.by, &answer.reason).await.map_err(explained)?;
    if !answer.frozen {
        answer.everything_frozen = stops.everything.map(|stop| Frozen::of(None, stop));
    }
    // Whoever looks at the tags is told at once that it is frozen, and what was left is carried out. One that is over has nothing left.
    if answer.changed
        && let Ok(hints) = retry(ledger, id).await
    {
        for (to, hint) in hints {
            let woken =
                if answer.frozen { session.wake(to, &hint).await } else { session.wake_to_retry(to, &hint, &session.event_id()).await };
            answer.not_woken.extend(woken.err().map(|error| error.to_string()));
        }
    }
    Ok(answer)
}

async fn everything(mut answer: Answer, ledger: &LedgerTable, session: &Session) -> Result<Answer> {
    let before = freeze_everything(ledger, &SystemClock, answer.frozen, &answer.by, &answer.reason).await.map_err(explained)?;
    answer.changed = before.is_some() != answer.frozen;
    answer.before = before.map(|stop| Frozen::of(None, stop));
    if answer.frozen {
        return Ok(answer);
    }
    if answer.changed {
        answer.not_woken.extend(session.wake(Recipient::Sweep, &Hint::Everywhere).await.err().map(|error| error.to_string()));
    }
    let frozen = ledger.frozen().await.map_err(explained)?;
    answer.still_frozen = frozen.into_iter().map(|(id, stop)| Frozen::of(Some(&id), stop)).collect();
    Ok(answer)
}

impl View for Answer {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        match &self.connection {
            Some(id) => line(out, 0, "", Style::new(), &format!("{id} is {}", self.words_of_one()))?,
            None => line(out, 0, "", Style::new(), &self.words_of_everything())?,
        }
        if let Some(stop) = &self.everything_frozen {
            line(out, 0, "!", CHANGED, &format!("nothing is done for it all the same: everything is frozen {}", stop.words))?;
        }
        for Frozen { connection, words, .. } in &self.still_frozen {
            let connection = connection.as_deref().unwrap_or_default();
            line(out, 0, "!", CHANGED, &format!("{connection} stays frozen by itself, {words}"))?;
        }
        let not_woken = |why: &String| format!("its function could not be woken ({why}): the next sweep carries it out");
        self.not_woken.iter().try_for_each(|why| line(out, 0, "!", CHANGED, &not_woken(why)))
    }
}

impl Answer {
    fn words_of_one(&self) -> String {
        match (self.frozen, self.changed, &self.before) {
            (true, true, _) => "frozen: plans are written down, and not carried out".to_owned(),
            (true, false, Some(before)) => format!("frozen already, {}", before.words),
            (true, false, None) => "frozen already".to_owned(),
            (false, true, _) => "thawed: what was left is carried out now".to_owned(),
            (false, false, _) => "not frozen".to_owned(),
        }
    }

    fn words_of_everything(&self) -> String {
        match (self.frozen, &self.before) {
            (true, None) => "everything is frozen within seconds: plans are written down, and nothing is carried out".to_owned(),
            (true, Some(before)) => format!("everything is frozen already, {}", before.words),
            (false, None) => "nothing is frozen but what the stack's parameter Freeze or the freeze of one connection says".to_owned(),
            (false, Some(_)) => "everything is thawed: what was left is found by a sweep that begins now".to_owned(),
        }
    }
}
