//! Why a connection is allowed or not, and what would be done for it: reads only.

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::ask::{Wanted, asked_for};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{PcxId, Place, Sides, VpcRef};
use peerwright_core::observed::Observed;
use peerwright_core::plan::{self, Limits, Plan};
use peerwright_core::policy::{Decision, Verdict};
use peerwright_core::precheck::Precheck;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, Tags, VpcFacts};

use crate::cleanup::NOBODY_ASKS;
use crate::configure::awaits_its_first_approval;
use crate::decide::{Decided, decide};
use crate::entry::Entry;
use crate::failure::{Class, Failure};
use crate::frozen::Hold;
use crate::locate::{Lookup, lookup};
use crate::moment::to_the_second;
use crate::observe::end::observe;
use crate::observe::precheck::run_precheck;
use crate::observe::vpc::missing_vpc;
use crate::peerings::Listings;
use crate::ports::{Backend, Cloud, Ledger, Ports};
use crate::status::Status;

/// The id in the plan of a connection that does not exist: the last of all, so that any request for the same pair comes before it.
const NOBODYS: &str = "pcx-fffffffffffffffff";

/// What to explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A connection, as seen from one of its ends.
    Connection(PcxId, Place),
    /// A connection that the ledger knows, wherever it is shown.
    Known(Box<Entry>),
    /// Two VPCs, as if the one asked for a connection to the other.
    Pair(Sides<VpcRef>),
}

/// The decision, and for an allowed connection what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The connection that the decision is about; for a pair one that nobody made.
    pub connection: Connection,
    /// True where Peerwright made it for a tag, and no tag asks for it any more: it is deleted, whatever the rules say.
    pub unasked: bool,
    /// True where nobody asked for it: two VPCs are looked at as if one had.
    pub imagined: bool,
    /// What the ledger has.
    pub entry: Option<Entry>,
    /// Who froze it, or everything, when and why.
    pub frozen: Option<String>,
    /// The decision.
    pub decision: Decision,
    /// What the checks before acceptance say, where the connection is allowed and not accepted yet.
    pub precheck: Option<Precheck>,
    /// What would be done, where the connection is allowed.
    pub plan: Option<Plan>,
    /// What the plan was made from.
    pub observed: Option<Observed>,
    /// What the ledger knows that keeps it from being done at once, and what becomes of a connection whose permission has ended.
    pub remembered: Vec<String>,
}

impl Explained {
    /// True where the connection would be accepted, or stands and is still allowed.
    pub fn allowed(&self) -> bool {
        !self.connection.state.has_ended()
            && !self.unasked
            && matches!(self.decision.verdict, Verdict::Allowed(_))
            && self.precheck.as_ref().is_none_or(|found| found.obstacles.is_empty())
    }
}

impl Explained {
    /// The last word on it: what becomes of it as things are, with the reason that counts.
    pub fn headline(&self) -> String {
        let Connection { state, message, .. } = &self.connection;
        if state.has_ended() {
            let why = self.entry.as_ref().and_then(Entry::why_it_ended).unwrap_or(message);
            let said = if why.is_empty() { String::new() } else { format!(": {why}") };
            return format!("ENDED: it is {state}{said}");
        }
        match &self.frozen {
            Some(who) => format!("FROZEN: {who}; without that: {}", self.unfrozen()),
            None => self.unfrozen(),
        }
    }

    fn unfrozen(&self) -> String {
        if self.unasked {
            return format!("TO BE DELETED: {NOBODY_ASKS}");
        }
        let first = || self.decision.reasons.first().cloned().unwrap_or_default();
        let pending = matches!(self.connection.state, PeeringState::Initiating | PeeringState::Pending);
        let would_be = if self.imagined { "WOULD BE " } else { "" };
        match (&self.decision.verdict, self.precheck.as_ref()) {
            (Verdict::Denied(_), _) => format!("{would_be}DENIED: {}", first()),
            (_, Some(found)) if !found.obstacles.is_empty() => format!("{would_be}HELD: {}", found.obstacles[0]),
            (Verdict::Held, _) if !self.decision.awaiting.is_empty() => {
                format!("{}: {}", if self.imagined { "WOULD AWAIT APPROVAL" } else { "AWAITING APPROVAL" }, first())
            }
            (Verdict::Held, _) if pending => format!("{would_be}HELD: {}", first()),
            (Verdict::Held, _) => format!("NOT ALLOWED: {}", first()),
            (Verdict::Allowed(_), Some(_)) => format!("WOULD BE ACCEPTED: {}", first()),
            (Verdict::Allowed(_), None) => self.unfinished().unwrap_or_else(|| format!("ALLOWED: {}", first())),
        }
    }

