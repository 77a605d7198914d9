//! Connections that others made: what of a rule's wishes is there already, and the rules that describe it.
//!
//! What is described is planned once more, with the rules as our own parser reads them: whatever would be added for them is left out and told. So to
//! allow what is described changes nothing.

mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::allowlist::{Allowlist, Rule};
use crate::desired::Desired;
use crate::ids::{GroupId, RouteTableId, RuleId, Side, Sides};
use crate::observed::Observed;
use crate::plan::{self, Limits, Step};
use crate::traffic::Traffic;
use crate::world::{Destination, Direction, End, RouteTarget, RulePeer};

/// How often what can't be said is left out: each time at least one thing is.
const ROUNDS: usize = 8;

/// A connection that others made, in our words.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// What is there, in words, side by side.
    pub found: Sides<Vec<String>>,
    /// What is there and no rule can say: it stays as it is.
    pub unsaid: Vec<String>,
    /// A file of the allowlist with rules that describe the rest; a rule for each set of destinations.
    pub yaml: String,
    /// The same as rules.
    pub rules: Vec<Rule>,
}

/// One kind of traffic through one group that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Opening {
    side: Side,
    group: GroupId,
    direction: Direction,
    traffic: Traffic,
    peer: OpenTo,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum OpenTo {
    /// All of the peer's addresses, as far as the planner agrees.
    PeerVpc,
    Groups(BTreeSet<GroupId>),
}

/// Destinations with the tables that send them over the connection.
type Routes = BTreeMap<BTreeSet<Destination>, BTreeSet<RouteTableId>>;

/// Everything that one draft of the rules says.
#[derive(Debug, Clone, Default)]
struct Draft {
    routes: Sides<Routes>,
    openings: BTreeSet<Opening>,
    dns: BTreeSet<Side>,
}

/// Describes a connection. An end that could not be read is left out.
pub fn describe(observed: &Observed, now: Timestamp) -> Described {
    let mut unsaid = Vec::new();
    let mut draft = draft(observed, &mut unsaid);
    let found = Sides::each(|side| in_words(side, observed));
    for _ in 0..ROUNDS {
        let yaml = yaml::file(&draft, observed);
        let rules = rules(&yaml, now);
        let superfluous = additions(&rules, observed);
        if superfluous.is_empty() {
            return Described { found, unsaid, yaml, rules };
        }
        leave_out(&superfluous, &mut draft, &mut unsaid);
    }
    let yaml = yaml::file(&Draft::default(), observed);
    let rules = rules(&yaml, now);
    Described { found, unsaid, yaml, rules }
}

/// The rules of a file that this module wrote.
fn rules(yaml: &str, now: Timestamp) -> Vec<Rule> {
    let read =
        Allowlist::from_yaml(yaml, now).unwrap_or_else(|problems| unreachable!("a file of our own can be read: {problems:?}\n{yaml}"));
    read.rules.into_iter().map(|(rule, _)| rule).collect()
}

/// What would be made for rules.
fn additions(rules: &[Rule], observed: &Observed) -> Vec<Step> {
    plan::plan(&Desired::of(rules), observed, &Limits::NONE).steps.into_iter().filter(|step| !step.removes()).collect()
}

fn draft(observed: &Observed, unsaid: &mut Vec<String>) -> Draft {
    let mut draft = Draft::default();
    for side in Side::BOTH {
        let Some(end) = observed.ends.of(side).known() else { continue };
        *draft.routes.of_mut(side) = routes(side, end, observed, unsaid);
        openings(side, end, observed, &mut draft.openings);
        if end.dns_resolution {
            draft.dns.insert(side);
        }
    }
    draft
}

/// The tables with routes over the connection, by what they send there.
fn routes(side: Side, end: &End, observed: &Observed, unsaid: &mut Vec<String>) -> Routes {
    let over = RouteTarget::Peering(observed.connection.id.clone());
    let peer = observed.cidrs.of(side.peer());
    let is_peers = |destination: &Destination| match destination {
        Destination::Cidr(block) => peer.contains(block),
        Destination::PrefixList(list) => {
            end.prefix_lists.get(list).and_then(|list| list.known()).is_some_and(|list| list.cidrs.outside(peer).next().is_none())
        }
    };
    let mut routes = Routes::new();
    for table in &end.tables {
        let (said, other): (BTreeSet<Destination>, BTreeSet<Destination>) =
            table.routes.iter().filter(|route| route.target == over).map(|route| route.destination.clone()).partition(is_peers);
        let wider = other.iter().map(|destination| {
            format!("{side}: {} sends {destination} over the connection, which is more than the peer's addresses", table.id)
        });
        unsaid.extend(wider);
        if !said.is_empty() {
            routes.entry(said).or_default().insert(table.id.clone());
        }
    }
    routes
}

