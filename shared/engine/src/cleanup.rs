//! What is no longer wanted: things of ours on living connections, everything of ours on ended ones, and connections that nobody asks for.

use std::time::Duration;

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ask::{Wanted, asked_for};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place, Side, Sides};
use peerwright_core::plan::Limits;
use peerwright_core::policy::Verdict;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, Tags};

use crate::decide::{Decided, decide};
use crate::failure::{Class, Failure};
use crate::lease::leased;
use crate::ledger::{Change, Entry};
use crate::locate::{LATER, Lookup, lookup};
use crate::observe::vpc::vpcs;
use crate::outcome::{Outcome, Report};
use crate::ports::{Allowlist, Backend, Claims, Clock, Cloud, Ledger, Ports};
use crate::reconcile::{Part, Run};
use crate::requesters::last_known_requesters;

/// How long a connection must not be shown before it counts as ended: far longer than EC2's answers lag ("Eventual consistency", EC2 API
/// reference).
pub const MISSING: Duration = Duration::from_secs(30);

/// Brings what is left of the connection that the hint points at to what is wanted of it.
///
/// | the connection | what is done |
/// |---|---|
/// | has ended, or is shown by nobody any more | routes and rules of ours are removed on both sides |
/// | was created by us, and neither VPC asks for it any more | the same, then it is deleted |
/// | is allowed by no rule any more | what the last rules wished: nothing, the removal of what is ours, or the deletion of what we created |
/// | is allowed | what of ours the rules no longer want is removed, once everything they do want is there |
///
/// What can't be read for certain is no reason to take anything away.
pub async fn cleanup<B: Backend>(hint: &Hint, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    match hint {
        Hint::Connection { id, places } => leased(id, ports, one(id, places, limits, ports)).await,
        Hint::Pending(_) | Hint::Vpc(_) | Hint::Place(_) | Hint::Everywhere => Ok(Report::nothing("no connection is named")),
    }
}

async fn one<B: Backend>(id: &PcxId, places: &[Place], limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    let entry = ports.ledger.load(id).await?;
    let mut places = places.to_vec();
    for (_, end) in entry.iter().flat_map(|entry| entry.ends.iter()) {
        if !places.contains(&end.place) {
            places.push(end.place.clone());
        }
    }
    let peering = match (lookup(&ports.cloud, id, &places).await?, &entry) {
        (Lookup::Found(peering), Some(entry)) if entry.missing_since.is_some() && !peering.connection.state.has_ended() => {
            shown_again(*peering, ports).await?
        }
        (Lookup::Found(peering), _) => *peering,
        (Lookup::Absent, Some(entry)) if entry.is_over() => return Ok(Report::of(id, Outcome::Nothing("it is over".to_owned()))),
        (Lookup::Absent, Some(entry)) => match missing(entry, ports).await? {
            Ok(peering) => peering,
            Err(outcome) => return Ok(Report::of(id, outcome)),
        },
        (Lookup::Absent, None) => return Ok(Report::of(id, Outcome::Nothing("nobody knows it".to_owned()))),
        (Lookup::Unreachable(why), _) => return Ok(Report::of(id, Outcome::Unreachable(why))),
    };
    let outcome = match &peering.connection.state {
        state if state.has_ended() && entry.as_ref().is_some_and(Entry::is_over) => {
            return Ok(Report::of(id, Outcome::Nothing(format!("it is {state}, and nothing of ours is left"))));
        }
        PeeringState::Ended(_) | PeeringState::Vanished => take_away(&peering, entry.as_ref(), limits, ports).await?,
        PeeringState::Active => assess(&peering, entry.as_ref(), limits, ports).await?,
        PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning => {
            not_ready(&peering, entry.as_ref(), limits, ports).await?
        }
        PeeringState::Other(state) => Outcome::Nothing(format!("it is {state}")),
    };
    let mut report = Report::of(id, outcome);
    // Only about something new: whoever is told may send us a hint again, and the two would wake each other for ever.
    let now = ports.ledger.load(id).await?;
    if let Some(now) = now.filter(|now| entry.is_none_or(|before| before.version != now.version)) {
        report.hints.extend(last_known_requesters(&now));
    }
    Ok(report)
}