    /// What an allowed connection still waits for, or what keeps it.
    fn unfinished(&self) -> Option<String> {
        if self.connection.state != PeeringState::Active {
            return Some(format!("WAITING: it is {}", self.connection.state));
        }
        let Plan { blocked, waiting, .. } = self.plan.as_ref()?;
        let entry = self.entry.as_ref()?;
        let reason = || entry.reasons.first().cloned();
        match entry.status {
            Status::Blocked | Status::Failed => Some(format!("{}: {}", entry.status.as_str().to_uppercase(), reason()?)),
            Status::Waiting => Some(format!("WAITING: {}", reason()?)),
            _ => blocked.first().map(|why| format!("BLOCKED: {why}")).or_else(|| waiting.first().map(|why| format!("WAITING: {why}"))),
        }
    }

    /// Words about it, which name no connection where there is none.
    pub fn words(&self, thing: &impl ToString) -> String {
        if self.imagined { thing.to_string().replace(NOBODYS, "the new connection") } else { thing.to_string() }
    }
}

/// Explains a connection or a pair of VPCs as the functions would see it at this moment.
pub async fn explain<B: Backend>(subject: &Subject, ports: &Ports<B>) -> Result<Explained, Failure> {
    let peering = peering(subject, &ports.cloud).await?;
    let connection = peering.connection.clone();
    let imagined = matches!(subject, Subject::Pair(_));
    let entry = if imagined { None } else { ports.ledger.load(&connection.id).await? };
    let Decided { decision, matching, vpcs, aliases, .. } = decide(&peering, None, None, ports).await?.recalling(entry.as_ref());
    if imagined {
        refuse_missing(&vpcs)?;
    }
    let frozen = if connection.state.has_ended() { None } else { stands_still(&connection.id, ports).await? };
    let mut remembered: Vec<String> = frozen.iter().map(|why| format!("{why}; nothing is changed before `peerwright thaw`")).collect();
    remembered.extend(entry.iter().filter_map(held_up));
    remembered.extend(entry.as_ref().and_then(|entry| revocation(&connection, &decision, entry)));
    let owned = entry.as_ref().map(|entry| entry.owned.clone()).unwrap_or_default();
    let unasked = entry.as_ref().is_some_and(Entry::is_created_by_us) && asked_for(&vpcs, &aliases) == Wanted::No;
    let mut found =
        Explained { connection, unasked, imagined, entry, frozen, decision, precheck: None, plan: None, observed: None, remembered };
    let pending = matches!(found.connection.state, PeeringState::Initiating | PeeringState::Pending);
    // What waits for a person is checked as if they had approved it: they want to know before they do.
    let rules = match &found.decision.verdict {
        _ if found.connection.state.has_ended() || unasked => return Ok(found),
        Verdict::Allowed(_) if pending => &matching,
        Verdict::Allowed(rules) => rules,
        Verdict::Held if !found.decision.awaiting.is_empty() => &matching,
        Verdict::Held | Verdict::Denied(_) => return Ok(found),
    };
    let desired = Desired::of(rules);
    let observed = observe(&peering, &desired, &owned, Some(&vpcs), None, &ports.cloud).await?;
    if pending {
        let checked = run_precheck(&desired, &observed, Listings::new(), &ports.cloud).await?;
        found.plan = Some(checked.plan.clone());
        found.precheck = Some(checked);
    } else {
        found.plan = Some(plan::plan(&desired, &observed, &Limits::NONE));
    }
    found.observed = Some(observed);
    Ok(found)
}

/// A VPC that is not there can ask for nothing and is asked for nothing.
fn refuse_missing(vpcs: &Sides<VpcFacts>) -> Result<(), Failure> {
    let Some((side, VpcRef { place, vpc })) = missing_vpc(vpcs) else {
        return Ok(());
    };
    let source = format!("{vpc} is not there").into();
    Err(Failure { what: format!("look at the {side}"), place: Some(place.clone()), class: Class::Gone, source })
}

