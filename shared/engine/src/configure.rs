//! Active connections: what the rules want is added.

use peerwright_core::allowlist::Rule;
use peerwright_core::ask::{Wanted, asked_for};
use peerwright_core::count::counted;
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place, Side, VpcRef};
use peerwright_core::plan::Limits;
use peerwright_core::policy::{Decision, Verdict};
use peerwright_core::world::{Fact, ObservedConnection, PeeringState};

use crate::attempt::Attempt;
use crate::decide::{Decided, decide};
use crate::delays::{LATER, SHOWN_BY_THEN};
use crate::entry::Entry;
use crate::failure::{Failure, unless_no_role, unless_shut_out};
use crate::goal::{Goal, Wish};
use crate::lease::leased;
use crate::locate::{Look, look, looks};
use crate::manual_decision::ManualDecisions;
use crate::outcome::{Outcome, Recipient, Report};
use crate::peerings::peerings;
use crate::ports::{Backend, Clock, Cloud, Lease, Ledger, Ports};
use crate::rearranged::concerns_nobody;
use crate::reconcile::reconcile;
use crate::requesters::requesters;
use crate::status::Stage;
use crate::stir::stir;

/// Brings the connection that the hint points at to what the allowlist wants, as far as something has to be added for it. What is too
/// much is left to [`cleanup`](crate::cleanup::cleanup); the report says where. A hint about a VPC becomes one about each of its connections.
pub async fn configure<B: Backend>(hint: &Hint, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    match hint {
        Hint::Pending(place) | Hint::Place(place) => Ok(Report::nothing(format!("{place} names no connection"))),
        Hint::Everywhere => Ok(Report::nothing("no connection is named")),
        Hint::Vpc(vpc) => enqueue_connections(vpc, ports).await,
        Hint::Connection { id, places } => {
            stir(places, ports).await?;
            configure_connection(id, places, limits, ports).await
        }
    }
}

/// Something changed in a VPC, which may concern each of its connections: one hint for each.
async fn enqueue_connections<B: Backend>(vpc: &VpcRef, ports: &Ports<B>) -> Result<Report, Failure> {
    if let Some(nothing) = concerns_nobody(&vpc.place, ports).await? {
        return Ok(nothing);
    }
    let peerings = match unless_no_role(peerings(&ports.cloud, vpc).await, &vpc.place)? {
        Fact::Known(found) => found,
        Fact::Unknown(why) => return Ok(Outcome::Unreachable(why).into()),
    };
    let mut report = Report::nothing(format!("{vpc} has {}", counted(peerings.len(), "connection", "connections")));
    report.at = ports.cause.at;
    enqueue_each(&mut report, &peerings);
    Ok(report)
}

/// Leaves each connection to the function that serves it.
pub(crate) fn enqueue_each<'p>(report: &mut Report, peerings: impl IntoIterator<Item = &'p ObservedConnection>) {
    for peering in peerings {
        match peering.connection.state {
            PeeringState::Active => report.enqueue(Recipient::Configure, &peering.connection),
            PeeringState::Pending => report.enqueue(Recipient::Accept, &peering.connection),
            _ => {}
        }
    }
}

/// Waits until the connection is active, and works on it while nobody else does. What is worked on is what was seen under the lease: whoever
/// had it before may have ended the connection.
async fn configure_connection<B: Backend>(id: &PcxId, places: &[Place], limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    leased(id, Recipient::Configure, ports, async |lease| {
        if let Some(why) = is_told_late(id, lease, ports).await? {
            return Ok(Report { looked_at: lease.looked_at, ..Report::of(id, Outcome::Nothing(why)) });
        }
        let mut looks = looks(Recipient::Configure, lease, ports);
        loop {
            let began = ports.clock.now();
            let why = match look_at_both(id, places, &ports.cloud).await? {
                Look::Ready(peering) => {
                    return configure_shown(&peering, limits, ports).await.map(|report| report.looked_from(began));
                }
                Look::Unreachable(why) => return Ok(Report::of(id, Outcome::Unreachable(why))),
                Look::Unready(why) => why,
            };
            match looks.next() {
                Some(time) => ports.clock.sleep(*time).await,
                None => return Ok(Report::of(id, Outcome::Waiting { why, after: LATER })),
            }
        }
    })
    .await
}

/// Why an event needs no look: a look that began after it had left nothing to do, and nothing has drifted since. The news of an acceptance counts as seen
/// once the connection was active; of all else, also what came together with it, EC2's answers may lag behind for a while.
async fn is_told_late<B: Backend>(id: &PcxId, lease: &Lease, ports: &Ports<B>) -> Result<Option<String>, Failure> {
    let (Some(looked_at), Some(at)) = (lease.looked_at, ports.cause.at) else {
        return Ok(None);
    };
    let is_acceptance = ports.cause.accepted_by.is_some() && ports.cause.events.len() < 2;
    let seen_from = if is_acceptance { at } else { at + SHOWN_BY_THEN };
    if looked_at < seen_from {
        return Ok(None);
    }
    let Some(entry) = ports.ledger.load(id).await?.filter(|entry| entry.status.is_done()) else {
        return Ok(None);
    };
    ports.record_callers(&entry).await?;
    Ok(Some(format!("what happened at {at} was seen at {looked_at}")))
}

