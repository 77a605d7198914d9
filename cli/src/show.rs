//! `peerwright show`: everything that is known of one connection.

use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use clap::Args;
use peerwright_core::count::counted;
use peerwright_core::ids::{PcxId, Side};
use peerwright_engine::entry::Entry;
use peerwright_engine::examine::Examined;
use peerwright_engine::manual_decision::ManualDecision;
use peerwright_engine::ports::Allowlist as _;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::history::Happening;
use crate::line::{STRONG, line, row};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::status::{Detail, one};
use crate::target::connection;

/// Which connection.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    #[arg(value_parser = connection)]
    connection: PcxId,
}

/// What `peerwright show` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    #[serde(flatten)]
    detail: Detail,
    /// Who asked for it.
    asked_by: Option<String>,
    /// The VPC for whose tag Peerwright created it.
    created_for: Option<String>,
    /// Who accepted it.
    accepted_by: Option<String>,
    /// What becomes of it when no rule allows it any more.
    on_revoke: String,
    /// What persons decided, oldest first.
    decisions: Vec<Decided>,
    /// What is ours at each end.
    ours: Vec<Ours>,
    /// EC2 calls spent on it.
    ec2_calls: u64,
    /// The ledger's entry, as it is stored.
    entry: Value,
    /// What happened, oldest first.
    history: Vec<Happening>,
}

/// What a person decided.
#[derive(Debug, Serialize, JsonSchema)]
struct Decided {
    /// Who, what, when and why.
    words: String,
    /// The wishes that it is about.
    wishes: Vec<String>,
}

/// What is ours at an end.
#[derive(Debug, Serialize, JsonSchema)]
struct Ours {
    side: String,
    /// The route tables with their destinations.
    routes: Vec<TableRoutes>,
    /// The security groups with rules of ours.
    groups: Vec<String>,
    /// Rules of other connections that this one relies on.
    borrowed: Vec<String>,
    /// True where we switched on DNS resolution.
    dns_resolution: bool,
}

/// Routes of a table.
#[derive(Debug, Serialize, JsonSchema)]
struct TableRoutes {
    table: String,
    destinations: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let ports = session.ports().await?;
    let found = one(&command.connection, &ports).await?;
    let detail = Detail::of(&found, &ports.allowlist.aliases().await.map_err(explained)?);
    out.show(&Answer::of(found, detail)?)
}

impl Answer {
    fn of(found: Examined, detail: Detail) -> Result<Self> {
        let Examined { entry, decisions, history, .. } = found;
        Ok(Self {
            detail,
            asked_by: entry.asked_by.clone(),
            created_for: entry.created_for.as_ref().map(ToString::to_string),
            accepted_by: entry.accepted_by.clone(),
            on_revoke: serde_json::to_value(entry.on_revoke)?.as_str().unwrap_or_default().to_owned(),
            decisions: decisions.0.iter().map(Decided::of).collect(),
            ours: Side::BOTH.into_iter().map(|side| Ours::of(side, &entry)).collect(),
            ec2_calls: entry.ec2_calls,
            entry: serde_json::to_value(&entry)?,
            history: history.into_iter().map(Happening::of).collect(),
        })
    }
}

impl Decided {
    fn of(decision: &ManualDecision) -> Self {
        let wishes = decision.wishes.iter().flat_map(|of| of.wishes.iter().map(move |wish| format!("rule {}: {}", of.rule, wish.words)));
        Self { words: decision.approval.words(), wishes: wishes.collect() }
    }
}

impl Ours {
    fn of(side: Side, entry: &Entry) -> Self {
        let owned = &entry.owned;
        let table = |(table, destinations): (
            &peerwright_core::ids::RouteTableId,
            std::collections::BTreeSet<&peerwright_core::world::Destination>,
        )| {
            TableRoutes { table: table.to_string(), destinations: destinations.iter().map(ToString::to_string).collect() }
        };
        let borrowed = owned.borrowed.iter().filter(|rule| rule.side == side);
        Self {
            side: side.to_string(),
            routes: owned.routes_of(side).into_iter().map(table).collect(),
            groups: owned.groups.iter().filter(|group| group.side == side).map(|group| group.group.to_string()).collect(),
            borrowed: borrowed.map(|rule| format!("{} {} {} {}", rule.group, rule.direction, rule.rule.traffic, rule.rule.peer)).collect(),
            dns_resolution: owned.dns_resolution.contains(&side),
        }
    }

    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let heading = screen.paint(STRONG, &format!("ours at the {}", self.side));
        writeln!(screen, "\n{heading}")?;
        if self.routes.is_empty() && self.groups.is_empty() && self.borrowed.is_empty() && !self.dns_resolution {
            return line(screen, 2, "", Style::new(), "nothing");
        }
        for TableRoutes { table, destinations } in &self.routes {
            row(screen, "routes", &format!("{table}: {}", destinations.join(" ")))?;
        }
        if !self.groups.is_empty() {
            row(screen, "groups", &self.groups.join(" "))?;
        }
        self.borrowed.iter().try_for_each(|rule| row(screen, "borrowed", rule))?;
        if self.dns_resolution {
            row(screen, "DNS", "resolution switched on by us")?;
        }
        Ok(())
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        self.detail.print(screen)?;
        self.asked_by.iter().try_for_each(|who| row(screen, "asked by", who))?;
        self.created_for.iter().try_for_each(|vpc| row(screen, "created for", &format!("the tag of {vpc}")))?;
        self.accepted_by.iter().try_for_each(|who| row(screen, "accepted by", who))?;
        row(screen, "on revoke", &self.on_revoke)?;
        for Decided { words, wishes } in &self.decisions {
            row(screen, "decided", words)?;
            wishes.iter().try_for_each(|wish| row(screen, "", wish))?;
        }
        self.ours.iter().try_for_each(|ours| ours.print(screen))?;
        let count = self.history.len();
        writeln!(screen)?;
        let lines = counted(count, "line", "lines");
        line(screen, 0, "", Style::new(), &format!("history: {lines} (`peerwright history {}`)", self.detail.connection()))
    }
}
