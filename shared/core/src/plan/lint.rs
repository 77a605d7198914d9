//! The plan linter: what must hold of any plan, whoever made it. It runs before every apply.
//!
//! It derives everything from the world again and shares no code with the planner, so that a mistake there is not repeated here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::{Limits, Plan, Step};
use crate::allowlist::{Destinations, RouteIntent};
use crate::cidr::CidrSet;
use crate::desired::{Desired, EndIntent};
use crate::ids::{GroupId, PcxId, RouteTableId, Side, Sides};
use crate::observed::Observed;
use crate::world::{Destination, End, Fact, GroupRule, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup};

/// A step that must not be made, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The step.
    pub step: Step,
    /// What it would break.
    pub why: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.step, self.why)
    }
}

/// Everything that is wrong with the steps of a plan; nothing, for any plan of the planner.
pub fn lint(plan: &Plan, desired: &Desired, observed: &Observed, limits: &Limits) -> Vec<Violation> {
    let ends = Sides { requester: Read::of(&observed.ends.requester), accepter: Read::of(&observed.ends.accepter) };
    let mut planned = Sides { requester: tables_of(&observed.ends.requester), accepter: tables_of(&observed.ends.accepter) };
    let mut violations = Vec::new();
    for step in &plan.steps {
        violations.extend(check(step, ends.of(step.side()).as_ref(), &planned, desired, observed));
        carry_out(step, &mut planned);
    }
    violations.extend(order(&plan.steps));
    violations.extend(bound(&plan.steps, limits));
    violations
}

/// The tables of both ends as they are when a step's turn comes.
type Planned<'a> = Sides<BTreeMap<&'a RouteTableId, RouteTable>>;

/// An end that was read, with what steps name by its id.
struct Read<'a> {
    end: &'a End,
    tables: BTreeMap<&'a RouteTableId, &'a RouteTable>,
    groups: BTreeMap<&'a GroupId, &'a SecurityGroup>,
}

impl<'a> Read<'a> {
    fn of(end: &'a Fact<End>) -> Option<Self> {
        end.known().map(|end| Self {
            end,
            tables: end.tables.iter().map(|table| (&table.id, table)).collect(),
            groups: end.groups.iter().map(|group| (&group.id, group)).collect(),
        })
    }
}

fn check(step: &Step, end: Option<&Read<'_>>, planned: &Planned<'_>, desired: &Desired, observed: &Observed) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut must = |holds: bool, why: &'static str| {
        if !holds {
            violations.push(Violation { step: step.clone(), why });
        }
    };
    must(step.removes() || observed.connection.state == PeeringState::Active, "needs an active connection");
    must(!step.removes() || !is_shown_by_a_route(observed), "takes from a connection that is not shown and yet carries a living route");
    must(*connection_of(step) == observed.connection.id, "is about another connection");
    let Some(Read { end, tables, groups }) = end else {
        must(false, "is on an end that was not read");
        return violations;
    };
    let peer = observed.cidrs.of(step.side().peer());
    match step {
        Step::CreateRoute { side, table: id, destination, .. } => {
            let ours_before = observed.owned.has_route(*side, id, destination);
            let table = tables.get(id);
            must(table.is_some(), "names a route table that is not the VPC's");
            must(table.is_none_or(|table| !table.gateway), "leads to a peer from the route table of a gateway");
            must(table.is_none_or(|table| !has_route(table, destination)), "would meet a route that is there");
            let robs = planned
                .of(*side)
                .get(&id)
                .is_some_and(|table| takes_from_a_peering(destination, table, end, &desired.ends.of(*side).routes, observed));
            must(ours_before || !robs, "takes addresses that lead to another peer, and no rule names them");
            let public = expand(destination, end).iter().any(|block| is_unnamed_public(block, desired.ends.of(*side)));
            must(!public, "leads to public addresses that no rule names");
            must(is_inside(destination, end, peer), "leads to addresses that are not the peer's");
        }
        Step::DeleteRoute { side, table, destination, .. } => {
            let ours = RouteTarget::Peering(observed.connection.id.clone());
            let found = tables
                .get(table)
                .is_some_and(|table| table.routes.iter().any(|route| route.destination == *destination && route.target == ours));
            must(found, "removes a route that does not lead over the connection");
            must(observed.owned.has_route(*side, table, destination), "removes a route that is not ours");
        }
        Step::AuthorizeRules { side, group, direction, rules, .. } => {
            let group = groups.get(group);
            must(group.is_some(), "names a security group that is not the VPC's");
            must(!rules.is_empty(), "has no rules");
            let there = |spec: &RuleSpec| {
                group.is_some_and(|group| group.rules.iter().any(|rule| rule.direction == *direction && rule.spec == *spec))
            };
            must(!rules.iter().any(there), "would meet a rule that is there");
            let public = |rule: &RuleSpec| matches!(&rule.peer, RulePeer::Cidr(block) if is_unnamed_public(block, desired.ends.of(*side)));
            must(!rules.iter().any(public), "opens a group to public addresses that no rule names");
            must(rules.iter().all(|rule| reaches_peer(&rule.peer, *side, observed)), "opens a group to more than the peer");
        }
        Step::RevokeRules { group: id, direction, rules, connection, .. }
        | Step::HandOverRules { group: id, direction, rules, connection, .. } => {
            let group = groups.get(id);
            let ours = |rule: &&GroupRule| rule.owner.as_ref() == Some(connection) && rule.direction == *direction;
            let owned: BTreeSet<_> =
                group.iter().flat_map(|group| group.rules.iter().filter(ours)).map(|rule| (&rule.id, &rule.spec)).collect();
            must(!rules.is_empty(), "has no rules");
            must(rules.iter().all(|(id, spec)| owned.contains(&(id, spec))), "removes a rule that does not bear the connection's tag");
            let needed = |spec: &RuleSpec| observed.borrowers.contains_key(&(id.clone(), *direction, spec.clone()));
            let revokes = matches!(step, Step::RevokeRules { .. });
            must(!revokes || !rules.iter().any(|(_, spec)| needed(spec)), "removes a rule that another connection relies on");
            if let Step::HandOverRules { to, .. } = step {
                let asked = |spec: &RuleSpec| observed.borrowers.get(&(id.clone(), *direction, spec.clone())) == Some(to);
                must(rules.iter().all(|(_, spec)| asked(spec)), "hands a rule over to a connection that does not borrow it");
                must(to != connection, "hands a rule over to the connection that has it");
            }
        }
        Step::DisableDnsResolution { side, .. } => {
            must(observed.connection.state == PeeringState::Active, "needs an active connection");
            must(observed.owned.dns_resolution.contains(side), "switches off what we did not switch on");
            must(!desired.ends.of(*side).dns_resolution, "switches off what is wanted");
        }
        Step::EnableDnsResolution { .. } => {
            let unready = observed.ends.iter().any(|(_, end)| end.known().is_some_and(|end| end.dns_ready == Some(false)));
            must(!end.dns_resolution, "switches on what is on");
            must(!unready, "asks for an option that a VPC is not ready for");
        }
    }
    violations
}

