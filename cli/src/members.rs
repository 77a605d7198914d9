//! `peerwright members`: the places that sweeps look at.

mod change;
mod list;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use futures_util::stream::{self, StreamExt};
use peerwright_core::count::counted;
use peerwright_core::ids::Place;
use peerwright_core::members;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::{Cloud as _, Ledger as _};

use crate::output::explained;
use crate::screen::Screen;
use crate::session::Session;
pub(crate) use change::{Answer, Living};
pub(crate) use list::Answer as Listed;

/// How many places are looked at at once.
const AT_ONCE: usize = 16;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every place that is swept, also those of the stack, who names it, and what the last look told.
    ///
    /// STATE is `busy` where something concerns us, so that every sweep looks there; `quiet` where nothing does, so that the schedule looks there
    /// once a day; `unseen` where nobody has looked in the last days, such as a place that was just added; `refused` where no role lets us in.
    /// The role is the hub's `peerwright-explain`; the other commands want `peerwright-allowlist`.
    List,
    /// Write the places that the table names as a file, which `apply` reads.
    Export,
    /// Add places, as account/Region. Each is looked at once now, and by every sweep from now on.
    ///
    /// Where no role of the account lets us in, that is told at once: nothing is done there before infra/member.yaml is deployed.
    Add(Places),
    /// Remove places. That stops their sweeps, and nothing else.
    ///
    /// Connections there stay, with all that was made for them. Events from there are followed, and the account is entered, as before:
    /// `OrganizationId` and `MemberAccounts` of infra/hub.yaml say whose accounts those are, and infra/member.yaml in the account sends
    /// the events. Where `MemberRegions` names the place's Region, it is swept all the same.
    Remove(Places),
    /// Make a file the whole truth: add the places that it names, remove all others.
    ///
    /// One account/Region a line; blank lines, and what follows a `#`, are left out. Nothing is changed if anything in the file is wrong.
    /// `peerwright members export` writes such a file. What removing a place does not do: see `peerwright members remove --help`.
    Apply(Apply),
}

/// Some places.
#[derive(Debug, Args)]
pub(crate) struct Places {
    /// The places, such as 111111111111/eu-west-1.
    #[arg(required = true, value_name = "ACCOUNT/REGION")]
    places: Vec<Place>,
}

/// All places.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The file of places; `-` for standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    path: PathBuf,
    /// Take a file that names no place at its word, and remove all places.
    #[arg(long)]
    allow_empty: bool,
}

/// Shows or changes the places.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    match command {
        Command::List => list::list(session, out).await,
        Command::Export => export(session, out).await,
        Command::Add(Places { places }) => {
            let wrong: Vec<String> = places.iter().filter_map(|place| members::misspelt(&place.region)).collect();
            if !wrong.is_empty() {
                bail!("nothing was added: {}", wrong.join("; "));
            }
            for place in &places {
                session.allowlist().await?.add_member(place).await.map_err(explained)?;
            }
            let added = places.iter().map(ToString::to_string).collect();
            let shut = Box::pin(shut(&places, session)).await;
            out.show(&Answer { table: session.allowlist_name(), added, shut, ..Answer::default() })
        }
        Command::Remove(Places { places }) => {
            let opened = session.allowlist().await?;
            let known: BTreeSet<String> = opened.member_items().await.map_err(explained)?.into_iter().map(|item| item.id).collect();
            for place in &places {
                opened.remove_member(place).await.map_err(explained)?;
            }
            let (removed, not_there) = places.iter().map(ToString::to_string).partition(|place| known.contains(place));
            let living = living(&places, session).await;
            out.show(&Answer { table: session.allowlist_name(), removed, not_there, living, ..Answer::default() })
        }
        Command::Apply(Apply { path, allow_empty }) => {
            let places = read(&path, allow_empty)?;
            let applied = session.allowlist().await?.apply_members(&places).await.map_err(explained)?;
            let removed: Vec<Place> = applied.removed.iter().filter_map(|id| id.parse().ok()).collect();
            let living = living(&removed, session).await;
            out.show(&Answer { living, ..Answer::of_file(session.allowlist_name(), &applied, places.len()) })
        }
    }
}

/// Why places let nobody in, as far as that can be tried: whoever may not enter places themselves is told nothing.
async fn shut(places: &[Place], session: &Session) -> Vec<String> {
    let Ok(ports) = session.ports().await else { return Vec::new() };
    let look = async |place: &Place| ports.cloud.connections(place).await.err();
    let failures: Vec<Option<Failure>> = stream::iter(places.iter().map(look)).buffered(AT_ONCE).collect().await;
    let is_shut = |failure: &Failure| matches!(failure.class, Class::NoRole | Class::Denied);
    failures.into_iter().flatten().filter(is_shut).map(|failure| failure.explain_final()).collect()
}

/// The connections of the ledger that live in places, where the caller may read it.
async fn living(places: &[Place], session: &Session) -> Vec<Living> {
    let Ok(ledger) = session.ledger().await else { return Vec::new() };
    let look = async |place: &Place| {
        let ids = ledger.connections_in(place).await.ok()?;
        let entries = ledger.load_all(&ids).await.ok()?.read;
        let ids: Vec<String> = entries.iter().filter(|entry| !entry.is_over()).map(|entry| entry.connection.to_string()).collect();
        (!ids.is_empty()).then(|| Living { place: place.to_string(), connections: ids })
    };
    let looked: Vec<Option<Living>> = stream::iter(places.iter().map(look)).buffered(AT_ONCE).collect().await;
    looked.into_iter().flatten().collect()
}

/// A line of comment for what is no place: `apply` would remove it. It is a file, however answers are to be written.
async fn export(session: &Session, out: &mut impl Write) -> Result<()> {
    for item in session.allowlist().await?.member_items().await.map_err(explained)? {
        match item.id.parse::<Place>() {
            Ok(place) => writeln!(out, "{place}")?,
            Err(_) => writeln!(out, "# {:?} is no place, and is not swept", item.id)?,
        }
    }
    Ok(())
}

/// The places of a file. An empty one is a mistake more often than a wish: it would stop every sweep.
fn read(path: &Path, allow_empty: bool) -> Result<BTreeSet<Place>> {
    let (name, text) = if path == Path::new("-") {
        ("standard input".to_owned(), io::read_to_string(io::stdin()))
    } else {
        (path.display().to_string(), fs::read_to_string(path))
    };
    let text = text.with_context(|| format!("can't read {name}; nothing was changed"))?;
    let places = members::read(&text).map_err(|problems| {
        let count = counted(problems.len(), "problem", "problems");
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        anyhow::anyhow!("{name} has {count}; nothing was changed\n{}", lines.join("\n"))
    })?;
    if places.is_empty() && !allow_empty {
        bail!("{name} names no place; nothing was changed. If no place is to be swept any more, say so by --allow-empty");
    }
    Ok(places)
}
