//! One place: everything in it is read in bulk, and each finding is left to the function that repairs it.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::count::counted;
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place};
use peerwright_core::world::{Connection, ObservedConnection};

use super::drift::{Finding, findings, waits};
use super::gauges::gauges;
use super::inventory::{SweptPlace, concerned, scope};
use super::quiet::note;
use super::unserved::unserved;
use crate::contest::Contest;
use crate::delays::MISSING;
use crate::entry::{Change, Entry};
use crate::failure::{Class, Failure, chain};
use crate::outcome::{Outcome, Recipient, Report};
use crate::ports::{Allowlist, Backend, Clock, Cloud, Entries, Ledger, Members, Ports};
use crate::status::Status;
use crate::stir::stir;

/// Looks at a place, and leaves a hint for each connection and VPC that is not as it should be. Where nothing concerns us, two calls tell so.
pub(super) async fn sweep_place<B: Backend>(place: &Place, ports: &Ports<B>) -> Result<Report, Failure> {
    let items = ports.allowlist.everything(ports.cause.since).await?;
    let known = ports.ledger.connections_in(place).await?;
    let asked_at = ports.clock.now();
    let inventory = match ports.cloud.inventory(place).await {
        Ok(inventory) => inventory,
        // A Region that the account has not enabled refuses every call (`AuthFailure`): tried again and again it would be told for ever.
        Err(failure) if matches!(failure.class, Class::NoRole | Class::Denied) => return shut_out(place, &failure, ports).await,
        Err(failure) => return Err(failure),
    };
    let shown = inventory.connections.iter().map(|peering| peering.connection.id.clone());
    let ids: BTreeSet<PcxId> = shown.chain(known).collect();
    let Entries { read, unreadable } = if ids.is_empty() { Entries::default() } else { ports.ledger.load_all(&ids).await? };
    let entries: BTreeMap<PcxId, Entry> = read.into_iter().map(|entry| (entry.connection.clone(), entry)).collect();
    let vpcs = concerned(place, &inventory, &entries);
    let looked_into = if entries.is_empty() { Ok(inventory) } else { ports.cloud.look_into(place, inventory, &vpcs, &scope(&items)).await };
    let inventory = match looked_into {
        Ok(inventory) => inventory,
        Err(failure) if matches!(failure.class, Class::NoRole | Class::Denied) => return shut_out(place, &failure, ports).await,
        Err(failure) => return Err(failure),
    };
    if ports.ledger.note_member(place, None, ports.clock.now()).await? {
        tracing::info!(%place, "the member role can be assumed");
    }
    let aliases = StoredAllowlist::read(items.iter()).aliases;
    let mut swept =
        SweptPlace { place: place.clone(), asked_at, inventory, entries, unreadable, aliases, items, allowlists: BTreeMap::new() };
    let mut report = report_connections(&mut swept, ports).await?;
    report.at = Some(asked_at);
    report.gauges = gauges(&swept, ports).await?;
    report.hints.extend(unserved(&swept, ports).await?);
    report.hints.extend(orphaned(&swept, ports).await?);
    match note(&swept, &report, ports).await {
        // What is found does not wait until that can be written down: whoever follows it does the same.
        Err(failure) if !report.hints.is_empty() => tracing::warn!("{}", chain(&failure)),
        noted => noted?,
    }
    let why = format!(
        "{}, {}",
        counted(swept.inventory.connections.len(), "connection", "connections"),
        counted(report.hints.len(), "hint", "hints")
    );
    report.outcomes.push((None, Outcome::Nothing(format!("{place}: {why}"))));
    Ok(report)
}

/// Rules that bear the tag of a connection which is over or isolated: one that was handed over to it at that moment, or was tagged by hand.
async fn orphaned<B: Backend>(swept: &SweptPlace, ports: &Ports<B>) -> Result<BTreeSet<(Recipient, Hint)>, Failure> {
    let lives = |id: &PcxId| swept.entries.get(id).is_some_and(|entry| !entry.is_over() && entry.status != Status::Isolated);
    let tagged: BTreeSet<&PcxId> = swept.inventory.rule_owners.iter().filter(|id| !lives(id)).collect();
    let unloaded: BTreeSet<PcxId> = tagged.iter().filter(|id| !swept.entries.contains_key(**id)).map(|id| (*id).clone()).collect();
    let loaded = if unloaded.is_empty() { Vec::new() } else { ports.ledger.load_all(&unloaded).await?.read };
    let known = tagged.iter().filter_map(|id| swept.entries.get(*id)).chain(&loaded);
    let done =
        known.filter(|entry| (entry.is_over() || entry.status == Status::Isolated) && !waits(entry, &swept.place, ports.clock.now()));
    let hint = |entry: &Entry| Hint::Connection { id: entry.connection.clone(), places: vec![swept.place.clone()] };
    Ok(done.map(|entry| (Recipient::Cleanup, hint(entry))).collect())
}

