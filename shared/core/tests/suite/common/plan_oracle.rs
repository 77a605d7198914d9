//! An oracle of the plan: what there is in the end, asked one by one.
//!
//! It goes through every table, every destination that could be meant and every wish, with no set arithmetic and no early end.
//! A thing that exists is a line of text: `requester rtb-… 10.0.0.0/16 -> pcx-…`, `accepter sg-… ingress tcp 443 10.0.0.0/16 of pcx-…`.

use std::collections::BTreeSet;

use peerwright_core::allowlist::{Destinations, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{GroupId, Side, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::tags::Selection;
use peerwright_core::traffic::Protocol;
use peerwright_core::world::{
    Destination, Direction, End, Fact, GroupRule, PeeringState, Route, RouteTable, RouteTarget, RulePeer, SecurityGroup, Tags,
};

use super::bits::inside;

/// Everything there is on both ends.
pub(crate) fn state(world: &Observed) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for side in [Side::Requester, Side::Accepter] {
        let Fact::Known(end) = world.ends.of(side) else { continue };
        for table in &end.tables {
            lines.extend(table.routes.iter().map(|route| route_line(side, table, route)));
        }
        for group in &end.groups {
            lines.extend(group.rules.iter().map(|rule| rule_line(side, group, rule)));
        }
        if end.dns_resolution {
            lines.insert(format!("{side} dns"));
        }
    }
    lines
}

/// Everything there must be once nothing is left to do.
pub(crate) fn expected(desired: &Desired, world: &Observed) -> BTreeSet<String> {
    let mut lines = state(world);
    for (side, end) in plannable(world) {
        for table in &end.tables {
            for route in &table.routes {
                if goes(side, table, route, desired, end, world) {
                    lines.remove(&route_line(side, table, route));
                }
            }
            for destination in candidates(side, desired, world) {
                if is_wanted(side, table, &destination, desired, end, world) && routes_for(table, &destination).is_empty() {
                    lines.insert(format!("{side} {} {destination} -> {}", table.id, world.connection.id));
                }
            }
        }
        for group in &end.groups {
            for rule in &group.rules {
                let ours = rule.owner.as_ref() == Some(&world.connection.id);
                if ours && !rule_is_wanted(side, group, rule, desired, world) && !rules_are_doubtful(side, desired, end, world) {
                    lines.remove(&rule_line(side, group, rule));
                }
            }
        }
        lines.extend(rules(desired, world).into_iter().map(|rule| format!("{rule} of {}", world.connection.id)));
        let refused = [Side::Requester, Side::Accepter].iter().any(|side| match world.ends.of(*side) {
            Fact::Known(end) => end.dns_ready == Some(false),
            Fact::Unknown(_) => false,
        });
        if desired.ends.of(side).dns_resolution && !refused {
            lines.insert(format!("{side} dns"));
        }
    }
    lines
}

/// What there must be when nothing is wanted any more: all but what is ours. An option stays as it is.
pub(crate) fn without_ours(world: &Observed) -> BTreeSet<String> {
    expected(&Desired::default(), world)
}

/// What there must be once a connection was taken apart: all but what is ours, on the ends that can be read. A connection that is not
/// shown, and over which anything leads on, is left as it is.
pub(crate) fn taken_apart(world: &Observed) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut alive = false;
    for side in [Side::Requester, Side::Accepter] {
        let Fact::Known(end) = world.ends.of(side) else { continue };
        for table in &end.tables {
            for route in &table.routes {
                alive |= leads_to_peer(route, world) && !route.blackhole;
                if !leads_to_peer(route, world) || !is_remembered(side, table, &route.destination, world) {
                    lines.insert(route_line(side, table, route));
                }
            }
        }
        for group in &end.groups {
            for rule in group.rules.iter().filter(|rule| rule.owner.as_ref() != Some(&world.connection.id)) {
                lines.insert(rule_line(side, group, rule));
            }
        }
        if end.dns_resolution {
            lines.insert(format!("{side} dns"));
        }
    }
    let shown = world.connection.state.to_string() != "vanished";
    if shown || !alive { lines } else { state(world) }
}

/// What a plan would have to say of routes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Routes {
    /// `requester rtb-… 10.0.0.0/16`: to be created.
    pub(crate) missing: BTreeSet<String>,
    /// The same form: in somebody's way.
    pub(crate) conflicts: BTreeSet<String>,
    /// The same form: made by somebody else.
    pub(crate) adopted: BTreeSet<String>,
}

