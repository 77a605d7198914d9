//! `peerwright list`: the connections that the ledger knows.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use peerwright_core::count::counted;
use peerwright_core::ids::{AccountId, Region, RuleId};
use peerwright_core::named::NamedVpc;
use peerwright_engine::entry::Entry;
use peerwright_engine::overview::{Overview, Reach, overview};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::summary::{Summary, word};

/// Which connections. What is given has to be true together; of several values of one option any.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// With this status, such as converged or held.
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    /// That this rule allows, or decided against.
    #[arg(long, value_name = "RULE")]
    rule: Vec<RuleId>,
    /// With an end in this account.
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<AccountId>,
    /// With an end in this Region. (`--region` names the hub's.)
    #[arg(long, value_name = "REGION")]
    in_region: Vec<Region>,
    /// With this VPC at an end: an alias, vpc-…, account/vpc-… or account/Region/vpc-….
    #[arg(long, value_name = "VPC")]
    vpc: Vec<NamedVpc>,
    /// Those that have ended as well, wherever they were.
    #[arg(long)]
    all: bool,
}

/// What `peerwright list` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The connections, by id.
    connections: Vec<Summary>,
    /// Connections whose entries can't be read.
    unreadable: Vec<String>,
    /// In how many places was looked for them; none where the whole table was read.
    places: Option<usize>,
    /// Why places are missing.
    untold: Option<String>,
}

/// Runs the command.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let ports = session.ports().await?;
    let reach = if command.all { Reach::Every } else { Reach::Living };
    let found = overview(reach, &session.deployed().await?.member_regions, &ports).await.map_err(explained)?;
    let chosen = found.entries.iter().filter(|entry| command.chooses(entry, &found));
    let connections = chosen.map(|entry| Summary::of(entry, found.frozen.get(&entry.connection), &found.aliases, found.at)).collect();
    out.show(&Answer {
        connections,
        unreadable: found.unreadable.iter().map(ToString::to_string).collect(),
        places: found.places,
        untold: found.untold.clone(),
    })
}

impl Command {
    fn chooses(&self, entry: &Entry, found: &Overview) -> bool {
        fn any<T>(wanted: &[T], meets: impl Fn(&T) -> bool) -> bool {
            wanted.is_empty() || wanted.iter().any(meets)
        }
        let at_an_end = |meets: &dyn Fn(&peerwright_core::ids::VpcRef) -> bool| entry.ends.iter().any(|(_, vpc)| meets(vpc));
        let status = word(&entry.status);
        let frozen = found.frozen.contains_key(&entry.connection);
        any(&self.status, |wanted| *wanted == status || wanted == "frozen" && frozen)
            && any(&self.rule, |rule| entry.rules.iter().any(|named| named == rule.as_str()))
            && any(&self.account, |account| at_an_end(&|vpc| vpc.place.account == *account))
            && any(&self.in_region, |region| at_an_end(&|vpc| vpc.place.region == *region))
            && any(&self.vpc, |named| at_an_end(&|vpc| named.means(vpc, &found.aliases)))
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        for summary in &self.connections {
            summary.print(None, screen)?;
        }
        let count = counted(self.connections.len(), "connection", "connections");
        print_reach(&count, self.places, self.untold.as_deref(), &self.unreadable, screen)
    }
}

/// How much was found, and where was looked for it.
pub(crate) fn print_reach(
    what: &str,
    places: Option<usize>,
    untold: Option<&str>,
    unreadable: &[String],
    screen: &mut Screen<'_>,
) -> Result<()> {
    match places {
        Some(places) => {
            writeln!(screen, "{what} in {} (`peerwright list --all` reads the whole table)", counted(places, "place", "places"))?;
        }
        None => writeln!(screen, "{what} in the whole table")?,
    }
    untold.map_or(Ok(()), |why| writeln!(screen, "places of the organization are missing: {why}"))?;
    unreadable.iter().try_for_each(|id| writeln!(screen, "the entry of {id} can't be read"))?;
    Ok(())
}
