//! One connection, as seen from one of its places: is everything as it should be at this end?

use jiff::Timestamp;
use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ask::{Wanted, asked_for};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Place, Side, Sides};
use peerwright_core::last_observed::{referred, without_answers};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::plan::{self, Limits, Plan, Step};
use peerwright_core::policy::{self, Decision, Verdict};
use peerwright_core::world::{End, Fact, ObservedConnection, PeeringState, VpcFacts};

use super::inventory::SweptPlace;
use crate::configure::awaits_its_first_approval;
use crate::decide::approved;
use crate::entry::Entry;
use crate::failure::Failure;
use crate::observe::vpc::{place_in_organization, shown_cidrs};
use crate::outcome::Recipient;
use crate::ports::{Backend, Clock, Freezes, Ports};
use crate::refusal::{Refusal, UNREAD};
use crate::status::Status;
use crate::status_tags::are_current;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// Who repairs it.
    pub(super) to: Recipient,
    /// What is wrong.
    pub(super) why: Vec<String>,
    /// True where it had been right before.
    pub(super) drift: bool,
}

impl Finding {
    fn new(to: Recipient, why: impl Into<String>) -> Self {
        Self { to, why: vec![why.into()], drift: false }
    }
}

/// What is not as it should be with a connection, as far as this place tells. Of the other end it is believed what was seen when the connection
/// was settled last: what has changed there is noticed by the sweep of that end's place.
pub(super) async fn findings<B: Backend>(
    swept: &mut SweptPlace,
    peering: &ObservedConnection,
    ports: &Ports<B>,
) -> Result<Vec<Finding>, Failure> {
    let connection = &peering.connection;
    let entry = swept.entries.get(&connection.id).cloned();
    if entry.as_ref().is_some_and(|entry| entry.missing_since.is_some()) && !connection.state.has_ended() {
        // Or the next time that it is not shown, however much later, would count as the second in a row.
        return Ok(vec![Finding::new(Recipient::Cleanup, "it is shown again")]);
    }
    match &connection.state {
        PeeringState::Pending => Ok(pending(swept, peering, entry.as_ref())),
        state @ (PeeringState::Ended(_) | PeeringState::Vanished) => {
            let left = entry.is_some_and(|entry| !entry.is_over() && !waits(&entry, &swept.place, ports.clock.now()));
            Ok(if left { vec![Finding::new(Recipient::Cleanup, format!("it is {state}"))] } else { Vec::new() })
        }
        PeeringState::Active => active(swept, peering, entry, ports).await,
        PeeringState::Initiating | PeeringState::Provisioning | PeeringState::Other(_) => Ok(Vec::new()),
    }
}

/// Every pending request is decided anew: whatever the decision rests on may have changed.
fn pending(swept: &SweptPlace, peering: &ObservedConnection, entry: Option<&Entry>) -> Vec<Finding> {
    let mut found = Vec::new();
    if peering.connection.ends.accepter.place == swept.place {
        found.push(Finding::new(Recipient::Accept, "it is pending"));
    }
    if let Some(entry) = entry
        && unwanted(swept, peering, entry)
    {
        found.push(Finding::new(Recipient::Cleanup, "neither VPC asks for it"));
    }
    found
}

async fn active<B: Backend>(
    swept: &mut SweptPlace,
    peering: &ObservedConnection,
    entry: Option<Entry>,
    ports: &Ports<B>,
) -> Result<Vec<Finding>, Failure> {
    let connection = &peering.connection;
    let sides: Vec<Side> = Side::BOTH.into_iter().filter(|side| connection.ends.of(*side).place == swept.place).collect();
    let known = entry.is_some();
    let entry = entry.unwrap_or_else(|| Entry::new(&connection.id, &connection.ends));
    if unwanted(swept, peering, &entry) {
        // Whatever the rules still allow, nothing is made for it while it waits.
        let due = !waits(&entry, &swept.place, ports.clock.now());
        return Ok(due.then(|| Finding::new(Recipient::Cleanup, "neither VPC asks for it")).into_iter().collect());
    }
    let mut vpcs = vpcs(swept, peering, &entry);
    let allowlist = swept.allowlist(&connection.ends.accepter.place.account).clone();
    place_in_organization(&mut vpcs, &allowlist, &ports.cloud).await?;
    let decision = policy::decide(&vpcs, &allowlist, ports.clock.now());
    let (decision, _) = approved(&connection.id, decision, None, ports).await?;
    if !known {
        // Of an acceptance in an account of somebody else comes no event. What no rule allows for certain is nobody's business.
        let new = Finding::new(Recipient::Configure, "it is active, and the ledger does not know it");
        return Ok(if decision.forbids() { Vec::new() } else { vec![new] });
    }
    if decision.awaiting != entry.awaiting {
        return Ok(vec![Finding::new(Recipient::Configure, "something else waits for approval than the ledger says")]);
    }
    if !decision.forbids() && !matches!(decision.verdict, Verdict::Allowed(_)) && entry.status.is_passing() {
        // What this place can't tell of the other end does not hold up what is on its way: `configure` reads both.
        return Ok(vec![Finding::new(Recipient::Configure, format!("it is still {}", entry.status))]);
    }
    let now = ports.clock.now();
    let Verdict::Allowed(rules) = &decision.verdict else {
        if waits(&entry, &swept.place, now) {
            return Ok(Vec::new());
        }
        return Ok(if awaits_its_first_approval(&decision, Some(&entry)) { Vec::new() } else { revoked(&entry, &decision) });
    };
    let desired = Desired::of(rules);
    let names: Vec<String> = desired.rules.iter().map(ToString::to_string).collect();
    if names != entry.rules || desired.on_revoke != entry.on_revoke {
        return Ok(vec![Finding::new(Recipient::Configure, format!("other rules allow it: {}", names.join(", ")))]);
    }
    let mut found: Vec<Finding> = sides.iter().filter_map(|side| changed(swept, *side, peering, &entry, &desired)).collect();
    if let Some(planned) = planned(swept, &sides, peering, &entry, &desired, now)
        && ports.ledger.stops(Some(&connection.id)).await?.connection.is_none()
    {
        found.push(planned);
    }
    if found.is_empty() && entry.status == Status::Frozen && ports.hold(&connection.id).await?.is_none() {
        found.push(Finding::new(Recipient::Configure, "it is frozen no longer"));
    }
    found.extend(unanswered(peering, &entry, now));
    found.truncate(1);
    Ok(found)
}

