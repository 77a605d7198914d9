//! Two VPCs of which one asks for the other: does the connection exist, may it, and if so it is asked for.

use peerwright_core::allowlist::Rule;
use peerwright_core::ask::CREATED_TAG;
use peerwright_core::desired::Desired;
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::owned::Owned;
use peerwright_core::policy::Verdict;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, VpcFacts};

use super::Asking;
use super::answered::{Answered, accept_hint};
use super::create::{create, remember};
use crate::claim::Claim;
use crate::decide::{Decided, decide};
use crate::entry::Entry;
use crate::explain::imagined;
use crate::failure::{Class, Failure};
use crate::manual_decision::ManualDecisions;
use crate::observe::end::{denied_ends, observe};
use crate::observe::precheck::run_precheck;
use crate::observe::vpc::{missing_vpc, not_there};
use crate::outcome::Recipient;
use crate::peerings::Listings;
use crate::ports::{Backend, Clock, Cloud, Ledger, Ports};
use crate::status::{Stage, Status};

/// Who asks whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The VPC that bears the tag asks.
    Mine,
    /// Whichever the allowlist lets ask, the lower one first: in a mesh both ask for each other.
    Either,
}

/// Answers one target, and asks for the connection where it is missing and allowed.
pub(super) async fn answer_target<B: Backend>(
    asking: &Asking<'_>,
    target: &str,
    other: &VpcRef,
    way: Way,
    ports: &Ports<B>,
) -> Result<Answered, Failure> {
    let joins = |peering: &&ObservedConnection| {
        let ends = &peering.connection.ends;
        ends.side_of(asking.vpc).is_some_and(|side| ends.of(side.peer()) == other)
    };
    let claim = asking.claims.iter().find(|claim| claim.joins(asking.vpc, other));
    if let Some(found) = asking.existing.iter().find(joins) {
        let entry = ports.ledger.load(&found.connection.id).await?;
        adopt(found, claim, entry.as_ref(), asking.vpc, ports).await?;
        return Ok(standing(target, &found.connection, entry));
    }
    if let Some(id) = claim.and_then(|claim| claim.created.as_ref()) {
        return ended(asking, target, other, id, ports).await;
    }
    let mut refusals = Vec::new();
    for ends in ways(asking.vpc, other, way) {
        match admit(&ends, asking, ports).await? {
            Ok(rules) => {
                return match ports.stopped().await? {
                    Some(why) => Ok(Answered::refusal(target, &format!("held: {why}"))),
                    None => create(asking, target, &ends, rules, ports).await,
                };
            }
            Err(refusal) => refusals.push(refusal),
        }
        // A deny is about the two VPCs, whichever asks.
        if refusals.last().is_some_and(|refusal| refusal.denied) {
            break;
        }
    }
    let mut refusals: Vec<String> = refusals.into_iter().map(|refusal| refusal.why).collect();
    refusals.dedup();
    Ok(Answered::refusal(target, &refusals.join("; ")))
}

fn ways(mine: &VpcRef, other: &VpcRef, way: Way) -> Vec<Sides<VpcRef>> {
    let ends = |requester: &VpcRef, accepter: &VpcRef| Sides { requester: requester.clone(), accepter: accepter.clone() };
    match way {
        Way::Mine => vec![ends(mine, other)],
        Way::Either => {
            let (low, high) = if mine < other { (mine, other) } else { (other, mine) };
            vec![ends(low, high), ends(high, low)]
        }
    }
}