/// What persons have frozen, in a sentence: nothing of a plan is carried out before it is thawed.
pub(crate) async fn stands_still<B: Backend>(id: &PcxId, ports: &Ports<B>) -> Result<Option<String>, Failure> {
    let hold = ports.hold(id).await?;
    Ok(hold.map(|Hold { why, singly }| if singly { format!("it is frozen {why}") } else { why }))
}

/// What AWS refused of a plan that would be carried out otherwise.
pub(crate) fn held_up(entry: &Entry) -> Option<String> {
    entry.refusal.as_ref().or(entry.removal_refusal.as_ref()).map(|refusal| {
        let [since, retry_at] = [refusal.since, refusal.retry_at].map(to_the_second);
        format!("AWS refuses a part of it since {since}; it is tried again at {retry_at}, or now by `peerwright retry`")
    })
}

/// What becomes of a connection that was allowed once and is forbidden now.
fn revocation(connection: &Connection, decision: &Decision, entry: &Entry) -> Option<String> {
    if connection.state != PeeringState::Active || !decision.forbids() || awaits_its_first_approval(decision, Some(entry)) {
        return None;
    }
    let wish = decision.end_of_permission(entry.on_revoke, &entry.rules);
    if wish == OnRevoke::Keep && !entry.was_allowed() {
        return Some(format!("no rule ever allowed it: Peerwright adds and removes nothing; the ledger says {}", entry.status));
    }
    let what = match wish {
        OnRevoke::Keep => "it stays as it is (on_revoke: keep)",
        OnRevoke::Isolate => "what is ours on it is taken away, and the connection stays (on_revoke: isolate)",
        OnRevoke::Delete if entry.is_created_by_us() => "what is ours on it is taken away, and it is deleted (on_revoke: delete)",
        OnRevoke::Delete => "what is ours on it is taken away; it stays, because it was not created by Peerwright (on_revoke: delete)",
    };
    Some(format!("its permission has ended: {what}; the ledger says {}", entry.status))
}

async fn peering<C: Cloud>(subject: &Subject, cloud: &C) -> Result<ObservedConnection, Failure> {
    match subject {
        Subject::Connection(id, place) => cloud.connection(place, id).await?.ok_or_else(|| Failure {
            what: format!("explain {id}"),
            place: Some(place.clone()),
            class: Class::Refused,
            source: "no such connection is shown there: name the account and Region of one of its ends".into(),
        }),
        Subject::Known(entry) => known(entry, cloud).await,
        Subject::Pair(ends) => Ok(imagined(ends)),
    }
}

/// A connection that the ledger knows, as the first of its ends shows it that lets us in.
async fn known<C: Cloud>(entry: &Entry, cloud: &C) -> Result<ObservedConnection, Failure> {
    let Entry { connection: id, ends, .. } = entry;
    let places = [ends.accepter.place.clone(), ends.requester.place.clone()];
    match lookup(cloud, id, &places).await? {
        Lookup::Found(peering) => Ok(*peering),
        Lookup::Absent => {
            let connection = Connection {
                id: id.clone(),
                state: PeeringState::Vanished,
                message: "AWS does not show it any more".to_owned(),
                ends: ends.clone(),
            };
            Ok(unseen(connection))
        }
        Lookup::Unreachable(why) => Err(Failure { what: format!("explain {id}"), place: None, class: Class::Refused, source: why.into() }),
    }
}

/// A request that nobody has made.
pub(crate) fn imagined(ends: &Sides<VpcRef>) -> ObservedConnection {
    unseen(Connection {
        id: NOBODYS.parse().unwrap_or_else(|_| unreachable!("an id of seventeen digits")),
        state: PeeringState::Pending,
        message: String::new(),
        ends: ends.clone(),
    })
}

/// A connection of which AWS shows nothing.
fn unseen(connection: Connection) -> ObservedConnection {
    let shown_in = connection.ends.requester.place.clone();
    ObservedConnection { connection, cidrs: Sides::default(), tags: Tags::new(), shown_in, dns_resolution: Sides::default() }
}
