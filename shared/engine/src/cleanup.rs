//! What is no longer wanted: things of ours on living connections, everything of ours on ended ones, and connections that nobody asks for.

use std::collections::BTreeSet;

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ask::{CREATED_TAG, Wanted, asked_for};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::last_observed::{LastObserved, without_answers};
use peerwright_core::plan::Limits;
use peerwright_core::policy::Verdict;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, Tags, VpcFacts};

use crate::attempt::Attempt;
use crate::borrowers::other_peerings;
use crate::configure::{awaits_its_first_approval, enqueue_each};
use crate::decide::{Decided, decide};
use crate::delays::{LATER, MISSING};
use crate::entry::{Change, Entry};
use crate::failure::{Class, Failure, no_role};
use crate::frozen::Hold;
use crate::goal::{Goal, Wish};
use crate::lease::leased;
use crate::locate::{Lookup, lookup};
use crate::observe::vpc::both_vpcs;
use crate::outcome::{Outcome, Recipient, Report};
use crate::ports::{Allowlist, Backend, Claims, Clock, Cloud, Ledger, Ports};
use crate::reconcile::reconcile;
use crate::refusal::Tried;
use crate::requesters::last_known_requesters;
use crate::status::Status;

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
        Hint::Connection { id, places } => {
            leased(id, Recipient::Cleanup, ports, async |_| clean_connection(id, places, limits, ports).await).await
        }
        Hint::Pending(_) | Hint::Vpc(_) | Hint::Place(_) | Hint::Everywhere => Ok(Report::nothing("no connection is named")),
    }
}

/// Finds the connection, as it is shown or as the ledger knows it, and cleans it.
async fn clean_connection<B: Backend>(id: &PcxId, places: &[Place], limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    let entry = ports.ledger.load(id).await?;
    let mut places = places.to_vec();
    for (_, end) in entry.iter().flat_map(|entry| entry.ends.iter()) {
        if !places.contains(&end.place) {
            places.push(end.place.clone());
        }
    }
    let nothing = |why: &str| Ok(Report::of(id, Outcome::Nothing(why.to_owned())));
    let mut current = entry.clone();
    let peering = match (lookup(&ports.cloud, id, &places).await?, &entry) {
        (Lookup::Found(peering), Some(entry)) if entry.missing_since.is_some() && !peering.connection.state.has_ended() => {
            current = Some(record_shown_again(&peering.connection, ports).await?);
            *peering
        }
        (Lookup::Found(peering), _) => *peering,
        (Lookup::Absent, Some(entry)) if entry.is_over() => not_shown(entry),
        (Lookup::Absent, Some(entry)) => match vanished(entry, ports).await? {
            Ok(peering) => peering,
            Err(outcome) => return Ok(Report::of(id, outcome)),
        },
        (Lookup::Absent, None) => return nothing("nobody knows it"),
        (Lookup::Unreachable(why), _) => return Ok(Report::of(id, Outcome::Unreachable(why))),
    };
    let cleaning = Cleaning { peering: &peering, entry: current.as_ref(), limits, ports };
    let (mut made_room, mut heirs) = (false, BTreeSet::new());
    let (outcome, removed, now) = match cleaning.clean().await? {
        Cleaned::Unrecorded(outcome) => (outcome, None, current),
        Cleaned::Tried(attempt) => {
            let something = attempt.changed > 0 || matches!(attempt.outcome, Outcome::Ended(_));
            let removed = something.then_some(if attempt.gave_up_rules { Removed::Rules } else { Removed::Routes });
            let outcome = attempt.outcome.clone();
            made_room = attempt.made_room;
            heirs.clone_from(&attempt.heirs);
            (outcome, removed, Some(attempt.record(&peering, ports).await?))
        }
    };
    let mut report = Report::of(id, outcome);
    if made_room {
        report.enqueue(Recipient::Configure, &peering.connection);
    }
    // Whoever got a rule looks whether it may have it, however it stands by now.
    let both: Vec<Place> = peering.connection.ends.iter().map(|(_, end)| end.place.clone()).collect();
    report.hints.extend(heirs.into_iter().map(|id| (Recipient::Configure, Hint::Connection { id, places: both.clone() })));
    if let Some(removed) = removed {
        enqueue_neighbours(&peering.connection, removed, &mut report, ports).await;
    }
    // Only about something new: whoever is told may send us a hint again, and the two would wake each other for ever.
    if let Some(now) = now.filter(|now| entry.is_none_or(|before| before.version != now.version)) {
        report.hints.extend(last_known_requesters(&now));
    }
    Ok(report)
}

/// What was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removed {
    /// Routes, or the connection itself.
    Routes,
    /// Security group rules as well, or they were handed over.
    Rules,
}