/// A connection that the ledger knows and no place shows. It counts as ended once that has been so for a while.
async fn missing<B: Backend>(entry: &Entry, ports: &Ports<B>) -> Result<Result<ObservedConnection, Outcome>, Failure> {
    let connection =
        Connection { id: entry.connection.clone(), state: PeeringState::Vanished, message: String::new(), ends: entry.ends.clone() };
    let now = ports.clock.now();
    let since = entry.missing_since.as_deref().and_then(|since| since.parse().ok());
    if since.is_some_and(|since| now.duration_since(since).unsigned_abs() >= MISSING) {
        return Ok(Ok(ObservedConnection { connection, cidrs: Sides::default(), tags: Tags::new() }));
    }
    if since.is_none() {
        let note = |entry: &mut Entry| {
            entry.missing_since = Some(now.to_string());
            Some(Change::new("missing", &entry.rules.clone(), Vec::new()))
        };
        ports.write(&connection, note).await?;
    }
    Ok(Err(Outcome::Waiting {
        why: format!("{} is not shown any more; it counts as ended if that stays so", connection.id),
        after: MISSING,
    }))
}

/// It was missing for a while, and must be missing anew before it counts as ended. Where it did count as ended, that was wrong.
async fn shown_again<B: Backend>(peering: ObservedConnection, ports: &Ports<B>) -> Result<ObservedConnection, Failure> {
    let note = |entry: &mut Entry| {
        entry.missing_since = None;
        if entry.is_over() {
            entry.status.clear();
        }
        Some(Change::new("shown again", &entry.rules.clone(), Vec::new()))
    };
    ports.write(&peering.connection, note).await?;
    Ok(peering)
}

/// An ended connection: everything of ours goes. Nothing is written down where we had no part in it.
async fn take_away<B: Backend>(
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    limits: Limits,
    ports: &Ports<B>,
) -> Result<Outcome, Failure> {
    let connection = &peering.connection;
    let mut run = Run::to_nothing(peering, limits, ports);
    let outcome = match (run.converge().await?, entry) {
        (Outcome::Converged(0), None) => return Ok(Outcome::Nothing(format!("{}, and had nothing of ours", ended(connection)))),
        (Outcome::Converged(_), _) => Outcome::Ended(vec![ended(connection)]),
        (other, _) => other,
    };
    run.finish(outcome).await
}

fn ended(connection: &Connection) -> String {
    if connection.message.is_empty() {
        format!("it is {}", connection.state)
    } else {
        format!("it is {}: {}", connection.state, connection.message)
    }
}

/// An active connection: is it still asked for, still allowed, and is anything of ours too much?
async fn assess<B: Backend>(
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    limits: Limits,
    ports: &Ports<B>,
) -> Result<Outcome, Failure> {
    let Decided { decision, vpcs, aliases } = decide(peering, ports).await?;
    if created(entry) && asked_for(&vpcs, &aliases) == Wanted::No {
        return end(peering, entry, vec![NOBODY_ASKS.to_owned()], limits, ports).await;
    }
    if let Verdict::Allowed(rules) = &decision.verdict {
        let mut run = Run::to_rules(peering, Part::Remove, rules, vpcs, limits, ports);
        let outcome = run.converge().await?;
        return run.finish(outcome).await;
    }
    match entry {
        Some(entry) if decision.forbids() => revoke(peering, entry, decision.reasons, limits, ports).await,
        _ => Ok(Outcome::Nothing(format!("no rule wants it: {}", decision.reasons.join("; ")))),
    }
}

const NOBODY_ASKS: &str = "neither VPC asks for it any more";

/// True for a connection that a tag made us create: no other is ever deleted by us.
fn created(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.created_for.is_some())
}

