//! Why a connection is allowed or not, and what would be done for it: reads only.

use peerwright_core::allowlist::OnRevoke;
use peerwright_core::desired::Desired;
use peerwright_core::ids::{PcxId, Place, Sides, VpcRef};
use peerwright_core::plan::{self, Limits, Plan};
use peerwright_core::policy::{Decision, Verdict};
use peerwright_core::precheck::Precheck;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, Tags};

use crate::configure::awaits_its_first_approval;
use crate::decide::{Decided, decide};
use crate::entry::Entry;
use crate::failure::{Class, Failure};
use crate::freeze::Stop;
use crate::observe::end::observe;
use crate::observe::precheck::run_precheck;
use crate::peerings::Listings;
use crate::ports::{Backend, Cloud, Ledger, Ports};
use crate::refusal::Refusal;

/// The id in the plan of a connection that does not exist: the last of all, so that any request for the same pair comes before it.
const NOBODYS: &str = "pcx-fffffffffffffffff";

/// What to explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A connection, as seen from one of its ends.
    Connection(PcxId, Place),
    /// Two VPCs, as if the one asked for a connection to the other.
    Pair(Sides<VpcRef>),
}

/// The decision, and for an allowed connection what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The connection that the decision is about; for a pair one that nobody made.
    pub connection: Connection,
    /// The decision.
    pub decision: Decision,
    /// What the checks before acceptance say, where the connection is allowed and not accepted yet.
    pub precheck: Option<Precheck>,
    /// What would be done, where the connection is allowed.
    pub plan: Option<Plan>,
    /// What the ledger knows that keeps it from being done at once, and what becomes of a connection whose permission has ended.
    pub remembered: Vec<String>,
}

impl Explained {
    /// True where the connection would be accepted, or stands and is still allowed.
    pub fn allowed(&self) -> bool {
        matches!(self.decision.verdict, Verdict::Allowed(_)) && self.precheck.as_ref().is_none_or(|found| found.obstacles.is_empty())
    }
}

impl Explained {
    /// The last word on it: what becomes of it as things are, with the reason that counts.
    pub fn headline(&self) -> String {
        let first = || self.decision.reasons.first().cloned().unwrap_or_default();
        match (&self.decision.verdict, self.precheck.as_ref()) {
            (Verdict::Denied(_), _) => format!("DENIED: {}", first()),
            (_, Some(found)) if !found.obstacles.is_empty() => format!("HELD: {}", found.obstacles[0]),
            (Verdict::Held, _) => format!("HELD: {}", first()),
            (Verdict::Allowed(_), Some(_)) => format!("WOULD BE ACCEPTED: {}", first()),
            (Verdict::Allowed(_), None) => format!("ALLOWED: {}", first()),
        }
    }
}

/// Explains a connection or a pair of VPCs as the functions would see it at this moment.
pub async fn explain<B: Backend>(subject: &Subject, ports: &Ports<B>) -> Result<Explained, Failure> {
    let peering = peering(subject, &ports.cloud).await?;
    let connection = peering.connection.clone();
    let entry = ports.ledger.load(&connection.id).await?;
    let Decided { decision, matching, vpcs, .. } = decide(&peering, None, None, ports).await?;
    let mut remembered = stands_still(&connection.id, ports).await?;
    remembered.extend(entry.iter().filter_map(held_up));
    remembered.extend(entry.as_ref().and_then(|entry| revocation(&connection, &decision, entry)));
    let pending = matches!(connection.state, PeeringState::Initiating | PeeringState::Pending);
    // What waits for a person is checked as if they had approved it: they want to know before they do.
    let rules = match &decision.verdict {
        Verdict::Allowed(_) if pending => &matching,
        Verdict::Allowed(rules) => rules,
        Verdict::Held if !decision.awaiting.is_empty() => &matching,
        Verdict::Held | Verdict::Denied(_) => return Ok(Explained { connection, decision, precheck: None, plan: None, remembered }),
    };
    let desired = Desired::of(rules);
    let owned = entry.map(|entry| entry.owned).unwrap_or_default();
    let observed = observe(&peering, &desired, &owned, Some(&vpcs), None, &ports.cloud).await?;
    if pending {
        let found = run_precheck(&desired, &observed, Listings::new(), &ports.cloud).await?;
        let plan = Some(found.plan.clone());
        return Ok(Explained { connection, decision, precheck: Some(found), plan, remembered });
    }
    let plan = plan::plan(&desired, &observed, &Limits::NONE);
    Ok(Explained { connection, decision, precheck: None, plan: Some(plan), remembered })
}

/// What persons have frozen: nothing of a plan is carried out before it is thawed.
pub(crate) async fn stands_still<B: Backend>(id: &PcxId, ports: &Ports<B>) -> Result<Vec<String>, Failure> {
    let frozen = ports
        .frozen(id)
        .await?
        .map(|Stop { by, at, reason }| format!("it is frozen by {by} since {at}: {reason}; nothing is changed before `peerwright thaw`"));
    Ok(ports.stopped().await?.into_iter().chain(frozen).collect())
}

/// What AWS refused of a plan that would be carried out otherwise.
pub(crate) fn held_up(entry: &Entry) -> Option<String> {
    entry.refusal.as_ref().or(entry.removal_refusal.as_ref()).map(|refusal| {
        let Refusal { since, retry_at, .. } = refusal;
        format!("AWS refuses a part of it since {since}; it is tried again at {retry_at}, or now by `peerwright retry`")
    })
}

/// What becomes of a connection that was allowed once and is forbidden now.
fn revocation(connection: &Connection, decision: &Decision, entry: &Entry) -> Option<String> {
    if connection.state != PeeringState::Active || !decision.forbids() || awaits_its_first_approval(decision, Some(entry)) {
        return None;
    }
    let what = match decision.end_of_permission(entry.on_revoke, &entry.rules) {
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
        Subject::Pair(ends) => Ok(imagined(ends)),
    }
}

/// A request that nobody has made.
pub(crate) fn imagined(ends: &Sides<VpcRef>) -> ObservedConnection {
    let connection = Connection {
        id: NOBODYS.parse().unwrap_or_else(|_| unreachable!("an id of seventeen digits")),
        state: PeeringState::Pending,
        message: String::new(),
        ends: ends.clone(),
    };
    let shown_in = ends.requester.place.clone();
    ObservedConnection { connection, cidrs: Sides::default(), tags: Tags::new(), shown_in, dns_resolution: Sides::default() }
}
