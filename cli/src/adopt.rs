//! `peerwright adopt`: connections that others made, and the rules that describe them.

use std::io::Write;
use std::process::ExitCode;

use anstyle::Style;
use anyhow::Result;
use clap::{ArgGroup, Args};
use futures_util::StreamExt;
use peerwright_aws::AwsPorts;
use peerwright_core::count::counted;
use peerwright_core::ids::{PcxId, Place, Side};
use peerwright_core::world::ObservedConnection;
use peerwright_engine::adopt::{Adoptable, Strangers, adoptable, stranger, strangers};
use peerwright_engine::ports::{Allowlist as _, Ledger as _};
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{ADDED, BLOCKED, CHANGED, QUIET, STRONG, line};
use crate::output::explained;
use crate::progress;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::target::connection;

/// How many connections are read at once.
const AT_ONCE: usize = 8;

/// Which connections.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["connection", "all"]))]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_name = "CONNECTION", value_parser = connection)]
    connection: Option<PcxId>,
    /// Every active connection of the places that are swept that the ledger does not know, or that has nothing of ours.
    #[arg(long)]
    all: bool,
    /// A place of one of its ends, where the ledger does not know the connection.
    #[arg(long, requires = "connection", value_name = "ACCOUNT/REGION")]
    at: Option<Place>,
    /// Write nothing but the file of rules, for `peerwright allowlist apply -f -`.
    #[arg(long)]
    rules_only: bool,
}

/// What `peerwright adopt` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    connections: Vec<Adopted>,
    /// Places and connections that could not be read, with why.
    unread: Vec<Unread>,
    /// A file of the allowlist with rules that describe all of them.
    rules: String,
    #[serde(skip)]
    rules_only: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Unread {
    what: String,
    why: String,
}

