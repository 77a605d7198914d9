//! Pending requests: accept what the allowlist allows, hold the rest.

use std::str::FromStr;

use peerwright_core::allowlist::Rule;
use peerwright_core::desired::Desired;
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::owned::Owned;
use peerwright_core::plan::Plan;
use peerwright_core::policy::Verdict;
use peerwright_core::world::{Connection, Fact, ObservedConnection, PeeringState, VpcFacts};

use crate::decide::{Decided, decide};
use crate::delays::LATER;
use crate::entry::Entry;
use crate::failure::{Class, Failure, unless_no_role};
use crate::freeze::Stop;
use crate::lease::leased;
use crate::locate::{Lookup, looks, lookup_by};
use crate::manual_decision::Approval;
use crate::observe::end::{denied_ends, observe};
use crate::observe::precheck::run_precheck;
use crate::observe::vpc::denied_vpcs;
use crate::outcome::{Outcome, Recipient, Report};
use crate::peerings::Listings;
use crate::ports::{Backend, Clock, Cloud, Decisions, Lease, Ledger, Ports};
use crate::record::Note;
use crate::requesters::{last_known_requesters, requesters};
use crate::reserve::{Reserved, reserve_routes};
use crate::status::{Stage, Status};
use crate::stir::stir;

/// What to do with a request that a rule denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeny {
    /// Leave it pending; it expires by itself.
    Hold,
    /// Reject it.
    Reject,
}

impl FromStr for OnDeny {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "hold" => Ok(Self::Hold),
            "reject" => Ok(Self::Reject),
            _ => Err("write hold or reject"),
        }
    }
}

/// Settles the request that the hint names, or everything that is pending in a place.
///
/// One hint, one request: the requests of accounts that send us no events are found by the sweep.
pub async fn accept<B: Backend>(hint: &Hint, on_deny: OnDeny, ports: &Ports<B>) -> Result<Report, Failure> {
    match hint {
        Hint::Vpc(_) | Hint::Place(_) | Hint::Everywhere => Ok(Report::nothing("no request is named")),
        Hint::Pending(place) => settle_pending(place, on_deny, ports).await,
        Hint::Connection { id, places } => {
            stir(places, ports).await?;
            leased(id, Recipient::Accept, ports, async |lease| settle_named(id, places, lease, on_deny, ports).await).await
        }
    }
}

/// Waits until the request is pending where it can be accepted, and settles it. What else a place shows counts for the checks: it is read with it.
async fn settle_named<B: Backend>(
    id: &PcxId,
    places: &[Place],
    lease: &Lease,
    on_deny: OnDeny,
    ports: &Ports<B>,
) -> Result<Report, Failure> {
    let mut looks = looks(Recipient::Accept, lease, ports);
    let mut accepter: Option<Place> = None;
    loop {
        let mut shown = Listings::new();
        let mut read = async |place: &Place| {
            let found = ports.cloud.connections(place).await?;
            let named = found.iter().find(|peering| peering.connection.id == *id).cloned();
            shown.insert(place.clone(), found);
            Ok(named)
        };
        let seen = match &accepter {
            None => lookup_by(places, read).await?,
            Some(place) => match unless_no_role(read(place).await, place)? {
                Fact::Known(found) => found.map_or(Lookup::Absent, |peering| Lookup::Found(Box::new(peering))),
                Fact::Unknown(why) => return Ok(Report::nothing(format!("{why}, where the request waits for its accepter"))),
            },
        };
        let why = match seen {
            Lookup::Unreachable(why) => return Ok(Report::of(id, Outcome::Unreachable(why))),
            Lookup::Absent => accepter.as_ref().map_or_else(|| format!("{id} is not visible yet"), |place| not_shown(id, place)),
            Lookup::Found(peering) => {
                let place = &peering.connection.ends.accepter.place;
                match &peering.connection.state {
                    // One that fails is never shown to its accepter.
                    PeeringState::Initiating => format!("{id} is not pending yet"),
                    PeeringState::Pending if peering.shown_in == *place => return settle_request(&peering, shown, 0, on_deny, ports).await,
                    // The accepter's place has the say: nothing is settled before it shows the request.
                    PeeringState::Pending => {
                        accepter = Some(place.clone());
                        if !shown.contains_key(place) {
                            continue;
                        }
                        not_shown(id, place)
                    }
                    _ => return settled_elsewhere(&peering, ports).await,
                }
            }
        };
        match looks.next() {
            Some(time) => ports.clock.sleep(*time).await,
            None => return Ok(Report::of(id, Outcome::Waiting { why, after: LATER })),
        }
    }
}

fn not_shown(id: &PcxId, place: &Place) -> String {
    format!("{id} is not shown as pending in {place} yet")
}