/// The routes that are missing, those that can't be made, and those that somebody made.
pub(crate) fn routes(desired: &Desired, world: &Observed) -> Routes {
    let mut found = Routes::default();
    for (side, end) in plannable(world) {
        for table in &end.tables {
            for destination in candidates(side, desired, world) {
                if !is_wanted(side, table, &destination, desired, end, world) {
                    continue;
                }
                let name = format!("{side} {} {destination}", table.id);
                if routes_for(table, &destination).is_empty() {
                    found.missing.insert(name);
                } else if is_taken(table, &destination, world) {
                    found.conflicts.insert(name);
                } else if !is_remembered(side, table, &destination, world) {
                    found.adopted.insert(name);
                }
            }
        }
    }
    found
}

/// `accepter sg-… ingress tcp all 10.0.0.0/16`: the rules that are missing.
pub(crate) fn rules(desired: &Desired, world: &Observed) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for (side, end) in plannable(world) {
        for group in &end.groups {
            for (direction, permission) in permissions(side, group, desired) {
                for peer in peers(permission, side, world) {
                    let exists = group.rules.iter().any(|rule| is_the_rule(rule, direction, permission, &peer));
                    if !exists {
                        missing.insert(format!("{side} {} {direction} {} {peer}", group.id, permission.traffic));
                    }
                }
            }
        }
    }
    missing
}

fn route_line(side: Side, table: &RouteTable, route: &Route) -> String {
    let propagated = if route.propagated { " propagated" } else { "" };
    let blackhole = if route.blackhole { " blackhole" } else { "" };
    format!("{side} {} {} -> {}{propagated}{blackhole}", table.id, route.destination, route.target)
}

fn rule_line(side: Side, group: &SecurityGroup, rule: &GroupRule) -> String {
    let owner = rule.owner.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
    format!("{side} {} {} {} {}{owner}", group.id, rule.direction, rule.spec.traffic, rule.spec.peer)
}

/// The ends that can be worked on: the connection is active, the end can be read, and the peer's blocks are known.
pub(crate) fn plannable(world: &Observed) -> Vec<(Side, &End)> {
    let mut ends = Vec::new();
    for side in [Side::Requester, Side::Accepter] {
        if let Fact::Known(end) = world.ends.of(side)
            && world.connection.state == PeeringState::Active
            && !peer_blocks(side, world).is_empty()
        {
            ends.push((side, end));
        }
    }
    ends
}

fn peer_blocks(side: Side, world: &Observed) -> Vec<Destination> {
    let Sides { requester, accepter } = &world.cidrs;
    let blocks = if side == Side::Requester { accepter } else { requester };
    blocks.iter().map(|block| Destination::Cidr(*block)).collect()
}

/// Every destination that any wish could mean: the peer's blocks, and all that rules name.
fn candidates(side: Side, desired: &Desired, world: &Observed) -> BTreeSet<Destination> {
    let mut all: BTreeSet<Destination> = peer_blocks(side, world).into_iter().collect();
    for intent in &desired.ends.of(side).routes {
        all.extend(named(intent));
    }
    all
}

fn named(intent: &RouteIntent) -> Vec<Destination> {
    match &intent.destinations {
        Destinations::All => Vec::new(),
        Destinations::Only { cidrs, prefix_lists } => {
            let lists = prefix_lists.iter().map(|list| Destination::PrefixList(list.clone()));
            cidrs.iter().map(|block| Destination::Cidr(*block)).chain(lists).collect()
        }
    }
}

fn routes_for<'w>(table: &'w RouteTable, destination: &Destination) -> Vec<&'w Route> {
    table.routes.iter().filter(|route| route.destination == *destination).collect()
}

fn is_taken(table: &RouteTable, destination: &Destination, world: &Observed) -> bool {
    let routes = routes_for(table, destination);
    !routes.is_empty() && !routes.iter().any(|route| leads_to_peer(route, world))
}

fn leads_to_peer(route: &Route, world: &Observed) -> bool {
    route.target == RouteTarget::Peering(world.connection.id.clone())
}

fn is_remembered(side: Side, table: &RouteTable, destination: &Destination, world: &Observed) -> bool {
    world.owned.routes.iter().any(|route| route.side == side && route.table == table.id && route.destination == *destination)
}