/// Additions stand before removals, and nothing is done twice.
fn order(steps: &[Step]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut seen = BTreeSet::new();
    let mut removing = false;
    for step in steps {
        removing |= step.removes();
        if removing && !step.removes() {
            violations.push(Violation { step: step.clone(), why: "adds after something was removed" });
        }
        if !seen.insert(step) {
            violations.push(Violation { step: step.clone(), why: "is there twice" });
        }
    }
    violations
}

fn bound(steps: &[Step], limits: &Limits) -> Vec<Violation> {
    let last = steps.last().filter(|_| {
        let changes: usize = steps.iter().map(Step::size).sum();
        limits.frozen || (changes > limits.max_changes && steps.len() > 1)
    });
    last.map(|step| Violation { step: step.clone(), why: "exceeds the limit of changes" }).into_iter().collect()
}

const fn connection_of(step: &Step) -> &PcxId {
    match step {
        Step::CreateRoute { connection, .. }
        | Step::AuthorizeRules { connection, .. }
        | Step::EnableDnsResolution { connection, .. }
        | Step::DeleteRoute { connection, .. }
        | Step::HandOverRules { connection, .. }
        | Step::RevokeRules { connection, .. }
        | Step::DisableDnsResolution { connection, .. } => connection,
    }
}

fn has_route(table: &RouteTable, destination: &Destination) -> bool {
    table.routes.iter().any(|route| route.destination == *destination && !route.propagated)
}

fn tables_of(end: &Fact<End>) -> BTreeMap<&RouteTableId, RouteTable> {
    end.known().into_iter().flat_map(|end| &end.tables).map(|table| (&table.id, table.clone())).collect()
}

/// Adds a route to the tables: what one of ours takes rightly, those after it do not take again.
fn carry_out(step: &Step, planned: &mut Planned<'_>) {
    if let Step::CreateRoute { side, table, destination, connection } = step
        && let Some(table) = planned.of_mut(*side).get_mut(table)
    {
        let target = RouteTarget::Peering(connection.clone());
        table.routes.push(Route { destination: destination.clone(), target, blackhole: false, propagated: false });
    }
}

