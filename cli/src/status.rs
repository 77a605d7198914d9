//! `peerwright status`: how it stands, with everything or with what is named.

mod asks;
mod detail;
mod overview;
mod watch;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use peerwright_aws::AwsPorts;
use peerwright_core::ids::{PcxId, VpcRef};
use peerwright_core::named::NamedVpc;
use peerwright_engine::examine::{Examined, examine};
use peerwright_engine::find::find_vpc;
use peerwright_engine::overview::{Overview, Reach, overview as read_overview};
use peerwright_engine::ports::Allowlist as _;
use peerwright_engine::unmet::{unmet_asks, unmet_in};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use detail::Detail;
pub(crate) use overview::General;

use crate::allowlist::busy_places;
use crate::line::{CHANGED, line};
use crate::output::explained;
use crate::progress;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::target::Target;

/// The exit status that says that something wants attention.
const ATTENTION: u8 = 2;

/// How many connections are looked at at once.
const AT_ONCE: usize = 8;

/// What to tell of.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// A connection (pcx-…), or a VPC with all its connections: an alias, vpc-…, account/vpc-… or account/Region/vpc-…. Everything unless given.
    #[arg(value_name = "CONNECTION|VPC|ALIAS")]
    target: Option<Target>,
    /// Read the places as well, and show the VPCs whose tags ask for something that they have not got, each with the reason.
    #[arg(long, conflicts_with_all = ["target", "watch"])]
    asks: bool,
    /// Tell it again whenever it changes, until Ctrl-C: redrawn on a terminal, otherwise a line for each change.
    #[arg(long)]
    watch: bool,
}

/// What `peerwright status` answers: one of the two.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// Of everything.
    General(Box<General>),
    /// Of what was named.
    Named(Named),
}

/// The connections of what was named.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Named {
    /// The VPC that was named, account/Region/VPC.
    vpc: Option<String>,
    /// Its connections, or the one that was named.
    connections: Vec<Detail>,
    /// What the VPC asks for and is not joined with.
    unmet: Vec<Unmet>,
}

/// A target of a VPC's tag that it is not joined with.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Unmet {
    /// As the tag names it.
    target: String,
    /// What would become of a request, or why there is none.
    answer: String,
}

/// Runs the command.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let ports = session.ports().await?;
    if command.watch {
        return Box::pin(watch::watch(command.target.as_ref(), session, &ports, out)).await;
    }
    let mut answer = Box::pin(answer(command.target.as_ref(), session, &ports)).await?;
    if let Answer::General(general) = &mut answer
        && command.asks
    {
        progress::tell("reading the places");
        let places = busy_places(session, &ports).await?;
        general.asks = Some(asks::Asks::of(Box::pin(unmet_in(&places, &ports)).await, places.len()));
    }
    out.show(&answer)?;
    out.flush()?;
    Ok(answer.exit())
}

/// Everything, or what is named.
async fn answer(target: Option<&Target>, session: &Session, ports: &AwsPorts) -> Result<Answer> {
    let Some(target) = target else {
        return Ok(Answer::General(Box::new(General::of(&living(session, ports).await?))));
    };
    match target {
        Target::Connection(id) => {
            let found = one(id, ports).await?;
            let aliases = ports.allowlist.aliases().await.map_err(explained)?;
            let connections = vec![Detail::of(&found, &aliases)];
            Ok(Answer::Named(Named { vpc: None, connections, unmet: Vec::new() }))
        }
        Target::Vpc(named) => of_vpc(named, session, ports).await.map(Answer::Named),
    }
}

/// What the ledger has of all living connections.
async fn living(session: &Session, ports: &AwsPorts) -> Result<Overview> {
    let regions = &session.deployed().await?.member_regions;
    read_overview(Reach::Living, regions, ports).await.map_err(explained)
}

/// A connection that the ledger knows.
pub(crate) async fn one(id: &PcxId, ports: &AwsPorts) -> Result<Examined> {
    let found = Box::pin(examine(id, ports)).await.map_err(explained)?;
    found.ok_or_else(|| anyhow!("the ledger does not know {id}: `peerwright explain {id} --at ACCOUNT/REGION` looks at it where you say"))
}

async fn of_vpc(named: &NamedVpc, session: &Session, ports: &AwsPorts) -> Result<Named> {
    let known = living(session, ports).await?;
    let ends = || known.entries.iter().flat_map(|entry| entry.ends.iter()).map(|(_, vpc)| vpc);
    let meant: BTreeSet<&VpcRef> = ends().filter(|vpc| named.means(vpc, &known.aliases)).collect();
    let vpc = match meant.first() {
        Some(vpc) if meant.len() == 1 => (*vpc).clone(),
        Some(_) => {
            let all: Vec<String> = meant.iter().map(ToString::to_string).collect();
            return Err(anyhow!("{named} may be any of {}: name it in full", all.join(", ")));
        }
        None => find_vpc(named, &session.deployed().await?.member_regions, ports).await.map_err(explained)?,
    };
    let of_it = known.entries.iter().filter(|entry| entry.ends.side_of(&vpc).is_some());
    let ids: Vec<&PcxId> = of_it.clone().map(|entry| &entry.connection).collect();
    let joined: BTreeSet<VpcRef> = of_it.flat_map(|entry| entry.ends.iter().map(|(_, end)| end.clone())).collect();
    let looking = stream::iter(ids.into_iter().map(|id| one(id, ports))).buffered(AT_ONCE);
    let looked: Vec<Examined> = looking.try_collect().await?;
    // A vendor's VPC can't be read: its connections are told all the same.
    let unmet = match Box::pin(unmet_asks(&vpc, &joined, ports)).await {
        Ok(unmet) => unmet.into_iter().map(|ask| Unmet { target: ask.target, answer: ask.answer }).collect(),
        Err(failure) => vec![Unmet { target: "what it asks for".to_owned(), answer: failure.explain_final() }],
    };
    let connections = looked.iter().map(|found| Detail::of(found, &known.aliases)).collect();
    Ok(Named { vpc: Some(vpc.to_string()), connections, unmet })
}

impl Answer {
    fn exit(&self) -> ExitCode {
        let attention = match self {
            Self::General(general) => general.wants_attention(),
            Self::Named(Named { connections, unmet, .. }) => !unmet.is_empty() || connections.iter().any(Detail::wants_attention),
        };
        if attention { ExitCode::from(ATTENTION) } else { ExitCode::SUCCESS }
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let Named { vpc, connections, unmet } = match self {
            Self::General(general) => return general.print(screen),
            Self::Named(named) => named,
        };
        for (number, detail) in connections.iter().enumerate() {
            if number > 0 {
                writeln!(screen)?;
            }
            detail.print(screen)?;
        }
        let Some(vpc) = vpc else { return Ok(()) };
        if connections.is_empty() {
            writeln!(screen, "{vpc} has no connection that is not over")?;
        }
        for Unmet { target, answer } in unmet {
            line(screen, 0, "!", CHANGED, &format!("{vpc} asks for {target}: {answer}"))?;
        }
        Ok(())
    }
}
