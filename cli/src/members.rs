//! `peerwright members`: the places that sweeps look at, besides those of the stack's parameter.

use std::io::Write;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use peerwright_aws::{AllowlistTable, connect};
use peerwright_core::allowlist::members;
use peerwright_core::ids::Place;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the places.
    List(Table),
    /// Add places, as account/Region.
    Add(Places),
    /// Remove places.
    Remove(Places),
}

/// Where the places are written down.
#[derive(Debug, Args)]
pub(crate) struct Table {
    /// The allowlist table, in the account and Region of the credentials in the environment.
    #[arg(long = "table", env = "PEERWRIGHT_ALLOWLIST_TABLE", default_value = "peerwright-allowlist")]
    table: String,
}

/// Some places.
#[derive(Debug, Args)]
pub(crate) struct Places {
    /// The places, such as 111111111111/eu-west-1.
    #[arg(required = true, value_name = "ACCOUNT/REGION")]
    places: Vec<Place>,
    #[command(flatten)]
    table: Table,
}

/// Shows or changes the places.
pub(crate) async fn run(command: Command, out: &mut impl Write) -> Result<()> {
    let config = connect().await;
    let open = |table: &Table| AllowlistTable::new(&config, &table.table);
    match command {
        Command::List(table) => {
            let items = open(&table).all().await.map_err(|failure| anyhow!(failure.explain()))?;
            members(&items).iter().try_for_each(|place| writeln!(out, "{place}"))?;
        }
        Command::Add(Places { places, table }) => {
            for place in &places {
                open(&table).add_member(place).await.map_err(|failure| anyhow!(failure.explain()))?;
                writeln!(out, "{place} is swept from now on")?;
            }
        }
        Command::Remove(Places { places, table }) => {
            for place in &places {
                open(&table).remove_member(place).await.map_err(|failure| anyhow!(failure.explain()))?;
                writeln!(out, "{place} is no longer swept, unless the stack names it")?;
            }
        }
    }
    Ok(())
}