/// An active connection is one that each end's own place shows as active, as far as we are let in: EC2 takes no route before that. With the other
/// place's view come the options of its end.
async fn look_at_both<C: Cloud>(id: &PcxId, places: &[Place], cloud: &C) -> Result<Look, Failure> {
    let mut peering = match look(cloud, id, places, not_active_yet).await? {
        Look::Ready(peering) => peering,
        unready => return Ok(unready),
    };
    for side in Side::BOTH {
        let place = peering.connection.ends.of(side).place.clone();
        if peering.connection.state != PeeringState::Active || place == peering.shown_in {
            continue;
        }
        match unless_shut_out(cloud.connection(&place, id).await, &place)? {
            Fact::Known(Some(found)) if found.connection.state == PeeringState::Active => {
                peering.dns_resolution.of_mut(side).clone_from(found.dns_resolution.of(side));
            }
            Fact::Known(Some(found)) if found.connection.state.has_ended() => peering = Box::new(found),
            Fact::Known(Some(_)) => return Ok(Look::Unready(format!("{id} is not active in {place} yet"))),
            Fact::Known(None) => return Ok(Look::Unready(format!("{id} is not visible in {place} yet"))),
            Fact::Unknown(_) => {}
        }
    }
    Ok(Look::Ready(peering))
}

async fn configure_shown<B: Backend>(peering: &ObservedConnection, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    let id = &peering.connection.id;
    match &peering.connection.state {
        PeeringState::Active => add_what_is_missing(peering, limits, ports).await,
        state if state.has_ended() => {
            let mut report = Report::of(id, Outcome::Nothing(format!("it is {state}")));
            if ports.ledger.load(id).await?.is_some_and(|entry| !entry.is_over()) {
                report.enqueue(Recipient::Cleanup, &peering.connection);
            }
            Ok(report)
        }
        other => Ok(Report::of(id, Outcome::Nothing(format!("it is {other}")))),
    }
}

/// A hint that leads here follows an acceptance: whatever earlier state the connection still shows, it is on its way.
fn not_active_yet(peering: &ObservedConnection) -> Option<String> {
    matches!(peering.connection.state, PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning)
        .then(|| format!("{} is not active yet", peering.connection.id))
}

/// Asks the rules and adds what they wish; leaves to others what is theirs.
async fn add_what_is_missing<B: Backend>(peering: &ObservedConnection, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    let id = &peering.connection.id;
    let entry = ports.ledger.load(id).await?;
    let Decided { decision, matching, by_hand, vpcs, aliases } = decide(peering, None, None, ports).await?.recalling(entry.as_ref());
    if entry.as_ref().is_some_and(Entry::is_created_by_us) && asked_for(&vpcs, &aliases) == Wanted::No {
        // It is to be deleted: what AWS refuses of that for a while must not bring everything back.
        let mut report = Report::of(id, Outcome::Nothing("neither VPC asks for it".to_owned()));
        report.enqueue(Recipient::Cleanup, &peering.connection);
        return Ok(report);
    }
    let Verdict::Allowed(rules) = &decision.verdict else {
        if awaits_its_first_approval(&decision, entry.as_ref()) {
            return await_approval(peering, entry.as_ref(), decision, by_hand, &matching, ports).await;
        }
        let mut report = Report::of(id, Outcome::Nothing(format!("no rule wants it: {}", decision.reasons.join("; "))));
        if decision.forbids() && entry.is_some() {
            report.enqueue(Recipient::Cleanup, &peering.connection);
        }
        return Ok(report);
    };
    let requesters = requesters(entry.as_ref(), &vpcs);
    let mut attempt = reconcile(Goal::Added(Wish::of(rules, vpcs)), peering, entry.as_ref(), limits, ports).await?;
    attempt.waits_for(decision.awaiting);
    attempt.by_hand = by_hand;
    let mut report = Report::of(id, attempt.outcome.clone());
    if attempt.superfluous {
        report.enqueue(Recipient::Cleanup, &peering.connection);
    }
    attempt.record(peering, ports).await?;
    report.hints.extend(requesters);
    Ok(report)
}

/// An acceptance by hand in the accepter's account is no approval: what rules wish that leave it to a person waits for one.
async fn await_approval<B: Backend>(
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    decision: Decision,
    by_hand: Option<ManualDecisions>,
    matching: &[Rule],
    ports: &Ports<B>,
) -> Result<Report, Failure> {
    let who = entry.and_then(|entry| entry.accepted_by.as_ref()).or(ports.cause.accepted_by.as_ref());
    let who = who.map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let mut reasons = decision.reasons;
    reasons.push(format!("{who} accepted it in the accepter's account, which approves nothing"));
    let attempt = Attempt {
        rules: matching.iter().map(|rule| rule.id.to_string()).collect(),
        awaiting: Some(decision.awaiting),
        by_hand,
        ..Attempt::untried(Outcome::AwaitingApproval(reasons))
    };
    let report = Report::of(&peering.connection.id, attempt.outcome.clone());
    attempt.record(peering, ports).await?;
    Ok(report)
}

/// True for a connection that only an approval is missing of, and for which nothing was done so far. One that was in use has lost its permission.
pub(crate) fn awaits_its_first_approval(decision: &Decision, entry: Option<&Entry>) -> bool {
    !decision.awaiting.is_empty()
        && !matches!(decision.verdict, Verdict::Allowed(_))
        && entry.is_none_or(|entry| entry.status.stage() <= Stage::Open)
}