/// How it stands with a connection that exists. Where its own place does not show yet what the ledger knows, the ledger is believed, and it is looked at
/// again.
pub(super) fn standing(target: &str, connection: &Connection, entry: Option<Entry>) -> Answered {
    let (id, shown) = (&connection.id, &connection.state);
    let is_on_its_way = matches!(shown, PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning);
    // Whoever asked for it may not have lived to tell `accept`.
    let accept = is_on_its_way.then(|| accept_hint(connection));
    let ended_because = entry.as_ref().and_then(Entry::why_it_ended).cloned();
    let Some(Entry { status, reasons, rules, .. }) = entry else {
        let mut answered = Answered::refusal(target, &format!("{shown} {id}")).about(id, Vec::new());
        answered.hints.extend(accept);
        return answered;
    };
    let has_ended = status == Status::Rejected || status.stage() == Stage::Over;
    if has_ended {
        let why = ended_because.map(|reason| format!(": {reason}")).unwrap_or_default();
        return if shown.has_ended() {
            Answered::refusal(target, &format!("{shown} {id}{why}")).about(id, rules)
        } else {
            Answered::waiting(target, &format!("{status} {id}{why}")).about(id, rules)
        };
    }
    let lags = status.is_done() && is_on_its_way;
    let state = if lags { &PeeringState::Active } else { shown };
    let mut words = format!("{state} {id}");
    // Of a pending or active connection the ledger knows more than its state.
    let known = matches!(state, PeeringState::Pending | PeeringState::Active) && status != Status::New;
    let settled = known && status == Status::Converged;
    if known {
        words = match reasons.first().filter(|_| !settled) {
            Some(reason) => format!("{words} {status}: {reason}"),
            None => format!("{words} {status}"),
        };
    }
    let answered = if lags { Answered::waiting(target, &words) } else { Answered::refusal(target, &words) };
    let mut answered = Answered { settled, ..answered.about(id, rules) };
    answered.hints.extend(accept.filter(|_| matches!(status, Status::New | Status::Requested)));
    answered
}

/// A connection that was created under a claim of which nobody came to say so: a crash in between. Our tag on it is the proof.
pub(super) async fn adopt<B: Backend>(
    found: &ObservedConnection,
    claim: Option<&Claim>,
    entry: Option<&Entry>,
    asking: &VpcRef,
    ports: &Ports<B>,
) -> Result<(), Failure> {
    let id = &found.connection.id;
    let known = entry.is_some_and(|entry| entry.created_for.is_some());
    let of_it = |claim: &&Claim| claim.ends == found.connection.ends && claim.created.as_ref().is_none_or(|created| created == id);
    let Some(claim) = claim.filter(of_it).filter(|_| !known && found.tags.contains_key(CREATED_TAG)) else {
        return Ok(());
    };
    let settled = Claim { created: Some(id.clone()), ..claim.clone() };
    remember(&settled, &found.connection, asking, &[], ports).await
}

/// A connection that was asked for and is not among the living: somebody ended it, and it is not asked for again and again.
async fn ended<B: Backend>(asking: &Asking<'_>, target: &str, other: &VpcRef, id: &PcxId, ports: &Ports<B>) -> Result<Answered, Failure> {
    let state = match ports.cloud.connection(&asking.vpc.place, id).await? {
        Some(found) => found.connection.state,
        None => PeeringState::Vanished,
    };
    let fresh = asking.claims.iter().any(|claim| claim.created.as_ref() == Some(id) && claim.until > ports.clock.now());
    match state {
        state if state.has_ended() && !(fresh && state == PeeringState::Vanished) => {
            let entry = ports.ledger.load(id).await?;
            let mut answered = Answered::refusal(target, &after_its_end(id, &state, entry.as_ref())).about(id, Vec::new());
            // The event of its end may never have come.
            if entry.is_some_and(|entry| !entry.is_over()) {
                let places = vec![asking.vpc.place.clone(), other.place.clone()];
                answered.hints.insert((Recipient::Cleanup, Hint::Connection { id: id.clone(), places }));
            }
            Ok(answered)
        }
        PeeringState::Vanished => Ok(Answered::waiting(target, &format!("{id} is not shown yet")).about(id, Vec::new())),
        state => Ok(Answered::refusal(target, &format!("{state} {id}")).about(id, Vec::new())),
    }
}