/// True for a route that must be gone in the end.
fn goes(side: Side, table: &RouteTable, route: &Route, desired: &Desired, end: &End, world: &Observed) -> bool {
    let ours = leads_to_peer(route, world) && is_remembered(side, table, &route.destination, world);
    let wanted = is_wanted(side, table, &route.destination, desired, end, world);
    let doubtful = desired.ends.of(side).routes.iter().any(|intent| is_doubtful(intent, side, end, world));
    let replacement_is_stuck = candidates(side, desired, world).iter().any(|other| {
        is_wanted(side, table, other, desired, end, world) && is_taken(table, other, world) && may_share(other, &route.destination)
    });
    ours && !wanted && !doubtful && !replacement_is_stuck
}

fn may_share(one: &Destination, other: &Destination) -> bool {
    covers(one, other) || covers(other, one) || !matches!((one, other), (Destination::Cidr(_), Destination::Cidr(_)))
}

/// True when all of `inner` lies in `outer`, as far as both are blocks.
fn covers(outer: &Destination, inner: &Destination) -> bool {
    match (outer, inner) {
        (Destination::Cidr(outer), Destination::Cidr(inner)) => inside(inner, outer),
        _ => false,
    }
}

fn is_wanted(side: Side, table: &RouteTable, destination: &Destination, desired: &Desired, end: &End, world: &Observed) -> bool {
    desired.ends.of(side).routes.iter().any(|intent| wants(intent, side, table, destination, end, world))
}

fn wants(intent: &RouteIntent, side: Side, table: &RouteTable, destination: &Destination, end: &End, world: &Observed) -> bool {
    let destination_meant = match &intent.destinations {
        Destinations::All => peer_blocks(side, world).contains(destination),
        Destinations::Only { .. } => named(intent).contains(destination) && is_the_peers(destination, side, end, world),
    };
    let allowed = match destination {
        Destination::PrefixList(_) => !list_is_excluded(intent, destination, end),
        Destination::Cidr(_) => !is_excluded(intent, destination) && !excludes_part(intent, destination) && is_usable(destination, end),
    };
    is_meant(intent, table, end) && destination_meant && allowed
}

/// True where a wish can't be met as it is written.
fn is_doubtful(intent: &RouteIntent, side: Side, end: &End, world: &Observed) -> bool {
    let no_tables = !end.tables.iter().any(|table| is_meant(intent, table, end));
    let foreign = named(intent).iter().any(|destination| !is_the_peers(destination, side, end, world));
    let meant = if intent.destinations == Destinations::All { peer_blocks(side, world) } else { named(intent) };
    let torn = meant.iter().any(|destination| {
        is_the_peers(destination, side, end, world)
            && is_usable(destination, end)
            && !is_excluded(intent, destination)
            && excludes_part(intent, destination)
    });
    no_tables || foreign || torn || named(intent).iter().any(|destination| list_is_excluded(intent, destination, end))
}

/// True for a prefix list with an entry that has an address in common with an excluded block.
fn list_is_excluded(intent: &RouteIntent, destination: &Destination, end: &End) -> bool {
    let Destination::PrefixList(id) = destination else { return false };
    let Some(Fact::Known(list)) = end.prefix_lists.get(id) else { return false };
    let entries: Vec<Destination> = list.cidrs.iter().map(|entry| Destination::Cidr(*entry)).collect();
    entries.iter().any(|entry| is_excluded(intent, entry) || excludes_part(intent, entry))
}

fn is_the_peers(destination: &Destination, side: Side, end: &End, world: &Observed) -> bool {
    let blocks = peer_blocks(side, world);
    match destination {
        Destination::Cidr(_) => blocks.iter().any(|block| covers(block, destination)),
        Destination::PrefixList(id) => match end.prefix_lists.get(id) {
            Some(Fact::Known(list)) => list.cidrs.iter().all(|entry| blocks.iter().any(|block| covers(block, &Destination::Cidr(*entry)))),
            Some(Fact::Unknown(_)) | None => false,
        },
    }
}

fn is_excluded(intent: &RouteIntent, destination: &Destination) -> bool {
    intent.exclude.iter().any(|block| covers(&Destination::Cidr(*block), destination))
}

fn excludes_part(intent: &RouteIntent, destination: &Destination) -> bool {
    intent.exclude.iter().any(|block| covers(destination, &Destination::Cidr(*block)))
}

fn is_usable(destination: &Destination, end: &End) -> bool {
    !destination.to_string().contains(':') || end.cidrs.to_string().contains(':')
}