/// True where we created the connection for a tag, and as far as both VPCs are known neither asks for the other.
fn unwanted(swept: &SweptPlace, peering: &ObservedConnection, entry: &Entry) -> bool {
    if entry.created_for.is_none() {
        return false;
    }
    let vpcs = vpcs(swept, peering, entry);
    asked_for(&vpcs, &swept.aliases) == Wanted::No
}

/// What the end of its permission calls for is done, or left to be done.
fn revoked(entry: &Entry, decision: &Decision) -> Vec<Finding> {
    let done = match decision.end_of_permission(entry.on_revoke, &entry.rules) {
        OnRevoke::Keep => entry.status.is_revoked(),
        OnRevoke::Delete if entry.is_created_by_us() => false,
        OnRevoke::Isolate | OnRevoke::Delete => entry.status == Status::Isolated,
    };
    if !decision.forbids() || done { Vec::new() } else { vec![Finding::new(Recipient::Cleanup, "no rule allows it any more")] }
}

/// True where AWS refused to take away all that is ours, and it is too early to try again.
pub(super) fn waits(entry: &Entry, place: &Place, now: Timestamp) -> bool {
    // Where an end could not be read, and its place was read just now, there is nothing to wait for.
    let readable = |refusal: &Refusal| {
        let here = entry.ends.iter().filter(|(_, end)| end.place == *place);
        here.map(|(side, _)| refusal.steps.of(side)).any(|steps| steps.as_deref() == Some(UNREAD))
    };
    let refusal = entry.removal_refusal.as_ref().filter(|refusal| refusal.teardown && refusal.is_recent(now) && !readable(refusal));
    entry.status == Status::Blocked && refusal.is_some()
}

/// Both ends: this place's as they are, another's as it was last seen.
fn vpcs(swept: &SweptPlace, peering: &ObservedConnection, entry: &Entry) -> Sides<VpcFacts> {
    let facts = |side: Side| {
        let vpc = peering.connection.ends.of(side).clone();
        let here = (vpc.place == swept.place).then(|| swept.inventory.vpcs.get(&vpc.vpc)).flatten();
        let shown = || shown_cidrs(peering.cidrs.of(side), "the connection does not show them");
        let (cidrs, tags) = match (here, entry.seen.of(side)) {
            (Some(found), _) => (Fact::Known(found.cidrs.clone()), Fact::Known(found.tags.clone())),
            (None, Some(seen)) => (shown(), Fact::Known(seen.tags.clone())),
            (None, None) => (shown(), Fact::Unknown(format!("{vpc} was not read"))),
        };
        VpcFacts { owner: vpc.place.account.clone(), vpc, cidrs, tags, units: Fact::Unknown(NOT_ASKED.to_owned()) }
    };
    Sides::each(facts)
}

/// What the other end's plan rests on has changed here.
fn changed(swept: &SweptPlace, side: Side, peering: &ObservedConnection, entry: &Entry, desired: &Desired) -> Option<Finding> {
    let vpc = swept.inventory.vpcs.get(&peering.connection.ends.of(side).vpc)?;
    let Some(seen) = entry.seen.of(side) else {
        return Some(Finding::new(Recipient::Configure, format!("the {side} was not read before")));
    };
    if without_answers(&vpc.tags) != seen.tags {
        return Some(Finding::new(Recipient::Configure, format!("tags of the {side} changed")));
    }
    let cidrs = peering.cidrs.of(side);
    if !cidrs.is_empty() && *cidrs != vpc.cidrs {
        return Some(Finding::new(Recipient::Configure, format!("CIDR blocks of the {side} changed")));
    }
    let groups = referred(side, &vpc.groups, desired);
    (groups != seen.groups).then(|| Finding::new(Recipient::Configure, format!("groups of the {side} changed")))
}