/// That a connection is over, why, and what to do to get another.
pub(crate) fn after_its_end(id: &PcxId, state: &PeeringState, entry: Option<&Entry>) -> String {
    let why = entry.and_then(Entry::why_it_ended).map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{id} is {state}{why}. To ask again remove it from the tag and add it anew")
}

/// Why a connection is not asked for.
struct Refusal {
    why: String,
    /// A rule denies it.
    denied: bool,
}

impl Refusal {
    fn held(why: String) -> Self {
        Self { why, denied: false }
    }
}

/// The rules that allow the connection, if nothing is in its way; otherwise why not.
async fn admit<B: Backend>(ends: &Sides<VpcRef>, asking: &Asking<'_>, ports: &Ports<B>) -> Result<Result<Vec<String>, Refusal>, Failure> {
    let peering = imagined(ends);
    // What waits for a person may be asked for: they decide about a request, and there is none yet.
    let undecided = Some(ManualDecisions::default());
    let Decided { decision, matching, vpcs, .. } = decide(&peering, undecided, asking.facts.as_ref(), ports).await?;
    if let Some(why) = not_its_owners(&vpcs) {
        return Ok(Err(Refusal::held(why)));
    }
    if let Some((_, vpc)) = missing_vpc(&vpcs) {
        return Ok(Err(Refusal::held(format!("held: {}", not_there(vpc)))));
    }
    match &decision.verdict {
        Verdict::Denied(_) => return Ok(Err(Refusal { why: format!("denied: {}", decision.reasons.join("; ")), denied: true })),
        Verdict::Held if matching.is_empty() => return Ok(Err(Refusal::held(format!("not allowed: {}", decision.reasons.join("; "))))),
        Verdict::Held | Verdict::Allowed(_) => {}
    }
    let obstacles = obstacles(&peering, &matching, &vpcs, asking.shown.clone(), &ports.cloud).await?;
    if obstacles.is_empty() {
        Ok(Ok(matching.iter().map(|rule| rule.id.to_string()).collect()))
    } else {
        Ok(Err(Refusal::held(format!("held: {}", obstacles.join("; ")))))
    }
}

/// What is in the way of a connection that nobody has asked for yet, and that rules allow.
pub(crate) async fn obstacles<C: Cloud>(
    imagined: &ObservedConnection,
    rules: &[Rule],
    vpcs: &Sides<VpcFacts>,
    shown: Listings,
    cloud: &C,
) -> Result<Vec<String>, Failure> {
    let desired = Desired::of(rules).without_options();
    let observed = match observe(imagined, &desired, &Owned::default(), Some(vpcs), None, cloud).await {
        Ok(observed) => observed,
        Err(failure) if failure.class == Class::Gone => return Ok(vec![absent(&imagined.connection.ends, cloud).await?]),
        Err(failure) => return Err(failure),
    };
    if let Some((_, why)) = denied_ends(&observed).into_iter().next() {
        return Ok(vec![why]);
    }
    Ok(run_precheck(&desired, &observed, shown, cloud).await?.obstacles.iter().map(ToString::to_string).collect())
}

/// How to name the VPC that is asked for, where the name leads to an account that it is only shared with.
fn not_its_owners(vpcs: &Sides<VpcFacts>) -> Option<String> {
    let VpcFacts { vpc: VpcRef { place, vpc }, .. } = &vpcs.accepter;
    let owner = vpcs.accepter.other_owner()?;
    let same_region = vpcs.requester.vpc.place.region == place.region;
    let region = if same_region { String::new() } else { format!("/{}", place.region) };
    Some(format!("belongs to {owner}: write {vpc}/{owner}{region}"))
}

/// Which of the VPCs is not there.
async fn absent<C: Cloud>(ends: &Sides<VpcRef>, cloud: &C) -> Result<String, Failure> {
    for (_, vpc) in ends.iter() {
        if cloud.vpc_facts(vpc).await?.is_none() {
            return Ok(format!("{vpc} is not there"));
        }
    }
    Ok("something that it needs is not there".to_owned())
}