/// What was removed may have been in another connection's way, or of use to it: a security group rule that two want bears the tag of one, and
/// is handed over where the ledger knows the other. So the other connections of both VPCs are looked at again, but for those that have all they
/// want and may have lost or got nothing.
///
/// What was removed is done and written down: where an end can't be read, the other one's are looked at all the same, and the next sweep finds the rest.
async fn enqueue_neighbours<B: Backend>(connection: &Connection, removed: Removed, report: &mut Report, ports: &Ports<B>) {
    for (_, vpc) in connection.ends.iter() {
        match concerned_neighbours(&connection.id, vpc, removed, ports).await {
            Ok(peerings) => enqueue_each(report, &peerings),
            Err(failure) => {
                let why = format!("the other connections of {vpc} are left to the next sweep: {}", failure.explain_final());
                report.outcomes.push((Some(connection.id.clone()), Outcome::Nothing(why)));
            }
        }
    }
}

async fn concerned_neighbours<B: Backend>(
    id: &PcxId,
    vpc: &VpcRef,
    removed: Removed,
    ports: &Ports<B>,
) -> Result<Vec<ObservedConnection>, Failure> {
    let mut peerings = other_peerings(id, vpc, ports).await?;
    if removed == Removed::Routes {
        let ids = peerings.iter().map(|peering| peering.connection.id.clone()).collect();
        let entries = ports.ledger.load_all(&ids).await?.read.into_iter();
        let content: BTreeSet<PcxId> = entries.filter(is_content).map(|entry| entry.connection).collect();
        peerings.retain(|peering| !content.contains(&peering.connection.id));
    }
    Ok(peerings)
}

/// True for a connection that nothing is in the way of.
fn is_content(entry: &Entry) -> bool {
    entry.status == Status::Converged || entry.status.is_revoked()
}

/// A connection that AWS no longer shows, as the ledger knows it.
pub(crate) fn not_shown(entry: &Entry) -> ObservedConnection {
    let (id, ends) = (entry.connection.clone(), entry.ends.clone());
    let connection = Connection { id, state: PeeringState::Vanished, message: String::new(), ends };
    let shown_in = entry.ends.requester.place.clone();
    ObservedConnection { connection, cidrs: Sides::default(), tags: Tags::new(), shown_in, dns_resolution: Sides::default() }
}

/// A connection that the ledger knows and no place shows. It counts as ended once that has been so for a while.
async fn vanished<B: Backend>(entry: &Entry, ports: &Ports<B>) -> Result<Result<ObservedConnection, Outcome>, Failure> {
    let connection =
        Connection { id: entry.connection.clone(), state: PeeringState::Vanished, message: String::new(), ends: entry.ends.clone() };
    let now = ports.clock.now();
    match entry.missing_since {
        Some(since) if now.duration_since(since).unsigned_abs() >= MISSING => {
            return Ok(Ok(not_shown(entry)));
        }
        Some(_) => {}
        None => {
            let note = |entry: &mut Entry| {
                entry.missing_since = Some(now);
                Some(Change::new("missing", &entry.rules, Vec::new()))
            };
            ports.write(&connection, note).await?;
        }
    }
    Ok(Err(Outcome::Waiting {
        why: format!("{} is not shown any more; it counts as ended if that stays so", connection.id),
        after: MISSING,
    }))
}

/// It was missing for a while, and must be missing anew before it counts as ended. Where it did count as ended, that was wrong.
async fn record_shown_again<B: Backend>(connection: &Connection, ports: &Ports<B>) -> Result<Entry, Failure> {
    let note = |entry: &mut Entry| {
        entry.missing_since = None;
        if entry.is_over() {
            entry.status = Status::New;
        }
        Some(Change::new("shown again", &entry.rules, Vec::new()))
    };
    ports.write(connection, note).await.map(|written| written.entry)
}

pub(crate) const NOBODY_ASKS: &str = "neither VPC asks for it any more";

/// What came of cleaning.
enum Cleaned {
    /// An attempt, to be recorded.
    Tried(Box<Attempt>),
    /// Nothing that the ledger has to know.
    Unrecorded(Outcome),
}

impl Cleaned {
    fn tried(attempt: Attempt) -> Self {
        Self::Tried(Box::new(attempt))
    }

    fn nothing(why: impl Into<String>) -> Self {
        Self::Unrecorded(Outcome::Nothing(why.into()))
    }
}

/// One connection that is looked at for what is no longer wanted.
struct Cleaning<'c, B: Backend> {
    peering: &'c ObservedConnection,
    entry: Option<&'c Entry>,
    limits: Limits,
    ports: &'c Ports<B>,
}

