//! `peerwright members`: the places that sweeps look at, besides those of the stack's parameter.

use std::io::Write;

use anyhow::Result;
use clap::{Args, Subcommand};
use peerwright_aws::connect;
use peerwright_core::allowlist::members;
use peerwright_core::ids::Place;

use crate::output::explained;
use crate::tables::Allowlist;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the places.
    List(Allowlist),
    /// Add places, as account/Region.
    Add(Places),
    /// Remove places.
    Remove(Places),
}

/// Some places.
#[derive(Debug, Args)]
pub(crate) struct Places {
    /// The places, such as 111111111111/eu-west-1.
    #[arg(required = true, value_name = "ACCOUNT/REGION")]
    places: Vec<Place>,
    #[command(flatten)]
    table: Allowlist,
}

/// Shows or changes the places.
pub(crate) async fn run(command: Command, out: &mut impl Write) -> Result<()> {
    let config = connect().await;
    match command {
        Command::List(table) => {
            let items = table.open(&config).all().await.map_err(explained)?;
            members(&items).iter().try_for_each(|place| writeln!(out, "{place}"))?;
        }
        Command::Add(Places { places, table }) => {
            for place in &places {
                table.open(&config).add_member(place).await.map_err(explained)?;
                writeln!(out, "{place} is swept from now on")?;
            }
        }
        Command::Remove(Places { places, table }) => {
            for place in &places {
                table.open(&config).remove_member(place).await.map_err(explained)?;
                writeln!(out, "{place} is no longer swept, unless the stack names it")?;
            }
        }
    }
    Ok(())
}