/// One that somebody has accepted or rejected already. What was approved after an acceptance by hand is for `configure` to do, and what was accepted by a
/// run that did not live to say so.
async fn settled_elsewhere<B: Backend>(peering: &ObservedConnection, ports: &Ports<B>) -> Result<Report, Failure> {
    let Connection { id, state, .. } = &peering.connection;
    let mut report = Report::of(id, Outcome::Nothing(format!("it is {state}")));
    let Some(entry) = ports.ledger.load(id).await? else {
        return Ok(report);
    };
    let is_ours = entry.status == Status::AwaitingApproval || (!entry.accepting.is_empty() && entry.status.stage() < Stage::Living);
    // A person who asked for it waits for more than what this function can say.
    if matches!(state, PeeringState::Provisioning | PeeringState::Active) && is_ours || ports.cause.retry {
        report.enqueue(Recipient::Configure, &peering.connection);
    }
    ports.record_callers(&entry).await?;
    Ok(report)
}

/// Every request that waits in a place.
async fn settle_pending<B: Backend>(place: &Place, on_deny: OnDeny, ports: &Ports<B>) -> Result<Report, Failure> {
    let pending = match unless_no_role(ports.cloud.pending(place).await, place)? {
        Fact::Known(pending) => pending,
        Fact::Unknown(why) => return Ok(Report::nothing(format!("{why}, where requests would wait for their accepter"))),
    };
    let mut report = Report::default();
    for peering in &pending {
        let id = &peering.connection.id;
        let settled = leased(id, Recipient::Accept, ports, async |_| {
            settle_request(peering, Listings::new(), ports.cloud.calls(), on_deny, ports).await
        })
        .await;
        match settled {
            Ok(settled) => report.join(settled),
            // One that can't be settled must not hold up the others for ever: it is looked at again with the next hint.
            Err(error) => {
                tracing::warn!(connection = %id, class = error.class.label(), "{}", error.explain());
                report.outcomes.push((Some(id.clone()), Outcome::Failed(vec![error.explain()])));
            }
        }
    }
    Ok(report)
}

/// Says that nothing is answered before `peerwright thaw`, where people look.
async fn hold_frozen<B: Backend>(
    peering: &ObservedConnection,
    entry: Option<&Entry>,
    stop: &Stop,
    ports: &Ports<B>,
) -> Result<Report, Failure> {
    let outcome = Outcome::Held(vec![format!("frozen {}", stop.words())]);
    let rules = entry.map(|entry| entry.rules.clone()).unwrap_or_default();
    ports.record(peering, &Note { rules, ..Note::of(&outcome) }).await?;
    let mut report = Report::of(&peering.connection.id, outcome);
    report.hints.extend(entry.into_iter().flat_map(last_known_requesters));
    Ok(report)
}

/// Asks the rules, makes the checks, answers the request in EC2 and writes it down.
async fn settle_request<B: Backend>(
    peering: &ObservedConnection,
    shown: Listings,
    spent: u64,
    on_deny: OnDeny,
    ports: &Ports<B>,
) -> Result<Report, Failure> {
    let connection = &peering.connection;
    let entry = ports.ledger.load(&connection.id).await?;
    if let Some(stop) = ports.frozen(&connection.id).await? {
        return hold_frozen(peering, entry.as_ref(), &stop, ports).await;
    }
    // Read whatever the rules say: a person's "no" needs none.
    let by_hand = ports.ledger.decisions(&connection.id).await?;
    let Decided { decision, matching, vpcs, .. } = decide(peering, Some(by_hand.clone()), None, ports).await?;
    let ids = |rules: &[Rule]| rules.iter().map(|rule| rule.id.to_string()).collect();
    let (rules, outcome): (Vec<String>, Outcome) = match &decision.verdict {
        Verdict::Allowed(rules) => {
            let approved = by_hand.last().filter(|last| last.is_yes()).map(Approval::words);
            let reasons = decision.reasons.into_iter().chain(approved).collect();
            let desired = Desired::of(rules).without_options();
            let checked = check_request(peering, shown, &vpcs, &desired, reasons, Outcome::Accepted, &ports.cloud).await?;
            (ids(rules), reserve(connection, unless_frozen(checked, ports).await?, ports).await?)
        }
        // Nothing is missing but a person: what else is in the way they are told at once.
        Verdict::Held if !matching.is_empty() => {
            let desired = Desired::of(&matching).without_options();
            let waits = Outcome::AwaitingApproval;
            (ids(&matching), check_request(peering, shown, &vpcs, &desired, decision.reasons, waits, &ports.cloud).await?.0)
        }
        Verdict::Denied(rules) => (rules.iter().map(ToString::to_string).collect(), denied(on_deny, decision.reasons)),
        Verdict::Held => (Vec::new(), Outcome::Held(decision.reasons)),
    };
    let outcome = match by_hand.last() {
        Some(no) if !no.is_yes() => Outcome::Rejected(vec![no.words()]),
        _ => outcome,
    };
    let outcome = unless_frozen((outcome, ()), ports).await?.0;
    if matches!(outcome, Outcome::Waiting { .. }) {
        return Ok(Report::of(&connection.id, outcome));
    }
    let answer = match &outcome {
        Outcome::Accepted(reasons) => {
            ports.record_accepting(connection, &rules, reasons).await?;
            ports.cloud.accept(connection).await
        }
        Outcome::Rejected(_) => ports.cloud.reject(connection).await,
        _ => Ok(()),
    };
    let outcome = match answer {
        Ok(()) => outcome,
        Err(failure) if failure.class == Class::Stale => {
            let why = format!("{} changed while it was being settled", connection.id);
            return Ok(Report::of(&connection.id, Outcome::Waiting { why, after: LATER }));
        }
        // A person's matter; the sweeps ask EC2 again for as long as the request is pending.
        Err(failure) if failure.needs_a_person() => Outcome::Held(std::iter::once(failure.explain()).chain(outcome.reasons()).collect()),
        Err(failure) => return Err(failure),
    };
    let calls = ports.cloud.calls() - spent;
    ports.record(peering, &Note { rules, calls, awaiting: Some(decision.awaiting), by_hand: Some(by_hand), ..Note::of(&outcome) }).await?;
    let accepted = matches!(outcome, Outcome::Accepted(_));
    let mut report = Report::of(&connection.id, outcome);
    if accepted {
        report.enqueue(Recipient::Configure, connection);
    }
    report.hints.extend(requesters(entry.as_ref(), &vpcs));
    Ok(report)
}