impl<B: Backend> Cleaning<'_, B> {
    const fn connection(&self) -> &Connection {
        &self.peering.connection
    }

    fn is_created_by_us(&self) -> bool {
        self.entry.is_some_and(Entry::is_created_by_us)
    }

    async fn clean(&self) -> Result<Cleaned, Failure> {
        match &self.connection().state {
            state if state.has_ended() && self.entry.is_some_and(Entry::is_over) => self.clean_over().await,
            PeeringState::Ended(_) | PeeringState::Vanished => self.clean_ended().await,
            PeeringState::Active => self.clean_active().await,
            PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning => self.clean_unready().await,
            PeeringState::Other(state) => Ok(Cleaned::nothing(format!("it is {state}"))),
        }
    }

    async fn reconcile(&self, goal: Goal) -> Result<Attempt, Failure> {
        reconcile(goal, self.peering, self.entry, self.limits, self.ports).await
    }

    /// A connection that is over. Nothing of ours was left; a rule that was handed over to it just then may be.
    async fn clean_over(&self) -> Result<Cleaned, Failure> {
        let mut attempt = self.reconcile(Goal::Bare).await?;
        match attempt.outcome {
            Outcome::Converged(0) => Ok(Cleaned::nothing("it is over, and nothing of ours is left")),
            Outcome::Converged(_) => {
                attempt.end(Outcome::Ended(vec![ended(self.connection())]));
                Ok(Cleaned::tried(attempt))
            }
            _ => Ok(Cleaned::tried(attempt)),
        }
    }

    /// An ended connection: everything of ours goes. Nothing is written down where we had no part in it.
    async fn clean_ended(&self) -> Result<Cleaned, Failure> {
        let why = ended(self.connection());
        let mut attempt = self.reconcile(Goal::Bare).await?;
        match attempt.outcome {
            Outcome::Converged(0) if self.entry.is_none() => Ok(Cleaned::nothing(format!("{why}, and had nothing of ours"))),
            Outcome::Converged(_) => {
                // Why it was rejected comes first: EC2 says no more than that it was.
                let rejection = self.entry.filter(|entry| entry.status == Status::Rejected).map(|entry| entry.reasons.clone());
                let reasons = rejection.unwrap_or_default().into_iter().chain([why]).collect();
                attempt.end(Outcome::Ended(reasons));
                Ok(Cleaned::tried(attempt))
            }
            _ => Ok(Cleaned::tried(attempt)),
        }
    }

    /// An active connection: is it still asked for, still allowed, and is anything of ours too much?
    async fn clean_active(&self) -> Result<Cleaned, Failure> {
        let Decided { decision, by_hand, vpcs, aliases, .. } = decide(self.peering, None, None, self.ports).await?.recalling(self.entry);
        if self.is_created_by_us() && asked_for(&vpcs, &aliases) == Wanted::No {
            let mut attempt = self.end_connection(vec![NOBODY_ASKS.to_owned()]).await?;
            attempt.seen = self.seen(&vpcs);
            return Ok(Cleaned::tried(attempt));
        }
        if let Verdict::Allowed(rules) = &decision.verdict {
            let mut attempt = self.reconcile(Goal::Trimmed(Wish::of(rules, vpcs))).await?;
            attempt.waits_for(decision.awaiting);
            attempt.by_hand = by_hand;
            return Ok(Cleaned::tried(attempt));
        }
        match self.entry {
            Some(entry) if decision.forbids() && !awaits_its_first_approval(&decision, self.entry) => {
                let wish = decision.end_of_permission(entry.on_revoke, &entry.rules);
                let mut attempt = self.revoke(wish, decision.reasons).await?;
                attempt.awaiting = Some(decision.awaiting);
                attempt.by_hand = by_hand;
                Ok(Cleaned::tried(attempt))
            }
            _ => Ok(Cleaned::nothing(format!("no rule wants it: {}", decision.reasons.join("; ")))),
        }
    }

    /// The tags of the ends: a sweep of one end's place believes what is remembered of the other, such as that it asks no more.
    fn seen(&self, vpcs: &Sides<VpcFacts>) -> Sides<Option<LastObserved>> {
        Sides::each(|side| {
            let before = self.entry.and_then(|entry| entry.seen.of(side).clone()).unwrap_or_default();
            vpcs.of(side).tags.known().map(|tags| LastObserved { tags: without_answers(tags), ..before })
        })
    }

    /// No rule allows it any more, or one forbids it: the strictest of what they wish for that case is done.
    async fn revoke(&self, wish: OnRevoke, reasons: Vec<String>) -> Result<Attempt, Failure> {
        match wish {
            OnRevoke::Keep if self.entry.is_some_and(|entry| !entry.was_allowed()) => Ok(Attempt::untried(Outcome::Unmanaged(reasons))),
            OnRevoke::Keep => Ok(Attempt::untried(Outcome::Kept(reasons))),
            OnRevoke::Delete if self.is_created_by_us() => self.end_connection(reasons).await,
            _ => self.isolate(wish, without_deletion(wish, reasons)).await,
        }
    }

    /// The wish is stored with what was done: what is isolated has no rules any more that a second look could read it from.
    async fn isolate(&self, wish: OnRevoke, reasons: Vec<String>) -> Result<Attempt, Failure> {
        let mut attempt = self.reconcile(Goal::Bare).await?;
        if matches!(attempt.outcome, Outcome::Converged(_)) {
            attempt.end(Outcome::Isolated(reasons));
            attempt.on_revoke = Some(wish);
        }
        Ok(attempt)
    }

    /// Takes away what is ours, and then the connection, which we created. Nothing is deleted while something of ours can't be read.
    async fn end_connection(&self, reasons: Vec<String>) -> Result<Attempt, Failure> {
        let mut attempt = self.reconcile(Goal::Bare).await?;
        if matches!(attempt.outcome, Outcome::Converged(_)) {
            let hold = self.ports.hold(&self.connection().id).await?;
            if let Some(Hold { why, .. }) = hold.or_else(|| self.limits.frozen.then(Hold::by_stack)) {
                attempt.outcome = Outcome::Frozen(vec![why, format!("it would delete {}", self.connection().id)]);
            } else {
                match delete(self.peering, reasons, self.ports).await? {
                    // It is no end: the rules stay in the ledger, and so what their end calls for.
                    Outcome::Blocked(reasons) => {
                        attempt.tried = Some(Tried::delete());
                        attempt.outcome = Outcome::Blocked(reasons);
                    }
                    outcome => attempt.end(outcome),
                }
            }
        }
        Ok(attempt)
    }

    /// A connection on its way. Where we asked for it and nobody wants it any more, the request is taken back; one that is being provisioned
    /// is dealt with when it is active.
    async fn clean_unready(&self) -> Result<Cleaned, Failure> {
        let Connection { id, state, .. } = self.connection();
        let pending = *state == PeeringState::Pending;
        let later = Outcome::Waiting { why: format!("{id} is {state}"), after: LATER };
        if self.is_created_by_us() {
            let aliases = self.ports.allowlist.aliases().await?;
            if asked_for(&both_vpcs(&self.ports.cloud, self.peering, None).await?, &aliases) == Wanted::No {
                return if pending {
                    self.end_connection(vec![NOBODY_ASKS.to_owned()]).await.map(Cleaned::tried)
                } else {
                    Ok(Cleaned::Unrecorded(later))
                };
            }
        }
        Ok(if pending { Cleaned::nothing("it is pending") } else { Cleaned::Unrecorded(later) })
    }
}

