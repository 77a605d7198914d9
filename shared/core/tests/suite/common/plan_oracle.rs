//! An oracle of the plan: what there is in the end, asked one by one.
//!
//! It goes through every table, every destination that could be meant and every wish, with no set arithmetic and no early end.
//! A thing that exists is a line of text: `requester rtb-… 10.0.0.0/16 -> pcx-…`, `accepter sg-… ingress tcp 443 10.0.0.0/16 of pcx-…`.

use std::collections::BTreeSet;

use ipnet::IpNet;
use peerwright_core::allowlist::{AcrossRegions, Destinations, GroupIntent, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::cidr::CidrSet;
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
                let there = routes_for(table, &destination).iter().any(|route| leads_to_peer(route, world));
                if !there && is_possible(side, table, &destination, desired, end, world) {
                    lines.insert(format!("{side} {} {destination} -> {}", table.id, world.connection.id));
                }
            }
        }
        for group in &end.groups {
            for rule in &group.rules {
                let ours = rule.owner.as_ref() == Some(&world.connection.id);
                if ours && !rule_is_wanted(side, group, rule, desired, end, world) && !rules_are_doubtful(side, desired, end, world) {
                    lines.remove(&rule_line(side, group, rule));
                    lines.extend(handed_over(side, group, rule, world));
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
        if !desired.ends.of(side).dns_resolution && world.owned.dns_resolution.contains(&side) {
            lines.remove(&format!("{side} dns"));
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
            for rule in &group.rules {
                if rule.owner.as_ref() == Some(&world.connection.id) {
                    lines.extend(handed_over(side, group, rule, world));
                } else {
                    lines.insert(rule_line(side, group, rule));
                }
            }
        }
        let switched_off = world.owned.dns_resolution.contains(&side) && world.connection.state == PeeringState::Active;
        if end.dns_resolution && !switched_off {
            lines.insert(format!("{side} dns"));
        }
    }
    let shown = world.connection.state.to_string() != "vanished";
    if shown || !alive { lines } else { state(world) }
}

/// A rule that goes, as it is once another connection that borrows it has it.
fn handed_over(side: Side, group: &SecurityGroup, rule: &GroupRule, world: &Observed) -> Option<String> {
    let heir =
        world.borrowers.iter().find(|((id, direction, spec), _)| *id == group.id && *direction == rule.direction && *spec == rule.spec);
    heir.map(|(_, heir)| rule_line(side, group, &GroupRule { owner: Some(heir.clone()), ..rule.clone() }))
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
                if is_taken(table, &destination, world) {
                    found.conflicts.insert(name);
                } else if !routes_for(table, &destination).iter().any(|route| leads_to_peer(route, world)) {
                    if is_possible(side, table, &destination, desired, end, world) {
                        found.missing.insert(name);
                    }
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
            for (direction, intent, permission) in permissions(side, group, desired) {
                for peer in peers((intent, permission), side, desired, end, world, true) {
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
    routes.iter().any(|route| !route.propagated) && !routes.iter().any(|route| leads_to_peer(route, world))
}

/// True for a wanted route that stands, or may be made: nobody loses addresses by it whom no rule names.
fn is_possible(side: Side, table: &RouteTable, destination: &Destination, desired: &Desired, end: &End, world: &Observed) -> bool {
    let wishes: Vec<&RouteIntent> = desired.ends.of(side).routes.iter().collect();
    may_be_made(&wishes, side, table, destination, desired, end, world, &[])
}

/// True where another wanted route, which may be made without this one, takes a block from its holder before. Those that wait for an answer
/// already can't give one: of two routes that each need the other to be first, none is.
#[expect(clippy::too_many_arguments, reason = "asked one by one")]
fn is_ours_before(
    side: Side,
    table: &RouteTable,
    block: &IpNet,
    holder: &Route,
    desired: &Desired,
    end: &End,
    world: &Observed,
    asked: &[&Destination],
) -> bool {
    let wishes: Vec<&RouteIntent> = desired.ends.of(side).routes.iter().collect();
    let held = addresses(&holder.destination, end).into_iter().filter(|wide| inside(block, wide)).map(|wide| wide.prefix_len()).max();
    candidates(side, desired, world).iter().filter(|other| !asked.contains(other)).any(|other| {
        let mine = if matches!(other, Destination::Cidr(_)) { 2 } else { 1 };
        let before =
            addresses(other, end).iter().any(|wide| inside(block, wide) && (Some(wide.prefix_len()), mine) > (held, strength(holder)));
        before && may_be_made(&wishes, side, table, other, desired, end, world, asked)
    })
}

#[expect(clippy::too_many_arguments, reason = "asked one by one")]
fn may_be_made(
    wishes: &[&RouteIntent],
    side: Side,
    table: &RouteTable,
    destination: &Destination,
    desired: &Desired,
    end: &End,
    world: &Observed,
    asked: &[&Destination],
) -> bool {
    let asked = [asked, &[destination]].concat();
    let wishes: Vec<_> = wishes.iter().filter(|intent| wants(intent, side, table, destination, end, world)).collect();
    if wishes.is_empty() || is_taken(table, destination, world) {
        return false;
    }
    if routes_for(table, destination).iter().any(|route| leads_to_peer(route, world)) {
        return true;
    }
    let local = RouteTarget::Other("local".to_owned());
    let may_take = |block: &IpNet, route: &Route| {
        let all = addresses(&route.destination, end);
        let named = wishes.iter().any(|intent| {
            named(intent).iter().chain(&condition(intent)).any(|name| {
                let Destination::Cidr(name) = name else { return false };
                name == block || (inside(block, name) && all.iter().any(|wide| inside(name, wide) && wide != name))
            })
        });
        is_ours_before(side, table, block, route, desired, end, world, &asked)
            || (route.target != local && (named || is_remembered(side, table, destination, world)))
    };
    addresses(destination, end)
        .iter()
        .all(|block| losers(table, block, destination, end, world).into_iter().all(|route| may_take(block, route)))
}

fn condition(intent: &RouteIntent) -> Vec<Destination> {
    intent.peer_cidrs.iter().map(|block| Destination::Cidr(*block)).collect()
}

fn addresses(destination: &Destination, end: &End) -> Vec<IpNet> {
    match destination {
        Destination::Cidr(block) => vec![*block],
        Destination::PrefixList(id) => match end.prefix_lists.get(id) {
            Some(Fact::Known(list)) => list.cidrs.iter().copied().collect(),
            _ => Vec::new(),
        },
    }
}

/// Static routes stand before those of prefix lists, and these before propagated ones.
fn strength(route: &Route) -> u8 {
    match &route.destination {
        Destination::PrefixList(_) => 1,
        Destination::Cidr(_) => {
            if route.propagated {
                0
            } else {
                2
            }
        }
    }
}

/// Whoever a block leads to without the wanted route, and would not with it: several, where prefix lists have the same entry.
fn losers<'w>(table: &'w RouteTable, block: &IpNet, destination: &Destination, end: &End, world: &Observed) -> Vec<&'w Route> {
    let mine = if matches!(destination, Destination::Cidr(_)) { 2 } else { 1 };
    let mut best: (u8, u8) = (0, 0);
    let mut holders = Vec::new();
    for route in &table.routes {
        for wide in addresses(&route.destination, end) {
            if !inside(block, &wide) || (route.destination == *destination && !route.propagated) {
                continue;
            }
            let found = (wide.prefix_len(), strength(route));
            if found > best {
                best = found;
                holders.clear();
            }
            if found == best {
                holders.push(route);
            }
        }
    }
    if best.0 == block.prefix_len() && best.1 > mine {
        return Vec::new();
    }
    holders.retain(|route| {
        let of_no_interest = route.blackhole || leads_to_peer(route, world);
        let is_default = matches!(&route.destination, Destination::Cidr(wide) if wide.prefix_len() == 0);
        !of_no_interest && !is_default
    });
    holders
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
        is_wanted(side, table, other, desired, end, world)
            && !is_possible(side, table, other, desired, end, world)
            && may_share(other, &route.destination)
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
    let allowed = match destination {
        Destination::PrefixList(_) => is_the_peers(destination, side, end, world) && !list_is_excluded(intent, destination, end),
        Destination::Cidr(_) => !is_excluded(intent, destination) && !excludes_part(intent, destination) && is_usable(destination, end),
    };
    let open = addresses(destination, end).iter().all(|block| is_open(intent, block));
    is_meant(intent, table, end) && meant(intent, side, world).contains(destination) && allowed && open
}

/// Private space, or public space that the rule names as such; in either case what the rule says of the peer.
fn is_open(intent: &RouteIntent, block: &IpNet) -> bool {
    let public = block.to_string().starts_with("52.");
    let names_it = |name: &Destination| name.to_string().starts_with("52.") && covers(name, &Destination::Cidr(*block));
    let within = intent.peer_cidrs.is_empty() || condition(intent).iter().any(|wide| covers(wide, &Destination::Cidr(*block)));
    within && (!public || named(intent).iter().chain(&condition(intent)).any(names_it))
}

/// The destinations that a wish means, before anything is taken out: of a block that is wider than the peer's, those of the peer's in it.
fn meant(intent: &RouteIntent, side: Side, world: &Observed) -> Vec<Destination> {
    let blocks = peer_blocks(side, world);
    if intent.destinations == Destinations::All {
        return blocks;
    }
    let mut all = Vec::new();
    for name in named(intent) {
        match &name {
            Destination::PrefixList(_) => all.push(name),
            Destination::Cidr(_) if blocks.iter().any(|block| covers(block, &name)) => all.push(name),
            Destination::Cidr(_) => all.extend(blocks.iter().filter(|block| covers(&name, block)).cloned()),
        }
    }
    all
}

/// True where a wish can't be met as it is written.
fn is_doubtful(intent: &RouteIntent, side: Side, end: &End, world: &Observed) -> bool {
    let no_tables = !end.tables.iter().any(|table| is_meant(intent, table, end));
    let blocks = peer_blocks(side, world);
    let foreign = named(intent)
        .iter()
        .any(|destination| !is_the_peers(destination, side, end, world) && !blocks.iter().any(|block| covers(destination, block)));
    let torn = meant(intent, side, world).iter().any(|destination| {
        matches!(destination, Destination::Cidr(_))
            && is_usable(destination, end)
            && !is_excluded(intent, destination)
            && excludes_part(intent, destination)
    });
    let unknown = match &intent.tables {
        Tables::Selected(Selection::Ids(ids)) => ids.iter().any(|id| !end.tables.iter().any(|table| table.id == *id && !table.gateway)),
        Tables::OfSubnets(Selection::Ids(ids)) => ids.iter().any(|id| !end.subnets.iter().any(|subnet| subnet.id == *id)),
        _ => false,
    };
    no_tables || foreign || torn || unknown || named(intent).iter().any(|destination| list_is_excluded(intent, destination, end))
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
    if table.gateway {
        return false;
    }
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

/// Each kind of traffic that is wanted in a group, with the rule's wishes that it belongs to.
fn permissions<'d>(
    side: Side,
    group: &SecurityGroup,
    desired: &'d Desired,
) -> Vec<(Direction, &'d GroupIntent, &'d SecurityGroupPermission)> {
    let mut all = Vec::new();
    for intent in desired.ends.of(side).groups.iter().filter(|intent| selects(&intent.groups, group)) {
        all.extend(intent.ingress.iter().map(|permission| (Direction::Ingress, intent, permission)));
        all.extend(intent.egress.iter().map(|permission| (Direction::Egress, intent, permission)));
    }
    all
}

/// True for a rule that is to be there, or to stay there.
fn rule_is_wanted(side: Side, group: &SecurityGroup, rule: &GroupRule, desired: &Desired, end: &End, world: &Observed) -> bool {
    permissions(side, group, desired).into_iter().any(|(direction, intent, permission)| {
        let peers = [true, false].map(|adds| peers((intent, permission), side, desired, end, world, adds));
        peers.iter().flatten().any(|peer| is_the_rule(rule, direction, permission, peer))
    })
}

/// True where a wish for rules means no group here, or none of the peer.
fn rules_are_doubtful(side: Side, desired: &Desired, end: &End, world: &Observed) -> bool {
    desired.ends.of(side).groups.iter().any(|intent| {
        let nobody = !end.groups.iter().any(|group| selects(&intent.groups, group));
        let unknown = match &intent.groups {
            Selection::Ids(ids) => ids.iter().any(|id| !end.groups.iter().any(|group| group.id == *id)),
            Selection::Tagged(_) => false,
        };
        let no_peer = intent.ingress.iter().chain(&intent.egress).any(|permission| match &permission.peer {
            Source::PeerGroups(_) if !in_one_region(world) => permission.across_regions == AcrossRegions::Block,
            Source::PeerGroups(Selection::Ids(ids)) => peers((intent, permission), side, desired, end, world, true).len() < ids.len(),
            Source::PeerGroups(Selection::Tagged(_)) => peers((intent, permission), side, desired, end, world, true).is_empty(),
            Source::PeerVpc => false,
        });
        nobody || unknown || no_peer
    })
}

fn in_one_region(world: &Observed) -> bool {
    world.connection.ends.requester.place.region == world.connection.ends.accepter.place.region
}

/// Who is let in: those for whom a rule is made, or (the others) those for whom one may stay.
fn peers(
    (intent, permission): (&GroupIntent, &SecurityGroupPermission),
    side: Side,
    desired: &Desired,
    end: &End,
    world: &Observed,
    adds: bool,
) -> Vec<RulePeer> {
    let ends = &world.connection.ends;
    let (owner, their_end) =
        if side == Side::Requester { (&ends.accepter, &world.ends.accepter) } else { (&ends.requester, &world.ends.requester) };
    let reference = |id: &GroupId| RulePeer::Group(id.clone(), owner.place.account.clone());
    match &permission.peer {
        Source::PeerGroups(selector) if in_one_region(world) => match their_end {
            Fact::Known(end) => end.groups.iter().filter(|group| selects(selector, group)).map(|group| reference(&group.id)).collect(),
            Fact::Unknown(_) => match selector {
                Selection::Ids(ids) => ids.iter().filter(|id| vouches(id, end, world)).map(reference).collect(),
                Selection::Tagged(_) => Vec::new(),
            },
        },
        Source::PeerGroups(_) if permission.across_regions == AcrossRegions::Block => Vec::new(),
        Source::PeerGroups(_) | Source::PeerVpc => {
            let mut peers = Vec::new();
            for block in world.cidrs.of(side.peer()).iter() {
                let ipv6 = block.to_string().contains(':');
                let icmp = permission.traffic.protocol() == Protocol::Icmp;
                let icmpv6 = permission.traffic.protocol() == Protocol::Icmpv6;
                if (icmp && ipv6) || (icmpv6 && !ipv6) || !is_usable(&Destination::Cidr(*block), end) {
                    continue;
                }
                let opens = match &intent.routes {
                    None => public_is_named(&intent.peer_cidrs, block),
                    Some(routes) => is_open(routes, block) && leads_to(routes, side, block, desired, end, world, adds),
                };
                if opens {
                    peers.push(RulePeer::Cidr(*block));
                }
            }
            peers
        }
    }
}

/// True where a rule of ours refers to a group, whoever its owner is said to be.
fn vouches(id: &GroupId, end: &End, world: &Observed) -> bool {
    let mut rules = end.groups.iter().flat_map(|group| &group.rules);
    rules.any(|rule| {
        rule.owner.as_ref() == Some(&world.connection.id) && matches!(&rule.spec.peer, RulePeer::Group(other, _) if other == id)
    })
}

fn public_is_named(condition: &CidrSet, block: &IpNet) -> bool {
    let is_public = |block: &IpNet| block.to_string().starts_with("52.");
    !is_public(block) || condition.iter().any(|name| is_public(name) && inside(block, name))
}

/// True where a route of the rule can lead to some address of a block, or (if nothing is added) where one is wished for in vain.
fn leads_to(intent: &RouteIntent, side: Side, block: &IpNet, desired: &Desired, end: &End, world: &Observed, adds: bool) -> bool {
    let mut all = peer_blocks(side, world);
    all.extend(named(intent));
    let touches = |destination: &Destination| addresses(destination, end).iter().any(|other| inside(other, block) || inside(block, other));
    let all: Vec<Destination> = all.into_iter().filter(|destination| touches(destination)).collect();
    // A table that every wish means, so that only the destination counts.
    let anywhere = RouteIntent { tables: Tables::All, ..intent.clone() };
    let table = RouteTable {
        id: "rtb-0000ffff".parse().expect("an id"),
        main: true,
        tags: Tags::new(),
        subnets: BTreeSet::new(),
        gateway: false,
        routes: Vec::new(),
    };
    let wanted: Vec<&Destination> = all.iter().filter(|destination| wants(&anywhere, side, &table, destination, end, world)).collect();
    if wanted.is_empty() {
        let excluded = intent.exclude.iter().any(|wide| inside(block, wide));
        return !adds && !excluded && is_doubtful(intent, side, end, world);
    }
    !adds
        || wanted.iter().any(|destination| {
            end.tables.iter().any(|table| {
                (may_be_made(&[intent], side, table, destination, desired, end, world, &[])
                    || is_possible(side, table, destination, desired, end, world))
                    && is_meant(intent, table, end)
            })
        })
}

fn is_the_rule(rule: &GroupRule, direction: Direction, permission: &SecurityGroupPermission, peer: &RulePeer) -> bool {
    rule.direction == direction && rule.spec.traffic == permission.traffic && rule.spec.peer == *peer
}
