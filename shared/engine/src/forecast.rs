//! What the functions would do with a connection at this moment: reads only.

use peerwright_core::allowlist::{OnRevoke, Rule};
use peerwright_core::ask::{Wanted, asked_for};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{PcxId, Place, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::owned::Owned;
use peerwright_core::plan::{self, Limits, Plan};
use peerwright_core::policy::Verdict;
use peerwright_core::world::{Connection, ObservedConnection, PeeringState, VpcFacts};

use crate::accept::{OnDeny, check_request};
use crate::borrowers::borrowers;
use crate::cleanup::{NOBODY_ASKS, ended, not_shown, without_deletion};
use crate::configure::awaits_its_first_approval;
use crate::decide::{Decided, decide};
use crate::entry::Entry;
use crate::explain::{held_up, stands_still};
use crate::failure::{Class, Failure};
use crate::locate::{Lookup, lookup};
use crate::observe::end::{leftovers, observe};
use crate::observe::vpc::both_vpcs;
use crate::outcome::Outcome;
use crate::peerings::Listings;
use crate::ports::{Allowlist, Backend, Cloud, Decisions, Ledger, Ports};
use crate::status::Status;

/// What becomes of a connection as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The request is accepted.
    Accepted,
    /// The request is rejected, because a person said no, or because a rule does and the hub rejects what is denied.
    Rejected,
    /// The request stays pending: no rule allows it for certain, one forbids it, or something is in the way.
    Held,
    /// It waits for a person's approval.
    AwaitsApproval,
    /// It is on its way, and nothing is done for it yet.
    OnItsWay,
    /// It lives on, as the rules want it.
    Follows,
    /// No rule allows it any more, and it stays as it is.
    Kept,
    /// No rule allows it any more: what is ours goes, and it stays.
    Isolated,
    /// What is ours goes, and then the connection, which we created.
    Deleted,
    /// It has ended: what is left of ours goes.
    CleanedUp,
    /// Nothing is done: no rule wants it for certain, and nothing was made for it.
    LeftAlone,
}

impl Fate {
    /// True where the connection itself is accepted, rejected or deleted.
    pub const fn is_a_change(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Deleted)
    }
}

/// What the functions would do with a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The connection, as it is shown.
    pub connection: Connection,
    /// The word that the ledger has for it, where it knows it.
    pub status: Option<Status>,
    /// What becomes of it.
    pub fate: Fate,
    /// Why.
    pub reasons: Vec<String>,
    /// The changes, what waits and what is in the way.
    pub plan: Plan,
    /// Why its changes are not made now: it is frozen, or AWS refused them a short time ago.
    pub held_up: Vec<String>,
}

impl Forecast {
    /// True where something would change now, or once nothing holds it up.
    pub fn changes_something(&self) -> bool {
        self.fate.is_a_change() || !self.plan.steps.is_empty()
    }
}

/// Foresees what becomes of a connection. Beside the places that are named it is looked for where the ledger knows it.
/// `on_deny` is what the hub does with a request that a rule denies.
pub async fn forecast<B: Backend>(id: &PcxId, places: &[Place], on_deny: OnDeny, ports: &Ports<B>) -> Result<Forecast, Failure> {
    let entry = ports.ledger.load(id).await?;
    let mut places = places.to_vec();
    // The accepter's first: it has the say while a request is pending.
    for end in entry.iter().flat_map(|entry| [&entry.ends.accepter, &entry.ends.requester]) {
        if !places.contains(&end.place) {
            places.push(end.place.clone());
        }
    }
    let peering = match (lookup(&ports.cloud, id, &places).await?, &entry) {
        (Lookup::Found(peering), _) => as_its_accepter_sees_it(*peering, &ports.cloud).await?,
        (Lookup::Absent, Some(entry)) => not_shown(entry),
        (Lookup::Absent, None) => return Err(nowhere(
            id,
            "no such connection is shown there, and the ledger does not know it: name a place of one of its ends by --at ACCOUNT/REGION"
                .to_owned(),
        )),
        (Lookup::Unreachable(_), None) if places.is_empty() => {
            return Err(nowhere(id, format!("the ledger does not know {id}: name a place of one of its ends by --at ACCOUNT/REGION")));
        }
        (Lookup::Unreachable(why), _) => return Err(nowhere(id, why)),
    };
    let (fate, reasons, plan) = Outlook { peering: &peering, entry: entry.as_ref(), on_deny, ports }.fate().await?;
    let frozen = stands_still(id, ports).await?.map(|why| format!("{why}; nothing is changed before `peerwright thaw`"));
    let mut held: Vec<String> = frozen.into_iter().collect();
    held.extend(entry.as_ref().and_then(held_up));
    let status = entry.map(|entry| entry.status);
    Ok(Forecast { connection: peering.connection, status, fate, reasons, plan, held_up: held })
}

/// A request as it is settled: where its accepter's place shows it, that one counts.
async fn as_its_accepter_sees_it<C: Cloud>(peering: ObservedConnection, cloud: &C) -> Result<ObservedConnection, Failure> {
    let Connection { id, state, ends, .. } = &peering.connection;
    if *state != PeeringState::Pending || peering.shown_in == ends.accepter.place {
        return Ok(peering);
    }
    Ok(match lookup(cloud, id, std::slice::from_ref(&ends.accepter.place)).await? {
        Lookup::Found(shown) => *shown,
        Lookup::Absent | Lookup::Unreachable(_) => peering,
    })
}

fn nowhere(id: &PcxId, why: String) -> Failure {
    Failure { what: format!("plan {id}"), place: None, class: Class::Refused, source: why.into() }
}

type Foreseen = (Fate, Vec<String>, Plan);