/// A member that does not let us in is reported once, until that changes.
async fn shut_out<B: Backend>(place: &Place, failure: &Failure, ports: &Ports<B>) -> Result<Report, Failure> {
    let why = failure.explain();
    stir([place], ports).await?;
    if ports.ledger.note_member(place, Some(&why), ports.clock.now()).await? {
        return Ok(Outcome::Failed(vec![why]).into());
    }
    Ok(Report::nothing(format!("{place}: still no role")))
}

async fn report_connections<B: Backend>(swept: &mut SweptPlace, ports: &Ports<B>) -> Result<Report, Failure> {
    let mut report = Report::default();
    let shown: BTreeMap<PcxId, ObservedConnection> =
        swept.inventory.connections.iter().map(|peering| (peering.connection.id.clone(), peering.clone())).collect();
    for peering in shown.values() {
        if let Some(why) = swept.unreadable_about(peering) {
            report.outcomes.push((Some(peering.connection.id.clone()), Outcome::Failed(vec![why])));
            continue;
        }
        let findings = match findings(swept, peering, ports).await {
            // Such as what persons decided about it: that keeps nothing else of the place from being looked at.
            Err(failure) if failure.class == Class::Unexpected => {
                report.outcomes.push((Some(peering.connection.id.clone()), Outcome::Failed(vec![failure.explain_final()])));
                continue;
            }
            findings => findings?,
        };
        for finding in findings {
            report_finding(&mut report, swept, peering, finding, ports).await?;
        }
    }
    // What the ledger has here and EC2 no longer shows.
    let now = ports.clock.now();
    let is_shown = |id: &PcxId| shown.contains_key(id) || swept.inventory.unreadable_connections.contains(id);
    let is_left = |entry: &&Entry| !entry.is_over() && !waits(entry, &swept.place, now) && !is_left_to_others(entry, &swept.place);
    let absent = swept.entries.values().filter(|entry| !is_shown(&entry.connection)).filter(is_left);
    for entry in absent {
        let places = entry.ends.iter().map(|(_, end)| end.place.clone()).collect();
        report.hints.insert((Recipient::Cleanup, Hint::Connection { id: entry.connection.clone(), places }));
    }
    Ok(report)
}

/// True for a connection that is not shown any more and was cleaned here: what is left is at an end that does not let us in, and is found by the sweep
/// of that place once it does.
fn is_left_to_others(entry: &Entry, place: &Place) -> bool {
    let here = entry.ends.iter().filter(|(_, end)| end.place == *place).map(|(side, _)| side);
    let cleaned = entry.missing_since.is_some_and(|since| entry.updated_at.duration_since(since).unsigned_abs() >= MISSING);
    entry.status == Status::OneSided && cleaned && here.into_iter().all(|side| !entry.owned.touches(side))
}

/// Writes down what had drifted, and how often. It is told unless it comes again and again, and waits for its time.
async fn record_drift<B: Backend>(
    swept: &SweptPlace,
    connection: &Connection,
    why: &[String],
    held_up: Option<&Contest>,
    ports: &Ports<B>,
) -> Result<(), Failure> {
    let now = ports.clock.now();
    let note = |entry: &mut Entry| {
        // What was done since EC2 was asked is no drift.
        if !entry.status.is_done() || entry.updated_at > swept.asked_at {
            return None;
        }
        let contest = held_up.cloned().unwrap_or_else(|| Contest::next(entry.contest.as_ref(), why, now));
        let words: Vec<String> = contest.words().into_iter().chain(why.iter().cloned()).collect();
        entry.status = Status::Drifted;
        entry.give_reasons(&words);
        entry.contest = Some(contest);
        let told = Change::to(&Status::Drifted, &entry.rules, words.clone());
        Some(if held_up.is_some() { Change::new("drifted", &entry.rules, words) } else { told })
    };
    ports.write(connection, note).await.map(drop)
}

/// Leaves the hint, and writes down what had drifted.
async fn report_finding<B: Backend>(
    report: &mut Report,
    swept: &SweptPlace,
    peering: &ObservedConnection,
    finding: Finding,
    ports: &Ports<B>,
) -> Result<(), Failure> {
    let connection = &peering.connection;
    tracing::info!(connection = %connection.id, to = ?finding.to, "{}", finding.why.join("; "));
    let contest = swept.entries.get(&connection.id).and_then(|entry| entry.contest.as_ref());
    // What is too much goes at once: the rules say so.
    let held_up = contest.filter(|contest| finding.to == Recipient::Configure && contest.holds_up(&finding.why, ports.clock.now()));
    if finding.drift {
        record_drift(swept, connection, &finding.why, held_up, ports).await?;
    }
    if held_up.is_some() {
        return Ok(());
    }
    // What is wrong is wrong as this place shows it.
    report.enqueue_from(&swept.place, finding.to, connection);
    report.outcomes.push((Some(connection.id.clone()), Outcome::Nothing(finding.why.join("; "))));
    Ok(())
}