/// What security groups let in from the peer and out to it.
fn openings(side: Side, end: &End, observed: &Observed, found: &mut BTreeSet<Opening>) {
    let peer = observed.cidrs.of(side.peer());
    let peers_account = &observed.connection.ends.of(side.peer()).place.account;
    let peers_groups: BTreeSet<&GroupId> =
        observed.ends.of(side.peer()).known().into_iter().flat_map(|end| &end.groups).map(|group| &group.id).collect();
    let mut groups: BTreeMap<(GroupId, Direction, Traffic), BTreeSet<GroupId>> = BTreeMap::new();
    for group in &end.groups {
        for rule in &group.rules {
            let opening = |peer| Opening { side, group: group.id.clone(), direction: rule.direction, traffic: rule.spec.traffic, peer };
            match &rule.spec.peer {
                RulePeer::Cidr(block) if peer.contains(block) => drop(found.insert(opening(OpenTo::PeerVpc))),
                RulePeer::Group(id, owner) if owner == peers_account && peers_groups.contains(id) => {
                    groups.entry((group.id.clone(), rule.direction, rule.spec.traffic)).or_default().insert(id.clone());
                }
                // A rule that lets in more than the peer is not about the peer.
                RulePeer::Cidr(_) | RulePeer::Group(..) | RulePeer::PrefixList(_) | RulePeer::Other(_) => {}
            }
        }
    }
    let of_groups = |((group, direction, traffic), ids)| Opening { side, group, direction, traffic, peer: OpenTo::Groups(ids) };
    found.extend(groups.into_iter().map(of_groups));
}

/// What is there, a line for each thing.
fn in_words(side: Side, observed: &Observed) -> Vec<String> {
    let Some(end) = observed.ends.of(side).known() else { return Vec::new() };
    let over = RouteTarget::Peering(observed.connection.id.clone());
    let routes = end.tables.iter().flat_map(|table| {
        let routes = table.routes.iter().filter(|route| route.target == over);
        routes.map(|route| format!("route {} {}{}", table.id, route.destination, if route.blackhole { " (black hole)" } else { "" }))
    });
    let mut open = BTreeSet::new();
    openings(side, end, observed, &mut open);
    let rules = open.iter().map(|opening| format!("rule {}", opening.in_words(observed)));
    let dns = end.dns_resolution.then(|| "DNS resolution for the peer".to_owned());
    routes.chain(rules).chain(dns).collect()
}

impl Opening {
    fn in_words(&self, observed: &Observed) -> String {
        let Self { side, group, direction, traffic, peer } = self;
        let word = if *direction == Direction::Ingress { "from" } else { "to" };
        let whom: Vec<String> = match peer {
            OpenTo::Groups(ids) => ids.iter().map(ToString::to_string).collect(),
            OpenTo::PeerVpc => blocks_of(self, *side, observed),
        };
        format!("{group} {direction} {traffic} {word} {}", whom.join(", "))
    }
}

/// The peer's blocks that a group is open to.
fn blocks_of(opening: &Opening, side: Side, observed: &Observed) -> Vec<String> {
    let peer = observed.cidrs.of(side.peer());
    let groups = observed.ends.of(side).known().into_iter().flat_map(|end| &end.groups).filter(|group| group.id == opening.group);
    let rules =
        groups.flat_map(|group| &group.rules).filter(|rule| rule.direction == opening.direction && rule.spec.traffic == opening.traffic);
    let block = |rule: &crate::world::GroupRule| match &rule.spec.peer {
        RulePeer::Cidr(block) if peer.contains(block) => Some(block.to_string()),
        _ => None,
    };
    rules.filter_map(block).collect()
}

/// Takes out of the draft what the planner would add something for.
fn leave_out(steps: &[Step], draft: &mut Draft, unsaid: &mut Vec<String>) {
    for step in steps {
        match step {
            Step::AuthorizeRules { side, group, direction, rules, .. } => {
                let traffic: BTreeSet<Traffic> = rules.iter().map(|rule| rule.traffic).collect();
                let gone = |opening: &Opening| {
                    opening.side == *side
                        && opening.group == *group
                        && opening.direction == *direction
                        && traffic.contains(&opening.traffic)
                };
                let (out, kept): (BTreeSet<Opening>, BTreeSet<Opening>) = std::mem::take(&mut draft.openings).into_iter().partition(gone);
                draft.openings = kept;
                let words = |opening: Opening| {
                    format!(
                        "{side}: {group} {direction} {} is open to a part of the peer; a rule opens it to all that is routed",
                        opening.traffic
                    )
                };
                unsaid.extend(out.into_iter().map(words));
            }
            Step::CreateRoute { side, table, destination, .. } => {
                for tables in draft.routes.of_mut(*side).values_mut() {
                    tables.remove(table);
                }
                draft.routes.of_mut(*side).retain(|_, tables| !tables.is_empty());
                unsaid.push(format!("{side}: the routes of {table}: a rule for them would add {destination}"));
            }
            Step::EnableDnsResolution { side, .. } => drop(draft.dns.remove(side)),
            Step::DeleteRoute { .. } | Step::HandOverRules { .. } | Step::RevokeRules { .. } | Step::DisableDnsResolution { .. } => {}
        }
    }
}

/// The names of the rules for a connection.
fn rule_id(observed: &Observed, number: usize) -> RuleId {
    let id = &observed.connection.id;
    let name = if number == 0 { format!("adopt-{id}") } else { format!("adopt-{id}-{}", number + 1) };
    name.parse().unwrap_or_else(|_| unreachable!("a name of letters, digits and hyphens"))
}