/// One connection and what the ledger has of it.
struct Outlook<'o, B: Backend> {
    peering: &'o ObservedConnection,
    entry: Option<&'o Entry>,
    on_deny: OnDeny,
    ports: &'o Ports<B>,
}

impl<B: Backend> Outlook<'_, B> {
    async fn fate(&self) -> Result<Foreseen, Failure> {
        match &self.peering.connection.state {
            PeeringState::Pending => self.of_pending().await,
            PeeringState::Active => self.of_active().await,
            PeeringState::Ended(_) | PeeringState::Vanished => {
                Ok((Fate::CleanedUp, vec![ended(&self.peering.connection)], self.teardown().await?))
            }
            state => Ok((Fate::OnItsWay, vec![format!("it is {state}")], Plan::default())),
        }
    }

    fn owned(&self) -> Owned {
        self.entry.map(|entry| entry.owned.clone()).unwrap_or_default()
    }

    fn is_created_by_us(&self) -> bool {
        self.entry.is_some_and(Entry::is_created_by_us)
    }

    async fn of_pending(&self) -> Result<Foreseen, Failure> {
        let id = &self.peering.connection.id;
        if self.is_created_by_us() {
            let aliases = self.ports.allowlist.aliases().await?;
            if asked_for(&both_vpcs(&self.ports.cloud, self.peering, None).await?, &aliases) == Wanted::No {
                return Ok((Fate::Deleted, vec![NOBODY_ASKS.to_owned()], self.teardown().await?));
            }
        }
        let by_hand = self.ports.ledger.decisions(id).await?;
        if let Some(no) = by_hand.last().filter(|last| !last.is_yes()) {
            return Ok((Fate::Rejected, vec![no.words()], Plan::default()));
        }
        let Decided { decision, matching, vpcs, .. } = decide(self.peering, Some(by_hand), None, self.ports).await?;
        let (rules, allowed) = match &decision.verdict {
            Verdict::Allowed(rules) => (rules, true),
            Verdict::Held if !matching.is_empty() => (&matching, false),
            Verdict::Denied(_) if self.on_deny == OnDeny::Reject => return Ok((Fate::Rejected, decision.reasons, Plan::default())),
            Verdict::Held | Verdict::Denied(_) => return Ok((Fate::Held, decision.reasons, Plan::default())),
        };
        let unhindered = if allowed { Outcome::Accepted } else { Outcome::AwaitingApproval };
        let desired = Desired::of(rules);
        let (outcome, plan) =
            check_request(self.peering, Listings::new(), &vpcs, &desired, decision.reasons, unhindered, &self.ports.cloud).await?;
        Ok(match outcome {
            Outcome::Accepted(reasons) => (Fate::Accepted, reasons, plan),
            Outcome::AwaitingApproval(reasons) => (Fate::AwaitsApproval, reasons, later(plan)),
            // What is in the way is told as the reason.
            outcome => (Fate::Held, outcome.reasons(), Plan::default()),
        })
    }

    async fn of_active(&self) -> Result<Foreseen, Failure> {
        let Decided { decision, matching, vpcs, aliases, .. } = decide(self.peering, None, None, self.ports).await?.recalling(self.entry);
        if self.is_created_by_us() && asked_for(&vpcs, &aliases) == Wanted::No {
            return Ok((Fate::Deleted, vec![NOBODY_ASKS.to_owned()], self.teardown().await?));
        }
        if let Verdict::Allowed(rules) = &decision.verdict {
            return Ok((Fate::Follows, decision.reasons, self.follow(rules, &vpcs).await?));
        }
        if awaits_its_first_approval(&decision, self.entry) {
            return Ok((Fate::AwaitsApproval, decision.reasons, later(self.follow(&matching, &vpcs).await?)));
        }
        let Some(entry) = self.entry.filter(|_| decision.forbids()) else {
            return Ok((Fate::LeftAlone, decision.reasons, Plan::default()));
        };
        let wish = decision.end_of_permission(entry.on_revoke, &entry.rules);
        Ok(match wish {
            OnRevoke::Keep if !entry.was_allowed() => (Fate::LeftAlone, decision.reasons, Plan::default()),
            OnRevoke::Keep => (Fate::Kept, decision.reasons, Plan::default()),
            OnRevoke::Delete if self.is_created_by_us() => (Fate::Deleted, decision.reasons, self.teardown().await?),
            wish => (Fate::Isolated, without_deletion(wish, decision.reasons), self.teardown().await?),
        })
    }

    /// What is missing, and what is too much.
    async fn follow(&self, rules: &[Rule], vpcs: &Sides<VpcFacts>) -> Result<Plan, Failure> {
        let desired = Desired::of(rules);
        let observed = observe(self.peering, &desired, &self.owned(), Some(vpcs), None, &self.ports.cloud).await?;
        self.with_heirs(observed, |observed| plan::plan(&desired, observed, &Limits::NONE)).await
    }

    /// Everything of ours.
    async fn teardown(&self) -> Result<Plan, Failure> {
        let observed = leftovers(self.peering, &self.owned(), &self.ports.cloud).await?;
        self.with_heirs(observed, |observed| plan::teardown(observed, &Limits::NONE)).await
    }

    /// Rules that other connections rely on are handed over to them.
    async fn with_heirs(&self, mut observed: Observed, plan: impl Fn(&Observed) -> Plan) -> Result<Plan, Failure> {
        observed.borrowers = borrowers(&self.peering.connection, &plan(&observed), self.ports).await?;
        Ok(plan(&observed))
    }
}

/// What would be done once a person has said yes.
fn later(plan: Plan) -> Plan {
    Plan { deferred: plan.steps.into_iter().chain(plan.deferred).collect(), steps: Vec::new(), ..plan }
}
