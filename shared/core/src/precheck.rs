//! What would go wrong if a connection were accepted, looked for before it is, and told all at once.
//!
//! The planner is asked what it would do if the connection were active. What it finds, or would add beyond a quota, is known before
//! anything has changed; which of it holds an acceptance, the findings say themselves.
//!
//! What can't be read is named and hinders nothing, so that a connection with an account of somebody else is possible at all. Nothing
//! is lost by it: EC2 itself fails a request between overlapping VPCs, no route or rule of somebody else is ever overwritten, and a
//! quota that is exceeded refuses the change. Only a peer whose blocks are not shown is accepted no further than the rules themselves say
//! what will be routed.

mod quotas;
mod room;
mod shared;

use ipnet::IpNet;
pub use quotas::{explain_quota, least_room};
pub use room::make_room;

use crate::allowlist::Destinations;
use crate::desired::Desired;
use crate::ids::{PcxId, Side, Sides};
use crate::observed::Observed;
use crate::plan::{self, Finding, Limits, Plan, Waiting};
use crate::quota::Quotas;
use crate::world::{Fact, ObservedConnection, PeeringState};

/// What there is around the two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecheckContext {
    /// The connections of each VPC that have not ended.
    pub peerings: Sides<Fact<Vec<ObservedConnection>>>,
    /// The quotas of each place.
    pub quotas: Sides<Quotas>,
}

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Precheck {
    /// Why the connection must not be accepted as things are.
    pub obstacles: Vec<Finding>,
    /// What is worth knowing, and hinders nothing.
    pub notes: Vec<Finding>,
    /// What the planner would do.
    pub plan: Plan,
}

/// Checks what would come of a connection if it were accepted now.
pub fn precheck(desired: &Desired, observed: &Observed, context: &PrecheckContext) -> Precheck {
    let mut found = Precheck::default();
    note_unknown_blocks(observed, &mut found);
    let mut active = assume_destinations(desired, observed, &mut found);
    active.connection.state = PeeringState::Active;
    found.plan = plan::plan(desired, &active, &Limits::NONE);
    find_overlaps(&active, &mut found);
    find_duplicates(&active, context, &mut found);
    for waiting in &found.plan.waiting {
        if let Waiting::End { side, why } = waiting {
            found.notes.push(Finding::Unchecked { side: *side, what: format!("routes and security groups, because {why}") });
        }
    }
    let planned = found.plan.blocked.iter().chain(&found.plan.notes);
    found.obstacles.extend(planned.clone().filter(|finding| finding.holds_acceptance()).cloned());
    // A route that stands already needs no acceptance.
    let remarks =
        planned.filter(|finding| finding.is_remark() && !matches!(finding, Finding::Adopted { .. } | Finding::AdoptedRule { .. }));
    found.notes.extend(remarks.cloned());
    shared::check(&active, context, &mut found);
    quotas::check(&active, context, &mut found);
    found.obstacles.sort_unstable();
    found.obstacles.dedup();
    found.notes.sort_unstable();
    found.notes.dedup();
    found
}

/// The world as it would be if a peer whose blocks are not shown had those that the rules name as destinations: so much of it can be checked.
/// Where a rule names none, nobody knows what would be routed.
fn assume_destinations(desired: &Desired, observed: &Observed, found: &mut Precheck) -> Observed {
    let mut assumed = observed.clone();
    for side in Side::BOTH {
        let Some(end) = observed.ends.of(side).known().filter(|_| observed.cidrs.of(side.peer()).is_empty()) else {
            continue;
        };
        let mut named: Vec<IpNet> = Vec::new();
        for intent in &desired.ends.of(side).routes {
            match &intent.destinations {
                // Who asks is not the one who accepts: what the peer turns out to have is judged when it is known.
                Destinations::All if side == Side::Requester => {}
                Destinations::All => found.obstacles.push(Finding::UnseenPeer { side }),
                Destinations::Only { cidrs, prefix_lists } => {
                    let lists = prefix_lists.iter().filter_map(|list| end.prefix_lists.get(list)?.known());
                    named.extend(cidrs.iter().chain(lists.flat_map(|list| list.cidrs.iter())));
                }
            }
        }
        *assumed.cidrs.of_mut(side.peer()) = named.into_iter().collect();
    }
    assumed
}

fn note_unknown_blocks(observed: &Observed, found: &mut Precheck) {
    for side in Side::BOTH {
        if observed.cidrs.of(side).is_empty() {
            found.notes.push(Finding::Unchecked { side, what: "overlap, because the VPC's CIDR blocks are not known".to_owned() });
        }
    }
}

fn find_overlaps(observed: &Observed, found: &mut Precheck) {
    let pairs = observed.cidrs.requester.overlaps(&observed.cidrs.accepter);
    found.obstacles.extend(pairs.map(|(requester, accepter)| Finding::Overlap(Sides { requester: *requester, accepter: *accepter })));
}

/// Of two requests that wait for each other the one with the smaller id goes on, so that not both are held.
fn find_duplicates(observed: &Observed, context: &PrecheckContext, found: &mut Precheck) {
    let this = &observed.connection;
    let pair = [&this.ends.requester, &this.ends.accepter];
    for (side, peerings) in context.peerings.iter() {
        match peerings {
            Fact::Unknown(why) => {
                found.notes.push(Finding::Unchecked { side, what: format!("the VPC's other connections, because {why}") });
            }
            Fact::Known(known) => {
                let others = known
                    .iter()
                    .map(|peering| &peering.connection)
                    .filter(|other| other.id != this.id && pair.contains(&&other.ends.requester) && pair.contains(&&other.ends.accepter));
                let hinders =
                    |state: &PeeringState, id: &PcxId| matches!(state, PeeringState::Active | PeeringState::Provisioning) || *id < this.id;
                let duplicates = others.filter(|other| hinders(&other.state, &other.id));
                found
                    .obstacles
                    .extend(duplicates.map(|other| Finding::Duplicate { other: other.id.clone(), state: other.state.to_string() }));
            }
        }
    }
}

/// The connections of an end's VPC that carry traffic, or are about to, without the one that is checked.
fn others<'a>(side: Side, observed: &'a Observed, context: &'a PrecheckContext) -> impl Iterator<Item = &'a ObservedConnection> {
    let this = &observed.connection.id;
    context.peerings.of(side).known().into_iter().flatten().filter(move |peering| {
        peering.connection.id != *this && matches!(peering.connection.state, PeeringState::Active | PeeringState::Provisioning)
    })
}