fn is_meant(intent: &RouteIntent, table: &RouteTable, end: &End) -> bool {
    match &intent.tables {
        Tables::All => true,
        Tables::Main => table.main,
        Tables::Selected(Selection::Ids(ids)) => ids.contains(&table.id),
        Tables::Selected(Selection::Tagged(wanted)) => bears(&table.tags, wanted),
        Tables::OfSubnets(subnets) => end.subnets.iter().any(|subnet| {
            let chosen = match subnets {
                Selection::Ids(ids) => ids.contains(&subnet.id),
                Selection::Tagged(wanted) => bears(&subnet.tags, wanted),
            };
            let explicit = end.tables.iter().find(|table| table.subnets.contains(&subnet.id));
            chosen && explicit.map_or(table.main, |explicit| explicit.id == table.id)
        }),
    }
}

fn bears<V>(tags: &Tags, wanted: &std::collections::BTreeMap<String, V>) -> bool
where
    for<'a> &'a V: IntoIterator<Item = &'a String>,
{
    for (key, values) in wanted {
        let mut found = false;
        for value in values {
            found |= tags.get(key) == Some(value);
        }
        if !found {
            return false;
        }
    }
    true
}

fn selects(selector: &Selection<GroupId>, group: &SecurityGroup) -> bool {
    match selector {
        Selection::Ids(ids) => ids.contains(&group.id),
        Selection::Tagged(wanted) => bears(&group.tags, wanted),
    }
}

/// Each kind of traffic that is wanted in a group.
fn permissions<'d>(side: Side, group: &SecurityGroup, desired: &'d Desired) -> Vec<(Direction, &'d SecurityGroupPermission)> {
    let mut all = Vec::new();
    for intent in desired.ends.of(side).groups.iter().filter(|intent| selects(&intent.groups, group)) {
        all.extend(intent.ingress.iter().map(|permission| (Direction::Ingress, permission)));
        all.extend(intent.egress.iter().map(|permission| (Direction::Egress, permission)));
    }
    all
}

fn rule_is_wanted(side: Side, group: &SecurityGroup, rule: &GroupRule, desired: &Desired, world: &Observed) -> bool {
    permissions(side, group, desired)
        .into_iter()
        .any(|(direction, permission)| peers(permission, side, world).iter().any(|peer| is_the_rule(rule, direction, permission, peer)))
}

/// True where a wish for rules means no group here, or none of the peer.
fn rules_are_doubtful(side: Side, desired: &Desired, end: &End, world: &Observed) -> bool {
    desired.ends.of(side).groups.iter().any(|intent| {
        let no_group = !end.groups.iter().any(|group| selects(&intent.groups, group));
        let no_peer = intent.ingress.iter().chain(&intent.egress).any(|permission| match &permission.peer {
            Source::PeerGroups(Selection::Tagged(_)) => in_one_region(world) && peers(permission, side, world).is_empty(),
            Source::PeerGroups(Selection::Ids(_)) | Source::PeerVpc => false,
        });
        no_group || no_peer
    })
}

fn in_one_region(world: &Observed) -> bool {
    world.connection.ends.requester.place.region == world.connection.ends.accepter.place.region
}

fn peers(permission: &SecurityGroupPermission, side: Side, world: &Observed) -> Vec<RulePeer> {
    let ends = &world.connection.ends;
    let (owner, their_end) =
        if side == Side::Requester { (&ends.accepter, &world.ends.accepter) } else { (&ends.requester, &world.ends.requester) };
    let reference = |id: &GroupId| RulePeer::Group(id.clone(), owner.place.account.clone());
    match &permission.peer {
        Source::PeerGroups(Selection::Ids(ids)) if in_one_region(world) => ids.iter().map(reference).collect(),
        Source::PeerGroups(selector) if in_one_region(world) => match their_end {
            Fact::Known(end) => end.groups.iter().filter(|group| selects(selector, group)).map(|group| reference(&group.id)).collect(),
            Fact::Unknown(_) => Vec::new(),
        },
        Source::PeerGroups(_) | Source::PeerVpc => {
            let mut peers = Vec::new();
            for block in world.cidrs.of(side.peer()).iter() {
                let ipv6 = block.to_string().contains(':');
                if (permission.traffic.protocol() == Protocol::Icmp && ipv6) || (permission.traffic.protocol() == Protocol::Icmpv6 && !ipv6)
                {
                    continue;
                }
                peers.push(RulePeer::Cidr(*block));
            }
            peers
        }
    }
}

fn is_the_rule(rule: &GroupRule, direction: Direction, permission: &SecurityGroupPermission, peer: &RulePeer) -> bool {
    rule.direction == direction && rule.spec.traffic == permission.traffic && rule.spec.peer == *peer
}