/// What comes of a request that rules allow, unless something stands in the way of what they want: then it is held, with all of it.
pub(crate) async fn check_request<C: Cloud>(
    peering: &ObservedConnection,
    shown: Listings,
    vpcs: &Sides<VpcFacts>,
    desired: &Desired,
    reasons: Vec<String>,
    unhindered: impl Fn(Vec<String>) -> Outcome,
    cloud: &C,
) -> Result<(Outcome, Plan), Failure> {
    let observed = observe(peering, desired, &Owned::default(), Some(vpcs), None, cloud).await?;
    // A side without our role goes unchecked; one that we may enter and may not read does not.
    let denied: Vec<String> = denied_vpcs(vpcs).into_iter().chain(denied_ends(&observed).into_iter().map(|(_, why)| why)).collect();
    if !denied.is_empty() {
        return Ok((Outcome::Held(denied.into_iter().chain(reasons).collect()), Plan::default()));
    }
    if let Some(place) = let_in_and_shut_out(&observed, cloud).await? {
        let why = format!("{place} lets us in at one moment and not at the next; nothing is accepted unchecked for that");
        return Ok((Outcome::Waiting { why, after: LATER }, Plan::default()));
    }
    let found = run_precheck(desired, &observed, shown, cloud).await?;
    for note in &found.notes {
        tracing::info!(connection = %peering.connection.id, "{note}");
    }
    if found.obstacles.is_empty() {
        return Ok((unhindered(reasons), found.plan));
    }
    // What is in the way stands first: a tag has room for no more.
    Ok((Outcome::Held(found.obstacles.iter().map(ToString::to_string).chain(reasons).collect()), found.plan))
}

/// What is to be answered in EC2 is held while everything is frozen.
async fn unless_frozen<B: Backend, T>((outcome, rest): (Outcome, T), ports: &Ports<B>) -> Result<(Outcome, T), Failure> {
    Ok(match (outcome, ports.stopped().await?) {
        (Outcome::Accepted(reasons) | Outcome::Rejected(reasons), Some(why)) => {
            (Outcome::Held(std::iter::once(why).chain(reasons).collect()), rest)
        }
        (outcome, _) => (outcome, rest),
    })
}

/// Of requests whose routes meet, and that pass their checks at the same moment, one is accepted.
async fn reserve<B: Backend>(connection: &Connection, (outcome, plan): (Outcome, Plan), ports: &Ports<B>) -> Result<Outcome, Failure> {
    let Outcome::Accepted(reasons) = outcome else {
        return Ok(outcome);
    };
    Ok(match reserve_routes(connection, &plan, ports).await? {
        Reserved::Yes => Outcome::Accepted(reasons),
        Reserved::Taken(taken) => Outcome::Held(taken.into_iter().chain(reasons).collect()),
        Reserved::Busy => Outcome::Waiting { why: "many requests for these VPCs are accepted at the moment".to_owned(), after: LATER },
    })
}

/// A side without our role goes unchecked, since it is its owner's. One where we have the role and could not read is no such side.
async fn let_in_and_shut_out<C: Cloud>(observed: &Observed, cloud: &C) -> Result<Option<Place>, Failure> {
    for (side, end) in observed.ends.iter() {
        let vpc = observed.connection.ends.of(side);
        if end.known().is_none() && unless_no_role(cloud.vpc_facts(vpc).await, &vpc.place)?.known().is_some() {
            return Ok(Some(vpc.place.clone()));
        }
    }
    Ok(None)
}

fn denied(on_deny: OnDeny, reasons: Vec<String>) -> Outcome {
    match on_deny {
        OnDeny::Hold => Outcome::Denied(reasons),
        OnDeny::Reject => Outcome::Rejected(reasons),
    }
}
