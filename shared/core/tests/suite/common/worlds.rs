//! Random worlds, and random wishes for them.
//!
//! Everything is drawn from a few values, so that wishes and world meet: routes that stand in the way, rules that are there already.

use ipnet::IpNet;
use peerwright_core::allowlist::{AcrossRegions, Destinations, GroupIntent, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::ids::{GroupId, PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::owned::{Owned, OwnedGroup, OwnedRoute};
use peerwright_core::plan::Limits;
use peerwright_core::tags::Selection;
use peerwright_core::traffic::{IcmpMessages, Traffic};
use peerwright_core::world::{
    Connection, Destination, Direction, End, Fact, GroupRule, PeeringState, PrefixList, Route, RouteTable, RouteTarget, RulePeer, RuleSpec,
    SecurityGroup, Subnet, Tags,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::{BTreeMap, BTreeSet};

const CONNECTION: &str = "pcx-00000001";
const BLOCKS: Sides<[&str; 5]> = Sides {
    requester: ["10.1.0.0/16", "10.2.0.0/16", "100.64.0.0/16", "fd00:1::/56", "52.1.0.0/16"],
    accepter: ["10.11.0.0/16", "10.12.0.0/16", "100.65.0.0/16", "fd00:2::/56", "52.2.0.0/16"],
};
/// Destinations that rules name: blocks, parts of blocks, blocks of others and blocks that are too wide.
const NAMED: [&str; 11] = [
    "10.1.0.0/16",
    "10.1.7.0/24",
    "10.0.0.0/8",
    "10.11.0.0/16",
    "10.11.7.0/24",
    "172.16.0.0/12",
    "fd00:1::/56",
    "fd00:2:0:7::/64",
    "fd00::/8",
    "52.0.0.0/8",
    "52.2.0.0/16",
];
/// What rules say of the peer's blocks, as far as they match.
const CONDITIONS: [&str; 4] = ["0.0.0.0/0", "10.0.0.0/12", "52.0.0.0/14", "::/0"];
const EXCLUDED: [&str; 6] = ["100.64.0.0/10", "10.2.0.0/16", "10.12.0.0/16", "10.1.7.0/24", "10.11.9.0/24", "fd00:2::/56"];
const TABLES: [&str; 4] = ["rtb-00000001", "rtb-00000002", "rtb-00000003", "rtb-00000004"];
const GROUPS: [&str; 3] = ["sg-00000001", "sg-00000002", "sg-00000003"];
const SUBNETS: [&str; 4] = ["subnet-00000001", "subnet-00000002", "subnet-00000003", "subnet-00000004"];
const LISTS: [&str; 2] = ["pl-00000001", "pl-00000002"];
const TAGS: [(&str, &str); 3] = [("tier", "private"), ("tier", "public"), ("env", "dev")];

/// A world whose connection is active, mostly.
pub(crate) fn observed() -> impl Strategy<Value = Observed> {
    let state = prop_oneof![12 => Just("active"), 1 => select(&["pending-acceptance", "provisioning", "failed", "unheard-of"][..])];
    (state, any::<bool>(), any::<bool>(), blocks(Side::Requester), blocks(Side::Accepter)).prop_flat_map(
        |(state, same_account, same_region, requester, accepter)| {
            let ends = (end(Side::Requester, requester.clone(), same_account), end(Side::Accepter, accepter.clone(), same_account));
            let memory = (remembered(Side::Requester), remembered(Side::Accepter));
            let options = proptest::sample::subsequence(Side::BOTH.to_vec(), 0..=2);
            (ends, memory, any::<u8>(), options).prop_map(move |(ends, memory, borrowed, options)| {
                let mut world = Observed {
                    connection: connection(state, same_account, same_region),
                    cidrs: Sides { requester: requester.clone(), accepter: accepter.clone() },
                    ends: Sides { requester: ends.0, accepter: ends.1 },
                    owned: Owned::default(),
                    borrowers: Borrowers::new(),
                };
                world.owned.routes = memory.0.into_iter().chain(memory.1).collect();
                world.owned.groups = groups_with_rules_of_ours(&world);
                world.borrowers = borrowers(&world, borrowed);
                world.owned.dns_resolution = options.into_iter().collect();
                world
            })
        },
    )
}

fn connection(state: &str, same_account: bool, same_region: bool) -> Connection {
    let account = if same_account { "111111111111" } else { "222222222222" };
    let region = if same_region { "eu-west-1" } else { "eu-central-1" };
    Connection {
        id: parse(CONNECTION),
        state: PeeringState::from(state),
        message: String::new(),
        ends: Sides { requester: vpc("111111111111", "eu-west-1", "vpc-a0000000"), accepter: vpc(account, region, "vpc-b0000000") },
    }
}

/// What the ledger says that we made: it may be there, be somebody else's by now, or be gone.
fn remembered(side: Side) -> impl Strategy<Value = Vec<OwnedRoute>> {
    let route =
        (select(&TABLES[..]), destination()).prop_map(move |(table, destination)| OwnedRoute { side, table: parse(table), destination });
    prop_oneof![1 => Just(Vec::new()), 3 => vec(route, 1..30)]
}

/// The ledger knows every group in which we made rules.
fn groups_with_rules_of_ours(world: &Observed) -> BTreeSet<OwnedGroup> {
    let ends = Side::BOTH.into_iter().filter_map(|side| Some((side, world.ends.of(side).known()?)));
    let groups = ends.flat_map(|(side, end)| end.groups.iter().map(move |group| (side, group)));
    let ours = groups.filter(|(_, group)| group.rules.iter().any(|rule| rule.owner.as_ref() == Some(&world.connection.id)));
    ours.map(|(side, group)| OwnedGroup { side, group: group.id.clone() }).collect()
}

/// Some of the rules of ours serve another connection as well.
fn borrowers(world: &Observed, which: u8) -> Borrowers {
    let ends = Side::BOTH.into_iter().filter_map(|side| world.ends.of(side).known());
    let rules = ends.flat_map(|end| &end.groups).flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
    let ours = rules.filter(|(_, rule)| rule.owner.as_ref() == Some(&world.connection.id)).enumerate();
    let borrowed = ours.filter(|(number, _)| which >> (number % 8) & 1 == 1);
    borrowed.map(|(_, (group, rule))| ((group.id.clone(), rule.direction, rule.spec.clone()), parse("pcx-00000077"))).collect()
}

/// A bound that bites, mostly, and never stops everything.
pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![4 => 1..6_usize, 1 => Just(usize::MAX)].prop_map(|max_changes| Limits { max_changes, frozen: false })
}

fn vpc(account: &str, region: &str, vpc: &str) -> VpcRef {
    let place = Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") };
    VpcRef { place, vpc: vpc.parse().expect("a VPC id") }
}

/// Seldom none: a peer whose blocks are not shown yet.
fn blocks(side: Side) -> impl Strategy<Value = CidrSet> {
    let pool = BLOCKS.of(side);
    prop_oneof![12 => subsequence(&pool[..], 1..=5), 1 => Just(Vec::new())].prop_map(|blocks| nets(&blocks))
}

/// One of two accounts may be without a role; a single one isn't.
fn end(side: Side, cidrs: CidrSet, same_account: bool) -> impl Strategy<Value = Fact<End>> {
    let dns = (prop_oneof![4 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)], prop::bool::weighted(0.2));
    let known = (tables_and_subnets(), groups(side), prefix_lists(), dns).prop_map(
        move |((tables, subnets), groups, prefix_lists, (dns_ready, on))| {
            let end = End { cidrs: cidrs.clone(), dns_ready, dns_resolution: on, tables, groups, subnets, prefix_lists, ..End::default() };
            Fact::Known(end)
        },
    );
    prop_oneof![5 => known, u32::from(!same_account) => Just(Fact::Unknown("no role".to_owned()))]
}

/// A subnet is associated with one table at most.
fn tables_and_subnets() -> impl Strategy<Value = (Vec<RouteTable>, Vec<Subnet>)> {
    let subnets = (subsequence(&SUBNETS[..], 0..=4), vec((tags(), any::<prop::sample::Index>(), any::<bool>()), 4));
    (tables(), subnets).prop_map(|(mut tables, (ids, facts))| {
        let mut subnets = Vec::new();
        for (id, (tags, table, associated)) in ids.into_iter().zip(facts) {
            if associated && !tables.is_empty() {
                let at = table.index(tables.len());
                tables[at].subnets.insert(parse(id));
            }
            subnets.push(Subnet { id: parse(id), tags });
        }
        (tables, subnets)
    })
}

fn tables() -> impl Strategy<Value = Vec<RouteTable>> {
    let table = (tags(), vec(route(), 0..6), prop::bool::weighted(0.1));
    (subsequence(&TABLES[..], 0..=4), any::<prop::sample::Index>(), vec(table, 4)).prop_map(|(ids, main, tables)| {
        let count = ids.len();
        let tables = ids.into_iter().zip(tables).enumerate();
        tables
            .map(|(place, (id, (tags, routes, gateway)))| RouteTable {
                id: parse(id),
                main: place == main.index(count),
                tags,
                subnets: BTreeSet::new(),
                gateway,
                routes: one_of_each_kind(routes),
            })
            .collect()
    })
}

/// A table has one static route for a destination, and may have a propagated one beside it.
fn one_of_each_kind(routes: Vec<Route>) -> Vec<Route> {
    let mut seen = BTreeSet::new();
    routes.into_iter().filter(|route| seen.insert((route.destination.clone(), route.propagated))).collect()
}

fn route() -> impl Strategy<Value = Route> {
    let target = prop_oneof![
        3 => Just((CONNECTION, false)),
        1 => Just(("pcx-0000dead", false)),
        2 => select(&[("local", false), ("tgw-00000001", false), ("vgw-00000001", false), ("vgw-00000001", true)][..]),
    ];
    (destination(), target, prop::bool::weighted(0.2)).prop_map(|(destination, (target, propagated), blackhole)| Route {
        destination,
        target: target.parse::<PcxId>().map_or_else(|_| RouteTarget::Other(target.to_owned()), RouteTarget::Peering),
        blackhole,
        propagated,
    })
}

fn destination() -> impl Strategy<Value = Destination> {
    let own = BLOCKS.requester.into_iter().chain(BLOCKS.accepter);
    select(own.chain(NAMED).chain(["0.0.0.0/0"]).chain(LISTS).collect::<Vec<_>>()).prop_map(parse)
}

/// Lists of the peer's addresses, of others', of both; some are not readable, some not there.
fn prefix_lists() -> impl Strategy<Value = BTreeMap<peerwright_core::ids::PrefixListId, Fact<PrefixList>>> {
    let fine: Vec<&str> = BLOCKS.requester.into_iter().chain(BLOCKS.accepter).chain(["10.1.7.0/24", "10.11.7.0/24"]).collect();
    let list = prop_oneof![
        5 => subsequence(fine, 0..=2).prop_map(|blocks| Fact::Known(PrefixList { cidrs: nets(&blocks), max_entries: 5 })),
        1 => Just(Fact::Unknown("not shared".to_owned())),
    ];
    (subsequence(&LISTS[..], 0..=2), vec(list, 2)).prop_map(|(ids, lists)| ids.into_iter().map(parse).zip(lists).collect())
}

fn groups(side: Side) -> impl Strategy<Value = Vec<SecurityGroup>> {
    let first = if side == Side::Requester { 0 } else { 1000 };
    (subsequence(&GROUPS[..], 0..=3), vec((tags(), vec(existing_rule(), 0..6)), 3)).prop_map(move |(ids, groups)| {
        let groups = ids.into_iter().zip(groups).enumerate();
        groups
            .map(|(place, (id, (tags, rules)))| SecurityGroup { id: parse(id), tags, rules: numbered(first + place * 100, rules) })
            .collect()
    })
}

/// A group has a rule once; ids differ.
fn numbered(first: usize, rules: Vec<(Direction, RuleSpec, Option<PcxId>)>) -> Vec<GroupRule> {
    let mut seen = BTreeSet::new();
    let rules = rules.into_iter().filter(|(direction, spec, _)| seen.insert((*direction, spec.clone()))).enumerate();
    rules
        .map(|(place, (direction, spec, owner))| GroupRule { id: parse(&format!("sgr-{:08x}", first + place)), direction, spec, owner })
        .collect()
}

fn existing_rule() -> impl Strategy<Value = (Direction, RuleSpec, Option<PcxId>)> {
    let blocks: Vec<&str> = BLOCKS.requester.into_iter().chain(BLOCKS.accepter).chain(["0.0.0.0/0"]).collect();
    let peer = prop_oneof![
        4 => select(blocks).prop_map(|block| RulePeer::Cidr(parse(block))),
        2 => (select(&GROUPS[..]), select(&["111111111111", "222222222222"][..])).prop_map(|(group, owner)| RulePeer::Group(parse(group), parse(owner))),
        1 => Just(RulePeer::PrefixList(parse("pl-00000001"))),
    ];
    let owner = prop_oneof![2 => Just(None), 3 => Just(Some(CONNECTION)), 1 => Just(Some("pcx-0000dead"))];
    (direction(), traffic(), peer, owner)
        .prop_map(|(direction, traffic, peer, owner)| (direction, RuleSpec { traffic, peer }, owner.map(parse)))
}

fn direction() -> impl Strategy<Value = Direction> {
    select(&[Direction::Ingress, Direction::Egress][..])
}

fn traffic() -> impl Strategy<Value = Traffic> {
    prop_oneof![
        4 => select(&["443", "5432", "all"][..]).prop_map(|ports| Traffic::Tcp(parse(ports))),
        1 => select(&[Traffic::All, Traffic::Icmp(IcmpMessages::All), Traffic::Icmpv6(IcmpMessages::All), Traffic::Other(50)][..]),
        1 => select(&[IcmpMessages::Type(8, None), IcmpMessages::Type(3, Some(4))][..]).prop_map(Traffic::Icmp),
    ]
}

fn tags() -> impl Strategy<Value = Tags> {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    subsequence(&TAGS[..], 0..=2).prop_map(move |tags| tags.into_iter().map(pair).collect())
}

/// Wishes of up to three rules for each end.
pub(crate) fn desired() -> impl Strategy<Value = Desired> {
    (intent(), intent()).prop_map(|(requester, accepter)| Desired { ends: Sides { requester, accepter }, ..Desired::default() })
}

fn intent() -> impl Strategy<Value = EndIntent> {
    (vec(routes(), 0..3), vec(group_intent(), 0..3), any::<bool>()).prop_map(|(mut routes, groups, dns_resolution)| {
        routes.extend(groups.iter().filter_map(|intent| intent.routes.clone()));
        EndIntent { routes, groups, dns_resolution }
    })
}

fn routes() -> impl Strategy<Value = RouteIntent> {
    let tables = prop_oneof![
        Just(Tables::All),
        Just(Tables::Main),
        subsequence(&TABLES[..], 1..=2).prop_map(|ids| Tables::Selected(Selection::Ids(ids.into_iter().map(parse).collect()))),
        wanted_tags().prop_map(|tags| Tables::Selected(Selection::Tagged(tags))),
        subsequence(&SUBNETS[..], 1..=2).prop_map(|ids| Tables::OfSubnets(Selection::Ids(ids.into_iter().map(parse).collect()))),
        wanted_tags().prop_map(|tags| Tables::OfSubnets(Selection::Tagged(tags))),
    ];
    let named = (subsequence(&NAMED[..], 0..=3), subsequence(&LISTS[..], 0..=2));
    let destinations = prop_oneof![
        2 => Just(Destinations::All),
        1 => named.prop_map(|(cidrs, lists)| Destinations::Only { cidrs: nets(&cidrs), prefix_lists: lists.into_iter().map(parse).collect() }),
    ];
    let excluded = prop_oneof![8 => subsequence(&EXCLUDED[..], 0..=2), 1 => Just(vec!["0.0.0.0/0", "::/0"])];
    (tables, destinations, excluded, condition()).prop_map(|(tables, destinations, exclude, peer_cidrs)| RouteIntent {
        tables,
        destinations,
        exclude: nets(&exclude),
        peer_cidrs,
    })
}

/// A rule that matches, and says something of the peer's blocks, says it of all of them.
fn condition() -> impl Strategy<Value = CidrSet> {
    prop_oneof![3 => Just(CidrSet::default()), 1 => subsequence(&CONDITIONS[..], 1..=2).prop_map(|blocks| {
        nets(&[&blocks[..], &["0.0.0.0/0", "::/0"]].concat())
    })]
}

fn group_intent() -> impl Strategy<Value = GroupIntent> {
    let rule = (prop::option::of(routes()), condition());
    (selector(), vec(permission(), 0..3), vec(permission(), 0..2), rule).prop_map(|(groups, ingress, egress, (routes, condition))| {
        GroupIntent { groups, ingress, egress, peer_cidrs: routes.as_ref().map_or(condition, |routes| routes.peer_cidrs.clone()), routes }
    })
}

fn permission() -> impl Strategy<Value = SecurityGroupPermission> {
    let peer = prop_oneof![Just(Source::PeerVpc), selector().prop_map(Source::PeerGroups)];
    let across_regions = select(&[AcrossRegions::Block, AcrossRegions::PeerVpc][..]);
    (traffic(), peer, across_regions).prop_map(|(traffic, peer, across_regions)| SecurityGroupPermission { traffic, peer, across_regions })
}

fn selector() -> impl Strategy<Value = Selection<GroupId>> {
    prop_oneof![
        subsequence(&GROUPS[..], 1..=2).prop_map(|ids| Selection::Ids(ids.into_iter().map(parse).collect())),
        wanted_tags().prop_map(Selection::Tagged),
    ]
}

fn wanted_tags() -> impl Strategy<Value = BTreeMap<String, BTreeSet<String>>> {
    subsequence(&TAGS[..], 1..=3).prop_map(|tags| {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, value) in tags {
            wanted.entry(key.to_owned()).or_default().insert(value.to_owned());
        }
        wanted
    })
}

fn nets(blocks: &[&str]) -> CidrSet {
    blocks.iter().map(|block| parse::<IpNet>(block)).collect()
}

fn parse<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}` is wrong"))
}