/// A connection that others made.
#[derive(Debug, Serialize, JsonSchema)]
struct Adopted {
    connection: String,
    requester: AdoptedEnd,
    accepter: AdoptedEnd,
    /// What is there and no rule can say: it stays as it is.
    unsaid: Vec<String>,
    /// What would be added if a rule wanted routes in every table of both ends.
    missing: Vec<String>,
    /// What would be in the way of that.
    blocked: Vec<String>,
    /// The rules of the allowlist that allow it already.
    allowed_by: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AdoptedEnd {
    vpc: String,
    /// Routes, rules and options that are there.
    found: Vec<String>,
    /// Why nothing is known of it.
    unread: Option<String>,
}

/// Finds, describes and shows.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let ports = session.ports().await?;
    let answer = match &command.connection {
        Some(id) => {
            let peering = one(id, command.at, session, &ports).await?;
            let found = Box::pin(adoptable(&peering, &ports)).await.map_err(explained)?;
            Answer::of(&[found], Vec::new(), command.rules_only)
        }
        None => all(session, &ports, command.rules_only).await?,
    };
    out.show(&answer)?;
    out.flush()?;
    Ok(if answer.unread.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A connection: as the place that is named shows it, or else the ledger's places, or else the first of all that does.
async fn one(id: &PcxId, at: Option<Place>, session: &Session, ports: &AwsPorts) -> Result<ObservedConnection> {
    if at.is_none() && ports.ledger.load(id).await.map_err(explained)?.is_none() {
        let items = ports.allowlist.everything(None).await.map_err(explained)?;
        let places = session.places_of(&items, ports).await?;
        let Strangers { found, .. } = Box::pin(strangers(&places.all(), ports)).await.map_err(explained)?;
        if let Some(peering) = found.into_iter().find(|peering| peering.connection.id == *id) {
            return Ok(peering);
        }
    }
    let places: Vec<Place> = at.into_iter().collect();
    // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
    Box::pin(stranger(id, &places, ports)).await.map_err(explained)
}

async fn all(session: &Session, ports: &AwsPorts, rules_only: bool) -> Result<Answer> {
    progress::tell("looking for connections");
    let items = ports.allowlist.everything(None).await.map_err(explained)?;
    let places = session.places_of(&items, ports).await?;
    let Strangers { found, unread } = Box::pin(strangers(&places.all(), ports)).await.map_err(explained)?;
    let mut unread: Vec<Unread> =
        unread.into_iter().map(|(place, failure)| Unread { what: place.to_string(), why: failure.explain_final() }).collect();
    unread.extend(places.untold.map(|failure| Unread { what: "places of the stack".to_owned(), why: failure.explain_final() }));
    let look = async |peering: &ObservedConnection| (peering.connection.id.clone(), Box::pin(adoptable(peering, ports)).await);
    let mut looking = futures_util::stream::iter(found.iter().map(look)).buffer_unordered(AT_ONCE);
    let mut described = Vec::new();
    while let Some((id, one)) = looking.next().await {
        match one {
            Ok(one) => described.push(one),
            Err(failure) => unread.push(Unread { what: id.to_string(), why: failure.explain_final() }),
        }
        progress::tell(format!("{} of {} connections", described.len(), found.len()));
    }
    described.sort_by(|a, b| a.peering.connection.id.cmp(&b.peering.connection.id));
    Ok(Answer::of(&described, unread, rules_only))
}

impl Answer {
    fn of(found: &[Adoptable], unread: Vec<Unread>, rules_only: bool) -> Self {
        // Those that are allowed already need no rule.
        let wanted = found.iter().filter(|one| one.allowed_by.is_empty());
        let bodies: Vec<&str> = wanted.map(|one| one.described.yaml.trim_start_matches("rules:\n")).collect();
        let rules = if bodies.is_empty() { "rules: []\n".to_owned() } else { format!("rules:\n{}", bodies.concat()) };
        Self { connections: found.iter().map(Adopted::of).collect(), unread, rules, rules_only }
    }
}

impl Adopted {
    fn of(found: &Adoptable) -> Self {
        let Adoptable { peering, described, if_all_tables, allowed_by, unread } = found;
        let end = |side: Side| AdoptedEnd {
            vpc: peering.connection.ends.of(side).to_string(),
            found: described.found.of(side).clone(),
            unread: unread.of(side).clone(),
        };
        Self {
            connection: peering.connection.id.to_string(),
            requester: end(Side::Requester),
            accepter: end(Side::Accepter),
            unsaid: described.unsaid.clone(),
            missing: if_all_tables.additions().map(ToString::to_string).collect(),
            blocked: if_all_tables.blocked.iter().map(ToString::to_string).collect(),
            allowed_by: allowed_by.clone(),
        }
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        if self.rules_only {
            write!(screen, "{}", self.rules)?;
            return Ok(());
        }
        let count = counted(self.connections.len(), "active connection", "active connections");
        writeln!(screen, "{}", screen.paint(STRONG, &format!("{count} made by others")))?;
        self.connections.iter().try_for_each(|one| one.print(screen))?;
        for Unread { what, why } in &self.unread {
            writeln!(screen)?;
            line(screen, 0, "!", BLOCKED, &format!("{what} could not be read: {why}"))?;
        }
        if self.connections.iter().all(|one| !one.allowed_by.is_empty()) {
            return Ok(());
        }
        let theirs = "What others made stays theirs: Peerwright does not remove it, not even when the rule or the connection is gone. What a rule wishes \
                      beside it is added, and is Peerwright's. These rules describe what is there, so that nothing is added; write them to a file, and \
                      apply it:";
        writeln!(screen)?;
        line(screen, 0, "", Style::new(), theirs)?;
        writeln!(screen, "\n  peerwright adopt … --rules-only > adopted.yaml\n  peerwright allowlist apply -f adopted.yaml\n")?;
        write!(screen, "{}", self.rules)?;
        Ok(())
    }
}

impl Adopted {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        writeln!(screen, "\n{}", screen.paint(STRONG, &self.connection))?;
        for (side, end) in [(Side::Requester, &self.requester), (Side::Accepter, &self.accepter)] {
            writeln!(screen, "  {side} {}", end.vpc)?;
            end.found.iter().try_for_each(|thing| line(screen, 4, "=", ADDED, thing))?;
            if let Some(why) = &end.unread {
                line(screen, 4, "~", CHANGED, &format!("not read: {why}"))?;
            } else if end.found.is_empty() {
                line(screen, 4, "", QUIET, "no route, rule or option for it")?;
            }
        }
        if !self.missing.is_empty() {
            line(screen, 2, "", Style::new(), "a rule with routes in all tables of both ends would add")?;
            self.missing.iter().try_for_each(|step| line(screen, 4, "+", QUIET, step))?;
        }
        self.blocked.iter().try_for_each(|blocked| line(screen, 2, "!", BLOCKED, blocked))?;
        self.unsaid
            .iter()
            .try_for_each(|what| line(screen, 2, "i", QUIET, &format!("no rule says this, and it stays as it is: {what}")))?;
        if !self.allowed_by.is_empty() {
            let rules = self.allowed_by.join(", ");
            line(
                screen,
                2,
                "+",
                ADDED,
                &format!("allowed already by {rules}: `peerwright plan {}` tells what is to be done", self.connection),
            )?;
        }
        Ok(())
    }
}
