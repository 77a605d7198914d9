//! Telling how it stands again whenever it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use peerwright_aws::AwsPorts;
use peerwright_core::allowlist::Aliases;
use peerwright_engine::entry::Entry;
use peerwright_engine::overview::Overview;
use peerwright_engine::ports::{Clock as _, Freezes as _, Ledger as _};
use serde_json::json;

use super::{answer, living};
use crate::output::explained;
use crate::screen::Screen;
use crate::session::Session;
use crate::summary::Summary;
use crate::target::Target;

/// How often the ledger is asked. EC2 is asked only when something has changed there.
const EVERY: Duration = Duration::from_secs(3);

/// Tells it, and again whenever the ledger says something else, until somebody ends it.
pub(super) async fn watch(target: Option<&Target>, session: &Session, ports: &AwsPorts, out: &mut Screen<'_>) -> Result<ExitCode> {
    let redraws = out.is_for_a_person() && console::user_attended();
    let mut before: BTreeMap<String, Summary> = BTreeMap::new();
    let mut first = true;
    loop {
        let now = summaries(target, session, ports).await?;
        if redraws && (first || changed(&before, &now)) {
            let answer = answer(target, session, ports).await?;
            out.clear()?;
            out.show(&answer)?;
            writeln!(out, "\nit is told again when it changes; Ctrl-C ends that")?;
        } else if !redraws {
            now.values().try_for_each(|summary| tell(before.get(&summary.connection), summary, out))?;
            let gone = before.values().filter(|summary| !now.contains_key(&summary.connection));
            gone.cloned().try_for_each(|summary| tell(Some(&summary), &Summary { status: "ended".to_owned(), ..summary.clone() }, out))?;
        }
        out.flush()?;
        (before, first) = (now, false);
        tokio::time::sleep(EVERY).await;
    }
}

/// What is watched, as the ledger has it.
async fn summaries(target: Option<&Target>, session: &Session, ports: &AwsPorts) -> Result<BTreeMap<String, Summary>> {
    let (entries, frozen, aliases) = if let Some(Target::Connection(id)) = target {
        let entries = ports.ledger.load_all(&BTreeSet::from([id.clone()])).await.map_err(explained)?;
        (entries.read, ports.ledger.frozen().await.map_err(explained)?, Aliases::new())
    } else {
        let Overview { entries, frozen, aliases, .. } = living(session, ports).await?;
        (entries, frozen, aliases)
    };
    let is_meant = |entry: &&Entry| match target {
        Some(Target::Vpc(named)) => entry.ends.iter().any(|(_, vpc)| named.means(vpc, &aliases)),
        _ => true,
    };
    let now = ports.clock.now();
    let of = |entry: &Entry| Summary::of(entry, frozen.get(&entry.connection), &aliases, now);
    Ok(entries.iter().filter(is_meant).map(of).map(|summary| (summary.connection.clone(), summary)).collect())
}

fn changed(before: &BTreeMap<String, Summary>, now: &BTreeMap<String, Summary>) -> bool {
    before.len() != now.len() || now.iter().any(|(id, summary)| before.get(id).is_none_or(|before| differs(before, summary)))
}

/// How long ago it was written is no news.
fn differs(before: &Summary, now: &Summary) -> bool {
    (&before.status, &before.reasons, &before.rules, &before.frozen) != (&now.status, &now.reasons, &now.rules, &now.frozen)
}

/// A line where something has changed.
fn tell(before: Option<&Summary>, now: &Summary, out: &mut Screen<'_>) -> Result<()> {
    if before.is_some_and(|before| !differs(before, now)) {
        return Ok(());
    }
    if !out.is_for_a_person() {
        let was = before.map(|before| &before.status);
        return Ok(writeln!(out, "{}", json!({ "was": was, "now": now }))?);
    }
    let was = before.filter(|before| before.status != now.status).map(|before| format!("{} → ", before.status)).unwrap_or_default();
    // A freeze stands beside what was written of the connection before.
    let at =
        now.frozen.as_ref().filter(|_| before.is_none_or(|before| before.frozen.is_none())).map_or(&now.written_at, |frozen| &frozen.at);
    let why = now.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    let frozen = now.frozen.as_ref().map(|frozen| format!(" (frozen {})", frozen.words())).unwrap_or_default();
    Ok(writeln!(out, "{at}  {}  {was}{}{frozen}{why}", now.connection, now.status)?)
}