/// True where some address of a destination leads over another, living connection, and no rule names it more narrowly than that route. Of equals,
/// which prefix lists with a common entry are, AWS takes any.
fn takes_from_a_peering(destination: &Destination, table: &RouteTable, end: &End, wishes: &[RouteIntent], observed: &Observed) -> bool {
    let is_ours = |route: &Route| route.target == RouteTarget::Peering(observed.connection.id.clone());
    expand(destination, end).iter().any(|block| {
        let itself = |route: &&Route| route.destination == *destination && is_ours(route);
        let others = table.routes.iter().filter(|route| !itself(route));
        let around = others.flat_map(|route| expand(&route.destination, end).into_iter().map(move |wide| (wide, route)));
        let around = around.filter(|(wide, _)| wide.contains(block) && wide.prefix_len() > 0);
        // Of equals a static route is used first, then one of a prefix list, then a propagated one.
        let kind = |destination: &Destination, propagated: bool| match destination {
            Destination::PrefixList(_) => 1,
            Destination::Cidr(_) if propagated => 0,
            Destination::Cidr(_) => 2,
        };
        let strength = |(wide, route): &(IpNet, &Route)| (wide.prefix_len(), kind(&route.destination, route.propagated));
        let best = around.clone().map(|found| strength(&found)).max();
        if best > Some((block.prefix_len(), kind(destination, false))) {
            return false;
        }
        around.filter(|found| Some(strength(found)) == best).any(|(_, route)| {
            let other = matches!(&route.target, RouteTarget::Peering(id) if *id != observed.connection.id) && !route.blackhole;
            let carried = expand(&route.destination, end);
            let is_a_part = |name: &IpNet| carried.iter().any(|wide| wide.contains(name) && wide != name);
            let is_a_name = |name: &IpNet| name == block || (name.contains(block) && is_a_part(name));
            let named = wishes.iter().any(|wish| {
                let destinations = match &wish.destinations {
                    Destinations::Only { cidrs, .. } => cidrs.iter().any(is_a_name),
                    Destinations::All => false,
                };
                destinations || wish.peer_cidrs.iter().any(is_a_name)
            });
            other && !named
        })
    })
}

/// True for addresses of the internet, unless a range of such addresses that a rule names holds them all.
fn is_unnamed_public(block: &IpNet, wishes: &EndIntent) -> bool {
    let conditions = wishes.routes.iter().map(|wish| &wish.peer_cidrs).chain(wishes.groups.iter().map(|wish| &wish.peer_cidrs));
    let destinations = wishes.routes.iter().chain(wishes.groups.iter().filter_map(|wish| wish.routes.as_ref()));
    let destinations = destinations.filter_map(|wish| match &wish.destinations {
        Destinations::Only { cidrs, .. } => Some(cidrs),
        Destinations::All => None,
    });
    let mut names = conditions.chain(destinations).flat_map(CidrSet::iter);
    let is_public = |block: &IpNet| match (block.network(), block.broadcast()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => [!is_special(first), !is_special(last)],
        _ => [false, false],
    };
    is_public(block).contains(&true) && !names.any(|name| name.contains(block) && is_public(name) == [true, true])
}

/// RFC 6890, and what came to its registry since.
const fn is_special(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || matches!((a, b, c), (0 | 240.., _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _))
}

fn expand(destination: &Destination, end: &End) -> Vec<IpNet> {
    match destination {
        Destination::Cidr(block) => vec![*block],
        Destination::PrefixList(id) => {
            let list = end.prefix_lists.get(id).and_then(Fact::known);
            list.into_iter().flat_map(|list| list.cidrs.iter().copied()).collect()
        }
    }
}

fn is_inside(destination: &Destination, end: &End, peer: &CidrSet) -> bool {
    match destination {
        Destination::Cidr(block) => peer.contains(block),
        Destination::PrefixList(id) => match end.prefix_lists.get(id) {
            Some(Fact::Known(list)) => list.cidrs.iter().all(|block: &IpNet| peer.contains(block)),
            _ => false,
        },
    }
}

/// True where AWS no longer shows the connection, and a route over it leads on.
fn is_shown_by_a_route(observed: &Observed) -> bool {
    let alive = |end: &End| {
        end.tables.iter().flat_map(|table| &table.routes).any(|route| match &route.target {
            RouteTarget::Peering(id) => *id == observed.connection.id && !route.blackhole,
            RouteTarget::Other(_) => false,
        })
    };
    observed.connection.state == PeeringState::Vanished && observed.ends.iter().any(|(_, end)| end.known().is_some_and(alive))
}

/// Addresses must be the peer's; a group must be the peer account's, in this Region, and one of those that were read there: an id that was not
/// may be that of a third VPC.
fn reaches_peer(reached: &RulePeer, side: Side, observed: &Observed) -> bool {
    let ends = &observed.connection.ends;
    match reached {
        RulePeer::Cidr(block) => observed.cidrs.of(side.peer()).contains(block),
        RulePeer::Group(id, owner) => {
            let peer = &ends.of(side.peer()).place;
            // Of a peer that can't be read any more: a rule of ours that stands was checked when it was made.
            let read = match observed.ends.of(side.peer()) {
                Fact::Known(end) => end.groups.iter().any(|group| group.id == *id),
                Fact::Unknown(_) => observed.ends.of(side).known().is_some_and(|end| {
                    let mut rules = end.groups.iter().flat_map(|group| &group.rules);
                    rules.any(|rule| {
                        rule.owner.as_ref() == Some(&observed.connection.id)
                            && matches!(&rule.spec.peer, RulePeer::Group(other, _) if other == id)
                    })
                }),
            };
            *owner == peer.account && peer.region == ends.of(side).place.region && read
        }
        RulePeer::PrefixList(_) | RulePeer::Other(_) => false,
    }
}