/// Why a connection is isolated, with why it is no more than that where rules wish its deletion.
pub(crate) fn without_deletion(wish: OnRevoke, mut reasons: Vec<String>) -> Vec<String> {
    if wish == OnRevoke::Delete {
        // Behind the first, and before the many that may follow.
        let behind = reasons.len().min(1);
        reasons.insert(behind, "it is not deleted, because it was not created by Peerwright".to_owned());
    }
    reasons
}

pub(crate) fn ended(connection: &Connection) -> String {
    if connection.message.is_empty() {
        format!("it is {}", connection.state)
    } else {
        format!("it is {}: {}", connection.state, connection.message)
    }
}

/// Why IAM lets us delete no connection that has lost the tag by which it knows ours.
fn without_our_tag(peering: &ObservedConnection) -> String {
    let ObservedConnection { connection, tags, shown_in, .. } = peering;
    let requester = &connection.ends.requester;
    if *shown_in != requester.place || tags.contains_key(CREATED_TAG) {
        return String::new();
    }
    format!("somebody took its tag {CREATED_TAG} away: set it again in {}, to the VPC that asked, or delete it by hand; ", requester.place)
}

/// Deletes a connection that we created, from the requester's end: as long as it is pending, EC2 takes that from nobody else.
async fn delete<B: Backend>(peering: &ObservedConnection, reasons: Vec<String>, ports: &Ports<B>) -> Result<Outcome, Failure> {
    let connection = &peering.connection;
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
            Ok(Outcome::OneSided(vec![format!("it is not deleted: {}", no_role(&connection.ends.requester.place))]))
        }
        // How it stands with a request that is pending is for `accept` to say.
        Err(failure) if failure.needs_a_person() && connection.state == PeeringState::Active => {
            Ok(Outcome::Blocked(vec![format!("it is not deleted: {}{}", without_our_tag(peering), failure.explain())]))
        }
        Err(failure) => Err(failure),
    }
}