/// No rule allows it any more: what the last rules wished is done.
async fn revoke<B: Backend>(
    peering: &ObservedConnection,
    entry: &Entry,
    mut reasons: Vec<String>,
    limits: Limits,
    ports: &Ports<B>,
) -> Result<Outcome, Failure> {
    match entry.on_revoke {
        OnRevoke::Keep => Run::to_nothing(peering, limits, ports).finish(Outcome::Kept(reasons)).await,
        OnRevoke::Delete if created(Some(entry)) => end(peering, Some(entry), reasons, limits, ports).await,
        wish => {
            if wish == OnRevoke::Delete {
                reasons.push("it is not deleted, because it was not created by Peerwright".to_owned());
            }
            let mut run = Run::to_nothing(peering, limits, ports);
            let outcome = match run.converge().await? {
                Outcome::Converged(_) => Outcome::Isolated(reasons),
                other => other,
            };
            run.finish(outcome).await
        }
    }
}

/// Takes away what is ours, and then the connection, which we created. Nothing is deleted while something of ours can't be read.
async fn end<B: Backend>(
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    reasons: Vec<String>,
    limits: Limits,
    ports: &Ports<B>,
) -> Result<Outcome, Failure> {
    let frozen = limits.frozen || entry.is_some_and(|entry| entry.frozen);
    let mut run = Run::to_nothing(peering, limits, ports);
    let outcome = match run.converge().await? {
        Outcome::Converged(_) if frozen => Outcome::Frozen(vec![format!("delete {}", peering.connection.id)]),
        Outcome::Converged(_) => delete(&peering.connection, reasons, ports).await?,
        other => other,
    };
    run.finish(outcome).await
}

/// Deletes a connection that we created, from the requester's end: as long as it is pending, EC2 takes that from nobody else.
async fn delete<B: Backend>(connection: &Connection, reasons: Vec<String>, ports: &Ports<B>) -> Result<Outcome, Failure> {
    // The claim goes first: one that outlived a crash in between would look as if somebody else had ended the connection, which is then not
    // made again. A connection without its claim is still known as ours.
    for claim in ports.ledger.claims_of(&connection.ends.requester).await? {
        if claim.created.as_ref() == Some(&connection.id) {
            ports.ledger.drop_claim(&claim).await?;
        }
    }
    match ports.cloud.delete(connection, Side::Requester).await {
        Ok(()) => Ok(Outcome::Ended(reasons)),
        Err(failure) if failure.class == Class::Stale => {
            let why = format!("{} changed while it was being deleted", connection.id);
            Ok(Outcome::Waiting { why, after: LATER })
        }
        // Nothing to try again: it is deleted once we are let in.
        Err(failure) if failure.class == Class::NoRole => {
            Ok(Outcome::OneSided(vec![format!("it is not deleted: we hold no role in {}", connection.ends.requester.place)]))
        }
        Err(failure) => Err(failure),
    }
}

/// A connection on its way. Where we asked for it and nobody wants it any more, the request is taken back; one that is being provisioned
/// is dealt with when it is active.
async fn not_ready<B: Backend>(
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    limits: Limits,
    ports: &Ports<B>,
) -> Result<Outcome, Failure> {
    let connection = &peering.connection;
    if created(entry) {
        let aliases = ports.allowlist.aliases().await?;
        if asked_for(&vpcs(&ports.cloud, peering).await?, &aliases) == Wanted::No {
            return match connection.state {
                PeeringState::Pending => end(peering, entry, vec![NOBODY_ASKS.to_owned()], limits, ports).await,
                _ => Ok(Outcome::Waiting { why: format!("{} is {}", connection.id, connection.state), after: LATER }),
            };
        }
    }
    if connection.state == PeeringState::Pending {
        return Ok(Outcome::Nothing("it is pending".to_owned()));
    }
    Ok(Outcome::Waiting { why: format!("{} is {}", connection.id, connection.state), after: LATER })
}
