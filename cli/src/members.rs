//! `peerwright members`: the places that sweeps look at.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use peerwright_core::count::counted;
use peerwright_core::ids::Place;
use peerwright_core::members::{self, Difference};

use crate::output::explained;
use crate::session::Session;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the places, as `apply` reads them.
    List,
    /// Add places, as account/Region. Each is looked at once now, and by every sweep from now on.
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
    /// `peerwright members list` writes such a file. What removing a place does not do: see `peerwright members remove --help`.
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
pub(crate) async fn run(command: Command, session: &Session, out: &mut impl Write) -> Result<()> {
    match command {
        Command::List => list(session, out).await?,
        Command::Add(Places { places }) => {
            let wrong: Vec<String> = places.iter().filter_map(|place| members::misspelt(&place.region)).collect();
            if !wrong.is_empty() {
                bail!("nothing was added: {}", wrong.join("; "));
            }
            for place in &places {
                session.allowlist().await?.add_member(place).await.map_err(explained)?;
                writeln!(out, "{place} is swept from now on")?;
            }
        }
        Command::Remove(Places { places }) => {
            let opened = session.allowlist().await?;
            let known: BTreeSet<String> = opened.member_items().await.map_err(explained)?.into_iter().map(|item| item.id).collect();
            for place in &places {
                opened.remove_member(place).await.map_err(explained)?;
                if known.contains(&place.to_string()) {
                    writeln!(out, "{place} is no longer swept, unless MemberRegions names its Region")?;
                } else {
                    writeln!(
                        out,
                        "{place} was not among the places of {} (`peerwright members list`): nothing changed",
                        session.allowlist_name()
                    )?;
                }
            }
        }
        Command::Apply(Apply { path, allow_empty }) => {
            let places = read(&path, allow_empty)?;
            let applied = session.allowlist().await?.apply_members(&places).await.map_err(explained)?;
            report(&applied, places.len(), &session.allowlist_name(), out)?;
        }
    }
    Ok(())
}

/// A line of comment for what is no place: `apply` would remove it.
async fn list(session: &Session, out: &mut impl Write) -> Result<()> {
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

fn report(applied: &Difference, wanted: usize, table: &str, out: &mut impl Write) -> Result<()> {
    let (added, removed) = (applied.added.len(), applied.removed.len());
    writeln!(out, "{table}: {added} added, {removed} removed, {} unchanged", wanted - added)?;
    applied.added.iter().try_for_each(|place| writeln!(out, "  added {place}"))?;
    applied.removed.iter().try_for_each(|id| writeln!(out, "  removed {id}"))?;
    Ok(())
}
