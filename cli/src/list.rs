//! `peerwright list`: the connections that the ledger knows.

use anstyle::Style;
use anyhow::{Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use peerwright_aws::AwsPorts;
use peerwright_core::count::counted;
use peerwright_core::ids::{AccountId, Region, RuleId};
use peerwright_core::members::misspelt;
use peerwright_core::named::NamedVpc;
use peerwright_engine::entry::Entry;
use peerwright_engine::overview::{Overview, Reach, overview};
use peerwright_engine::ports::Allowlist as _;
use peerwright_engine::status::Status;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{CHANGED, line};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;
use crate::summary::{Summary, word};

/// The words of statuses.
const STATUSES: [&str; Status::KNOWN.len()] = {
    let mut words = [""; Status::KNOWN.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = if matches!(Status::KNOWN[at], Status::New) { "new" } else { Status::KNOWN[at].label() };
        at += 1;
    }
    words
};

/// Which connections. What is given has to be true together; of several values of one option any.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// With this status, such as converged or held.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = PossibleValuesParser::new(STATUSES))]
    status: Vec<String>,
    /// That this rule allows, or decided against.
    #[arg(long, value_name = "RULE")]
    rule: Vec<RuleId>,
    /// With an end in this account.
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<AccountId>,
    /// With an end in this Region. (`--region` names the hub's.)
    #[arg(long, value_name = "REGION", value_parser = region)]
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
    /// What of the filters names nothing that is known.
    notes: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let ports = session.ports().await?;
    let reach = if command.all { Reach::Every } else { Reach::Living };
    let found = overview(reach, &session.deployed().await?.member_regions, &ports).await.map_err(explained)?;
    command.refuse_unknown_aliases(&found)?;
    let notes = command.unknown_rules(&found, &ports).await?;
    let chosen = found.entries.iter().filter(|entry| command.chooses(entry, &found));
    let connections = chosen.map(|entry| Summary::of(entry, found.frozen.get(&entry.connection), &found.aliases, found.at)).collect();
    out.show(&Answer {
        connections,
        unreadable: found.unreadable.iter().map(ToString::to_string).collect(),
        places: found.places,
        untold: found.untold.clone(),
        notes,
    })
}

/// A Region that may be one of AWS's.
fn region(text: &str) -> Result<Region, String> {
    let region = text.parse::<Region>().map_err(|wrong| wrong.to_string())?;
    misspelt(&region).map_or(Ok(region), Err)
}

impl Command {
    /// An alias that is not there is a slip of the pen: no connection has it.
    fn refuse_unknown_aliases(&self, found: &Overview) -> Result<()> {
        let unknown = |named: &&NamedVpc| matches!(named, NamedVpc::Alias(name) if !found.aliases.contains_key(name));
        let unknown: Vec<String> = self.vpc.iter().filter(unknown).map(ToString::to_string).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let are = if unknown.len() == 1 { "is no alias" } else { "are no aliases" };
        bail!("{} {are} of the allowlist: `peerwright allowlist list` shows them", unknown.join(", "))
    }

    /// A rule may be gone, and connections still name it; one that nobody knows may be a slip of the pen.
    async fn unknown_rules(&self, found: &Overview, ports: &AwsPorts) -> Result<Vec<String>> {
        let of_a_connection = |rule: &&RuleId| found.entries.iter().any(|entry| entry.rules.iter().any(|named| named == rule.as_str()));
        let mut unknown: Vec<&RuleId> = self.rule.iter().filter(|rule| !of_a_connection(rule)).collect();
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        let items = ports.allowlist.everything(None).await.map_err(explained)?;
        unknown.retain(|rule| !items.iter().any(|item| item.id == rule.as_str()));
        let note = |rule: &RuleId| format!("no rule of the allowlist and no connection that was read has the name {rule}");
        Ok(unknown.into_iter().map(note).collect())
    }

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
        print_reach(&count, self.places, self.untold.as_deref(), &self.unreadable, screen)?;
        self.notes.iter().try_for_each(|note| line(screen, 0, "!", CHANGED, note))
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
    let reach = places.map_or_else(
        || format!("{what} in the whole table"),
        |places| format!("{what} in {} (`peerwright list --all` reads the whole table)", counted(places, "place", "places")),
    );
    line(screen, 0, "", Style::new(), &reach)?;
    untold.map_or(Ok(()), |why| line(screen, 0, "", Style::new(), &format!("places of the organization are missing: {why}")))?;
    unreadable.iter().try_for_each(|id| line(screen, 0, "", Style::new(), &format!("the entry of {id} can't be read")))
}
