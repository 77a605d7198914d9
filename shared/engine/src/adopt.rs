//! Connections that others made: found, and put in our words. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};
use peerwright_core::adopt::{Described, describe};
use peerwright_core::allowlist::{Destinations, GroupIntent, RouteIntent, Rule, Tables};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::ids::{PcxId, Place, Sides};
use peerwright_core::owned::Owned;
use peerwright_core::plan::{self, Limits, Plan};
use peerwright_core::policy::Verdict;
use peerwright_core::tags::{Selection, WantedTags};
use peerwright_core::world::{Fact, ObservedConnection, PeeringState};

use crate::decide::{Decided, decide};
use crate::entry::Entry;
use crate::failure::{Class, Failure};
use crate::observe::end::observe;
use crate::ports::{Backend, Clock, Cloud, Entries, Ledger, Ports};
use crate::status::Stage;

/// How many places are read at once.
const AT_ONCE: usize = 16;

/// Connections that others made.
#[derive(Debug, Default)]
pub struct Strangers {
    /// Those that were found, by id.
    pub found: Vec<ObservedConnection>,
    /// Places that could not be read.
    pub unread: Vec<(Place, Failure)>,
}

/// A connection that others made, and what it would be to us.
#[derive(Debug, Clone, PartialEq)]
pub struct Adoptable {
    /// The connection.
    pub peering: ObservedConnection,
    /// What is there, and the rules that describe it.
    pub described: Described,
    /// What would be added if a rule wanted routes in every table of both ends, and what would be in the way.
    pub if_all_tables: Plan,
    /// The rules that allow it already.
    pub allowed_by: Vec<String>,
    /// Why an end is not described.
    pub unread: Sides<Option<String>>,
}

/// The active connections of some places that the ledger does not know, or that have nothing of ours.
pub async fn strangers<B: Backend>(places: &BTreeSet<Place>, ports: &Ports<B>) -> Result<Strangers, Failure> {
    let look = async |place: &Place| (place.clone(), ports.cloud.connections(place).await);
    let mut looking = stream::iter(places.iter().map(look)).buffer_unordered(AT_ONCE);
    let (mut active, mut unread) = (BTreeMap::new(), Vec::new());
    while let Some((place, shown)) = looking.next().await {
        match shown {
            Ok(shown) => {
                let shown = shown.into_iter().filter(|peering| peering.connection.state == PeeringState::Active);
                active.extend(shown.map(|peering| (peering.connection.id.clone(), peering)));
            }
            Err(failure) => unread.push((place, failure)),
        }
    }
    unread.sort_by(|one, other| one.0.cmp(&other.0));
    let Entries { read, unreadable } = ports.ledger.load_all(&active.keys().cloned().collect()).await?;
    let ours: BTreeSet<PcxId> = read.into_iter().filter(is_ours).map(|entry| entry.connection).chain(unreadable).collect();
    let found = active.into_values().filter(|peering| !ours.contains(&peering.connection.id)).collect();
    Ok(Strangers { found, unread })
}

/// True for a connection that we made, or made something for.
fn is_ours(entry: &Entry) -> bool {
    entry.is_created_by_us() || entry.owned != Owned::default() || entry.status.stage() == Stage::Over
}

/// One connection as a place shows it.
pub async fn stranger<B: Backend>(id: &PcxId, places: &[Place], ports: &Ports<B>) -> Result<ObservedConnection, Failure> {
    let refused = |source: String| Failure { what: format!("describe {id}"), place: None, class: Class::Refused, source: source.into() };
    let entry = ports.ledger.load(id).await?;
    let known = entry.iter().flat_map(|entry| [&entry.ends.accepter.place, &entry.ends.requester.place]);
    let places: Vec<&Place> = places.iter().chain(known).collect();
    for place in &places {
        match ports.cloud.connection(place, id).await {
            Ok(Some(found)) if found.connection.state == PeeringState::Active => return Ok(found),
            Ok(Some(found)) => return Err(refused(format!("it is {}: only an active connection can be adopted", found.connection.state))),
            Ok(None) => {}
            Err(failure) if matches!(failure.class, Class::NoRole | Class::Denied) && places.len() > 1 => {}
            Err(failure) => return Err(failure),
        }
    }
    Err(refused("no place that was looked at shows it: name one of its ends by --at ACCOUNT/REGION".to_owned()))
}

/// Reads all of both ends and puts it in our words.
pub async fn adoptable<B: Backend>(peering: &ObservedConnection, ports: &Ports<B>) -> Result<Adoptable, Failure> {
    let observed = observe(peering, &everything(), &Owned::default(), None, None, &ports.cloud).await?;
    let described = describe(&observed, ports.clock.now());
    let wide = Desired::of(&described.rules.iter().map(with_all_tables).collect::<Vec<_>>());
    let if_all_tables = plan::plan(&wide, &observed, &Limits::NONE);
    let Decided { decision, .. } = decide(peering, None, None, ports).await?;
    let allowed_by = match decision.verdict {
        Verdict::Allowed(rules) => rules.iter().map(|rule| rule.id.to_string()).collect(),
        Verdict::Held | Verdict::Denied(_) => Vec::new(),
    };
    let unread = Sides::each(|side| match observed.ends.of(side) {
        Fact::Known(_) => None,
        Fact::Unknown(why) => Some(why.clone()),
    });
    Ok(Adoptable { peering: peering.clone(), described, if_all_tables, allowed_by, unread })
}

/// A wish of everything, so that everything is read.
fn everything() -> Desired {
    let groups = Selection::Tagged(WantedTags::new());
    let end = EndIntent {
        routes: vec![to_all_of_the_peer()],
        groups: vec![GroupIntent { groups, ingress: Vec::new(), egress: Vec::new(), routes: None, peer_cidrs: CidrSet::default() }],
        dns_resolution: true,
    };
    Desired { ends: Sides { requester: end.clone(), accepter: end }, ..Desired::default() }
}

fn to_all_of_the_peer() -> RouteIntent {
    RouteIntent { tables: Tables::All, destinations: Destinations::All, exclude: CidrSet::default(), peer_cidrs: CidrSet::default() }
}

fn with_all_tables(rule: &Rule) -> Rule {
    Rule { routes: Sides::each(|_| Some(to_all_of_the_peer())), ..rule.clone() }
}