/// What the planner would do at the ends in this place.
fn planned(
    swept: &SweptPlace,
    sides: &[Side],
    peering: &ObservedConnection,
    entry: &Entry,
    desired: &Desired,
    now: Timestamp,
) -> Option<Finding> {
    let observed = observed(swept, peering, entry);
    let plan = plan::plan(desired, &observed, &Limits::NONE);
    let at = |side: &Side| plan.steps.iter().filter(|step| step.side() == *side).collect::<Vec<_>>();
    let is_refused = |side: &Side, removing: bool, tried: &[&Step]| {
        let refusal = entry.refusal_of(removing).filter(|refusal| refusal.is_recent(now));
        refusal.is_some_and(|refusal| refusal.is_of(*side, tried, desired, &observed))
    };
    let untried = |side: &Side| {
        let (removals, additions): (Vec<&Step>, Vec<&Step>) = at(side).into_iter().partition(|step| step.removes());
        if !additions.is_empty() && !is_refused(side, false, &additions) {
            return [additions, removals].concat();
        }
        // What is too much waits for what replaces it.
        let alone: Vec<&Step> = removals.into_iter().filter(|step| !additions.iter().any(|other| other.is_beside(step))).collect();
        if is_refused(side, true, &alone) { Vec::new() } else { alone }
    };
    let steps: Vec<&Step> = sides.iter().flat_map(untried).collect();
    if steps.is_empty() {
        return obstructed(&plan, sides, entry);
    }
    let to = if steps.iter().all(|step| step.removes()) { Recipient::Cleanup } else { Recipient::Configure };
    Some(Finding { to, why: steps.iter().map(ToString::to_string).collect(), drift: entry.status.is_done() })
}

/// Something in this place that came into the way, and is not written down yet.
fn obstructed(plan: &Plan, sides: &[Side], entry: &Entry) -> Option<Finding> {
    // The others depend on what the other end, or nobody in bulk, tells.
    let here = |blocked: &&plan::Finding| sides.iter().any(|side| blocked.is_seen_at(*side));
    let why = entry.without_given(plan.blocked.iter().filter(here).map(ToString::to_string));
    if !why.is_empty() {
        return Some(Finding { to: Recipient::Configure, why, drift: true });
    }
    // AWS tells nobody in bulk whether a VPC is ready by now, and no event is known to: whoever reads it VPC by VPC looks again.
    let unready = |blocked: &plan::Finding| match blocked {
        plan::Finding::DnsNotReady { side } => sides.contains(side),
        other => other.is_about_dns(),
    };
    plan.blocked.iter().any(unready).then(|| Finding::new(Recipient::Configure, "a VPC was not ready for DNS resolution"))
}

fn observed(swept: &SweptPlace, peering: &ObservedConnection, entry: &Entry) -> Observed {
    let connection = &peering.connection;
    let end = |side: Side| {
        let vpc = connection.ends.of(side);
        let seen = entry.seen.of(side).as_ref();
        if vpc.place != swept.place {
            let end = seen.map(|seen| End { cidrs: peering.cidrs.of(side).clone(), ..seen.end() });
            return end.map_or_else(|| Fact::Unknown(format!("{vpc} was not read")), Fact::Known);
        }
        let dns_resolution = peering.dns_resolution.of(side).unwrap_or_default();
        let end = swept.inventory.end(&vpc.vpc, seen.and_then(|seen| seen.dns_ready), dns_resolution);
        end.map_or_else(|| Fact::Unknown(format!("{vpc} is not there")), Fact::Known)
    };
    let ends = Sides::each(end);
    let cidrs = Sides::each(|side| ends.of(side).known().map_or_else(|| peering.cidrs.of(side).clone(), |end| end.cidrs.clone()));
    Observed { connection: connection.clone(), cidrs, ends, owned: entry.owned.clone(), borrowers: Borrowers::new() }
}

/// The connection's tags do not say what the ledger does.
fn unanswered(peering: &ObservedConnection, entry: &Entry, now: Timestamp) -> Option<Finding> {
    let refused = entry.tags_refusal.as_ref().is_some_and(|refusal| refusal.is_recent(now));
    // Whoever sets the tags repairs as well: that is not due.
    let contested = entry.contest.as_ref().is_some_and(|contest| contest.waits(now));
    (!refused && !contested && !are_current(peering, entry))
        .then(|| Finding::new(Recipient::Configure, "its tags do not tell how it stands"))
}
